import { parseStream, type StreamKind } from '../../domain/ids.ts';

/** The thing that a stream is about; null for an id that Remit never wrote, as an altered row may have one. */
export function kindOf(streamId: string): StreamKind | null {
  try {
    return parseStream(streamId);
  } catch {
    return null;
  }
}

/** Whose stream it is; null where it is no account's. */
export function accountOf(streamId: string): string | null {
  const stream = kindOf(streamId);
  return stream?.kind === 'account' ? stream.accountId : null;
}
