import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';

// Postgres keeps a prepared statement by its name for each connection: under one name it would run the first text.
test('no two prepared statements have the same name', async () => {
  const found = await readdir(import.meta.dirname, { recursive: true });
  const files = found.filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
  const texts = await Promise.all(files.map((file) => readFile(join(import.meta.dirname, file), 'utf8')));
  const names = texts.flatMap((text) => [...text.matchAll(/\bname: '([^']+)'/g)].map(([, name]) => name));
  expect(names.length).toBeGreaterThan(50);
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
});
