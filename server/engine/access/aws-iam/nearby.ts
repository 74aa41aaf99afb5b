import type { Statement } from './statement.ts';

/** Beyond so many statements of interest looking at each with each costs more than it saves. */
const MOST_OF_INTEREST = 40;

/**
 * Says of a statement whether a request can be both in it and in one of those of interest, as far as the starts of their resources
 * tell: false is sure. What cannot meet them has no part in what they open, so it need not be compared.
 */
export function nearTo(interesting: readonly Statement[]): (statement: Statement) => boolean {
  if (interesting.length > MOST_OF_INTEREST || interesting.some(({ notResource }) => notResource)) return () => true;
  const wanted = [...new Set(interesting.flatMap(({ resources }) => resources.map(({ text }) => text)))];
  if (wanted.length > MOST_OF_INTEREST) return () => true;
  return ({ resources, notResource }) => notResource || resources.some(({ text }) => wanted.some((other) => !surelyApart(text, other)));
}

/** Before the first wildcard or variable of either they differ in a character. */
function surelyApart(one: string, other: string): boolean {
  const length = Math.min(one.length, other.length);
  for (let i = 0; i < length; i++) {
    const a = one.charCodeAt(i);
    const b = other.charCodeAt(i);
    if (a === STAR || a === QUESTION || a === DOLLAR || b === STAR || b === QUESTION || b === DOLLAR) return false;
    if (a !== b) return one.charAt(i).toLowerCase() !== other.charAt(i).toLowerCase();
  }
  return false;
}

const [DOLLAR, STAR, QUESTION] = [36, 42, 63];
