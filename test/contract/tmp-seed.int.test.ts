import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask } from '../ask.ts';
import { createHouse, type House } from '../house.ts';
import { documentSchema } from './document.ts';
import { seed } from './seeds.ts';
let house: House;
beforeAll(async () => {
  house = await createHouse({ COMMAND_WAIT_MS: '5000', READ_WAIT_MS: '1000' });
});
afterAll(() => house.close());
test('seeds', { timeout: 240_000 }, async () => {
  const document = documentSchema.parse(await (await house.app.request('/openapi.json')).json());
  const seeds = await seed(house, document);
  const bad: string[] = [];
  const bodies: Record<string, object> = {
    reverse: { amount: '10.50' }, resolve: { to: 'bob', reason: 'x' }, limits: { overdraftLimit: '1.00' },
    capture: { to: 'bob' }, redeliver: { deliveryId: seeds['POST /api/webhooks/{id}/redeliver']?.deliveryId },
  };
  for (const [name, values] of Object.entries(seeds)) {
    const [method = '', path = ''] = name.split(' ');
    const last = path.split('/').at(-1) ?? '';
    const body = method === 'GET' || method === 'DELETE' ? undefined : (bodies[last] ?? { reason: 'x' });
    const answer = await ask(house, method, path.replace('{id}', values.id ?? ''), body);
    if (answer.status >= 300) bad.push(`${name} ${answer.status} ${answer.text}`);
  }
  expect(bad).toEqual([]);
});
