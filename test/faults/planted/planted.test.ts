import { access, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { PLANTED_BUGS } from './catalogue.ts';
import { applyPatch } from './patches.ts';

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

describe('a planted bug', () => {
  test('has one patch, and each patch is of one bug', async () => {
    const patches = (await readdir(HERE)).filter((file) => file.endsWith('.patch'));
    expect(PLANTED_BUGS.map(({ name }) => `${name}.patch`).sort()).toEqual(patches.sort());
  });

  test.each(PLANTED_BUGS.map((bug) => [bug.name, bug] as const))(
    '%s applies to the code as it is',
    async (name, bug) => {
      await applyPatch(ROOT, name, 'check');
      await access(join(ROOT, bug.test.file));
    },
  );

  test('that does not apply is told by its name', async () => {
    await expect(applyPatch(HERE, 'naive-cursor', 'check')).rejects.toThrow(
      'naive-cursor.patch does not apply any more',
    );
  });
});
