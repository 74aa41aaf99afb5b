import type { Problem } from '../../types.ts';
import { type ActionGroup, groupActions } from './actions.ts';
import { statementKey } from './canonical.ts';
import type { Catalogue, ResourceType } from './catalogue.ts';
import { describe, type Gain, mergeAlike } from './describe.ts';
import type { Expansion } from './expansion.ts';
import { pairDocuments } from './pair-documents.ts';
import { atomsIn, type PrincipalSet, principalSpace, type PrincipalSpace } from './principals.ts';
import { type Box, type Piece, type Space, spaceMaker } from './requests.ts';
import type { PolicyDocument, PolicyKind, Statement } from './statement.ts';
import { valuationsOf } from './valuations.ts';

/**
 * What can be done after the edit that could not be done before it:
 * (allowed after − denied after) − (allowed before − denied before), told by the statement that is responsible.
 * Never throws for what a policy says. When time or size runs out, what was not worked out is an expansion of certainty `undecided`.
 */
export function difference(
  before: readonly PolicyDocument[],
  after: readonly PolicyDocument[],
  catalogue: Catalogue,
  outOfTime: () => boolean,
): { readonly expansions: readonly Expansion[]; readonly problems: readonly Problem[] } {
  const expansions: Expansion[] = [];
  const problems: Problem[] = [];
  for (const pair of pairDocuments(before, after)) {
    const comparison = compareable(pair.before, pair.after, catalogue);
    if (comparison === undefined) continue;
    const found = compare(comparison, outOfTime);
    expansions.push(...mergeAlike(found));
    const undecided = found.find(({ certainty }) => certainty === 'undecided');
    if (undecided !== undefined) {
      problems.push({
        kind: 'undecided',
        message:
          'This policy is too large or too entangled to work out every request; what was not worked out counts as newly allowed. Split it.',
        place: undecided.statement.place,
        blinds: false,
      });
    }
  }
  return { expansions, problems };
}

type Side = 'before' | 'after';
/** A statement with what the comparison needs to know of it. */
export type Entry = {
  readonly side: Side;
  readonly statement: Statement;
  readonly variables: boolean;
  readonly principals: PrincipalSet;
  /** A statement of the other side says exactly the same. */
  readonly unchanged: boolean;
};

export type Comparison = {
  readonly kind: PolicyKind;
  readonly pointer: string;
  readonly entries: readonly Entry[];
  readonly principals: PrincipalSpace;
  readonly catalogue: Catalogue;
  /** The policy before only denied: what it denied must be allowed by others. */
  readonly onlyDenied: boolean;
};

/** Undefined when nothing that could widen was changed. */
function compareable(before: PolicyDocument | undefined, after: PolicyDocument | undefined, catalogue: Catalogue): Comparison | undefined {
  const document = after ?? before;
  if (document === undefined) return undefined;
  const variablesIn = { before: variableReading(before, after, 'before'), after: variableReading(after, before, 'after') };
  const keysOf = (one: PolicyDocument | undefined, side: Side) =>
    new Set(one?.statements.map((statement) => statementKey(statement, variablesIn[side](statement))));
  const beforeKeys = keysOf(before, 'before');
  const afterKeys = keysOf(after, 'after');
  const statements = [...(after?.statements ?? []), ...(before?.statements ?? [])];
  const principals = principalSpace(statements, document.kind);
  const entriesOf = (one: PolicyDocument | undefined, side: Side, others: ReadonlySet<string>): readonly Entry[] => {
    const seen = new Set<string>();
    return (one?.statements ?? []).flatMap((statement) => {
      const variables = variablesIn[side](statement);
      const key = statementKey(statement, variables);
      if (seen.has(key)) return [];
      seen.add(key);
      return [{ side, statement, variables, principals: principals.setOf(statement), unchanged: others.has(key) }];
    });
  };
  const entries = [...entriesOf(after, 'after', beforeKeys), ...entriesOf(before, 'before', afterKeys)];
  if (!entries.some(widens)) return undefined;
  const beforeStatements = before?.statements ?? [];
  return {
    kind: document.kind,
    pointer: document.pointer,
    catalogue,
    entries,
    principals,
    onlyDenied: beforeStatements.length > 0 && beforeStatements.every(({ effect }) => effect === 'Deny'),
  };
}

/**
 * Are `${…}` variables in the statements of this policy? A policy without a version is read like its other side,
 * but that a Deny after the edit is taken as the plain text it then is: leaving the version away switches it off.
 */
function variableReading(
  own: PolicyDocument | undefined,
  other: PolicyDocument | undefined,
  side: Side,
): (statement: Statement) => boolean {
  const version = own?.version ?? (side === 'after' ? undefined : other?.version);
  if (version !== undefined) return () => version === CURRENT;
  const inherited = other?.version === CURRENT;
  return ({ effect }) => inherited && effect === 'Allow';
}

const CURRENT = '2012-10-17';

/** Only a new Allow or a Deny that went can widen. */
function widens({ side, statement, unchanged }: Entry): boolean {
  return !unchanged && (side === 'after') === (statement.effect === 'Allow');
}

const MOST_PIECES = 4_000;
/** More of them say nothing more: one is enough to hold the edit. */
const MOST_UNDECIDED = 50;

function compare(comparison: Comparison, outOfTime: () => boolean): readonly Expansion[] {
  const { entries, catalogue } = comparison;
  const interesting = new Set(entries.flatMap((entry, i) => (widens(entry) ? [i] : [])));
  const { groups, complete } = groupActions(
    entries.map(({ statement }) => statement),
    interesting,
    catalogue,
    outOfTime,
  );
  const relevant = new Set(groups.flatMap(({ statements }) => statements));
  const { valuations } = valuationsOf(entries.filter((_, i) => relevant.has(i)));
  const newSpace = spaceMaker(outOfTime);
  const gains = new Map<string, Gain>();
  let ranOut = !complete;

  for (const valuation of valuations) {
    const space = newSpace(valuation);
    const boxes = new Map<number, Box>();
    const boxOf = (i: number): Box => {
      let box = boxes.get(i);
      if (box === undefined) {
        const entry = entryAt(entries, i);
        box = space.boxOf(entry.statement, entry.variables, entry.principals);
        boxes.set(i, box);
      }
      return box;
    };
    for (const group of groups) {
      if (outOfTime()) {
        ranOut = true;
        break;
      }
      if (!compareGroup(comparison, group, space, boxOf, gains, outOfTime)) ranOut = true;
    }
    if (ranOut) break;
  }

  const found = [...gains.values()].map((gain) => describe(gain, entryAt(entries, gain.responsible), comparison));
  if (!ranOut) return found;
  // Whatever was not reached counts as newly allowed.
  const told = new Set([...gains.values()].map(({ responsible }) => responsible));
  return [
    ...found.map((expansion) => ({ ...expansion, certainty: 'undecided' as const })),
    ...[...interesting]
      .filter((i) => !told.has(i))
      .slice(0, MOST_UNDECIDED)
      .map((i) => describe(undecidedGain(i, comparison, groups), entryAt(entries, i), comparison)),
  ];
}

function entryAt(entries: readonly Entry[], i: number): Entry {
  const entry = entries[i];
  if (entry === undefined) throw new Error(`no statement ${i}: indexes come from these entries`);
  return entry;
}

type Members = {
  readonly allowAfter: readonly number[];
  readonly denyAfter: readonly number[];
  readonly allowBefore: readonly number[];
  readonly denyBefore: readonly number[];
};

function membersOf(group: ActionGroup, entries: readonly Entry[]): Members {
  const pick = (side: Side, effect: Statement['effect']): readonly number[] =>
    group.statements.filter((i) => entries[i]?.side === side && entries[i].statement.effect === effect);
  return {
    allowAfter: pick('after', 'Allow'),
    denyAfter: pick('after', 'Deny'),
    allowBefore: pick('before', 'Allow'),
    denyBefore: pick('before', 'Deny'),
  };
}

/** False when time or size ran out. */
function compareGroup(
  comparison: Comparison,
  group: ActionGroup,
  space: Space,
  boxOf: (i: number) => Box,
  gains: Map<string, Gain>,
  outOfTime: () => boolean,
): boolean {
  const { entries } = comparison;
  const members = membersOf(group, entries);
  let finished = true;
  const whole = (i: number): readonly Piece[] => {
    const piece = space.whole(boxOf(i));
    return piece === undefined ? [] : [piece];
  };
  const cut = (start: readonly Piece[], by: readonly number[]): readonly Piece[] => {
    let pieces = start;
    for (const i of by) {
      if (pieces.length === 0) break;
      if (pieces.length > MOST_PIECES || outOfTime()) {
        finished = false;
        break;
      }
      pieces = space.without(pieces, boxOf(i));
    }
    return pieces;
  };
  const note = (
    cause: Gain['cause'],
    responsible: number,
    allowedBy: number | undefined,
    assumed: boolean,
    pieces: readonly Piece[],
  ): void => {
    if (pieces.length === 0 || !finished) return;
    const key = `${cause}${responsible}${assumed}`;
    let gain = gains.get(key);
    const fresh = gain ?? newGain(cause, responsible, allowedBy, assumed);
    if (record(fresh, pieces, group, members, comparison, space, boxOf)) {
      gain ??= fresh;
      gains.set(key, gain);
    }
  };

  for (const i of members.allowAfter) {
    if (!finished || outOfTime()) return false;
    const entry = entries[i];
    if (entry === undefined || !widens(entry) || isFull(gains.get(`allow-added${i}false`), entry, group)) continue;
    note('allow-added', i, i, false, cut(cut(whole(i), members.denyAfter), members.allowBefore));
  }
  for (const i of members.denyBefore) {
    if (!finished || outOfTime()) return false;
    const entry = entries[i];
    if (entry === undefined || !widens(entry)) continue;
    const undenied = cut(whole(i), members.denyAfter);
    for (const allow of members.allowAfter) {
      const allowed = undenied.flatMap((piece) => space.within(piece, boxOf(allow)) ?? []);
      // Only what was allowed but for the Deny: the rest is told as newly allowed above.
      const held = entries[allow]?.unchanged
        ? allowed
        : allowed.flatMap((piece) => members.allowBefore.flatMap((old) => space.within(piece, boxOf(old)) ?? []));
      note('deny-removed', i, allow, false, held);
    }
    if (comparison.onlyDenied) note('deny-removed', i, undefined, true, cut(undenied, members.allowAfter));
  }
  return finished;
}

/** Nothing that this group could add is missing, so further cases of the variables need not be looked at. */
function isFull(gain: Gain | undefined, entry: Entry, group: ActionGroup): boolean {
  return (
    gain?.witness?.checked === true &&
    gain.principals === entry.principals &&
    entry.statement.resources.every(({ text }) => entry.statement.notResource || gain.resources.has(text)) &&
    group.listed.every(({ actions: [first] }) => first === undefined || gain.actions.has(first)) &&
    group.unlisted.every(({ name }) => gain.unlisted.has(name))
  );
}

function newGain(cause: Gain['cause'], responsible: number, allowedBy: number | undefined, assumed: boolean): Gain {
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
    sure: true,
    undecided: false,
    witness: undefined,
  };
}

/** Adds what the pieces open for the group's actions; false when no action can be asked for on any of their resources. */
function record(
  gain: Gain,
  pieces: readonly Piece[],
  group: ActionGroup,
  members: Members,
  comparison: Comparison,
  space: Space,
  boxOf: (i: number) => Box,
): boolean {
  const used = new Set<Piece>();
  /** True when some piece holds a resource of these types. */
  const opens = (types: readonly ResourceType[] | undefined, name: string): boolean => {
    const some = pieces.filter((piece) => {
      const found = space.canAsk(piece, types);
      if (found === 'undecided') gain.undecided = true;
      return found !== 'none';
    });
    for (const piece of some) used.add(piece);
    if (some.length > 0) offerWitness(gain, some, name, types, members, comparison, space, boxOf);
    return some.length > 0;
  };
  for (const { types, actions } of group.listed) {
    const [first] = actions;
    if (first === undefined || !opens(types, first.name)) continue;
    for (const action of actions) gain.actions.add(action);
  }
  for (const each of group.unlisted) {
    if (opens(typesOfUnlisted(each.name, comparison.catalogue), each.name)) gain.unlisted.set(each.name, each);
  }
  if (used.size === 0) return false;
  for (const piece of used) gain.principals |= piece.principals;
  noteResources(gain, [...used], space, boxOf);
  const cutting = gain.cause === 'allow-added' ? [...members.denyAfter, ...members.allowBefore] : members.denyAfter;
  for (const i of cutting) if (!gain.limits.has(i) && touches(gain, i, space, boxOf)) gain.limits.add(i);
  return true;
}

/** An action that AWS may add to a service it has works on resources of that service, or on none in particular. */
function typesOfUnlisted(name: string, catalogue: Catalogue): readonly ResourceType[] | undefined {
  const service = name.slice(0, name.indexOf(':')).toLowerCase();
  const known = unlistedTypes.get(catalogue)?.get(service);
  if (known !== undefined) return known;
  const actions = catalogue.actionsOf(service);
  if (actions.length === 0) return undefined;
  const owners = new Set([
    service,
    ...actions.flatMap(({ resourceTypes }) => resourceTypes.map(({ arn }) => arn.split(':')[2] ?? service)),
  ]);
  const types = [{ name: 'none', arn: '*' }, ...[...owners].map((owner) => ({ name: owner, arn: `arn:*:${owner}:*:*:*` }))];
  unlistedTypes.set(catalogue, (unlistedTypes.get(catalogue) ?? new Map<string, readonly ResourceType[]>()).set(service, types));
  return types;
}

/** Made once for each catalogue, which lives as long as the process. */
const unlistedTypes = new WeakMap<Catalogue, Map<string, readonly ResourceType[]>>();

/** Does the statement cut into what is responsible? Then what is newly allowed depends on it. */
function touches(gain: Gain, i: number, space: Space, boxOf: (i: number) => Box): boolean {
  const piece = space.whole(boxOf(gain.responsible));
  return piece !== undefined && space.within(piece, boxOf(i)) !== undefined;
}

function noteResources(gain: Gain, pieces: readonly Piece[], space: Space, boxOf: (i: number) => Box): void {
  const own = boxOf(gain.responsible).resource;
  const narrow =
    gain.allowedBy !== undefined && (own.not || own.globs.some(({ universal }) => universal)) ? boxOf(gain.allowedBy).resource : own;
  if (narrow.not) {
    gain.resources.add('*');
    return;
  }
  for (const glob of narrow.globs) {
    if (!gain.resources.has(glob.text) && pieces.some((piece) => space.meets(piece, glob))) gain.resources.add(glob.text);
  }
}

function offerWitness(
  gain: Gain,
  pieces: readonly Piece[],
  action: string,
  types: readonly ResourceType[] | undefined,
  members: Members,
  comparison: Comparison,
  space: Space,
  boxOf: (i: number) => Box,
): void {
  // A request for an action that exists says more than one for an action that may come.
  const listed = comparison.catalogue.action(action) !== undefined;
  const better = gain.witness === undefined || (listed && !gain.witness.listed);
  if (gain.witness !== undefined && !better && (gain.witness.checked || gain.witness.tries > MOST_TRIES)) return;
  for (const piece of pieces) {
    const found = space.resourceIn(piece, types);
    const { context, sure, decided } = space.contextIn(piece);
    const atom = atomsIn(piece.principals, comparison.principals)[0];
    if (atom === undefined) continue;
    const resource = found.kind === 'some' ? found.text : '';
    const bit = 1n << BigInt(comparison.principals.atoms.indexOf(atom));
    const allowed = (allow: readonly number[], deny: readonly number[]): boolean =>
      allow.some((i) => space.holdsIn(boxOf(i), bit, resource, context)) &&
      !deny.some((i) => space.holdsIn(boxOf(i), bit, resource, context));
    const checked =
      found.kind === 'some' &&
      sure &&
      decided &&
      !gain.assumed &&
      allowed(members.allowAfter, members.denyAfter) &&
      !allowed(members.allowBefore, members.denyBefore);
    const tries = (gain.witness?.tries ?? 0) + 1;
    const witness = { principal: atom.example, action, resource, context, checked, listed, tries };
    if (gain.witness === undefined || (checked && (listed || !gain.witness.listed))) gain.witness = witness;
    else gain.witness = { ...gain.witness, tries };
    if (checked) return;
  }
}

const MOST_TRIES = 8;

function undecidedGain(responsible: number, comparison: Comparison, groups: readonly ActionGroup[]): Gain {
  const entry = entryAt(comparison.entries, responsible);
  const gain = newGain(entry.statement.effect === 'Allow' ? 'allow-added' : 'deny-removed', responsible, undefined, false);
  gain.undecided = true;
  gain.principals = entry.principals;
  for (const group of groups) {
    if (!group.statements.includes(responsible)) continue;
    for (const { actions } of group.listed) for (const action of actions) gain.actions.add(action);
    for (const each of group.unlisted) gain.unlisted.set(each.name, each);
  }
  for (const { text } of entry.statement.resources) gain.resources.add(text);
  return gain;
}
