import {
  applicationName,
  createSplitter,
  createStatementReader,
  endsRequest,
  isReady,
  isRequest,
} from './postgres-messages.ts';
import type { Reaction, Statement } from './scenario.ts';

type Look = (statement: Statement) => Reaction | Promise<Reaction>;
type Write = (bytes: Buffer) => Promise<void>;

/** How the bytes of one connection to Postgres pass: message by message, with a look at each statement. */
export type Interception = {
  toServer(chunk: Buffer, write: Write): Promise<void>;
  toClient(chunk: Buffer, write: Write): Promise<void>;
};

/** What becomes of the reply to one request: all up to its ReadyForQuery. */
type Request = { reaction: Reaction };

/**
 * A client may send a request before the one before it is answered (pg's pipeline mode), so each waits in a queue for its own reply.
 * @param cut ends the connection on both sides
 */
export function interceptConnection(
  connection: number,
  look: () => Look | null,
  cut: () => void,
): Interception {
  const [fromClient, fromServer] = [createSplitter('startup'), createSplitter('typed')];
  const read = createStatementReader();
  const unanswered: Request[] = [];
  /** What is being sent: its Sync has not come yet. */
  let open: Request | null = null;
  let application: string | null = null;
  let held: Buffer[] = [];

  /** In the queue before its first message is sent on, for its reply may come before its last is. */
  function requestOf(message: Buffer): Request | null {
    if (!isRequest(message)) return null;
    const request = open ?? { reaction: 'pass' };
    if (open === null) unanswered.push(request);
    open = endsRequest(message) ? null : request;
    return request;
  }

  async function reactTo(message: Buffer): Promise<void> {
    if (application === null) {
      application = applicationName(message);
      return;
    }
    const request = requestOf(message);
    const asked = read(message);
    const looking = look();
    if (request !== null && asked !== null && looking !== null)
      request.reaction = await looking({ ...asked, application, connection });
  }

  /** The reply is there in full. */
  async function passHeld({ reaction }: Request, write: Write): Promise<void> {
    const said = typeof reaction === 'object' ? await reaction.withReply() : reaction;
    const reply = Buffer.concat(held);
    held = [];
    if (said === 'lose-reply') cut();
    else await write(reply);
  }

  return {
    async toServer(chunk, write) {
      for (const message of fromClient(chunk)) {
        await reactTo(message);
        await write(message);
      }
    },
    async toClient(chunk, write) {
      for (const message of fromServer(chunk)) {
        // Before the first request the server speaks of itself.
        const answered = unanswered[0];
        const isLast = isReady(message);
        if (isLast) unanswered.shift();
        if (answered === undefined || answered.reaction === 'pass') await write(message);
        else {
          held.push(message);
          if (isLast) await passHeld(answered, write);
        }
      }
    },
  };
}
