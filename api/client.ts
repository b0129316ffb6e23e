import { hc } from 'hono/client';
import type { App } from './app.ts';

/**
 * A typed client of the HTTP contract: paths, parameters, bodies and answers have the types of the routes
 * themselves. A method resolves with the response whatever its status; only a failed connection throws.
 * @example
 * const remit = createClient('http://127.0.0.1:3000');
 * const response = await remit.api.transfers.$post({ json: { from: 'alice', to: 'bob', amount: '10.50', currency: 'EUR' } });
 * if (response.status === 201) console.log((await response.json()).id);
 */
export function createClient(baseUrl: string, options: Parameters<typeof hc>[1] = {}) {
  return hc<App>(baseUrl, options);
}

export type Client = ReturnType<typeof createClient>;
