import { SetupFailure } from '../../stack/failure.ts';

/** Reads an option of a command. @throws SetupFailure where it is no whole number above 0 */
export function wholeNumber(option: string, text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new SetupFailure(`${option} is ${text}: give a whole number above 0.`);
}
