import { setTimeout as sleep } from 'node:timers/promises';

/** What the API answered, as far as the demo looks at it. */
export type Answer = { readonly status: number; readonly body: Record<string, unknown> };

/** Asks the API, each request under a key of its own, and counts what became of it. */
export type Teller = {
  /** An id of this seed's bank, such as `d1-alice`. */
  id(name: string): string;
  /** `what` is counted under its answer: "transfer completed". Throws where the request itself was wrong. */
  post(path: string, body: object, what: string): Promise<Answer>;
  put(path: string, body: object, what: string): Promise<Answer>;
  /** Waits until the batch there runs no more; throws where that takes too long. */
  awaitBatch(path: string): Promise<void>;
  tally(): [what: string, count: number][];
};

/** Long enough for a batch's POST on a slow machine. */
const TIMEOUT_MS = 60_000;
const POLL_MS = 250;

/** A teller of the Remit at `url`. Keys and ids carry the seed, so that a repeat is told as one. */
export function createTeller(url: string, seed: number): Teller {
  const counts = new Map<string, number>();
  let requests = 0;

  async function send(method: string, path: string, body: object, what: string): Promise<Answer> {
    requests += 1;
    const answer = await request(`${url}${path}`, {
      method,
      headers: { 'content-type': 'application/json', 'idempotency-key': `demo-${seed}-${requests}` },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    // 409 is a resource of an earlier run whose keys were other ones; 422 is a refusal that belongs to the story.
    const expected = answer.status < 300 || answer.status === 422 || answer.status === 409;
    if (!expected) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    const told = `${what}: ${outcomeOf(answer)}`;
    counts.set(told, (counts.get(told) ?? 0) + 1);
    return answer;
  }

  return {
    id: (name) => `d${seed}-${name}`,
    post: (path, body, what) => send('POST', path, body, what),
    put: (path, body, what) => send('PUT', path, body, what),
    awaitBatch: (path) => awaitBatch(`${url}${path}`),
    tally: () => [...counts].sort(([one], [other]) => (one < other ? -1 : 1)),
  };
}

async function awaitBatch(url: string): Promise<void> {
  const endAt = Date.now() + TIMEOUT_MS;
  while (Date.now() < endAt) {
    const { status, body } = await request(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (status === 200 && body.status !== 'running') return;
    await sleep(POLL_MS);
  }
  throw new Error(`${url} still runs after ${TIMEOUT_MS / 1_000} s: is a worker running?`);
}

async function request(url: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(url, init).catch((cause: unknown) => {
    throw new Error(`Remit does not answer at ${url}: start it with npm start.`, { cause });
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : JSON.parse(text) };
}

function outcomeOf({ status, body }: Answer): string {
  const { status: ended } = body;
  if (status >= 400) return [body.transferStatus, body.code].filter((one) => one !== undefined).join(', ');
  return typeof ended === 'string' ? ended : 'done';
}
