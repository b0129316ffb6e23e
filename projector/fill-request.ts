/** Kafka refuses a request above 1 MB; one message is far smaller than the other half. */
const MAX_REQUEST_BYTES = 512 * 1024;

type Sendable = {
  readonly key: string | null;
  readonly value: string;
  readonly headers?: Readonly<Record<string, string>>;
};

/** The messages of as many items as fit into one request, in order; at least one, where there is one. */
export function fillRequest<Item, Message extends Sendable>(
  items: readonly Item[],
  toMessage: (item: Item) => Message,
): Message[] {
  const messages: Message[] = [];
  let bytes = 0;
  for (const item of items) {
    const message = toMessage(item);
    bytes += bytesOf(message);
    if (messages.length > 0 && bytes > MAX_REQUEST_BYTES) break;
    messages.push(message);
  }
  return messages;
}

function bytesOf({ key, value, headers = {} }: Sendable): number {
  const texts = [key ?? '', value, ...Object.entries(headers).flat()];
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}
