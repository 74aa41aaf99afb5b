import { diffArrays } from 'diff';

/** Lines `[beforeStart, beforeEnd)` of the text before became lines `[afterStart, afterEnd)` of the text after. Counted from 0. */
export type Hunk = {
  readonly beforeStart: number;
  readonly beforeEnd: number;
  readonly afterStart: number;
  readonly afterEnd: number;
};

/**
 * What changed between two lists of lines, in order. Never slow: where the two are too different for the time allowed, the
 * whole differing middle is one hunk.
 */
export function lineHunks(before: readonly string[], after: readonly string[]): readonly Hunk[] {
  const shorter = Math.min(before.length, after.length);
  let prefix = 0;
  while (prefix < shorter && before[prefix] === after[prefix]) prefix += 1;
  let suffix = 0;
  while (suffix < shorter - prefix && before[before.length - 1 - suffix] === after[after.length - 1 - suffix]) suffix += 1;
  const beforeEnd = before.length - suffix;
  const afterEnd = after.length - suffix;
  if (prefix === beforeEnd && prefix === afterEnd) return [];
  const whole = { beforeStart: prefix, beforeEnd, afterStart: prefix, afterEnd };
  if (prefix === beforeEnd || prefix === afterEnd) return [whole];

  const parts = diffArrays(before.slice(prefix, beforeEnd), after.slice(prefix, afterEnd), { timeout: 20, maxEditLength: 2000 });
  if (parts === undefined) return [whole];
  const hunks: Hunk[] = [];
  let [b, a] = [prefix, prefix];
  let open: { beforeStart: number; afterStart: number } | undefined;
  const close = (): void => {
    if (open !== undefined) hunks.push({ ...open, beforeEnd: b, afterEnd: a });
    open = undefined;
  };
  for (const part of parts) {
    if (part.added || part.removed) open ??= { beforeStart: b, afterStart: a };
    else close();
    if (!part.added) b += part.count;
    if (!part.removed) a += part.count;
  }
  close();
  return hunks;
}

/** The lines of a text without their ends. */
export function linesOf(text: string): readonly string[] {
  return text.split(/\r\n|\n|\r/);
}
