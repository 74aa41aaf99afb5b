import { type ActionGroup, groupActions } from './action-groups.ts';
import { type Case, caseMaker } from './cases.ts';
import type { Tick } from './clock.ts';
import { type Comparison, entryAt, widens } from './comparison.ts';
import { describe } from './describe.ts';
import type { Expansion } from './expansion.ts';
import { type Gain, isFull, newGain, record, undecidedGain } from './gain.ts';
import type { Piece, SpaceMaker } from './requests.ts';
import type { Statement } from './statement.ts';
import type { Side } from './told.ts';
import type { Members } from './witness.ts';

const MOST_PIECES = 4_000;
/** More of them say nothing more: one is enough to hold the edit. */
const MOST_UNDECIDED = 50;

/** What is newly allowed, told by the statement that is responsible. What is too entangled to work out is told as `undecided`. */
export function compare(comparison: Comparison, spaceFor: SpaceMaker, tick: Tick): readonly Expansion[] {
  const { entries, catalogue } = comparison;
  const interesting = new Set<number>();
  entries.forEach((entry, i) => {
    if (widens(entry)) interesting.add(i);
  });
  const { groups, complete } = groupActions(
    entries.map(({ statement }) => statement),
    interesting,
    catalogue,
    tick,
  );
  const casesOf = caseMaker(comparison, spaceFor, tick);
  const gains = new Map<string, Gain>();
  let finished = complete;
  for (const group of groups) {
    let members: Members | undefined;
    // The fewer of the two lists.
    const own =
      interesting.size < group.statements.length ? [...interesting].filter((i) => holdsSorted(group.statements, i)) : group.statements;
    for (const i of own) {
      if (!interesting.has(i)) continue;
      tick(0.1);
      if (entries[i]?.statement.effect === 'Allow' && allowedAlike(i, group, comparison)) continue;
      members ??= membersOf(group, comparison);
      const found = casesOf(i, group.statements);
      if (!found.complete) finished = false;
      for (const one of found.cases) if (!compareStatement(i, group, members, one, comparison, gains, tick)) finished = false;
    }
  }

  const told = new Set([...gains.values()].map(({ responsible }) => responsible));
  const expansions = [...gains.values()].map((gain) => {
    tick(20 + gain.actions.size);
    return describe(gain, comparison);
  });
  if (finished) return expansions;
  // Whatever was not reached counts as newly allowed.
  return [
    ...expansions.map((expansion) => ({ ...expansion, certainty: 'undecided' as const })),
    ...[...interesting]
      .filter((i) => !told.has(i))
      .slice(0, MOST_UNDECIDED)
      .map((i) => describe(undecidedGain(i, comparison, groups), comparison)),
  ];
}

function membersOf({ statements }: ActionGroup, { entries }: Comparison): Members {
  const pick = (side: Side, effect: Statement['effect']): readonly number[] =>
    statements.filter((i) => entries[i]?.side === side && entries[i].statement.effect === effect);
  return {
    allowAfter: pick('after', 'Allow'),
    denyAfter: pick('after', 'Deny'),
    allowBefore: pick('before', 'Allow'),
    denyBefore: pick('before', 'Deny'),
  };
}

/** What statement `i` newly allows of the group's actions. False when there were too many pieces. */
function compareStatement(
  i: number,
  group: ActionGroup,
  members: Members,
  within: Case,
  comparison: Comparison,
  gains: Map<string, Gain>,
  tick: Tick,
): boolean {
  const { space, boxOf, apart } = within;
  const isAllow = entryAt(comparison, i).statement.effect === 'Allow';
  if (isAllow && isFull(gains.get(`allow-added${i}false`), group, comparison)) return true;
  const whole = space.whole(boxOf(i));
  if (whole === undefined) return true;

  let finished = true;
  /** What is left of pieces of the statement outside of others. */
  const cut = (start: readonly Piece[], by: readonly number[]): readonly Piece[] => {
    let pieces = start;
    for (const other of by) {
      if (pieces.length === 0) break;
      if (pieces.length > MOST_PIECES) {
        finished = false;
        break;
      }
      tick(0.1);
      if (!apart(i, other)) pieces = space.without(pieces, boxOf(other));
    }
    return pieces;
  };
  const note = (cause: Gain['cause'], allowedBy: number | undefined, assumed: boolean, pieces: readonly Piece[]): void => {
    if (pieces.length === 0 || !finished) return;
    tick(pieces.length);
    const key = `${cause}${i}${assumed}`;
    const gain = gains.get(key) ?? newGain(cause, i, allowedBy, assumed);
    if (record(gain, pieces, group, members, comparison, within)) gains.set(key, gain);
  };

  const undenied = cut([whole], members.denyAfter);
  if (isAllow) {
    note('allow-added', i, false, cut(undenied, members.allowBefore));
    return finished;
  }
  for (const allow of members.allowAfter) {
    tick(0.1);
    if (!finished || undenied.length === 0) return finished;
    if (apart(i, allow)) continue;
    const allowed = undenied.flatMap((piece) => space.within(piece, boxOf(allow)) ?? []);
    // Only what was allowed but for the Deny: the rest is told as newly allowed by the Allow.
    const held = entryAt(comparison, allow).unchanged
      ? allowed
      : members.allowBefore.flatMap((old) => (apart(i, old) ? [] : allowed.flatMap((piece) => space.within(piece, boxOf(old)) ?? [])));
    note('deny-removed', allow, false, held);
  }
  if (comparison.onlyDenied) note('deny-removed', undefined, true, cut(undenied, members.allowAfter));
  return finished;
}

/** A statement before says the same and names these actions: often only the actions were changed. */
function allowedAlike(i: number, { statements }: ActionGroup, { entries, alike }: Comparison): boolean {
  return (alike.get(entries[i]?.likeness ?? '') ?? []).some((other) => entries[other]?.side === 'before' && holdsSorted(statements, other));
}

function holdsSorted(sorted: readonly number[], wanted: number): boolean {
  let low = 0;
  let high = sorted.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const value = sorted[middle] ?? 0;
    if (value === wanted) return true;
    if (value < wanted) low = middle + 1;
    else high = middle - 1;
  }
  return false;
}
