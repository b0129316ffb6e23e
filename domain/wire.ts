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
  return mapFields(value, amountToText, null) as Wire<T>;
}

/** The other way round. Throws a SyntaxError where an amount is not a whole number. */
export function fromWire<T extends object>(value: Wire<T>): T {
  return mapFields(value as object, amountFromText, LEFT_ALONE) as T;
}

function amountToText(field: unknown): unknown {
  return typeof field === 'bigint' ? field.toString() : field;
}

function amountFromText(field: unknown, name: string): unknown {
  return typeof field === 'string' && name.endsWith('Minor') ? BigInt(field) : field;
}

type Change = (field: unknown, name: string) => unknown;

/** Every event and every head that is written passes here: a plain loop, and no function made on the way. */
function mapFields(value: object, change: Change, leftAlone: string | null): object {
  const mapped: Record<string, unknown> = {};
  const fields = value as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(fields)) mapped[name] = mapField(fields[name], name, change, leftAlone);
  return mapped;
}

function mapField(field: unknown, name: string, change: Change, leftAlone: string | null): unknown {
  if (typeof field !== 'object' || field === null || name === leftAlone) return change(field, name);
  if (Array.isArray(field)) return field.map((item) => mapField(item, '', change, leftAlone));
  return mapFields(field, change, leftAlone);
}
