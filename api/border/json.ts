import { type JSONPath, visit } from 'jsonc-parser';
import { Problem, wrongField } from '../problem.ts';
import { pointerOf } from './validation.ts';

/** No body of ours nests deeper than a batch's items with their metadata. */
const MAX_DEPTH = 16;

/** Neither can be stored: Postgres has no NUL in text, and a lone surrogate is no Unicode text. */
const UNSTORABLE = /[\0\p{Surrogate}]/u;
/** How they get into a text that is UTF-8 and JSON: by an escape. Most bodies have none, and are spared the search. */
const ESCAPED_UNSTORABLE = /\\u(0000|d[89a-f])/i;

/**
 * Parses a text, and checks what JSON.parse lets through: duplicate keys (the last one would win in silence), deep nesting, NUL
 * characters and lone surrogates, and `__proto__`, which no validator sees.
 * @throws Problem `validation`, with a pointer to the place
 */
export function readJson(text: string): unknown {
  const read = parse(text);
  const suspicious = ESCAPED_UNSTORABLE.test(text);
  const keys: Set<string>[] = [];
  let depth = 0;
  const enter = (pathOf: () => JSONPath) => {
    depth += 1;
    if (depth > MAX_DEPTH) throw wrongField(pointerOf(pathOf()), `nests deeper than ${MAX_DEPTH} levels`);
  };
  visit(text, {
    onObjectBegin(_offset, _length, _line, _character, pathOf) {
      enter(pathOf);
      keys.push(new Set());
    },
    onObjectEnd() {
      depth -= 1;
      keys.pop();
    },
    onArrayBegin(_offset, _length, _line, _character, pathOf) {
      enter(pathOf);
    },
    onArrayEnd() {
      depth -= 1;
    },
    onObjectProperty(property, _offset, _length, _line, _character, pathOf) {
      checkKey(property, keys.at(-1), pathOf);
      if (suspicious && UNSTORABLE.test(property)) {
        throw wrongField(pointerOf([...pathOf(), property]), 'is not a name that can be stored');
      }
    },
    onLiteralValue(value: unknown, _offset, _length, _line, _character, pathOf) {
      if (suspicious && typeof value === 'string' && UNSTORABLE.test(value)) {
        throw wrongField(pointerOf(pathOf()), 'must not contain NUL characters or lone surrogates');
      }
    },
  });
  return read;
}

function checkKey(property: string, seen: Set<string> | undefined, pathOf: () => JSONPath): void {
  const pointer = () => pointerOf([...pathOf(), property]);
  if (seen?.has(property)) throw wrongField(pointer(), 'appears twice: each key may appear once');
  if (property === '__proto__') throw wrongField(pointer(), 'is not a known field');
  seen?.add(property);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = text.trim() === '' ? 'is empty: a JSON object is expected' : 'is not valid JSON';
    throw new Problem('validation', `The body ${message}.`, {
      errors: [{ pointer: '', message }],
      cause: error,
    });
  }
}
