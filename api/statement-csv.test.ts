import { describe, expect, test } from 'vitest';
import { csvText } from './statement-csv.ts';

describe('csvText', () => {
  test.each([
    ['=1+1', "'=1+1"],
    ['+49 30 1', "'+49 30 1"],
    ['-1', "'-1"],
    ['@cmd', "'@cmd"],
    ['\tx', "'\tx"],
    ['rent = 5', 'rent = 5'],
    ["'=1+1", "'=1+1"],
    ['=a,"b"', `"'=a,""b"""`],
    ['a\r\nb', '"a\r\nb"'],
    ['', ''],
  ])('free text %j is written %j', (description, cell) => {
    expect(csvText([{ description, amount: '-1.00' }])).toBe(`,,,,,${cell},-1.00,,,\r\n`);
  });

  test('an amount keeps its sign, as it is no text, and what is absent is empty', () => {
    expect(csvText([{ amount: '-10.50', balance: '-0.50', transferId: null, version: 3 }])).toBe(
      ',,,,,,-10.50,-0.50,,3\r\n',
    );
  });
});
