import type { AccountCommand } from './account.ts';
import type { CommandId, Tenant } from './ids.ts';
import type { Refusal } from './refusals.ts';
import type { Wire } from './wire.ts';

/** Who asks for what nobody asked for, such as the end of an expired hold: such a command has no row. */
export const OWN_ACTOR = 'remit';

/** One command of a list, and whose wish it is. */
export type AccountItem = {
  readonly commandId: CommandId;
  readonly actor: string;
  readonly command: WireAccountCommand;
};

/** An account command whose amounts are strings, as Temporal's payloads carry it. */
export type WireAccountCommand = AccountCommand extends infer Command
  ? Command extends { type: infer Type; data: infer Data }
    ? { readonly type: Type; readonly data: Wire<Data> }
    : never
  : never;

export type AccountCommandList = { readonly tenant: Tenant; readonly items: readonly AccountItem[] };

export type AccountCommandResult = {
  readonly commandId: string;
  readonly result: 'done' | 'refused';
  readonly refusal: Refusal | null;
};
