import { access, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { LEAST_SIMULATED, PLANTED_BUGS } from './catalogue.ts';
import { judge } from './judge.ts';
import { applyPatch } from './patches.ts';
import type { Told } from './run-tests.ts';

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

describe('a planted bug', () => {
  test('has one patch, and each patch is of one bug', async () => {
    const patches = (await readdir(HERE)).filter((file) => file.endsWith('.patch'));
    expect(PLANTED_BUGS.map(({ name }) => `${name}.patch`).sort()).toEqual(patches.sort());
  });

  test('is one of enough that the simulator must catch too', () => {
    const simulated = PLANTED_BUGS.filter((bug) => bug.simulated);
    expect(simulated.length).toBeGreaterThanOrEqual(LEAST_SIMULATED);
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

describe('a run that hangs', () => {
  const bug = PLANTED_BUGS[0]!;
  const run = (...statuses: Told['status'][]) => ({
    tests: statuses.map((status) => ({ ...bug.test, name: `in a suite ${bug.test.name}`, status, why: '' })),
    hung: true,
    output: 'the end of what was printed',
  });

  test('has caught the bug where its test had begun, or had failed before', () => {
    expect(judge(bug, run('begun'))).toMatchObject({ caught: true, by: expect.stringContaining('hung') });
    expect(judge(bug, run('begun', 'failed'))).toMatchObject({ caught: true });
  });

  test('has caught nothing where its test had not begun, or was over', () => {
    const shown = { caught: false, by: expect.stringMatching(/^HUNG/), why: 'the end of what was printed' };
    expect(judge(bug, run())).toMatchObject(shown);
    expect(judge(bug, run('begun', 'passed'))).toMatchObject(shown);
  });
});
