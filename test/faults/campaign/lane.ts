import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a lane waits for; asked anew for each piece of data. */
export type Conditions = {
  /** Milliseconds that this piece is under way. */
  delayMs(): number;
  /** Resolves when nothing is held back. */
  open(): Promise<void>;
};

/** More than this on the way, and the sender is not read from. */
const MAX_WAITING_BYTES = 1_048_576;

/**
 * Carries one direction of a connection: each piece is delayed on its own, order is kept, and `pass` decides what
 * is written. When the sender ends, the receiver is ended after what was under way.
 */
export function carry(
  from: Socket,
  to: Socket,
  conditions: Conditions,
  pass: (chunk: Buffer, write: (bytes: Buffer) => Promise<void>) => Promise<void>,
): void {
  let waitingBytes = 0;
  let last = Promise.resolve();
  const write = (bytes: Buffer) => new Promise<void>((done) => to.write(bytes, () => done()));
  const deliver = async (chunk: Buffer, dueAt: number) => {
    const earlyMs = dueAt - Date.now();
    if (earlyMs > 0) await sleep(earlyMs);
    await conditions.open();
    await pass(chunk, write);
    waitingBytes -= chunk.length;
    if (waitingBytes <= MAX_WAITING_BYTES) from.resume();
  };
  const abandon = (error: unknown) => {
    const cause = error instanceof Error ? error : new Error(String(error));
    to.destroy(cause);
    from.destroy(cause);
  };
  from.on('data', (chunk: Buffer) => {
    waitingBytes += chunk.length;
    if (waitingBytes > MAX_WAITING_BYTES) from.pause();
    const dueAt = Date.now() + conditions.delayMs();
    last = last.then(() => deliver(chunk, dueAt)).catch(abandon);
  });
  from.on('end', () => void last.then(() => to.end()));
  from.on('error', () => to.destroy());
  from.on('close', () => void last.then(() => to.destroy()));
}
