import { expect, test } from 'vitest';
import { SetupFailure } from './failure.ts';
import { requireLocalParts } from './restore.ts';

test.each(['DATABASE_URL', 'READ_DATABASE_URL', 'KAFKA_BROKERS', 'TEMPORAL_ADDRESS'])(
  'a restore beside a part of one’s own is refused: %s',
  (variable) => {
    expect(() => requireLocalParts({ [variable]: 'elsewhere:1' })).toThrow(SetupFailure);
    expect(() => requireLocalParts({ [variable]: 'elsewhere:1' })).toThrow(`${variable} names a`);
    // As for `npm start`, empty means the local one.
    expect(() => requireLocalParts({ [variable]: '' })).not.toThrow();
  },
);
