import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { UsageError } from './failures.ts';

/** Only its owner may read the private key. */
const PRIVATE_MODE = 0o600;

/** Makes an Ed25519 key: `file` for its owner alone, `<file>.pub` beside it for everybody. Overwrites nothing. */
export async function makeKey(file: string): Promise<{ publicFile: string }> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const publicFile = `${file}.pub`;
  await write(file, privateKey, PRIVATE_MODE);
  await write(publicFile, publicKey, 0o644);
  return { publicFile };
}

async function write(file: string, text: string, mode: number): Promise<void> {
  await writeFile(file, text, { mode, flag: 'wx' }).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'EEXIST' ? 'it is there already' : cause.message;
    throw new UsageError(`${file} cannot be written: ${why}.`, { cause });
  });
}

/** @throws UsageError for a file that holds no private Ed25519 key. */
export function readPrivateKey(file: string): Promise<KeyObject> {
  return readKey(file, 'private', createPrivateKey);
}

/** @throws UsageError for a file that holds no public Ed25519 key. */
export function readPublicKey(file: string): Promise<KeyObject> {
  return readKey(file, 'public', createPublicKey);
}

async function readKey(file: string, kind: string, parse: (pem: string) => KeyObject): Promise<KeyObject> {
  try {
    const key = parse(await readFile(file, 'utf8'));
    if (key.asymmetricKeyType !== 'ed25519') throw new Error(`it is an ${key.asymmetricKeyType} key`);
    return key;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`${file} holds no ${kind} Ed25519 key: ${why}.`, { cause });
  }
}
