import type { CommandRequest } from '../dispatch/dispatcher.ts';
import { transferTerms } from '../dispatch/new-command.ts';
import type { AccountState } from '../domain/account.ts';
import type { TransferTerms } from '../domain/events.ts';
import type { FeePolicy } from '../domain/fees.ts';
import { type AccountId, accountStream, type Tenant, type TransferId } from '../domain/ids.ts';
import { decideCredit, decideDebit, type TransferPolicy } from '../domain/legs.ts';
import { type Refusal, refusal } from '../domain/refusals.ts';
import { readClaimingCommand } from '../sql/commands.ts';
import { readHead } from '../sql/lock-heads.ts';
import type { Deps } from './context.ts';

type Wish = Extract<CommandRequest, { type: 'transfer' }>;

export type DryRun = {
  readonly terms: TransferTerms;
  readonly refusal: Refusal | null;
  /** What it would wait for before anything moves. */
  readonly waits: 'schedule' | 'approval' | null;
};

/**
 * What a transfer would come to with both accounts as they are now, by the deciders of its steps. Records nothing and
 * promises nothing: another transfer may be first.
 */
export async function dryRun(
  deps: Deps,
  tenant: Tenant,
  wish: Wish,
  { policy, fees }: { readonly policy: TransferPolicy; readonly fees: FeePolicy },
): Promise<DryRun> {
  const terms = transferTerms(wish, wish.transferId ?? ('dry-run' as TransferId), fees);
  const taken = await findTaken(deps, tenant, wish);
  const at = deps.now().toISOString();
  const source = await readAccount(deps, tenant, terms.from);
  const debit = decideDebit({ terms, executeAt: null }, null, source, policy, at);
  const credit = decideCredit(terms, await readAccount(deps, tenant, terms.to), at);
  const refused = taken ?? (debit.ok === false ? debit.refusal : null) ?? (credit.ok ? null : credit.refusal);
  const scheduled = wish.executeAt !== undefined && wish.executeAt > at;
  const approval = debit.ok === 'waits' ? 'approval' : null;
  return { terms, refusal: refused, waits: scheduled ? 'schedule' : approval };
}

async function findTaken(deps: Deps, tenant: Tenant, wish: Wish): Promise<Refusal | null> {
  const quoteId = wish.exchange?.quoteId;
  if (quoteId !== undefined && (await readClaimingCommand(deps.pool, tenant, 'quote-use', quoteId))) {
    return refusal('quote-used', `Quote ${quoteId} was used for another transfer.`);
  }
  const { transferId } = wish;
  if (transferId === null) return null;
  const owner = await readClaimingCommand(deps.pool, tenant, 'transfer', transferId);
  return owner === undefined ? null : refusal('transfer-exists', `Transfer ${transferId} exists already.`);
}

async function readAccount({ pool }: Deps, tenant: Tenant, accountId: AccountId): Promise<AccountState> {
  const state = (await readHead(pool, tenant, accountStream(accountId)))?.state;
  return state !== undefined && 'accountId' in state ? state : null;
}
