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
  // Too different to tell lines apart: all of the middle is changed.
  const parts = diffArrays([...oldMiddle], [...nowMiddle], { maxEditLength: MOST_EDITS }) ?? [
    { removed: true, added: false, value: oldMiddle },
    { removed: false, added: true, value: nowMiddle },
  ];
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

const MOST_EDITS = 1_000;

function linesOf(text: string): readonly string[] {
  return text.split(/\r\n|\n|\r/).map((line) => line.trim());
}
