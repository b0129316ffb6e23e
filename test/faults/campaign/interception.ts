import { applicationName, createSplitter, createStatementReader, isReady } from './postgres-messages.ts';
import type { Reaction, Statement } from './scenario.ts';

type Look = (statement: Statement) => Reaction | Promise<Reaction>;
type Write = (bytes: Buffer) => Promise<void>;

/** How the bytes of one connection to Postgres pass: message by message, with a look at each statement. */
export type Interception = {
  toServer(chunk: Buffer, write: Write): Promise<void>;
  toClient(chunk: Buffer, write: Write): Promise<void>;
};

/** @param cut ends the connection on both sides */
export function interceptConnection(
  connection: number,
  look: () => Look | null,
  cut: () => void,
): Interception {
  const [fromClient, fromServer] = [createSplitter('startup'), createSplitter('typed')];
  const read = createStatementReader();
  let application: string | null = null;
  let reaction: Reaction = 'pass';
  let held: Buffer[] = [];

  async function reactTo(message: Buffer): Promise<Reaction> {
    if (application === null) {
      application = applicationName(message);
      return 'pass';
    }
    const asked = read(message);
    const looking = look();
    if (asked === null || looking === null) return reaction;
    return looking({ ...asked, application, connection });
  }

  async function passHeld(write: Write): Promise<void> {
    const said = typeof reaction === 'object' ? await reaction.withReply() : reaction;
    reaction = 'pass';
    const reply = Buffer.concat(held);
    held = [];
    if (said === 'lose-reply') cut();
    else await write(reply);
  }

  return {
    async toServer(chunk, write) {
      for (const message of fromClient(chunk)) {
        reaction = await reactTo(message);
        await write(message);
      }
    },
    async toClient(chunk, write) {
      for (const message of fromServer(chunk)) {
        if (reaction === 'pass') await write(message);
        else {
          held.push(message);
          if (isReady(message)) await passHeld(write);
        }
      }
    },
  };
}
