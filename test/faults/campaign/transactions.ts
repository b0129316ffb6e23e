import type { Statement } from './scenario.ts';

/** An outcome that a transaction writes: a leg of a transfer, or the decision of another command. */
type WrittenLeg = { readonly subjectId: string; readonly leg: string; readonly result: string };

/** What a connection's open transaction has written so far. */
export type Transaction = { readonly legs: readonly WrittenLeg[]; readonly commandIds: readonly string[] };

const NOTHING: Transaction = { legs: [], commandIds: [] };

/** Where sql/write-draft.ts, sql/commands.ts and sql/record-group.ts put what tells one transaction from another. */
const DRAFT = { marks: 'new_outcomes', subjects: 14, legs: 15, results: 16 };
const COMMAND = { marks: 'insert into commands', id: 1 };

/** Follows what passes; answers with the transaction that the statement belongs to, the statement included. */
export function followTransactions(): (statement: Statement) => Transaction {
  const open = new Map<number, Transaction>();
  return (statement) => {
    const before = statement.text.startsWith('begin') ? NOTHING : (open.get(statement.connection) ?? NOTHING);
    const after = {
      legs: [...before.legs, ...legsOf(statement)],
      commandIds: [...before.commandIds, ...commandIdsOf(statement)],
    };
    open.set(statement.connection, after);
    return after;
  };
}

function legsOf({ text, values }: Statement): WrittenLeg[] {
  if (!text.includes(DRAFT.marks)) return [];
  const [legs, results] = [listOf(values[DRAFT.legs]), listOf(values[DRAFT.results])];
  return listOf(values[DRAFT.subjects]).map((subjectId, at) => ({
    subjectId,
    leg: legs[at] ?? '',
    result: results[at] ?? '',
  }));
}

/** One command, or those of a group (sql/record-group.ts), which come as a list. */
function commandIdsOf({ text, values }: Statement): string[] {
  if (!text.includes(COMMAND.marks)) return [];
  const id = values[COMMAND.id] ?? '';
  return id.startsWith('{') ? listOf(id) : [id];
}

/** node-pg writes a list of strings as `{"a","b"}`. */
export function listOf(value: string | null | undefined): string[] {
  return value ? (JSON.parse(`[${value.slice(1, -1)}]`) as string[]) : [];
}
