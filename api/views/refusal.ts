import { z } from '@hono/zod-openapi';

export const refusalSchema = z
  .strictObject({
    code: z.string().openapi({ example: 'insufficient-funds' }),
    detail: z.string().openapi({ example: 'Account alice has too little available.' }),
  })
  .openapi('Refusal');
