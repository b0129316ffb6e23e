/** Ends every switch: the compiler proves that no case is missing, and a value from outside that is none throws. */
export function unreachable(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`);
}
