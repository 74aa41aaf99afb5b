import type { ActionGroup } from './action-groups.ts';
import type { Case } from './cases.ts';
import type { CatalogueAction, ResourceType } from './catalogue.ts';
import { type Comparison, entryAt } from './comparison.ts';
import type { Expansion } from './expansion.ts';
import type { PrincipalSet } from './principals.ts';
import type { Piece } from './requests.ts';
import { typesOfUnlisted } from './resource-types.ts';
import type { Unlisted } from './unlisted-actions.ts';
import { type Evidence, findWitness, type Members, type WitnessFound } from './witness.ts';

/** What one statement opens, as it is gathered. Indexes point into the comparison's entries. */
export type Gain = {
  readonly cause: Expansion['cause'];
  readonly responsible: number;
  readonly allowedBy: number | undefined;
  readonly assumed: boolean;
  principals: PrincipalSet;
  readonly actions: Set<CatalogueAction>;
  readonly unlisted: Map<string, Unlisted>;
  readonly resources: Set<string>;
  /** Statements that cut into it: what is newly allowed depends on them. */
  readonly limits: Set<number>;
  undecided: boolean;
  witness: WitnessFound | undefined;
  /** How often a checked witness was looked for in vain. */
  tries: number;
  /** Where a request for each of the actions is found. */
  readonly evidence: Evidence[];
};

export function newGain(cause: Gain['cause'], responsible: number, allowedBy: number | undefined, assumed: boolean): Gain {
  return {
    cause,
    responsible,
    allowedBy,
    assumed,
    principals: 0n,
    actions: new Set(),
    unlisted: new Map(),
    resources: new Set(),
    limits: new Set(),
    undecided: false,
    witness: undefined,
    tries: 0,
    evidence: [],
  };
}

/** Adds what the pieces open for the group's actions; false when no action can be asked for on any of their resources. */
export function record(
  gain: Gain,
  pieces: readonly Piece[],
  group: ActionGroup,
  members: Members,
  comparison: Comparison,
  within: Case,
): boolean {
  const { regions } = within.space;
  const used = new Set<Piece>();
  /** True when some piece holds a resource of these types. */
  const opens = (types: readonly ResourceType[] | undefined, actions: Evidence['actions']): boolean => {
    const some = pieces.filter((piece) => {
      const found = regions.canAsk(piece.region, types);
      if (found === 'undecided') gain.undecided = true;
      return found !== 'none';
    });
    if (some.length === 0) return false;
    for (const piece of some) used.add(piece);
    const evidence: Evidence = { actions, pieces: some, types, members, within };
    gain.evidence.push(evidence);
    offerWitness(gain, evidence, comparison);
    return true;
  };
  for (const { types, actions } of group.listed) {
    if (opens(types, actions)) for (const action of actions) gain.actions.add(action);
  }
  for (const each of group.unlisted) {
    if (opens(typesOfUnlisted(each.name, comparison.catalogue), [each])) gain.unlisted.set(each.name, each);
  }
  if (used.size === 0) return false;
  for (const piece of used) gain.principals |= piece.principals;
  noteResources(gain, [...used], within);
  const cutting = gain.cause === 'allow-added' ? [...members.denyAfter, ...members.allowBefore] : members.denyAfter;
  for (const i of cutting) if (!gain.limits.has(i) && within.touch(gain.responsible, i)) gain.limits.add(i);
  return true;
}

/** Nothing that this group could add is missing, so further cases of the variables need not be looked at. */
export function isFull(gain: Gain | undefined, group: ActionGroup, comparison: Comparison): boolean {
  if (gain?.witness?.checked !== true) return false;
  const { principals, statement } = entryAt(comparison, gain.responsible);
  return (
    gain.principals === principals &&
    statement.resources.every(({ text }) => statement.notResource || gain.resources.has(text)) &&
    group.listed.every(({ actions: [first] }) => first === undefined || gain.actions.has(first)) &&
    group.unlisted.every(({ name }) => gain.unlisted.has(name))
  );
}

/** Taken for what was not worked out: all that the statement names. */
export function undecidedGain(responsible: number, comparison: Comparison, groups: readonly ActionGroup[]): Gain {
  const { statement, principals } = entryAt(comparison, responsible);
  const gain = newGain(statement.effect === 'Allow' ? 'allow-added' : 'deny-removed', responsible, undefined, false);
  gain.undecided = true;
  gain.principals = principals;
  for (const group of groups) {
    if (!group.statements.includes(responsible)) continue;
    for (const { actions } of group.listed) for (const action of actions) gain.actions.add(action);
    for (const each of group.unlisted) gain.unlisted.set(each.name, each);
  }
  for (const { text } of statement.resources) gain.resources.add(text);
  return gain;
}

function noteResources(gain: Gain, pieces: readonly Piece[], { boxOf, space }: Case): void {
  const own = boxOf(gain.responsible).resource;
  const narrow =
    gain.allowedBy !== undefined && (own.not || own.globs.some(({ universal }) => universal)) ? boxOf(gain.allowedBy).resource : own;
  if (narrow.not) {
    gain.resources.add('*');
    return;
  }
  // Where nothing was cut out of the resources, all of them are open.
  const whole = pieces.some(({ region }) => region.outside.length === 0 && region.inside.length === 1 && region.inside[0] === narrow);
  for (const glob of narrow.globs) {
    if (gain.resources.has(glob.text)) continue;
    if (whole || pieces.some(({ region }) => space.regions.meets(region, glob))) gain.resources.add(glob.text);
  }
}

function offerWitness(gain: Gain, evidence: Evidence, comparison: Comparison): void {
  const { name } = evidence.actions[0] ?? { name: '' };
  // A request for an action that exists says more than one for an action that may come.
  const listed = comparison.catalogue.action(name) !== undefined;
  const better = gain.witness === undefined || (listed && !gain.witness.listed);
  if (gain.witness !== undefined && !better && (gain.witness.checked || gain.tries > MOST_TRIES)) return;
  const found = findWitness(name, listed, evidence, [], gain.assumed, comparison);
  gain.tries += found.tries;
  if (found.witness === undefined) return;
  if (gain.witness === undefined || (found.witness.checked && (listed || !gain.witness.listed))) gain.witness = found.witness;
}

const MOST_TRIES = 8;
