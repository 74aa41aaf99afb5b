import { diffArrays } from 'diff';

/** Line numbers from 1. */
export type ChangedLines = {
  /** Lines of after that are new or different. */
  readonly after: ReadonlySet<number>;
  /** Lines of before that are gone or different. */
  readonly before: ReadonlySet<number>;
  /** Lines of after that stand where something was only taken away. */
  readonly beside: ReadonlySet<number>;
};

/** Which lines an edit changed; indentation and the end of line do not count. */
export function changedLines(before: string, after: string): ChangedLines {
  const old = linesOf(before);
  const now = linesOf(after);
  let head = 0;
  while (head < old.length && head < now.length && old[head] === now[head]) head++;
  let tail = 0;
  while (tail < old.length - head && tail < now.length - head && old[old.length - 1 - tail] === now[now.length - 1 - tail]) tail++;
  const oldMiddle = old.slice(head, old.length - tail);
  const nowMiddle = now.slice(head, now.length - tail);
  const gone = new Set<number>();
  const fresh = new Set<number>();
  const beside = new Set<number>();
  // Too different for an exact answer: lines that the other text does not have, or not as often.
  const parts = diffArrays([...oldMiddle], [...nowMiddle], { maxEditLength: MOST_EDITS });
  if (parts === undefined) {
    for (const at of unmatched(nowMiddle, oldMiddle)) fresh.add(head + 1 + at);
    for (const at of unmatched(oldMiddle, nowMiddle)) gone.add(head + 1 + at);
    return { after: fresh, before: gone, beside };
  }
  let oldLine = head + 1;
  let nowLine = head + 1;
  for (const { removed, added, value } of parts) {
    if (removed) {
      for (let i = 0; i < value.length; i++) gone.add(oldLine + i);
      for (const line of [nowLine - 1, nowLine]) if (line >= 1 && line <= now.length) beside.add(line);
      oldLine += value.length;
    } else if (added) {
      for (let i = 0; i < value.length; i++) fresh.add(nowLine + i);
      nowLine += value.length;
    } else {
      oldLine += value.length;
      nowLine += value.length;
    }
  }
  return { after: fresh, before: gone, beside };
}

const MOST_EDITS = 200;

/** Where lines stand that the other text has not, or has fewer of. */
function unmatched(lines: readonly string[], others: readonly string[]): readonly number[] {
  const left = new Map<string, number>();
  for (const line of others) left.set(line, (left.get(line) ?? 0) + 1);
  return lines.flatMap((line, i) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count > 0 ? [] : [i];
  });
}

function linesOf(text: string): readonly string[] {
  return text.split(/\r\n|\n|\r/).map((line) => line.trim());
}
