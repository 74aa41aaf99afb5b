import { changedPart, keptEnds, type KeptChildren } from '../../read/changed-part.ts';
import type { Tick } from './clock.ts';
import { nearTo } from './nearby.ts';
import type { Pair } from './pair-documents.ts';
import type { Statement } from './statement.ts';
import { CURRENT, isWidening, type Side, told, type Told } from './told.ts';
import { standingsIn, writtenAlike } from './written.ts';

/** Beyond so many changed statements looking for each among the others costs more than comparing all. */
const MOST_CHANGED = 40;

/**
 * What has a part in what an edit opens, found without reading the statements that it left as they are: those at the start and at the end of
 * both policies that are written in the same characters cancel each other. They count only where one is near to a statement that
 * could widen, or says the same as a changed one. None where nothing could widen; undefined where all must be read.
 *
 * The answer is that of the whole way in `comparison.ts`, in the same order; a test compares the two on random edits.
 */
export function narrowed({ before, after }: Pair, tick: Tick): readonly Told[] | undefined {
  // Another version may change what every statement means.
  if (before === undefined || after === undefined || before.version !== after.version) return undefined;
  const [old, now] = [before.statements, after.statements];
  const { start, end } = sameEnds(old, now);
  tick((start + end) / 2);
  const [oldEnd, nowEnd] = [old.length - end, now.length - end];
  if (start === oldEnd && start === nowEnd) return [];
  const changed = [...old.slice(start, oldEnd), ...now.slice(start, nowEnd)];
  if (start + end === 0 || changed.length > MOST_CHANGED) return undefined;

  const variables = after.version === CURRENT;
  const answer = (kept: ReadonlySet<number>): readonly Told[] => {
    const read = (side: Side, statements: readonly Statement[], last: number) =>
      statements.flatMap((statement, i) => {
        const place = i < start ? i : i - last;
        return (i >= start && i < last) || kept.has(i < start ? place : start + place) ? [{ side, statement, variables }] : [];
      });
    const [ofOld, ofNow] = [read('before', old, oldEnd), read('after', now, nowEnd)];
    return [...told(ofNow, ofOld), ...told(ofOld, ofNow)];
  };

  /** Kept statements by their number among the kept. */
  const kept = [...now.slice(0, start), ...now.slice(nowEnd)];
  const alike = new Set<number>();
  kept.forEach((statement, i) => {
    if (changed.some((each) => writtenAlike(each, statement))) alike.add(i);
  });
  const widening = answer(alike)
    .filter(isWidening)
    .map(({ statement }) => statement);
  if (widening.length === 0) return [];
  const isNear = nearTo(widening);
  const near = new Set(alike);
  kept.forEach((statement, i) => {
    tick(0.5);
    if (isNear(statement)) near.add(i);
  });
  return answer(near).filter((each) => !each.unchanged || isNear(each.statement));
}

/** How many statements at both ends of the two lists are written alike. */
function sameEnds(old: readonly Statement[], now: readonly Statement[]): KeptChildren {
  const [before, after] = [standingsIn(old), standingsIn(now)];
  if (before === undefined || after === undefined) return { start: 0, end: 0 };
  return keptEnds(before.nodes, after.nodes, changedPart(before.source, after.source));
}
