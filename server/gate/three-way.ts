/** What keeps an edit from being taken back without a person: later edits of the same lines. */
export type Conflict = {
  /** The text of now, with each place that a person must decide marked as git marks it. */
  readonly merged: string;
  readonly places: number;
};

const NOW = '<<<<<<< as it is now';
const MIDDLE = '=======';
const ROLLED_BACK = '>>>>>>> rolled back';

/**
 * `now` without what made `after` of `before`: a three-way merge, by lines. Line ends are those of now.
 * A later edit that touches the same lines, or lines right beside them, is a conflict.
 */
export function takeBack(
  before: string,
  after: string,
  now: string,
): { readonly ok: true; readonly text: string } | { readonly ok: false; readonly conflict: Conflict } {
  if (now === after) return { ok: true, text: before };
  const asNow = (text: string) => (now.includes('\r\n') && !/(?<!\r)\n/.test(now) ? text.replace(/\r?\n/g, '\r\n') : text);
  const [base, ours, theirs] = [linesOf(asNow(after)), linesOf(now), linesOf(asNow(before))];
  // What all three begin and end with is no matter of a merge, and large files have much of it.
  const shortest = Math.min(base.length, ours.length, theirs.length);
  const same = (a: number, b: number, c: number) => base[a] === ours[b] && base[a] === theirs[c];
  let head = 0;
  while (head < shortest && same(head, head, head)) head++;
  let tail = 0;
  while (tail < shortest - head && same(base.length - 1 - tail, ours.length - 1 - tail, theirs.length - 1 - tail)) tail++;
  // A line of each end stays: an edit right beside another is told from one that is apart.
  [head, tail] = [Math.max(0, head - 1), Math.max(0, tail - 1)];
  const part = (lines: readonly string[]) => lines.slice(head, lines.length - tail);
  const { diff3Merge }: typeof import('node-diff3') = require('node-diff3');
  const merged = ours.slice(0, head);
  let places = 0;
  const newline = now.includes('\r\n') ? '\r\n' : '\n';
  for (const region of diff3Merge(part(ours), part(base), part(theirs), { excludeFalseConflicts: true })) {
    if (region.conflict === undefined) merged.push(...(region.ok ?? []));
    else {
      places++;
      merged.push(
        NOW + newline,
        ...ended(region.conflict.a, newline),
        MIDDLE + newline,
        ...ended(region.conflict.b, newline),
        ROLLED_BACK + newline,
      );
    }
  }
  const text = [...merged, ...ours.slice(ours.length - tail)].join('');
  return places === 0 ? { ok: true, text } : { ok: false, conflict: { merged: text, places } };
}

/** Are there marks of a merge left that nobody decided? */
export function isMarked(text: string): boolean {
  return /^(<<<<<<<|>>>>>>>) /m.test(text);
}

/** Each with its line end. */
function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.split(/(?<=\n)/);
}

/** A mark stands on a line of its own, also after a last line without an end. */
function ended(lines: readonly string[], newline: string): readonly string[] {
  return lines.map((line) => (line.endsWith('\n') ? line : line + newline));
}
