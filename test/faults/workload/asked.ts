import { z } from 'zod';
import type { Observation } from './load.ts';
import { toMinor } from './model.ts';

/** One thing that clients asked for, however often: it may happen once, or not at all. */
export type Asked = {
  readonly kind: 'transfer' | 'deposit' | 'withdrawal' | 'hold';
  /** The transfer's or the hold's id; of cash, the description that only this wish has. */
  readonly id: string;
  /** The account whose money it takes or, of a deposit, the one that gets it. */
  readonly account: string;
  /** Where a transfer brings it. */
  readonly to: string | null;
  readonly amountMinor: bigint;
  /** A reversal takes what is left of the original, so at most the amount. */
  readonly atMost: boolean;
  /** The hold that it captures. */
  readonly capturedHold: string | null;
  /** When it was sent first, and when somebody first saw how it ended (infinity: nobody did). */
  readonly sentAt: number;
  readonly knownAt: number;
  /** Requests for it alone; an item of a batch has none, for its batch is a wish of its own (batches.ts). */
  readonly requests: readonly Observation[];
};

type Terms = Omit<Asked, 'sentAt' | 'knownAt' | 'requests'>;

const transferBody = z.object({ id: z.string(), from: z.string(), to: z.string(), amount: z.string() });
/** What a batch's POST carries. */
export const batchBody = z.object({ id: z.string(), transfers: z.array(transferBody) });
const cashBody = z.object({ amount: z.string(), description: z.string() });
const holdBody = z.object({ id: z.string(), accountId: z.string(), amount: z.string() });
const captureBody = z.object({ id: z.string(), to: z.string() });
const reversalBody = z.object({ id: z.string() });

/** Everything that the observed requests asked for, by id. Each wish of the load has an id of its own. */
export function collectAsked(observations: readonly Observation[]): ReadonlyMap<string, Asked> {
  const asked = new Map<string, Asked>();
  const posts = observations
    .filter(({ method }) => method === 'POST')
    .sort((one, other) => one.sentAt - other.sentAt);
  for (const seen of posts) {
    for (const terms of termsOf(seen, asked)) {
      const isBatch = seen.path === '/api/transfer-batches';
      const known = isTelling(seen) ? seen.seenAt : Number.POSITIVE_INFINITY;
      const before = asked.get(terms.id);
      asked.set(terms.id, {
        ...terms,
        sentAt: before?.sentAt ?? seen.sentAt,
        knownAt: Math.min(known, before?.knownAt ?? Number.POSITIVE_INFINITY),
        requests: isBatch ? [] : [...(before?.requests ?? []), seen],
      });
    }
  }
  return asked;
}

function termsOf({ path, body }: Observation, asked: ReadonlyMap<string, Asked>): Terms[] {
  const [collection, id, action] = path.split('/').slice(2);
  if (path === '/api/transfers') return [transferTerms(transferBody.parse(body))];
  if (path === '/api/transfer-batches') return batchBody.parse(body).transfers.map(transferTerms);
  if (path === '/api/holds') {
    const hold = holdBody.parse(body);
    const amountMinor = toMinor(hold.amount);
    return [{ ...PLAIN, kind: 'hold', id: hold.id, account: hold.accountId, to: null, amountMinor }];
  }
  if (action === 'deposits' || action === 'withdrawals') {
    const { amount, description } = cashBody.parse(body);
    const kind = action === 'deposits' ? 'deposit' : 'withdrawal';
    const amountMinor = toMinor(amount);
    return [{ ...PLAIN, kind, id: description, account: id ?? '', to: null, amountMinor }];
  }
  if (action === 'capture') {
    const hold = origin(asked, id, path);
    const { id: transferId, to } = captureBody.parse(body);
    return [{ ...PLAIN, ...hold, kind: 'transfer', id: transferId, to, capturedHold: hold.id }];
  }
  if (action === 'reverse') {
    const original = origin(asked, id, path);
    const account = original.to ?? '';
    const terms = { account, to: original.account, amountMinor: original.amountMinor, atMost: true };
    return [{ ...PLAIN, ...terms, kind: 'transfer', id: reversalBody.parse(body).id }];
  }
  // What prepares a run (opening and closing accounts) moves nothing.
  if (collection === 'accounts' && (id === undefined || action === 'close')) return [];
  throw new Error(`the model does not know what POST ${path} asks for`);
}

const PLAIN = { atMost: false, capturedHold: null };

function transferTerms({ id, from, to, amount }: z.infer<typeof transferBody>): Terms {
  return { ...PLAIN, kind: 'transfer', id, account: from, to, amountMinor: toMinor(amount) };
}

function origin(asked: ReadonlyMap<string, Asked>, id: string | undefined, path: string): Terms {
  const found = asked.get(id ?? '');
  if (found === undefined) throw new Error(`POST ${path} is about something that nobody asked for`);
  const { sentAt: _, knownAt: __, requests: ___, ...terms } = found;
  return terms;
}

/** True for an answer that will never be another one: done, or refused. A batch is done when its 202 says so. */
export function isFinal({ path, answer }: Observation): boolean {
  if (answer === null || answer.status >= 500 || answer.status === 429) return false;
  if (answer.status !== 202) return true;
  return path === '/api/transfer-batches' && readAnswer(answer.text).status !== 'running';
}

/** True for a final answer that tells what became of the wish; that an id is taken, or a hold over, does not. */
export function isTelling(seen: Observation): boolean {
  const status = seen.answer?.status;
  const isConflict = status === 404 || status === 409;
  return isFinal(seen) && !(isConflict && readAnswer(seen.answer?.text ?? '').transferStatus === undefined);
}

const answerBody = z.object({
  id: z.string().optional(),
  status: z.union([z.string(), z.number()]).optional(),
  code: z.string().optional(),
  transferStatus: z.string().optional(),
  version: z.int().optional(),
  balance: z.string().optional(),
  legs: z.array(z.object({ leg: z.string(), accountId: z.string(), version: z.int() })).optional(),
});

/** The fields of an answer that the judge looks at. Throws where it is no answer of Remit's. */
export function readAnswer(text: string): z.infer<typeof answerBody> {
  return answerBody.parse(JSON.parse(text));
}
