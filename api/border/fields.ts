import { z } from '@hono/zod-openapi';
import { CURRENCY_CODES, exponentOf } from '../../domain/currencies.ts';
import { type AccountId, ID_PATTERN, SYSTEM_ACCOUNTS, type TransferId } from '../../domain/ids.ts';
import { parseAmount } from '../../domain/money.ts';

/** A string, with messages for people: what is wrong, and that it is missing where it is. */
function text(what = 'must be a string') {
  return z.string({ error: (issue) => (issue.input === undefined ? 'is required' : what) });
}

const ID_MESSAGE = 'must be 1 to 64 letters, digits or . _ : - and begin with a letter or digit';

/** Any id that a client may choose (api.md). */
export const idField = text().regex(ID_PATTERN, ID_MESSAGE).openapi({ example: 'alice' });
export const accountIdField = idField.transform((id) => id as AccountId);
export const transferIdField = idField
  .transform((id) => id as TransferId)
  .openapi({ example: 'rent-2026-08' });

/** The id of an account to open; the read model's own accounts have theirs already. */
export const newAccountIdField = accountIdField.refine(
  (id) => !SYSTEM_ACCOUNTS.some((taken) => taken === id),
  {
    error: `is one of Remit's own accounts: ${SYSTEM_ACCOUNTS.join(', ')}`,
  },
);

/** An ISO 4217 code that Remit knows. */
export const currencyField = text()
  .refine((code) => exponentOf(code) !== undefined, { error: 'must be an ISO 4217 code such as "EUR"' })
  .openapi('Currency', { example: 'EUR', enum: [...CURRENCY_CODES] });

/** The text of an amount; what it is worth is only known with its currency (`readAmounts`). */
export const amountField = text('must be a decimal string such as "10.50", in quotes').openapi({
  example: '10.50',
  description: 'Greater than zero, with at most the decimals of its currency and 18 digits in all',
  pattern: '^(0\\.0{0,3}[1-9][0-9]{0,3}|[1-9][0-9]{0,17}(\\.[0-9]{1,4})?)$',
});

/** An amount that may be zero, such as a limit; everything else as in `amountField`. */
export const amountOrZeroField = amountField.openapi({
  example: '0.00',
  description: 'Zero or more, with at most the decimals of its currency and 18 digits in all',
  pattern: '^(0|[1-9][0-9]{0,17})(\\.[0-9]{1,4})?$',
});

/** An amount in an answer: exactly the currency's decimals, with a sign where it can be negative. */
export const amountAnswer = z.string().openapi({ example: '10.50', pattern: '^-?[0-9]+(\\.[0-9]+)?$' });

/** Free text of people; Unicode characters count, not bytes. */
export function textField(maxLength: number) {
  return (
    text()
      .max(maxLength, `must have at most ${maxLength} characters`)
      // Postgres takes no NUL in a text; of a body json.ts says so first.
      .refine((value) => !value.includes('\0'), 'must not contain NUL')
      .openapi({ pattern: '^[^\\u0000]*$' })
  );
}

/** The same, with more in it than white space. */
export function filledField(maxLength: number, message: string) {
  return textField(maxLength)
    .regex(/\S/, message)
    .openapi({ minLength: 1, pattern: '^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$' });
}

/** An e-mail address as people have them; whether it takes mail is not ours to know. */
export const emailField = text()
  .max(254, 'must have at most 254 characters')
  .pipe(z.email('must be an e-mail address such as "ada@example.com"'))
  .openapi({ type: 'string', example: 'ada@example.com', pattern: z.regexes.email.source });

export const reasonField = filledField(500, 'must say why').openapi({ example: 'Reported as lost' });

/** An instant, as ISO 8601 in UTC with milliseconds, whatever zone it was written in. */
export const timeField = z.iso
  .datetime({ offset: true, error: 'must be an ISO 8601 time with its zone, such as "2026-08-01T00:00:00Z"' })
  .transform(toInstant)
  .openapi({ type: 'string', example: '2026-08-01T00:00:00Z', format: 'date-time' });

/** The instant that something is asked of: a finer one is rounded down, as nothing was stored in between. */
export const momentField = z.iso
  .datetime({ offset: true, error: 'must be an ISO 8601 time with its zone, such as "2026-08-01T00:00:00Z"' })
  .transform((text, ctx) => inRange(new Date(Date.parse(text)), ctx))
  .openapi({ type: 'string', example: '2026-08-01T00:00:00Z', format: 'date-time' });

/** Stored times have milliseconds: a finer bound of a period is rounded up, which lets the same rows through. */
function toInstant(text: string, ctx: z.RefinementCtx): string {
  const finer = /\.[0-9]{3}[0-9]*[1-9]/.test(text);
  return inRange(new Date(Date.parse(text) + (finer ? 1 : 0)), ctx);
}

function inRange(instant: Date, ctx: z.RefinementCtx): string {
  const year = instant.getUTCFullYear();
  if (year >= 1 && year <= 9999) return instant.toISOString();
  ctx.addIssue({ code: 'custom', message: 'must lie in the years 0001 to 9999, in UTC' });
  return z.NEVER;
}

export const timeAnswer = z.string().openapi({ example: '2026-08-01T12:00:00.000Z', format: 'date-time' });

const MAX_METADATA_KEYS = 50;
/** What the schema checks of keys and their number is told here, for the document knows neither by itself. */
const METADATA_DOCUMENTED = {
  example: { invoice: '2026-17' },
  maxProperties: MAX_METADATA_KEYS,
  propertyNames: { type: 'string', minLength: 1, maxLength: 40, pattern: '^[^\\u0000]*$' },
};
const metadataValue = z.union(
  [
    textField(500),
    z
      .number()
      .refine((value) => !Number.isInteger(value) || Number.isSafeInteger(value))
      .openapi({ minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }),
    z.boolean(),
    z.null(),
  ],
  { error: 'must be a string of at most 500 characters, an exact number, a boolean or null' },
);

/** A client's own labels: flat, scalars only. */
export const metadataField = z
  .record(z.string().min(1).max(40), metadataValue, { error: labelsError })
  .refine((labels) => Object.keys(labels).length <= MAX_METADATA_KEYS, {
    error: `must have at most ${MAX_METADATA_KEYS} keys`,
  })
  .openapi(METADATA_DOCUMENTED);

/** Labels in an answer: what was once stored is shown, whatever a client may send today. */
export const metadataAnswer = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
  .openapi({ example: { invoice: '2026-17' } });

function labelsError(issue: { code?: string | undefined }): string {
  if (issue.code === 'invalid_key') return 'keys must have 1 to 40 characters';
  return 'must be a flat object of strings, numbers, booleans and nulls';
}

export const limitField = text()
  .regex(/^[0-9]{1,4}$/, 'must be a whole number from 1 to 200')
  .transform(Number)
  .refine((limit) => limit >= 1 && limit <= 200, { error: 'must be a whole number from 1 to 200' })
  .default(50)
  .openapi({ type: 'integer', minimum: 1, maximum: 200, default: 50 });

/** What every list takes. */
export const pageQuery = {
  limit: limitField,
  cursor: z.string().min(1).max(1_000).optional().openapi({ description: 'nextCursor of the page before' }),
};

export const minVersionField = z
  .string()
  .regex(/^[1-9][0-9]{0,8}$/, 'must be a version: a whole number from 1')
  .transform(Number)
  .optional()
  .openapi({
    type: 'integer',
    minimum: 1,
    maximum: 999_999_999,
    description: 'Wait until the read table has this version',
  });

/** The version of a thing that is asked for. */
export const versionField = z
  .string()
  .regex(/^[1-9][0-9]{0,8}$/, 'must be a version: a whole number from 1')
  .transform(Number)
  .openapi({ type: 'integer', minimum: 1, maximum: 999_999_999, example: 2 });

/** A place in the global order, or 0 for the time before it began. */
export const positionField = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,14})$/, 'must be a position: a whole number from 0')
  .transform((text) => BigInt(text))
  .openapi({ type: 'integer', minimum: 0, maximum: 999_999_999_999_999, example: 17 });

/** Where an amount stands in a body, and the currency that says how many decimals it has. */
type AmountPlace = { readonly field: string; readonly currency: string; readonly allowZero?: boolean };

/** Reads an amount as minor units, for a schema's transform; a wrong one becomes an issue at its field. */
export function readAmount(text: string, place: AmountPlace, ctx: z.RefinementCtx): bigint {
  const parsed = parseAmount(text, place.currency, { allowZero: place.allowZero ?? false });
  if (parsed.ok) return parsed.amountMinor;
  ctx.addIssue({ code: 'custom', path: [place.field], message: parsed.message });
  return 0n;
}
