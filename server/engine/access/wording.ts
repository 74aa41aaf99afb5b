/** "`a`", "`a` and `b`", "`a`, `b` and 3 more": names for a sentence, at most `most` of them. */
export function named(names: readonly string[], most = 2): string {
  const all = [...new Set(names)].map((name) => `\`${shortened(name)}\``);
  if (all.length <= most && all.length > 1) return `${all.slice(0, -1).join(', ')} and ${all.at(-1)}`;
  if (all.length <= 1) return all[0] ?? '';
  return `${all.slice(0, most).join(', ')} and ${all.length - most} more`;
}

/** The same without the marks, for numbers and plain words. */
export function listed(words: readonly string[], most = 3): string {
  const all = [...new Set(words)];
  if (all.length <= 1) return all[0] ?? '';
  if (all.length <= most) return `${all.slice(0, -1).join(', ')} and ${all.at(-1)}`;
  return `${all.slice(0, most).join(', ')} and ${all.length - most} more`;
}

/** A reference without its wrapping, a long name cut in the middle; no backticks, no line breaks, no spaces (a name is one word). */
export function shortened(name: string): string {
  const bare = name
    .replace(/^\$\{([^{}]*)\}$/, '$1')
    .replace(/[`\s]+/g, ' ')
    .trim();
  return bare.length <= LONGEST ? bare : `${bare.slice(0, LONGEST / 2)}…${bare.slice(-LONGEST / 2 + 1)}`;
}

const LONGEST = 60;

/** Groups in order of their first member. */
export function groupedBy<T>(items: readonly T[], keyOf: (item: T) => string): readonly (readonly [T, ...T[]])[] {
  const groups = new Map<string, [T, ...T[]]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return [...groups.values()];
}
