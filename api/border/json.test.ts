import { describe, expect, test } from 'vitest';
import { Problem } from '../problem.ts';
import { readJson } from './json.ts';

function pointerFor(text: string): string | undefined {
  try {
    readJson(text);
  } catch (error) {
    if (error instanceof Problem) return error.parts.errors?.[0]?.pointer;
    throw error;
  }
  return undefined;
}

describe('readJson', () => {
  test.each([
    ['{"amount":"1","amount":"2"}', '/amount'],
    ['{"metadata":{"a":1,"b":2,"a":3}}', '/metadata/a'],
    ['{"transfers":[{"id":"x"},{"id":"y","id":"z"}]}', '/transfers/1/id'],
    ['{"a":1,"\\u0061":2}', '/a'],
    ['{"name":"a\\u0000b"}', '/name'],
    ['{"name":"\\ud800"}', '/name'],
    ['{"metadata":{"\\udc00":1}}', '/metadata/\udc00'],
    ['{"metadata":{"__proto__":1}}', '/metadata/__proto__'],
    ['{"metadata":{"a/b~c":1,"a/b~c":2}}', '/metadata/a~1b~0c'],
    ['', ''],
    ['{', ''],
    ["{'a':1}", ''],
    ['{"a":1,}', ''],
    ['{"a":1} x', ''],
    ['// no\n{}', ''],
    ['{"a":NaN}', ''],
  ])('names the place in %s', (text, pointer) => {
    expect(pointerFor(text)).toBe(pointer);
  });

  test.each([
    '{}',
    '{"a":{"x":1},"b":{"x":1}}',
    '[{"a":1},{"a":1}]',
    '{"name":"😀 ü"}',
    '{"a":"\\ud83d\\ude00"}',
  ])('lets %s through', (text) => {
    expect(pointerFor(text)).toBeUndefined();
  });

  test('refuses deep nesting without running out of stack', () => {
    expect(pointerFor('['.repeat(400_000) + ']'.repeat(400_000))).toMatch(/^(\/0)+$/);
    expect(pointerFor(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`)).toMatch(/^(\/a)+$/);
  });
});
