import { type Chance, createChance } from './chance.ts';
import type { Teller } from './teller.ts';

/** Invented people. */
const PEOPLE = [
  'Alice Arden',
  'Bruno Bell',
  'Clara Castell',
  'Dev Dara',
  'Elif Engin',
  'Farid Fane',
  'Greta Gruen',
  'Hugo Holm',
  'Ines Iver',
  'Jonas Jarl',
  'Kira Kova',
  'Luis Lara',
  'Maja Moss',
  'Noor Nadir',
  'Otto Orban',
  'Pia Petri',
] as const;

const SHOPS = ['books', 'bakery', 'bikes', 'cinema', 'grocer'] as const;
const EMPLOYERS = ['observatory', 'shipyard'] as const;

type Bank = { readonly teller: Teller; readonly chance: Chance; readonly people: readonly string[] };

/** A month in the life of a small bank, in an order in which it may happen. */
export async function createBank(teller: Teller, seed: number): Promise<void> {
  const people = PEOPLE.map((name) => name.split(' ')[0]?.toLowerCase() ?? name);
  const bank: Bank = { teller, chance: createChance(seed), people };
  await openAccounts(bank);
  await paySalaries(bank);
  await goShopping(bank);
  await orderRent(bank);
  await stayInHotel(bank);
  await exchange(bank);
  await goWrong(bank);
}

async function openAccounts({ teller, chance }: Bank): Promise<void> {
  console.log('opening accounts …');
  for (const name of PEOPLE) {
    const first = name.split(' ')[0]?.toLowerCase() ?? name;
    const ownerId = teller.id(first);
    const email = `${first}@example.com`;
    await teller.post('/api/customers', { id: ownerId, name, email }, 'customer');
    const account = { id: ownerId, ownerId, name: 'Current account', currency: 'EUR' };
    await teller.post('/api/accounts', { ...account, initialDeposit: chance.euros(50, 900) }, 'account');
  }
  for (const shop of SHOPS) {
    await teller.post(
      '/api/accounts',
      { id: teller.id(`shop-${shop}`), name: shop, currency: 'EUR' },
      'account',
    );
  }
  for (const employer of EMPLOYERS) {
    const account = { id: teller.id(`employer-${employer}`), name: employer, currency: 'EUR' };
    await teller.post('/api/accounts', { ...account, initialDeposit: '100000.00' }, 'account');
  }
  await teller.post(
    '/api/accounts',
    { id: teller.id('landlord'), name: 'Rents', currency: 'EUR' },
    'account',
  );
  await teller.post('/api/accounts', { id: teller.id('hotel'), name: 'Hotel', currency: 'EUR' }, 'account');
  await teller.post(
    '/api/accounts',
    { id: teller.id('dollars'), name: 'Savings', currency: 'USD' },
    'account',
  );
}

/** All salaries in one batch. */
async function paySalaries({ teller, chance, people }: Bank): Promise<void> {
  console.log('paying salaries …');
  const transfers = people.map((person, place) => ({
    id: teller.id(`salary-${person}`),
    from: teller.id(`employer-${EMPLOYERS[place % EMPLOYERS.length]}`),
    to: teller.id(person),
    amount: chance.euros(1_800, 4_200),
    currency: 'EUR',
    description: 'Salary',
    reference: 'salaries',
  }));
  const id = teller.id('salaries');
  await teller.post('/api/transfer-batches', { id, transfers }, 'batch of salaries');
  // What people can pay next must not depend on how fast their salaries come.
  await teller.awaitBatch(`/api/transfer-batches/${id}`);
}

async function goShopping({ teller, chance, people }: Bank): Promise<void> {
  console.log('shopping …');
  for (let purchase = 0; purchase < 60; purchase += 1) {
    const shop = chance.pick(SHOPS);
    const body = {
      from: teller.id(chance.pick(people)),
      to: teller.id(`shop-${shop}`),
      amount: chance.euros(2, 80),
      currency: 'EUR',
      description: `At the ${shop}`,
      metadata: { purchase },
    };
    await teller.post('/api/transfers', body, 'purchase');
  }
}

async function orderRent({ teller, chance, people }: Bank): Promise<void> {
  console.log('ordering rents …');
  for (const person of people.slice(0, 6)) {
    const order = {
      id: teller.id(`rent-${person}`),
      from: teller.id(person),
      to: teller.id('landlord'),
      amount: chance.euros(450, 900),
      currency: 'EUR',
      cron: '0 6 1 * *',
      description: 'Rent',
    };
    await teller.post('/api/standing-orders', order, 'standing order');
  }
}

/** A deposit that is held, captured in part for one guest and let go for another. */
async function stayInHotel({ teller, people }: Bank): Promise<void> {
  console.log('staying in a hotel …');
  for (const [place, person] of people.slice(6, 9).entries()) {
    const id = teller.id(`room-${person}`);
    const hold = { id, accountId: teller.id(person), amount: '40.00', currency: 'EUR', description: 'Room' };
    await teller.post('/api/holds', hold, 'hold');
    if (place === 0) {
      await teller.post(`/api/holds/${id}/capture`, { to: teller.id('hotel'), amount: '25.00' }, 'capture');
    }
    if (place === 1) await teller.post(`/api/holds/${id}/void`, { reason: 'Guest left early' }, 'void');
  }
}

async function exchange({ teller, people }: Bank): Promise<void> {
  console.log('exchanging …');
  const [person] = people;
  await teller.put('/api/rates/EUR-USD', { rate: '1.0850' }, 'rate');
  const quote = await teller.post('/api/quotes', { from: 'EUR', to: 'USD', amount: '10.00' }, 'quote');
  const body = { from: teller.id(person ?? ''), to: teller.id('dollars'), amount: '10.00', currency: 'EUR' };
  await teller.post('/api/transfers', { ...body, quoteId: quote.body.id }, 'exchange');
}

/** What must not go through, does not; what has to wait, waits. */
async function goWrong({ teller, people }: Bank): Promise<void> {
  console.log('going wrong …');
  const [one, other, third] = people.map((person) => teller.id(person));
  const pay = (body: object, what: string) =>
    teller.post('/api/transfers', { from: one, to: other, amount: '1.00', currency: 'EUR', ...body }, what);
  await pay({ amount: '999999.00' }, 'transfer without the money');
  await pay({ to: teller.id('nobody') }, 'transfer to nobody');
  await teller.post(`/api/accounts/${teller.id('shop-cinema')}/freeze`, { reason: 'Under review' }, 'freeze');
  await pay({ to: teller.id('shop-cinema') }, 'transfer to a frozen account');
  const wrong = await pay({ amount: '12.00', description: 'Sent to the wrong person' }, 'transfer');
  if (typeof wrong.body.id === 'string') {
    await teller.post(`/api/transfers/${wrong.body.id}/reverse`, {}, 'reversal');
  }
  await teller.put(
    `/api/accounts/${third}/limits`,
    { daily: '500.00', approvalThreshold: '20.00' },
    'limits',
  );
  await pay({ from: third, amount: '25.00' }, 'transfer that a person must approve');
  await pay({ from: third, amount: '600.00' }, 'transfer above the daily limit');
  await pay({ executeAt: '2030-01-01T09:00:00Z' }, 'scheduled transfer');
}
