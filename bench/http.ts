import { Agent, request } from 'undici';

/** The proof of a whole store reads every event. */
const TIMEOUT_MS = 1_800_000;
const agent = new Agent({ headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS });

/** Asks the API, and reads the answer. @throws where it has another status than `wanted` */
export async function ask<Answer>(
  method: 'GET' | 'POST',
  url: string,
  wanted: number,
  body?: object,
): Promise<Answer> {
  const sent = body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const { statusCode, body: answer } = await request(url, { method, dispatcher: agent, ...sent });
  const text = await answer.text();
  if (statusCode !== wanted) throw new Error(`${method} ${url} answered ${statusCode}: ${text}`);
  return JSON.parse(text) as Answer;
}

/** How long asking took, in milliseconds, until the answer was read. */
export async function timeAsk(...asked: Parameters<typeof ask>): Promise<number> {
  const begun = performance.now();
  await ask(...asked);
  return performance.now() - begun;
}
