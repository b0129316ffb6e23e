import { expect, test, vi } from 'vitest';
import { supervise } from './supervise.ts';

test('what keeps ending is started five times and then given up with an explanation', async () => {
  vi.spyOn(console, 'log').mockImplementation(() => undefined);
  const start = vi.fn(async () => undefined);
  const kept = supervise(
    { name: 'projector', start, ended: async () => undefined, explain: async () => 'its log' },
    new AbortController().signal,
    1,
  );
  await expect(kept).rejects.toThrow('projector ended 6 times within a minute');
  expect(start).toHaveBeenCalledTimes(5);
});
