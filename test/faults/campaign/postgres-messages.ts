/** As much of Postgres's frontend/backend protocol as the proxy needs: where messages end, and what a client asks. */

const TYPE_BYTES = 1;
const LENGTH_BYTES = 4;
const NULL_LENGTH = -1;

/** Cuts a stream of bytes into whole messages. A client's first one, the startup message, has no type byte. */
export function createSplitter(begins: 'startup' | 'typed'): (chunk: Buffer) => Buffer[] {
  let rest: Buffer = Buffer.alloc(0);
  let typeBytes = begins === 'startup' ? 0 : TYPE_BYTES;
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const messages: Buffer[] = [];
    while (rest.length >= typeBytes + LENGTH_BYTES) {
      const length = typeBytes + rest.readInt32BE(typeBytes);
      if (rest.length < length) break;
      messages.push(rest.subarray(0, length));
      rest = rest.subarray(length);
      typeBytes = TYPE_BYTES;
    }
    return messages;
  };
}

/** True for ReadyForQuery: the reply to a request, a simple query or all up to a Sync, has come in full. */
export function isReady(message: Buffer): boolean {
  return typeOf(message) === 'Z';
}

/** Query, Parse, Bind, Describe, Execute, Close, Flush, Sync: the server answers them. Not a password, nor the end. */
export function isRequest(message: Buffer): boolean {
  return 'QPBDECHS'.includes(typeOf(message));
}

/** True for what ReadyForQuery answers: a simple query, or the Sync after extended ones. */
export function endsRequest(message: Buffer): boolean {
  return 'QS'.includes(typeOf(message));
}

function typeOf(message: Buffer): string {
  return String.fromCharCode(message[0] ?? 0);
}

/** The application_name of a startup message: after length and protocol version, pairs of zero-ended strings. */
export function applicationName(startup: Buffer): string {
  const parts = startup
    .subarray(2 * LENGTH_BYTES)
    .toString('utf8')
    .split('\0');
  const place = parts.indexOf('application_name');
  return place < 0 ? '' : (parts[place + 1] ?? '');
}

export type Asked = { readonly text: string; readonly values: readonly (string | null)[] };

/** Reads what a client asks, remembering the prepared statements of its connection; null: not a statement to run. */
export function createStatementReader(): (message: Buffer) => Asked | null {
  const prepared = new Map<string, string>();
  return (message) => {
    const body = message.subarray(TYPE_BYTES + LENGTH_BYTES);
    switch (typeOf(message)) {
      case 'Q':
        return { text: zeroEnded(body, 0).text, values: [] };
      case 'P': {
        const name = zeroEnded(body, 0);
        prepared.set(name.text, zeroEnded(body, name.next).text);
        return null;
      }
      case 'B': {
        const name = zeroEnded(body, zeroEnded(body, 0).next);
        return { text: prepared.get(name.text) ?? '', values: bindValues(body, name.next) };
      }
      default:
        return null;
    }
  };
}

/** After the format codes come the values: a length (-1 for null) and that many bytes each. */
function bindValues(body: Buffer, from: number): (string | null)[] {
  let place = from + 2 + 2 * body.readInt16BE(from);
  const count = body.readInt16BE(place);
  place += 2;
  return Array.from({ length: count }, () => {
    const length = body.readInt32BE(place);
    place += LENGTH_BYTES;
    if (length === NULL_LENGTH) return null;
    place += length;
    return body.toString('utf8', place - length, place);
  });
}

function zeroEnded(body: Buffer, from: number): { text: string; next: number } {
  const end = body.indexOf(0, from);
  return { text: body.toString('utf8', from, end), next: end + 1 };
}
