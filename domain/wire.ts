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

/** A user's own labels may have any name: what is in them is read as it is. */
const LEFT_ALONE = 'metadata';

/** Replaces amounts by strings, at any depth: nothing else is a bigint, so any name may hold some. */
export function toWire<T extends object>(value: T): Wire<T> {
  return mapFields(value, (field) => (typeof field === 'bigint' ? field.toString() : field)) as Wire<T>;
}

/** The other way round. Throws a SyntaxError where an amount is not a whole number. */
export function fromWire<T extends object>(value: Wire<T>): T {
  const read = (field: unknown, name: string) =>
    name.endsWith('Minor') && typeof field === 'string' ? BigInt(field) : field;
  return mapFields(value as object, read, LEFT_ALONE) as T;
}

function mapFields(
  value: object,
  change: (field: unknown, name: string) => unknown,
  leftAlone: string | null = null,
): object {
  const map = (field: unknown, name: string): unknown => {
    if (name === leftAlone || typeof field !== 'object' || field === null) return change(field, name);
    return Array.isArray(field) ? field.map((item) => map(item, '')) : mapFields(field, change, leftAlone);
  };
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, map(field, name)]));
}
