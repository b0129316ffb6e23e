/** A block of a stream of server-sent events, as a browser reads it. */
export type Block = {
  readonly id: string | undefined;
  readonly event: string | undefined;
  readonly data: string | undefined;
};

export type SseClient = {
  /** The next block that has data. Throws where the stream ends before. */
  nextEvent(): Promise<Block>;
  /** The next block of any kind, or null at the end. */
  next(): Promise<Block | null>;
  /** The id that a browser would resume with. */
  lastId(): string | undefined;
  /** Hangs up. */
  close(): Promise<void>;
};

/** Reads a stream's answer by the rules of EventSource. */
export function readSse(response: Response): SseClient {
  if (response.body === null) throw new Error(`no body in an answer ${response.status}`);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = '';
  let lastId: string | undefined;
  const next = async (): Promise<Block | null> => {
    for (;;) {
      const end = buffer.indexOf('\n\n');
      if (end >= 0) {
        const block = parse(buffer.slice(0, end));
        buffer = buffer.slice(end + 2);
        lastId = block.id ?? lastId;
        return block;
      }
      const { done, value } = await reader.read();
      if (done) return null;
      buffer += value;
    }
  };
  return {
    next,
    lastId: () => lastId,
    async nextEvent() {
      for (;;) {
        const block = await next();
        if (block === null) throw new Error('the stream ended');
        if (block.data !== undefined) return block;
      }
    },
    close: () => reader.cancel(),
  };
}

function parse(text: string): Block {
  const field = (name: string) => {
    const lines = text.split('\n').filter((line) => line.startsWith(`${name}:`));
    if (lines.length === 0) return undefined;
    return lines.map((line) => line.slice(name.length + 1).replace(/^ /, '')).join('\n');
  };
  return { id: field('id'), event: field('event'), data: field('data') };
}
