/**
 * `*` any characters, `?` one, over the whole text. Linear for each star, without a regular expression:
 * patterns come from packs, texts from files, and neither may make the other slow.
 */
export function globMatcher(pattern: string, letters: 'ignore case' | 'exact case'): (text: string) => boolean {
  const wanted = letters === 'ignore case' ? pattern.toLowerCase() : pattern;
  if (!/[*?]/.test(wanted)) return letters === 'ignore case' ? (text) => text.toLowerCase() === wanted : (text) => text === wanted;
  const matcher = matcherOf(wanted);
  return letters === 'ignore case' ? (text) => matcher(text.toLowerCase()) : matcher;
}

/** Most patterns have one star, and say how a text begins and ends. */
function matcherOf(pattern: string): (text: string) => boolean {
  const [start = '', end, ...more] = pattern.split('*');
  if (end === undefined || more.length > 0 || pattern.includes('?')) return (text) => matches(pattern, text);
  return (text) => text.length >= start.length + end.length && text.startsWith(start) && text.endsWith(end);
}

function matches(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
      p++;
      t++;
    } else if (star !== -1) {
      p = star + 1;
      t = ++resume;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}
