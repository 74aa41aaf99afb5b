/**
 * Canonical JSON as RFC 8785 (JCS) lays it down: the same value always gives the same bytes.
 * Never throws on plain data, because it runs where the gate must answer: a lone surrogate, which has no UTF-8 form,
 * becomes U+FFFD, and a number that JSON cannot hold becomes null. Properties that are undefined are left out.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(wellFormed(value));
  if (typeof value === 'number') return Number.isFinite(value) ? JSON.stringify(value) : 'null';
  if (value === true || value === false) return String(value);
  if (typeof value !== 'object' || value === null) return 'null';
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([name, member]) => [wellFormed(name), member] as const)
    // The default order of strings is by UTF-16 code unit, which is what RFC 8785 asks for.
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`;
}

/** The text with each lone surrogate replaced by U+FFFD, as an encoder to UTF-8 would do. */
export function wellFormed(text: string): string {
  return text.replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, '\uFFFD');
}
