/** Characters that two texts share at their starts, and at their ends beyond that. The two never overlap. */
export function commonEnds(one: string, other: string): { readonly head: number; readonly tail: number } {
  const most = Math.min(one.length, other.length);
  let head = 0;
  while (head + CHUNK <= most && one.startsWith(other.slice(head, head + CHUNK), head)) head += CHUNK;
  while (head < most && one.charCodeAt(head) === other.charCodeAt(head)) head++;
  const rest = most - head;
  let tail = 0;
  while (tail + CHUNK <= rest && one.endsWith(other.slice(other.length - tail - CHUNK, other.length - tail), one.length - tail))
    tail += CHUNK;
  while (tail < rest && one.charCodeAt(one.length - 1 - tail) === other.charCodeAt(other.length - 1 - tail)) tail++;
  return { head, tail };
}

/** Characters that are compared at once. */
const CHUNK = 256;
