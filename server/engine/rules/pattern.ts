/** Patterns of packs run on RE2: linear in the text, whoever wrote the pattern. The engine is loaded by need. */
export type Pattern = (text: string) => boolean;

const known = new Map<string, Pattern>();
/** A text longer than this is looked at in its first part. */
const LONGEST = 100_000;

/** Throws if the pattern is not one of RE2; packs are checked for that when they are read. */
export function compilePattern(pattern: string): Pattern {
  const compiled = known.get(pattern);
  if (compiled !== undefined) return compiled;
  const { RE2JS }: typeof import('@bufbuild/re2') = require('@bufbuild/re2');
  const engine = new RE2JS(pattern);
  const test: Pattern = (text) => engine.test(text.length > LONGEST ? text.slice(0, LONGEST) : text);
  if (known.size > 2000) known.clear();
  known.set(pattern, test);
  return test;
}

/** What is wrong with a pattern; undefined for a good one. */
export function patternProblem(pattern: string): string | undefined {
  if (pattern.length > 1000) return `The pattern has ${pattern.length} characters; at most 1000 are taken. Split it.`;
  try {
    compilePattern(pattern);
    return undefined;
  } catch (error) {
    return `The pattern is not one of RE2 (${error instanceof Error ? error.message : String(error)}). Look-around and back-references are not there.`;
  }
}
