import { randomUUID } from 'node:crypto';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect } from 'vitest';
import type { App } from '../../api/app.ts';
import { documentSchema, operationsOf } from '../contract/document.ts';

/** A request that succeeded, and the test that made it. */
export type Proof = { method: string; path: string; file: string; title: string };
/** A route of the app as the document tells it. */
export type Route = { method: string; path: string; tag: string; summary: string };

/** Where test/run.ts collects proofs; without it nothing is recorded. */
const folder = process.env.REMIT_PROOFS;
const mine = randomUUID();
const seen = new Set<string>();
let toldRoutes = false;

/**
 * The same app, whose successful answers are noted with the test that asked for them (docs/FEATURES.md).
 * Requests outside of a test, such as in `beforeAll`, prove nothing.
 */
export function recorded(app: App): App {
  if (folder === undefined) return app;
  const request: App['request'] = async (input, init, ...rest) => {
    await tellRoutes(app, folder);
    const response = await app.request(input, init, ...rest);
    note(init?.method ?? (input instanceof Request ? input.method : 'GET'), addressOf(input), response);
    return response;
  };
  return new Proxy(app, { get: (target, key) => (key === 'request' ? request : Reflect.get(target, key)) });
}

/**
 * Notes what Remit answers to the global `fetch` as well: tests of whole processes ask there. Only Remit names each
 * request; other parts and receivers of webhooks listen on this machine too.
 */
export function recordFetch(): void {
  if (folder === undefined) return;
  const plain = globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    const response = await plain(input, init);
    const method = init?.method ?? (input instanceof Request ? input.method : 'GET');
    if (response.headers.has('x-request-id')) note(method, addressOf(input), response);
    return response;
  };
}

function addressOf(input: string | URL | Request): string {
  return input instanceof Request ? input.url : String(input);
}

function note(method: string, address: string, response: Response): void {
  const { testPath, currentTestName: title } = expect.getState();
  if (!response.ok || folder === undefined || testPath === undefined || title === undefined) return;
  const file = relative(process.cwd(), testPath);
  // The contract's test asks for everything: what it proves is told by itself.
  if (file.startsWith('test/contract/')) return;
  const { pathname } = new URL(address, 'http://remit');
  const line = JSON.stringify({ method: method.toUpperCase(), path: pathname, file, title } satisfies Proof);
  if (seen.has(line)) return;
  seen.add(line);
  appendFileSync(join(folder, `${mine}.proofs`), `${line}\n`);
}

async function tellRoutes(app: App, to: string): Promise<void> {
  if (toldRoutes) return;
  toldRoutes = true;
  const document = documentSchema.parse(await (await app.request('/openapi.json')).json());
  const routes = operationsOf(document).map(({ method, path, operation }): Route => {
    return { method, path, tag: operation.tags?.[0] ?? '', summary: operation.summary ?? '' };
  });
  writeFileSync(join(to, `${mine}.routes`), JSON.stringify(routes));
}
