import type { House } from './house.ts';

/** The fields that these tests look at, of whatever an answer is. */
export type Body = {
  id: string;
  code: string;
  type: string;
  status: string;
  name: string;
  amount: string;
  balance: string;
  available: string;
  closingBalance: string;
  occurredAt: string;
  transferId: string;
  transferStatus: string;
  version: number;
  position: number;
  sum: string;
  ok: boolean;
  checked: number;
  firstViolation: string | null;
  data: object;
  rebuild: { status: string } | null;
  errors: { pointer: string }[];
  items: Body[];
  totals: Body[];
  currencies: Body[];
  checks: Body[];
  nextCursor: string | null;
  scheduledAt: string;
  createdAt: string;
  nextRuns: string[];
  pastRuns: Body[];
};
export type Answer = { status: number; headers: Headers; text: string; body: Body };

/** Asks the app without a port. */
export async function ask(
  { app }: House,
  method: string,
  path: string,
  body?: object,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await app.request(path, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text || '{}') };
}
