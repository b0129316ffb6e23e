import { type NamedOperation, type OpenApiDocument, operationsOf } from './document.ts';

const SAYS = ['type', '$ref', 'enum', 'const', 'oneOf', 'anyOf', 'allOf'];
/** Keywords of JSON Schema whose value is a schema, a list of schemas, or schemas by name. */
const ONE = ['items', 'additionalProperties', 'not', 'if', 'then', 'else', 'propertyNames', 'contains'];
const LISTS = ['allOf', 'anyOf', 'oneOf', 'prefixItems'];
/** What describes a schema and does not restrict it: a member of `allOf` may add just that to its `$ref`. */
const ANNOTATIONS = new Set(['description', 'example', 'examples', 'default', 'deprecated', 'title']);
const MAPS = ['properties', 'patternProperties', '$defs'];

type Node = Readonly<Record<string, unknown>>;

/** Pointers to every schema of the document that says nothing about its type. */
export function untypedSchemas(document: OpenApiDocument): string[] {
  return [
    ...Object.entries(document.components.schemas).flatMap(([name, schema]) =>
      untyped(schema, `#/components/schemas/${name}`),
    ),
    ...below(document.paths, '#/paths'),
  ];
}

/** Outside of schemas, each member called `schema` is one. */
function below(node: unknown, pointer: string): string[] {
  return Object.entries(asNode(node)).flatMap(([key, child]) => {
    const at = `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    return key === 'schema' ? untyped(child, at) : below(child, at);
  });
}

function untyped(schema: unknown, pointer: string): string[] {
  // `additionalProperties: false` and `true` are schemas as well, and say all they mean.
  if (typeof schema === 'boolean') return [];
  const node = asNode(schema);
  const own = SAYS.some((keyword) => keyword in node) ? [] : [pointer];
  const ones = ONE.filter((key) => key in node).map((key) => [key, node[key]] as const);
  const nested = [...LISTS, ...MAPS].flatMap((key) =>
    Object.entries(asNode(node[key]))
      .filter(([, child]) => key !== 'allOf' || !onlyAnnotates(child))
      .map(([name, child]) => [`${key}/${name}`, child] as const),
  );
  return [...own, ...[...ones, ...nested].flatMap(([key, child]) => untyped(child, `${pointer}/${key}`))];
}

function onlyAnnotates(schema: unknown): boolean {
  const keys = Object.keys(asNode(schema));
  return keys.length > 0 && keys.every((key) => ANNOTATIONS.has(key));
}

/** What operations lack that the contract promises of each: a sentence per lack. */
export function lacks(document: OpenApiDocument): string[] {
  const tags = new Set(document.tags.map((tag) => tag.name));
  return operationsOf(document).flatMap((named) => {
    const { name, path, operation } = named;
    const unknown = (operation.tags ?? []).filter((tag) => !tags.has(tag));
    const errors = Object.keys(operation.responses).filter((status) => Number(status) >= 400);
    return [
      ...(operation.summary ? [] : [`${name} has no summary`]),
      ...(operation.tags?.length ? [] : [`${name} has no tag`]),
      ...unknown.map((tag) => `${name} has the tag ${tag}, which nothing describes`),
      ...(path.startsWith('/api/') && errors.length === 0 ? [`${name} tells no error`] : []),
      ...bodyLacks(document, named),
    ];
  });
}

/** An example of a body is its own, or those of the fields that it needs. */
function bodyLacks(document: OpenApiDocument, { name, operation }: NamedOperation): string[] {
  const schemas = Object.values(operation.requestBody?.content ?? {}).map((content) => content.schema);
  return schemas.flatMap((schema) => {
    const body = resolved(document, schema);
    if ('example' in body || 'examples' in body) return [];
    const properties = asNode(body.properties);
    const required = Array.isArray(body.required) ? body.required.map(String) : [];
    return required
      .filter((field) => !hasExample(document, properties[field]))
      .map((field) => `${name} has no example of ${field}`);
  });
}

function hasExample(document: OpenApiDocument, schema: unknown): boolean {
  const node = resolved(document, schema);
  if (['example', 'examples', 'enum', 'const', 'default'].some((key) => key in node)) return true;
  if ('items' in node) return hasExample(document, node.items);
  const properties = Object.values(asNode(node.properties));
  return properties.length > 0 && properties.some((property) => hasExample(document, property));
}

function resolved(document: OpenApiDocument, schema: unknown): Node {
  const node = asNode(schema);
  if (typeof node.$ref !== 'string') return node;
  return asNode(document.components.schemas[node.$ref.split('/').at(-1) ?? '']);
}

function asNode(value: unknown): Node {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
