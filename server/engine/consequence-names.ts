/** A name as it may stand in a sentence: what hides or reorders text is written out, what is very long is cut. */
export function quoted(name: string): string {
  if (PLAIN.test(name)) return `\`${name}\``;
  const visible = Array.from(name.replaceAll('`', "'")).map((letter) =>
    HIDDEN.test(letter) ? `⟨U+${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟩` : letter,
  );
  return `\`${visible.length > 90 ? `${visible.slice(0, 89).join('')}…` : visible.join('')}\``;
}

/** As nearly all names are: nothing to write out or to cut. */
const PLAIN = /^[ -_a-~]{0,90}$/;
const HIDDEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/u;

export function serviceOf(action: string): string {
  return action.slice(0, Math.max(0, action.indexOf(':'))).toLowerCase();
}

/** "`a`", "`a` and `b`", "`a`, `b` and 3 more". */
export function listed(names: readonly string[], most = 2): string {
  const shown = names.slice(0, most);
  const more = names.length - shown.length;
  if (more > 0) return `${shown.join(', ')} and ${more} more`;
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1) ?? ''}`;
}

/** "1 bucket", "2 buckets", "several policies". */
export function plural(noun: string): string {
  if (/[^aeiou]y$/.test(noun)) return `${noun.slice(0, -1)}ies`;
  return /(s|x|ch|sh)$/.test(noun) ? `${noun}es` : `${noun}s`;
}

export function lowerFirst(text: string): string {
  return /^(AWS|`)/.test(text) ? text : text.charAt(0).toLowerCase() + text.slice(1);
}
