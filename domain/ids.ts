type Brand<T, Name extends string> = T & { readonly __brand: Name };

/** Who owns a row: every table, Kafka key and workflow id carries it. */
export type Tenant = Brand<string, 'Tenant'>;
export type AccountId = Brand<string, 'AccountId'>;
export type TransferId = Brand<string, 'TransferId'>;
export type CommandId = Brand<string, 'CommandId'>;
export type HoldId = Brand<string, 'HoldId'>;
/** Of a standing order. */
export type OrderId = Brand<string, 'OrderId'>;
/** `account-<id>` or `transfer-<id>`: the unit of ordering, locking and Kafka keys. */
export type StreamId = Brand<string, 'StreamId'>;

/** What a client may choose as an id (api.md). */
export const ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/;

/** Accounts of the read model that balance every entry; no customer account may take these ids. */
export const SYSTEM_ACCOUNTS = ['external', 'transit', 'suspense', 'fees', 'fx'] as const;
export type SystemAccount = (typeof SYSTEM_ACCOUNTS)[number];

export function accountStream(id: AccountId): StreamId {
  return `account-${id}` as StreamId;
}

export function transferStream(id: TransferId): StreamId {
  return `transfer-${id}` as StreamId;
}

export type StreamKind =
  | { kind: 'account'; accountId: AccountId }
  | { kind: 'transfer'; transferId: TransferId };

/** The account whose stream this is. Throws where it is not an account's. */
export function accountIdOf(streamId: string): AccountId {
  const stream = parseStream(streamId);
  if (stream.kind !== 'account') throw new Error(`stream ${streamId} is not an account's`);
  return stream.accountId;
}

/** The thing that a stream is about. Throws on a stream id that Remit never wrote. */
export function parseStream(streamId: string): StreamKind {
  if (streamId.startsWith('account-')) return { kind: 'account', accountId: streamId.slice(8) as AccountId };
  if (streamId.startsWith('transfer-'))
    return { kind: 'transfer', transferId: streamId.slice(9) as TransferId };
  throw new Error(`stream id ${streamId} is neither an account's nor a transfer's`);
}
