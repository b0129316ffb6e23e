import { parseArgs } from 'node:util';
import { UsageError } from './failures.ts';

export type VerifyArgs =
  | { readonly mode: 'new-key'; readonly file: string }
  | {
      readonly mode: 'verify';
      /** Where to write a checkpoint after a clean run, and the private key that signs it. */
      readonly checkpoint: { readonly file: string; readonly keyFile: string } | null;
      readonly against: { readonly file: string; readonly publicKeyFile: string } | null;
    };

const STRING = { type: 'string' } as const;

/** @throws UsageError for whatever the command line has wrong. */
export function readArgs(argv: readonly string[], env: NodeJS.ProcessEnv): VerifyArgs {
  const given = parse(argv);
  const newKey = given['new-key'];
  if (newKey !== undefined) {
    if (Object.keys(given).length > 1) throw new UsageError('--new-key goes alone.');
    return { mode: 'new-key', file: newKey };
  }
  const { checkpoint, key, against, 'public-key': publicKeyFile } = given;
  const keyFile = key ?? env.REMIT_CHECKPOINT_KEY;
  if (key !== undefined && checkpoint === undefined) throw new UsageError('--key goes with --checkpoint.');
  if (publicKeyFile !== undefined && against === undefined)
    throw new UsageError('--public-key goes with --against.');
  if (checkpoint !== undefined && !keyFile)
    throw new UsageError('--checkpoint needs --key <pem file> or REMIT_CHECKPOINT_KEY to sign with.');
  if (against !== undefined && publicKeyFile === undefined)
    throw new UsageError('--against needs --public-key <file>.');
  return {
    mode: 'verify',
    checkpoint: checkpoint && keyFile ? { file: checkpoint, keyFile } : null,
    against: against && publicKeyFile ? { file: against, publicKeyFile } : null,
  };
}

function parse(argv: readonly string[]) {
  try {
    const options = {
      checkpoint: STRING,
      key: STRING,
      against: STRING,
      'public-key': STRING,
      'new-key': STRING,
    };
    return parseArgs({ args: [...argv], options, allowPositionals: false }).values;
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
