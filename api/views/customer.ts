import { z } from '@hono/zod-openapi';
import type { Customer } from '../../sql/customers.ts';
import { timeAnswer } from '../border/fields.ts';

export const customerSchema = z
  .strictObject({
    id: z.string().openapi({ example: 'customer-7' }),
    name: z.string().nullable().openapi({ example: 'Ada Lovelace', description: 'Null once it is erased' }),
    email: z
      .string()
      .nullable()
      .openapi({ example: 'ada@example.com', description: 'Null once it is erased' }),
    createdAt: timeAnswer,
    erasedAt: timeAnswer
      .nullable()
      .openapi({ example: null, description: 'When the personal data was erased' }),
  })
  .openapi('Customer');

/** A customer as the contract shows it. */
export function customerView(customer: Customer): z.infer<typeof customerSchema> {
  const { customerId: id, name, email, createdAt, erasedAt } = customer;
  return { id, name, email, createdAt, erasedAt };
}
