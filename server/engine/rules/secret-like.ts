import { credentialsIn } from './credential-detectors.ts';

/**
 * Does a value look like a credential: in a format of its issuer, or long and random? Placeholders do not.
 * The names of keys ("password") are for the rules to look at.
 */
export function looksSecret(text: string): boolean {
  const value = text.trim();
  if (value.length < 8 || PLACEHOLDER.test(value)) return false;
  return looksRandom(value) || credentialsIn(value).length > 0;
}

/** Long, of one word, and with little pattern in it. */
function looksRandom(value: string): boolean {
  return value.length >= 20 && value.length <= 4096 && /^[\w+/=.~-]+$/.test(value) && mixed(value) && entropy(value) >= 3.7;
}

const PLACEHOLDER =
  /^(<.*>|\[.*\]|x{4,}|\*{4,}|\.{3,}|(your|my|some|change|example|dummy|test|fake|placeholder|replace|insert|todo)[-_ ]?.{0,20})$/i;

/** Letters and digits, in more than one case or with both. */
function mixed(text: string): boolean {
  return /\d/.test(text) && /[a-z]/i.test(text);
}

/** Bits for each character. */
function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const letter of text) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}
