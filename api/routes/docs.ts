import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createRoute, z } from '@hono/zod-openapi';
import { problems } from '../answers.ts';
import { createRouter } from '../context.ts';
import { PAGE, START } from '../docs/page.ts';
import { Problem } from '../problem.ts';

/** Only these files are served: the package has source maps and other builds beside them. */
const ASSETS = {
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'swagger-ui.css': 'text/css; charset=utf-8',
  'favicon-32x32.png': 'image/png',
} as const;
type Asset = keyof typeof ASSETS;

/** A new version of the package has the same names: a browser asks again after an hour. */
const CACHING = 'public, max-age=3600';

/**
 * Nothing from elsewhere and no inline script. The library sets styles on its elements by script, which the policy
 * lets through, and its stylesheet holds pictures as `data:`.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const text = z.string().openapi({ example: '<!doctype html>…' });

const page = createRoute({
  method: 'get',
  path: '/docs',
  tags: ['operation'],
  summary: 'The API reference, as a page',
  responses: { 200: { description: 'The page', content: { 'text/html': { schema: text } } } },
});

const asset = createRoute({
  method: 'get',
  path: '/docs/{asset}',
  tags: ['operation'],
  summary: 'A file of that page',
  request: { params: z.object({ asset: z.string().openapi({ example: 'start.js' }) }) },
  responses: {
    200: {
      description: 'The file',
      content: {
        'text/javascript': { schema: z.string().openapi({ example: 'SwaggerUIBundle({…});' }) },
        'text/css': { schema: z.string().openapi({ example: '.swagger-ui {…}' }) },
        'image/png': { schema: z.string().openapi({ format: 'binary' }) },
      },
    },
    ...problems(400, 404),
  },
});

/** The API reference with all that it needs, from this server alone. */
export function docsRoutes() {
  return createRouter()
    .openapi(page, (c) => {
      c.header('Content-Security-Policy', POLICY);
      return c.html(PAGE, 200);
    })
    .openapi(asset, async (c) => {
      const { asset: name } = c.req.valid('param');
      if (name !== 'start.js' && !isAsset(name)) {
        throw new Problem('not-found', `The reference has no file ${name}.`);
      }
      c.header('Cache-Control', CACHING);
      if (name === 'start.js')
        return c.body(START, 200, { 'content-type': 'text/javascript; charset=utf-8' });
      return c.body(await contents(name), 200, { 'content-type': ASSETS[name] });
    });
}

function isAsset(name: string): name is Asset {
  return Object.hasOwn(ASSETS, name);
}

/** Read anew for each request: browsers keep them, and nothing else asks. */
async function contents(name: Asset): Promise<Uint8Array<ArrayBuffer>> {
  const require = createRequire(import.meta.url);
  const folder = dirname(require.resolve('swagger-ui-dist/package.json'));
  return new Uint8Array(await readFile(join(folder, name)));
}
