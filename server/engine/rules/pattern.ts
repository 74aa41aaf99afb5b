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
  const whole = asWhole(pattern);
  const engine = new RE2JS(whole ?? pattern);
  const test: Pattern = (text) => {
    const searched = text.length > LONGEST ? text.slice(0, LONGEST) : text;
    return whole === undefined ? engine.test(searched) : engine.testExact(searched);
  };
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

/**
 * A pattern that begins with `^`, as one of the whole text. The engine looks for a match at every letter, also where only the first can
 * begin one; of the whole text it gives up at the first letter that does not fit. Undefined where `^` does not stand before all of it.
 */
function asWhole(pattern: string): string | undefined {
  const [, flags = '', rest] = /^((?:\(\?[is]+\))?)\^(.*)$/s.exec(pattern) ?? [];
  // Lines of their own, quoted stretches: seldom, and another matter.
  if (rest === undefined || /\(\?[a-z-]*m|\\[QEAz]/.test(rest) || hasAlternatives(rest)) return undefined;
  const end = /(?:^|[^\\])((?:\\\\)*)\$$/.test(rest);
  return end ? flags + rest.slice(0, -1) : `${flags}${rest}(?s:.*)`;
}

/** Is there a `|` outside of all groups? */
function hasAlternatives(pattern: string): boolean {
  const outside = pattern.replace(/\\./gs, '').replace(/\[\^?\]?(?:\[:\^?\w+:\]|[^\]])*\]/g, '');
  let depth = 0;
  for (const letter of outside) {
    if (letter === '(') depth++;
    if (letter === ')') depth--;
    if (letter === '|' && depth === 0) return true;
  }
  return false;
}
