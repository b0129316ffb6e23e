/**
 * The JSON-safe form of domain values. JSON and Temporal's payload converter know no bigint, so amounts of
 * minor units travel as strings; by convention every such field, and no other, is named `…Minor`.
 */
export type Wire<T> = T extends bigint
  ? string
  : T extends string | number | boolean | null | undefined
    ? T
    : T extends readonly (infer Item)[]
      ? Wire<Item>[]
      : T extends object
        ? { [Key in keyof T]: Wire<T[Key]> }
        : T;

/** Replaces the top-level amounts (`…Minor`) by strings. */
export function toWire<T extends object>(value: T): Wire<T> {
  const entries = Object.entries(value).map(([key, field]) => [
    key,
    typeof field === 'bigint' ? field.toString() : field,
  ]);
  return Object.fromEntries(entries) as Wire<T>;
}

/** The other way round. Throws a SyntaxError where an amount is not a whole number. */
export function fromWire<T extends object>(value: Wire<T>): T {
  const entries = Object.entries(value as object).map(([key, field]) => [
    key,
    key.endsWith('Minor') && typeof field === 'string' ? BigInt(field) : field,
  ]);
  return Object.fromEntries(entries) as T;
}
