import { changedPart, keptEnds } from '../../read/changed-part.ts';
import type { Tick } from './clock.ts';
import { nearTo } from './nearby.ts';
import type { Pair } from './pair-documents.ts';
import type { Statement } from './statement.ts';
import { CURRENT, isWidening, type Read, type Side, told, type Told } from './told.ts';
import { type Standings, standingsIn } from './written.ts';

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
  const [was, is] = [standingsIn(old), standingsIn(now)];
  if (was === undefined || is === undefined) return undefined;
  const { start, end } = keptEnds(was.nodes, is.nodes, changedPart(was.source, is.source));
  tick((start + end) / 2);
  const [oldEnd, nowEnd] = [old.length - end, now.length - end];
  if (start === oldEnd && start === nowEnd) return [];
  const changed = [...old.slice(start, oldEnd), ...now.slice(start, nowEnd)];
  if (start + end === 0 || changed.length > MOST_CHANGED) return undefined;

  const variables = after.version === CURRENT;
  const answer = (kept: readonly number[]): readonly Told[] => {
    const read = (side: Side, statements: readonly Statement[], last: number): readonly Read[] => {
      const told = (statement: Statement): Read => ({ side, statement, variables });
      const some = (numbers: readonly number[], from: number): readonly Read[] =>
        numbers.flatMap((number) => {
          const statement = statements[from + number];
          return statement === undefined ? [] : [told(statement)];
        });
      return [
        ...some(
          kept.filter((number) => number < start),
          0,
        ),
        ...statements.slice(start, last).map(told),
        ...some(
          kept.filter((number) => number >= start),
          last - start,
        ),
      ];
    };
    const [ofOld, ofNow] = [read('before', old, oldEnd), read('after', now, nowEnd)];
    return [...told(ofNow, ofOld), ...told(ofOld, ofNow)];
  };

  /** Kept statements by their number among the kept. Those of before: they are asked for again where a finding tells what was allowed. */
  const kept = [...old.slice(0, start), ...old.slice(oldEnd)];
  const texts = [...textsOf(was, start, oldEnd), ...textsOf(is, start, nowEnd)];
  const isAlike = [...was.nodes.slice(0, start), ...was.nodes.slice(oldEnd)].map(({ offset, length }) =>
    texts.some((text) => text.length === length && was.source.startsWith(text, offset)),
  );
  const alike = numbersOf(isAlike);
  const first = answer(alike);
  const widening = first.filter(isWidening).map(({ statement }) => statement);
  if (widening.length === 0) return [];
  const isNear = nearTo(widening);
  tick(kept.length / 2);
  const near = numbersOf(kept.map((statement, i) => isAlike[i] === true || isNear(statement)));
  const all = near.length === alike.length ? first : answer(near);
  return all.filter((each) => !each.unchanged || isNear(each.statement));
}

function numbersOf(are: readonly boolean[]): readonly number[] {
  const numbers: number[] = [];
  for (const [i, is] of are.entries()) if (is) numbers.push(i);
  return numbers;
}

/** What is written where some of the statements stand. */
function textsOf({ nodes, source }: Standings, from: number, to: number): readonly string[] {
  return nodes.slice(from, to).map(({ offset, length }) => source.slice(offset, offset + length));
}
