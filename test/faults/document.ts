import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const DOCUMENT = fileURLToPath(new URL('../../docs/RELIABILITY.md', import.meta.url));

/**
 * Replaces what stands in docs/RELIABILITY.md between `<!-- <name>:begin -->` and `<!-- <name>:end -->`: figures there
 * come from runs, never from hands.
 * @throws when the document has no such block.
 */
export async function writeBlock(name: string, markdown: string): Promise<void> {
  const text = await readFile(DOCUMENT, 'utf8');
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/RELIABILITY.md has no block ${name}`);
  await writeFile(
    DOCUMENT,
    `${text.slice(0, from + begin.length)}\n\n${markdown.trim()}\n\n${text.slice(to)}`,
  );
}
