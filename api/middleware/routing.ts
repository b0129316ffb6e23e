import type { OpenAPIHono } from '@hono/zod-openapi';
import { z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import type { AppEnv } from '../context.ts';
import { type FieldError, Problem, validationProblem } from '../problem.ts';

type KnownRoute = {
  readonly method: string;
  readonly path: RegExp;
  readonly shape: string;
  readonly query: ReadonlySet<string>;
};

/**
 * Answers 404 and 405 before anything is read, and refuses unknown and repeated query parameters, all from the
 * routes as the OpenAPI document tells them: one list, so that none can be forgotten.
 */
export function routing(app: OpenAPIHono<AppEnv>): MiddlewareHandler<AppEnv> {
  let routes: ReadonlyMap<string, readonly KnownRoute[]> | undefined;
  return async (c, next) => {
    routes ??= byShape(knownRoutes(app));
    const alike = routes.get(shapeOf(c.req.path)) ?? [];
    const onPath = alike.filter((route) => route.path.test(c.req.path));
    if (onPath.length === 0) throw new Problem('not-found', `There is nothing at ${c.req.path}.`);
    const method = c.req.method === 'HEAD' ? 'GET' : c.req.method;
    const route = onPath.find((candidate) => candidate.method === method);
    if (route === undefined) throw wrongMethod(onPath);
    checkQuery(c.req.queries(), route.query);
    await next();
  };
}

/** Paths of one shape have as many segments and the same collection, such as `transfers`: few to compare with. */
function shapeOf(path: string): string {
  const segments = path.split('/');
  return `${segments.length} ${segments.length > 3 ? segments[2] : ''}`;
}

function byShape(routes: readonly KnownRoute[]): ReadonlyMap<string, readonly KnownRoute[]> {
  const shapes = new Map<string, KnownRoute[]>();
  for (const route of routes) shapes.set(route.shape, [...(shapes.get(route.shape) ?? []), route]);
  return shapes;
}

function wrongMethod(routes: readonly KnownRoute[]): Problem {
  const methods = routes.flatMap((route) => (route.method === 'GET' ? ['GET', 'HEAD'] : [route.method]));
  const allow = [...new Set(methods)].join(', ');
  return new Problem('method-not-allowed', `Allowed here: ${allow}.`, { headers: { allow } });
}

function checkQuery(query: Readonly<Record<string, readonly string[]>>, known: ReadonlySet<string>): void {
  const errors = Object.entries(query).flatMap(([name, values]): FieldError[] => {
    const pointer = `/query/${name}`;
    if (!known.has(name)) return [{ pointer, message: 'is not a known query parameter' }];
    return values.length > 1 ? [{ pointer, message: 'appears twice: each parameter may appear once' }] : [];
  });
  if (errors.length > 0) throw validationProblem(errors);
}

function knownRoutes(app: OpenAPIHono<AppEnv>): readonly KnownRoute[] {
  return app.openAPIRegistry.definitions.flatMap((definition) => {
    if (definition.type !== 'route') return [];
    const { method, path, request } = definition.route;
    const query = request?.query instanceof z.ZodObject ? Object.keys(request.query.shape) : [];
    return [
      {
        method: method.toUpperCase(),
        path: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{[^}]+\}/g, '[^/]+')}$`),
        shape: shapeOf(path),
        query: new Set(query),
      },
    ];
  });
}
