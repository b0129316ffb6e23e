import { type KeyObject, sign, verify } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { canonicalText } from '../../sql/hash.ts';
import { type Checkpoint, checkpointSchema } from '../../sql/integrity/checkpoint.ts';
import { CheckpointError, UsageError } from './failures.ts';

/** What is signed begins with this, so that the key's signature of anything else is none of a checkpoint. */
const DOMAIN = 'remit checkpoint 1\n';
const fileSchema = z.strictObject({ checkpoint: z.looseObject({}), signature: z.string() });

/** Writes the signed checkpoint; a file of that name is replaced at once or not at all. */
export async function writeCheckpoint(file: string, checkpoint: Checkpoint, key: KeyObject): Promise<void> {
  const signature = sign(null, signedText(checkpoint), key).toString('base64');
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, `${JSON.stringify({ checkpoint, signature }, null, 1)}\n`);
    await rename(temporary, file);
  } catch (cause) {
    throw new UsageError(`${file} cannot be written: ${messageOf(cause)}.`, { cause });
  }
}

/**
 * The checkpoint of a file, once its signature is proved.
 * @throws CheckpointError for a signature that is not this key's over this content, and for anything but a checkpoint;
 * UsageError for a file that cannot be read.
 */
export async function readCheckpoint(file: string, key: KeyObject): Promise<Checkpoint> {
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw new UsageError(`${file} cannot be read: ${messageOf(cause)}.`, { cause });
  });
  const { checkpoint, signature } = parse(file, text);
  if (!verify(null, signedText(checkpoint), key, Buffer.from(signature, 'base64'))) {
    throw new CheckpointError(
      `${file} does not have the signature of this key: it was altered, or another key signed it.`,
    );
  }
  const parsed = checkpointSchema.safeParse(checkpoint);
  if (!parsed.success) {
    throw new CheckpointError(`${file} is signed, but no checkpoint of a version that is known here.`);
  }
  return parsed.data;
}

function parse(file: string, text: string): z.infer<typeof fileSchema> {
  try {
    return fileSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new CheckpointError(`${file} is not a signed checkpoint.`, { cause });
  }
}

/** Sorted keys: white space and the order of keys in the file do not matter. */
function signedText(checkpoint: object): Buffer {
  return Buffer.from(`${DOMAIN}${canonicalText(checkpoint)}`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
