import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createReturning, type Returning } from './returning.ts';

let wakes: number;
let returning: Returning;
beforeEach(() => {
  vi.useFakeTimers();
  wakes = 0;
  returning = createReturning(() => {
    wakes += 1;
  });
});
afterEach(() => vi.useRealTimers());

/** A group of so many ends, and so many come within the time in which they may come back. */
function round(answered: number, back: number): void {
  returning.answered(answered, 0);
  for (let come = 0; come < back; come++) returning.came();
  vi.advanceTimersByTime(50);
}

test('nobody is waited for before it was seen that they come back', () => {
  returning.answered(16, 3);
  expect(returning.expected()).toBe(0);
});

test('callers that come back are waited for, with those who wait already', () => {
  for (let at = 0; at < 6; at++) round(16, 16);
  returning.answered(16, 3);
  expect(returning.expected()).toBe(19);
});

test('those who do not come are waited for until their time is over, and less after that', () => {
  for (let at = 0; at < 6; at++) round(16, 16);
  returning.answered(16, 0);
  vi.advanceTimersByTime(39);
  expect([returning.expected(), wakes]).toEqual([16, 6]);
  vi.advanceTimersByTime(1);
  expect([returning.expected(), wakes]).toEqual([0, 7]);
  round(16, 0);
  returning.answered(16, 0);
  expect(returning.expected()).toBe(0);
});

test('a few that happen to come, as under a steady stream of strangers, are not waited for', () => {
  for (let at = 0; at < 6; at++) round(10, 4);
  returning.answered(10, 0);
  expect(returning.expected()).toBe(0);
});

test('a group that begins ends the wait', () => {
  for (let at = 0; at < 6; at++) round(16, 16);
  returning.answered(16, 0);
  returning.stopWaiting();
  expect(returning.expected()).toBe(0);
});
