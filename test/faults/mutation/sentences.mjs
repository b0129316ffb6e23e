/**
 * A plugin of Stryker: leaves sentences alone. The words of a message are for people, and tests look at codes and
 * numbers; whatever has a space in it is such words. Codes, names of events and ids are mutated.
 */
export const strykerPlugins = [{ kind: 'Ignore', name: 'sentences', value: { shouldIgnore } }];

function shouldIgnore(path) {
  const texts = path.isStringLiteral()
    ? [path.node.value]
    : path.isTemplateLiteral()
      ? path.node.quasis.map(({ value }) => value.raw)
      : [];
  return texts.some((text) => /\s/.test(text)) ? 'a sentence for people' : undefined;
}
