import { z } from 'zod';

/** The parts of an OpenAPI document that the contract's tests look at. */
const schemaPart = z.looseObject({
  example: z.unknown().optional(),
  properties: z.record(z.string(), z.looseObject({ example: z.unknown().optional() })).optional(),
});
const parameterPart = z.looseObject({ name: z.string(), in: z.string(), schema: schemaPart });
const contentPart = z.record(z.string(), z.looseObject({ schema: schemaPart.optional() }));
const operationPart = z.looseObject({
  tags: z.array(z.string()).optional(),
  summary: z.string().optional(),
  operationId: z.string().optional(),
  parameters: z.array(parameterPart).optional(),
  requestBody: z.looseObject({ content: contentPart }).optional(),
  responses: z.record(z.string(), z.looseObject({ content: contentPart.optional() })),
});
const METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const;

export const documentSchema = z.looseObject({
  openapi: z.string(),
  tags: z.array(z.looseObject({ name: z.string(), description: z.string() })),
  components: z.looseObject({ schemas: z.record(z.string(), z.unknown()) }),
  paths: z.record(z.string(), z.partialRecord(z.enum(METHODS), operationPart)),
});
export type OpenApiDocument = z.infer<typeof documentSchema>;
export type Operation = z.infer<typeof operationPart>;
/** A method and a path template, as in `POST` and `/api/accounts/{id}/deposits`. */
export type Named = { method: string; path: string };
export type NamedOperation = Named & { name: string; operation: Operation };

/** Every operation, named like `POST /api/accounts/{id}/deposits`, in the document's order. */
export function operationsOf(document: OpenApiDocument): NamedOperation[] {
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    METHODS.flatMap((method) => {
      const operation = operations[method];
      if (operation === undefined) return [];
      return [{ name: `${method.toUpperCase()} ${path}`, method: method.toUpperCase(), path, operation }];
    }),
  );
}

/** The operation that a request is for: literal segments win over parameters. */
export function operationFor<T extends Named>(operations: readonly T[], method: string, path: string) {
  const wanted = method === 'HEAD' ? 'GET' : method;
  return operations
    .filter((operation) => operation.method === wanted && matches(operation.path, path))
    .sort((a, b) => parameters(a.path) - parameters(b.path))[0];
}

function matches(template: string, path: string): boolean {
  const pattern = template.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&').replaceAll(/\{[^}]+\}/g, '[^/]+');
  return new RegExp(`^${pattern}$`).test(path);
}

function parameters(template: string): number {
  return template.split('{').length;
}
