/** Characters that two texts share at their starts, and at their ends beyond that. The two never overlap. */
export function commonEnds(one: string, other: string): { readonly head: number; readonly tail: number } {
  const most = Math.min(one.length, other.length);
  let head = 0;
  for (const size of CHUNKS) while (head + size <= most && one.slice(head, head + size) === other.slice(head, head + size)) head += size;
  while (head < most && one.charCodeAt(head) === other.charCodeAt(head)) head++;
  const rest = most - head;
  const endsAlike = (from: number, to: number): boolean =>
    one.slice(one.length - from, one.length - to) === other.slice(other.length - from, other.length - to);
  let tail = 0;
  for (const size of CHUNKS) while (tail + size <= rest && endsAlike(tail + size, tail)) tail += size;
  while (tail < rest && one.charCodeAt(one.length - 1 - tail) === other.charCodeAt(other.length - 1 - tail)) tail++;
  return { head, tail };
}

/** Characters that are compared at once. Whole texts are compared ten times as fast as texts are looked for in others. */
const CHUNKS = [8192, 1024, 128];
