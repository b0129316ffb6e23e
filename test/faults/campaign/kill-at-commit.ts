import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario, Scene } from './scenario.ts';
import { followTransactions } from './transactions.ts';
import { within } from './within.ts';

const KILLS = 3;
const COMMIT_TIMEOUT_MS = 60_000;
const BEFORE_MS = [200, 1_500] as const;
const AWAY_MS = [0, 1_000] as const;

type Kill = Pick<Scenario, 'id' | 'title' | 'hit'> & {
  readonly leg: 'debit' | 'credit';
  /** How many of the transfers whose leg was committed were caught halfway, looked at right after the death. */
  readonly count: (scene: Scene, transferIds: readonly string[]) => Promise<number>;
};

/** One of two workers dies after a leg's commit, before it learns of it. */
export function killAtCommit({ leg, count, ...told }: Kill): Scenario {
  return {
    ...told,
    layout: { api: 'api', 'worker-1': 'worker', 'worker-2': 'worker', projector: 'projector' },
    through: ['postgres'],
    async inflict(scene) {
      let hits = 0;
      for (let kill = 0; kill < KILLS; kill += 1) {
        await sleep(scene.chance.between(...BEFORE_MS));
        const { victim, transferIds } = await killOnce(scene, leg);
        hits += await count(scene, transferIds);
        await sleep(scene.chance.between(...AWAY_MS));
        await scene.fleet.start(victim);
      }
      return { hits };
    },
  };
}

/** Who died, and the transfers whose leg its last commit decided. */
type Death = { readonly victim: string; readonly transferIds: readonly string[] };

/** Kills the worker that commits such a leg next, when the commit's reply has come to the proxy. */
async function killOnce({ proxies, fleet }: Scene, leg: string): Promise<Death> {
  const proxy = proxies.postgres!;
  const follow = followTransactions();
  const killed = new Promise<Death>((resolve, reject) => {
    let isTaken = false;
    const kill = async (death: Death) => {
      await fleet.kill(death.victim).then(() => resolve(death), reject);
      return 'lose-reply' as const;
    };
    proxy.intercept((statement) => {
      const { legs } = follow(statement);
      if (isTaken || statement.text !== 'commit') return 'pass';
      const done = legs.filter((one) => one.leg === leg && one.result === 'done');
      if (done.length === 0) return 'pass';
      isTaken = true;
      const transferIds = done.map(({ subjectId }) => subjectId);
      return { withReply: () => kill({ victim: statement.application, transferIds }) };
    });
  });
  try {
    return await within(`waiting for a worker to commit a ${leg}`, COMMIT_TIMEOUT_MS, killed);
  } finally {
    proxy.intercept(null);
  }
}
