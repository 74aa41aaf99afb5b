/**
 * Does a value look like a credential: one of the well-known shapes, or long and random? Placeholders do not.
 * The shapes are public facts of their issuers; the names of keys ("password") are for the rules to look at.
 */
export function looksSecret(text: string): boolean {
  const value = text.trim();
  if (value.length < 8 || PLACEHOLDER.test(value)) return false;
  if (SHAPES.some((shape) => shape.test(value))) return true;
  return value.length >= 20 && value.length <= 4096 && /^[\w+/=.~-]+$/.test(value) && mixed(value) && entropy(value) >= 3.7;
}

const SHAPES: readonly RegExp[] = [
  /\b(AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b/,
  /\bgh[pousr]_[A-Za-z0-9]{36,}\b|\bgithub_pat_\w{22,}/,
  /\bglpat-[\w-]{20,}/,
  /\bxox[abeoprs]-[\w-]{10,}/,
  /\bsk-(ant-|proj-)?[\w-]{20,}/,
  /\b[rs]k_(live|test)_\w{16,}/,
  /\bAIza[\w-]{35}\b/,
  /\bnpm_[A-Za-z0-9]{36}\b/,
  /\bpypi-[\w-]{50,}/,
  /\bSG\.[\w-]{16,}\.[\w-]{16,}/,
  /\bhf_[A-Za-z0-9]{30,}/,
  /\bdop_v1_[a-f0-9]{64}\b/,
  /\bey[A-Za-z0-9_-]{10,}\.ey[A-Za-z0-9_-]{10,}\.[\w-]*/,
  /-----BEGIN [A-Z ]*PRIVATE KEY/,
  /\b[a-z][a-z0-9+.-]*:\/\/[^\s:@/]{1,64}:[^\s:@/{}$<]{3,128}@/i,
  /\b(AccountKey|SharedAccessKey|Password|pwd)=[^;\s{}$<]{8,}/i,
];

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
