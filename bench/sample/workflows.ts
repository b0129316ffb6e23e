import { proxyActivities } from '@temporalio/workflow';
import type { activities, PaymentDetails } from './activities.ts';

const { withdraw, deposit } = proxyActivities<typeof activities>({
  startToCloseTimeout: '1 minute',
  retry: { maximumAttempts: 3 },
});

/** A money transfer as everybody writes it first: withdraw, then deposit. */
export async function moneyTransfer(details: PaymentDetails): Promise<string> {
  const withdrawn = await withdraw(details);
  const deposited = await deposit(details);
  return `${withdrawn}, ${deposited}`;
}
