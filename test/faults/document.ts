import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const DOCS = new URL('../../docs/', import.meta.url);

/**
 * Replaces what stands in a document of docs/, such as `RELIABILITY.md`, between `<!-- <name>:begin -->` and
 * `<!-- <name>:end -->`: figures there come from runs, never from hands.
 * @throws when the document has no such block.
 */
export async function writeBlock(document: string, name: string, markdown: string): Promise<void> {
  const file = fileURLToPath(new URL(document, DOCS));
  const text = await readFile(file, 'utf8');
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/${document} has no block ${name}`);
  await writeFile(file, `${text.slice(0, from + begin.length)}\n\n${markdown.trim()}\n\n${text.slice(to)}`);
}
