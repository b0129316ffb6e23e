import { Pool } from 'undici';
import type { TransferView } from '../../api/views/transfer.ts';
import type { Once } from './closed-loop.ts';
import type { TransferJob } from './job.ts';

const REQUEST_TIMEOUT_MS = 30_000;
const MOST_READS = 10;

/** Transfers of one cent over HTTP on connections that stay open, one for each caller; ids are left to the API. */
export function transfersOver(job: TransferJob, callers: number): Once {
  const timeouts = { headersTimeout: REQUEST_TIMEOUT_MS, bodyTimeout: REQUEST_TIMEOUT_MS };
  const pool = new Pool(job.api, { connections: callers, pipelining: 1, ...timeouts });
  const headers = { 'content-type': 'application/json' };
  const pay = async () => {
    const body = JSON.stringify({ ...drawAccounts(job), amount: '0.01', currency: 'EUR' });
    return pool.request({ method: 'POST', path: '/api/transfers', headers, body });
  };
  const timeTransfer = async () => {
    const begun = performance.now();
    const { statusCode, body } = await pay();
    await body.text();
    return statusCode === 201 ? { ms: performance.now() - begun } : { failed: String(statusCode) };
  };
  const timeVisible = async () => {
    const { statusCode, body } = await pay();
    const text = await body.text();
    if (statusCode !== 201) return { failed: String(statusCode) };
    const answered = performance.now();
    const transfer = JSON.parse(text) as TransferView;
    const version = transfer.legs.find(({ leg }) => leg === 'credit')?.version;
    return (await sees(pool, `/api/accounts/${transfer.to}?minVersion=${version}`))
      ? { ms: performance.now() - answered }
      : { failed: 'never visible' };
  };
  const once = job.time === 'final' ? timeTransfer : timeVisible;
  return () => once().catch((error: NodeJS.ErrnoException) => ({ failed: error.code ?? error.message }));
}

/** A read waits for seconds by itself; one that gave up is asked again, for its time counts too. */
async function sees(pool: Pool, path: string): Promise<boolean> {
  for (let reads = 0; reads < MOST_READS; reads++) {
    const { statusCode, body } = await pool.request({ method: 'GET', path });
    await body.text();
    if (statusCode === 200) return true;
  }
  return false;
}

/** Nobody pays himself: the next of the sources does. */
function drawAccounts({ from, to }: TransferJob): { from: string; to: string } {
  const [at, destination] = [Math.floor(Math.random() * from.length), draw(to)];
  const source = from[at] === destination ? from[(at + 1) % from.length] : from[at];
  return { from: source!, to: destination };
}

function draw(accounts: readonly string[]): string {
  return accounts[Math.floor(Math.random() * accounts.length)]!;
}
