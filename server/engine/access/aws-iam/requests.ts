import type { Tick } from './clock.ts';
import { compileTest, type ContextValue, holds, type MakeGlob, type Test } from './condition-test.ts';
import { findValue, type FoundValue, judge, type Wanted } from './context-value.ts';
import { globMaker, matches, surelyDisjoint } from './glob.ts';
import { tokensOf, type Valuation } from './pattern.ts';
import type { PrincipalSet } from './principals.ts';
import { type Region, type Regions, regionsOf, type ResourceTest } from './regions.ts';
import type { Statement } from './statement.ts';

/** A statement without its actions, in one case of the policy variables: a box in the space of requests. */
export type Box = {
  readonly principals: PrincipalSet;
  readonly resource: ResourceTest;
  readonly tests: readonly Test[];
  /** The same for boxes that differ in their principals alone. */
  readonly key: string;
};

/** What a box is made from. */
export type BoxedStatement = Pick<Statement, 'notResource' | 'conditions'> & { readonly resources: readonly { readonly text: string }[] };

/** What is asked of one key of the request. */
type Demand = {
  readonly key: string;
  readonly wanted: readonly Wanted[];
  /** By the id of a further test, negative when it must fail; undefined: no value answers them all. */
  readonly next: Map<number, Demand | undefined>;
};

/** A part of the space: what is inside some boxes and outside of others. */
export type Piece = {
  readonly principals: PrincipalSet;
  readonly region: Region;
  /** At most one for each key. */
  readonly demands: readonly Demand[];
};

/** The space of requests in one case of the policy variables. */
export type Space = {
  readonly regions: Regions;
  readonly boxOf: (statement: BoxedStatement, variables: boolean, principals: PrincipalSet) => Box;
  /** The whole box as a piece; undefined when no request is in it. */
  readonly whole: (box: Box) => Piece | undefined;
  /** What is left of the pieces outside the box; undecided emptiness counts as not empty. */
  readonly without: (pieces: readonly Piece[], box: Box) => readonly Piece[];
  /** The piece's part inside the box, if any. */
  readonly within: (piece: Piece, box: Box) => Piece | undefined;
  /** Surely no request is in both, seen at a glance; false may also mean "not seen". */
  readonly apart: (one: Box, other: Box) => boolean;
  /** Keys and values of a request in the piece. */
  readonly contextIn: (piece: Piece) => {
    readonly context: ReadonlyMap<string, ContextValue>;
    readonly sure: boolean;
    readonly decided: boolean;
  };
  readonly holdsIn: (box: Box, principal: PrincipalSet, resource: string, context: ReadonlyMap<string, ContextValue>) => boolean;
};

export type SpaceMaker = (valuation: Valuation) => Space;

/** The spaces of one edit share what does not depend on the variables, so that a case, and a further policy, cost only what differs. */
export function spaceMaker(tick: Tick): SpaceMaker {
  const makeGlob = globMaker();
  const shared: Shared = { makeGlob, regions: regionsOf(tick), idOf: numbering(), values: new Map(), apart: new Map() };
  return (valuation) => makeSpace(valuation, shared, tick);
}

/** Answers that hold in every case of the variables, because their keys are ids of what was compiled. */
type Shared = {
  readonly makeGlob: MakeGlob;
  readonly regions: Regions;
  readonly idOf: (key: string) => number;
  readonly values: Map<string, FoundValue>;
  readonly apart: Map<string, boolean>;
};

function makeSpace(valuation: Valuation, { makeGlob, regions, idOf, values, apart }: Shared, tick: Tick): Space {
  const looking = (): boolean => {
    tick(STEPS_OF_A_LOOK);
    return false;
  };
  const valueOf = ({ key, wanted }: Demand): FoundValue => {
    if (valuation.has(key)) return judge(wanted, valuation.get(key)) ?? { kind: 'none' };
    const id = wanted
      .map(({ test, pass }) => (pass ? test.id : -test.id))
      .sort((a, b) => a - b)
      .join();
    const memo = `${key}|${id}`;
    let found = values.get(memo);
    if (found === undefined) {
      tick(wanted.reduce((sum, { test }) => sum + sizeOf(test), 1));
      found = findValue(wanted, makeGlob, looking);
      values.set(memo, found);
    }
    return found;
  };
  const starts = new Map<string, Demand>();
  const startOf = (key: string): Demand => {
    let start = starts.get(key);
    if (start === undefined) {
      start = { key, wanted: [], next: new Map() };
      starts.set(key, start);
    }
    return start;
  };
  const demand = (from: Demand, test: Test, pass: boolean): Demand | undefined => {
    const step = pass ? test.id : -test.id;
    if (from.next.has(step)) return from.next.get(step);
    // A test that is not modelled has one truth, unknown to us: it cannot be passed and failed by the same request either.
    const same = from.wanted.find((each) => each.test.id === test.id);
    let next: Demand | undefined;
    if (same !== undefined) next = same.pass === pass ? from : undefined;
    else {
      next = { key: from.key, wanted: [...from.wanted, { test, pass }], next: new Map() };
      if (valueOf(next).kind === 'none') next = undefined;
    }
    from.next.set(step, next);
    return next;
  };
  const and = (piece: Piece, test: Test, pass: boolean): Piece | undefined => {
    const at = piece.demands.findIndex(({ key }) => key === test.key);
    const from = piece.demands[at] ?? startOf(test.key);
    const next = demand(from, test, pass);
    if (next === undefined) return undefined;
    if (next === from) return piece;
    return { ...piece, demands: at === -1 ? [...piece.demands, next] : piece.demands.with(at, next) };
  };
  const inRegion = (piece: Piece, resource: ResourceTest, inside: boolean): Piece | undefined => {
    const region = regions.and(piece.region, resource, inside);
    return region === undefined ? undefined : region === piece.region ? piece : { ...piece, region };
  };
  const within = (piece: Piece, box: Box): Piece | undefined => {
    tick();
    const principals = piece.principals & box.principals;
    if (principals === 0n) return undefined;
    let rest = inRegion({ ...piece, principals }, box.resource, true);
    for (const test of box.tests) {
      if (rest === undefined) return undefined;
      rest = and(rest, test, true);
    }
    return rest;
  };
  const without = (pieces: readonly Piece[], box: Box): readonly Piece[] => {
    const left: Piece[] = [];
    for (const piece of pieces) {
      if (within(piece, box) === undefined) {
        left.push(piece);
        continue;
      }
      const others = piece.principals & ~box.principals;
      if (others !== 0n) left.push({ ...piece, principals: others });
      let rest: Piece | undefined = { ...piece, principals: piece.principals & box.principals };
      const beside = inRegion(rest, box.resource, false);
      if (beside !== undefined) left.push(beside);
      rest = inRegion(rest, box.resource, true);
      for (const test of box.tests) {
        if (rest === undefined) break;
        const failing = and(rest, test, false);
        if (failing !== undefined) left.push(failing);
        rest = and(rest, test, true);
      }
    }
    return left;
  };
  const testsApart = (one: Test, other: Test): boolean => {
    if (one.key !== other.key || one.id === other.id) return false;
    const key = `${one.id},${other.id}`;
    let found = apart.get(key);
    if (found === undefined) {
      found = surelyContradict(one, other);
      apart.set(key, found);
    }
    return found;
  };

  return {
    regions,
    boxOf: (statement, variables, principals) => {
      const globs = statement.resources.flatMap(({ text }) => {
        const options = { wildcards: true, arn: 'resource', variables } as const;
        const tokens =
          tokensOf(text, options, valuation) ?? (statement.notResource ? tokensOf(wholeField(text), options, valuation) : undefined);
        return tokens === undefined ? [] : [makeGlob(text, tokens, false)];
      });
      tick(1 + globs.length + statement.conditions.reduce((sum, { values: { length } }) => sum + length, 0));
      const resource = regions.test(globs, statement.notResource);
      const tests = statement.conditions.map((condition) => compileTest(condition, variables, valuation, makeGlob, idOf));
      const ids = tests.map(({ id }) => id).sort((a, b) => a - b);
      return { principals, resource, tests, key: `${resource.id}|${ids.join()}` };
    },
    whole: (box) => within({ principals: box.principals, region: regions.everything, demands: [] }, box),
    without,
    within,
    apart: (one, other) =>
      (one.principals & other.principals) === 0n ||
      regions.apart(one.resource, other.resource) ||
      one.tests.some((test) => other.tests.some((each) => testsApart(test, each))),
    contextIn: (piece) => {
      const context = new Map<string, ContextValue>();
      let sure = true;
      let decided = true;
      for (const each of piece.demands) {
        const found = valueOf(each);
        if (found.kind === 'undecided') decided = false;
        if (found.kind !== 'some') continue;
        if (!found.sure) sure = false;
        context.set(each.key, found.value);
      }
      for (const [key, value] of valuation) context.set(key, value);
      return { context, sure, decided };
    },
    holdsIn: (box, principal, resource, context) =>
      (box.principals & principal) !== 0n &&
      box.resource.globs.some((glob) => matches(glob, resource)) !== box.resource.not &&
      box.tests.every((test) => holds(test, context.get(test.key)) === true),
  };
}

/**
 * What NotResource leaves out when its variable has no value: all that could stand in its field.
 * "arn:aws:s3:::home/${aws:username}/*" leaves out "arn:aws:s3:::*".
 */
function wholeField(text: string): string {
  const fields = text.slice(0, text.indexOf('${')).split(':');
  return [...fields.slice(0, -1).slice(0, 5), '*'].join(':');
}

/** What a search for a value looks at between two looks at the time. */
const STEPS_OF_A_LOOK = 30;

/** Both want a present value, and no text can be both. */
function surelyContradict({ measure: one, ...a }: Test, { measure: other, ...b }: Test): boolean {
  if (one.kind !== 'text' || other.kind !== 'text') return false;
  if ([a, b].some(({ quantifier, negated, ifExists }) => quantifier !== 'one' || negated || ifExists)) return false;
  return one.globs.every((glob) => other.globs.every((each) => surelyDisjoint(glob, each)));
}

function sizeOf({ measure }: Test): number {
  switch (measure.kind) {
    case 'text':
      return measure.globs.length;
    case 'number':
    case 'date':
      return measure.numbers.length;
    case 'address':
      return measure.ranges.length;
    default:
      return 1;
  }
}

/** Numbers from 1 for keys, the same for the same key. */
function numbering(): (key: string) => number {
  const known = new Map<string, number>();
  return (key) => {
    let id = known.get(key);
    if (id === undefined) {
      id = known.size + 1;
      known.set(key, id);
    }
    return id;
  };
}
