import type { Problem } from '../../types.ts';
import type { Catalogue } from './catalogue.ts';
import { OutOfTime, type Tick, ticking } from './clock.ts';
import { compare } from './compare.ts';
import { type Comparison, comparisonOf, widens } from './comparison.ts';
import { describe, mergeAlike } from './describe.ts';
import type { Expansion } from './expansion.ts';
import { undecidedGain } from './gain.ts';
import { type Pair, pairDocuments } from './pair-documents.ts';
import { type SpaceMaker, spaceMaker } from './requests.ts';
import type { PolicyDocument } from './statement.ts';

/** `pair`: the policies the expansions are of. */
export type Difference = {
  readonly expansions: readonly (Expansion & { readonly pair: Pair })[];
  readonly problems: readonly Problem[];
};

/**
 * What can be done after the edit that could not be done before it:
 * (allowed after − denied after) − (allowed before − denied before), told by the statement that is responsible.
 * Never throws for what a policy says. What is too entangled to work out is an expansion of certainty `undecided`;
 * when time runs out, one such expansion stands for the rest, and a problem that blinds says so.
 */
export function difference(
  before: readonly PolicyDocument[],
  after: readonly PolicyDocument[],
  catalogue: Catalogue,
  outOfTime: () => boolean,
): Difference {
  const expansions: Difference['expansions'][number][] = [];
  const problems: Problem[] = [];
  const tick = ticking(outOfTime);
  const spaceFor = spaceMaker(tick);
  let at: Pair = { before: before[0], after: after[0] };
  let comparison: Comparison | undefined;
  try {
    for (const pair of pairDocuments(before, after, tick)) {
      at = pair;
      comparison = comparisonOf(pair, catalogue, tick);
      if (comparison === undefined) continue;
      const found = compareInTime(comparison, spaceFor, tick);
      for (const each of mergeAlike(found)) expansions.push({ ...each, pair });
      const undecided = found.find(({ certainty }) => certainty === 'undecided');
      if (undecided !== undefined) problems.push(tooEntangled(undecided));
    }
  } catch (error) {
    if (!(error instanceof OutOfTime)) throw error;
    const rest = comparison === undefined ? undefined : restOf(comparison);
    if (rest !== undefined) expansions.push({ ...rest, pair: at });
    problems.push(tooLong(at.after ?? at.before));
  }
  return { expansions, problems };
}

/** Looks at the time before anything else: an answer that nobody waits for is not begun. */
function compareInTime(comparison: Comparison, spaceFor: SpaceMaker, tick: Tick): readonly Expansion[] {
  tick(Number.POSITIVE_INFINITY);
  return compare(comparison, spaceFor, tick);
}

/** Stands for all that was not looked at. */
function restOf(comparison: Comparison): Expansion | undefined {
  const i = comparison.entries.findIndex(widens);
  if (i === -1) return undefined;
  const gain = undecidedGain(i, comparison, []);
  return describe({ ...gain, resources: new Set([...gain.resources].slice(0, MOST_TOLD)) }, comparison);
}

/** There is no time left to tell of more. */
const MOST_TOLD = 20;

function tooEntangled({ statement }: Expansion): Problem {
  return {
    kind: 'undecided',
    message: 'This policy could not be worked out in full: it is too entangled. What was not worked out counts as newly allowed. Split it.',
    place: statement.place,
    blinds: false,
  };
}

/** What is left unseen depends on the speed of the machine, so nobody can accept it. */
export function tooLong(document: Pick<PolicyDocument, 'place'> | undefined): Problem {
  return {
    kind: 'undecided',
    message: 'This policy could not be worked out in the time there is. Split it, or make the edit in smaller steps.',
    place: document?.place,
    blinds: true,
  };
}
