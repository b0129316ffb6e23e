import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadCounts, Observation } from './load.ts';

/** A command that a client sends: the same one, under the same key, as often as it likes. */
export type Wish = {
  readonly key: string | null;
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
};

/** Sends requests for clients and keeps what was seen of each. */
export type Desk = {
  post(client: number, wish: Wish, prefer: string): Promise<Observation>;
  get(client: number, path: string): Promise<Observation>;
  now(): LoadCounts;
  useAddresses(urls: readonly string[]): void;
  readonly observations: readonly Observation[];
};

/** Above the longest wait that the clients prefer (5 s), so that only a fault runs into it. */
const REQUEST_TIMEOUT_MS = 15_000;

/** A desk without observations. Each client stays with an address until its connection fails. */
export function createDesk(addresses: readonly string[]): Desk {
  const observations: Observation[] = [];
  const counts = { sent: 0, answered: 0, final: 0, pending: 0, refused: 0, failed: 0, unknown: 0 };
  const failures = new Map<number, number>();
  let urls = addresses;

  async function send(
    asked: Pick<Observation, 'client' | 'method' | 'path' | 'key' | 'body'>,
    headers: Record<string, string>,
  ): Promise<Observation> {
    const failed = failures.get(asked.client) ?? 0;
    const url = urls[(asked.client + failed) % urls.length];
    counts.sent += 1;
    const sentAt = performance.now();
    const answer = await ask(`${url}${asked.path}`, asked, headers);
    const seen = { ...asked, sentAt, seenAt: performance.now(), answer };
    if (answer === null) failures.set(asked.client, failed + 1);
    observations.push(seen);
    count(counts, answer?.status);
    return seen;
  }

  return {
    post: (client, { key, path, body }, prefer) => {
      const headers = { prefer, 'content-type': 'application/json' };
      const keyed = key === null ? headers : { ...headers, 'idempotency-key': key };
      return send({ client, method: 'POST', path, key, body }, keyed);
    },
    get: (client, path) => send({ client, method: 'GET', path, key: null, body: null }, {}),
    now: () => ({ ...counts }),
    useAddresses: (next) => {
      urls = next;
    },
    observations,
  };
}

/** Null where no whole answer came back: what became of the request is unknown then. */
async function ask(
  url: string,
  { method, body }: Pick<Observation, 'method' | 'body'>,
  headers: Record<string, string>,
): Promise<Observation['answer']> {
  try {
    const response = await fetch(url, {
      method,
      headers,
      ...(body === null ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    const replayed = response.headers.get('idempotency-replayed') === 'true';
    return { status: response.status, replayed, text: await response.text() };
  } catch {
    // A refused or broken connection, or the time-out: that is the observation, and the judge takes it as unknown.
    return null;
  }
}

function count(counts: { -readonly [Name in keyof LoadCounts]: number }, status: number | undefined): void {
  if (status === undefined) {
    counts.unknown += 1;
    return;
  }
  counts.answered += 1;
  if (status >= 500 || status === 429) counts.failed += 1;
  else if (status >= 400) counts.refused += 1;
  else if (status === 202) counts.pending += 1;
  else counts.final += 1;
}

/**
 * Waits until `more` requests more than now have been answered.
 * @throws Error after `timeoutMs`
 */
export async function awaitAnswers(desk: Desk, more: number, timeoutMs: number): Promise<void> {
  const [enough, until] = [desk.now().answered + more, performance.now() + timeoutMs];
  while (desk.now().answered < enough) {
    if (performance.now() > until) {
      const { answered, sent } = desk.now();
      throw new Error(
        `${more} more answers did not come within ${timeoutMs} ms: ${answered} of ${sent} requests answered`,
      );
    }
    await sleep(20);
  }
}
