import { resolve } from 'node:path';
import { printFailure } from '../stack/failure.ts';
import { removeFolder } from '../stack/launcher.ts';

const folder = resolve('.remit');

try {
  await removeFolder(folder);
  console.log(`Removed ${folder}: the next start begins with an empty ledger.`);
} catch (error) {
  printFailure(error);
  process.exitCode = 1;
}
