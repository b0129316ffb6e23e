import { z } from '@hono/zod-openapi';
import { conflictingFields, wrongField } from '../problem.ts';

/** Packs a list's name, its filters and the place where its next page begins into an opaque string. */
export function encodeCursor(list: string, value: object): string {
  return Buffer.from(JSON.stringify([list, value])).toString('base64url');
}

/**
 * Opens a cursor that `encodeCursor` made; the schema says what this list puts into one.
 * @throws Problem `validation` for anything else, such as another list's cursor
 */
export function decodeCursor<T>(list: string, cursor: string, schema: z.ZodType<T>): T {
  const bytes = Buffer.from(cursor, 'base64url');
  const parsed = z.tuple([z.literal(list), schema]).safeParse(parseJson(bytes.toString('utf8')));
  // Decoding skips what is not base64url, so only the way back shows that nothing was added.
  if (!parsed.success || bytes.toString('base64url') !== cursor) {
    throw wrongField('/query/cursor', 'is not a cursor of this list: take it from nextCursor');
  }
  return parsed.data[1];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The filters of a page: those of the cursor, which keeps them. A query may repeat one, but not change it.
 * @throws Problem 422 `validation` that names the filter which differs
 */
export function keepFilters<T extends object>(
  fromCursor: T,
  fromQuery: { [Name in keyof T]?: T[Name] | undefined },
): T {
  const kept = new Map<string, unknown>(Object.entries(fromCursor));
  for (const [name, value] of Object.entries(fromQuery)) {
    if (value !== undefined && kept.get(name) !== value) {
      throw conflictingFields(`/query/${name}`, "differs from the cursor's: a cursor keeps its filters");
    }
  }
  return fromCursor;
}
