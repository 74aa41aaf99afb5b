/** Texts of rules hold `{words}`: each is filled from what the rule saw. */

const PLACEHOLDER = /\{([^{}|]+)(?:\|([^{}]*))?\}/g;
const LONGEST_VALUE = 60;

/** Fills a template. A word without a value takes the text behind its `|`; without one, "unnamed". */
export function fill(template: string, valueOf: (word: string) => string | undefined): string {
  return template.replace(PLACEHOLDER, (_, word: string, otherwise: string | undefined) => {
    const value = valueOf(word.trim());
    return value === undefined || value === '' ? (otherwise ?? 'unnamed') : shown(value);
  });
}

/** The words that a template asks for. */
export function wordsOf(template: string): readonly string[] {
  return [...template.matchAll(PLACEHOLDER)].map((match) => (match[1] ?? '').trim());
}

/** As it may stand within backticks on one line. */
export function shown(value: string): string {
  const plain = value.replace(/\s+/g, ' ').replace(/[\p{Cc}\p{Cf}`]/gu, '·');
  return plain.length > LONGEST_VALUE ? `${plain.slice(0, LONGEST_VALUE - 1).toWellFormed()}…` : plain;
}
