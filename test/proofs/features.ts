import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { OPENAPI } from '../../api/openapi.ts';
import { type Named, operationFor } from '../contract/document.ts';
import type { Proof, Route } from './record.ts';

const FILE = resolve('docs', 'FEATURES.md');
const MEND = 'run `npm run features` and commit docs/FEATURES.md';

/** A route with every test that proves it, the most telling first. */
type Feature = { route: Route; proofs: Proof[] };

/**
 * Says what is wrong with docs/FEATURES.md after a whole run whose proofs are in `folder`: a route without a test
 * that gets a 2xx from it, one that the document lacks or still has, or a test that no longer proves its route.
 * Which of several good tests the document names does not matter.
 */
export async function checkFeatures(folder: string): Promise<string[]> {
  const features = await collect(folder);
  const committed = (await readFile(FILE, 'utf8').catch(() => '')).split('\n');
  const rows = committed.filter((line) => line.startsWith('| `'));
  const unproven = features.filter(({ proofs }) => proofs.length === 0).map(({ route }) => missing(route));
  const drifted = features
    .filter(({ proofs }) => proofs.length > 0)
    .filter((feature) => !feature.proofs.some((proof) => rows.includes(row(feature.route, proof))))
    .map(({ route }) => `${route.method} ${route.path} is not in docs/FEATURES.md as it is now: ${MEND}.`);
  const known = new Set(features.map(({ route }) => heading(route)));
  const gone = rows.filter((line) => ![...known].some((start) => line.startsWith(start)));
  return [...unproven, ...drifted, ...gone.map((line) => `No route for "${line}": ${MEND}.`)];
}

/** Writes docs/FEATURES.md from a whole run, and answers with the routes that no test proves. */
export async function writeFeatures(folder: string): Promise<string[]> {
  const features = await collect(folder);
  await writeFile(FILE, document(features));
  return features.filter(({ proofs }) => proofs.length === 0).map(({ route }) => missing(route));
}

function missing({ method, path }: Route): string {
  return `No test gets a 2xx from ${method} ${path}: write one that asks the app for it over HTTP.`;
}

async function collect(folder: string): Promise<Feature[]> {
  const names = await readdir(folder);
  const read = (name: string) => readFile(join(folder, name), 'utf8');
  const routeFile = names.find((name) => name.endsWith('.routes'));
  if (routeFile === undefined) throw new Error('No test asked the app for anything: its routes are unknown.');
  const routes: Route[] = JSON.parse(await read(routeFile));
  const texts = await Promise.all(names.filter((name) => name.endsWith('.proofs')).map(read));
  const lines = texts.flatMap((text) => text.split('\n')).filter((line) => line !== '');
  return assign(
    routes,
    lines.map((line): Proof => JSON.parse(line)),
  );
}

/** A test that asks for little else tells most about a route; ties go by file and title, so that runs agree. */
function assign(routes: readonly Route[], proofs: readonly Proof[]): Feature[] {
  const named = routes.map((route): Named & { route: Route } => ({ ...route, route }));
  const ofRoute = new Map(routes.map((route) => [route, new Map<string, Proof>()]));
  const routesOf = new Map<string, Set<Route>>();
  for (const proof of proofs) {
    const route = operationFor(named, proof.method, proof.path)?.route;
    if (route === undefined) continue;
    const test = testOf(proof);
    ofRoute.get(route)?.set(test, proof);
    routesOf.set(test, (routesOf.get(test) ?? new Set()).add(route));
  }
  const breadth = (proof: Proof) => routesOf.get(testOf(proof))?.size ?? 0;
  const byWorth = (a: Proof, b: Proof) => breadth(a) - breadth(b) || compare(testOf(a), testOf(b));
  return routes.map((route) => ({ route, proofs: [...(ofRoute.get(route)?.values() ?? [])].sort(byWorth) }));
}

function testOf({ file, title }: Proof): string {
  return `${file} ${title}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function document(features: readonly Feature[]): string {
  const sections = OPENAPI.tags.map(({ name, description }) => {
    const rows = features
      .filter(({ route }) => route.tag === name)
      .map(({ route, proofs }) => row(route, proofs[0]));
    return [
      `## ${name}`,
      '',
      `${description}.`,
      '',
      '| route | does | proof |',
      '|---|---|---|',
      ...rows,
      '',
    ];
  });
  return [
    '# Features',
    '',
    'Every route of the running app and a test that gets a 2xx from it. `npm run features` writes this page from a run of',
    'all tests; `npm test` fails when a route has no test, or when this page tells something else than the app.',
    '',
    ...sections.flat(),
  ].join('\n');
}

function row(route: Route, proof: Proof | undefined): string {
  const proven = proof === undefined ? 'none' : `\`${proof.file}\`: ${inCell(proof.title)}`;
  return `${heading(route)} ${inCell(route.summary)} | ${proven} |`;
}

function heading({ method, path }: Route): string {
  return `| \`${method} ${path}\` |`;
}

/** A title holds anything, a cell no bar and no line break. */
function inCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ');
}
