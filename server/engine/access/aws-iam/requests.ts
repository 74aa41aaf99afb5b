import type { ResourceType } from './catalogue.ts';
import { compileTest, type ContextValue, holds, type MakeGlob, type Test } from './condition-test.ts';
import { findValue, type FoundValue, judge, type Wanted } from './context-value.ts';
import { type Glob, globMaker, MANY, MANY_NO_COLON, MANY_NO_SEPARATOR, matches, ONE, ONE_NO_COLON, ONE_NO_SEPARATOR } from './glob.ts';
import { findString, type Found, type Language } from './language.ts';
import { plainTokens, tokensOf, type Valuation } from './pattern.ts';
import type { PrincipalSet } from './principals.ts';
import type { Statement } from './statement.ts';

export type ResourceTest = {
  readonly id: number;
  readonly globs: readonly Glob[];
  readonly not: boolean;
  /** The services whose resources alone the patterns can match, where they tell; "" is the resource "*". */
  readonly services: ReadonlySet<string> | undefined;
};

/** A statement without its actions, in one case of the policy variables: a box in the space of requests. */
export type Box = {
  readonly principals: PrincipalSet;
  readonly resource: ResourceTest;
  readonly tests: readonly Test[];
};

/** A part of the space: what is inside some boxes and outside of others. */
export type Piece = {
  readonly principals: PrincipalSet;
  readonly inside: readonly ResourceTest[];
  readonly outside: readonly ResourceTest[];
  readonly wanted: readonly Wanted[];
};

/** The space of requests in one case of the policy variables. */
export type Space = {
  readonly valuation: Valuation;
  readonly boxOf: (statement: Statement, variables: boolean, principals: PrincipalSet) => Box;
  /** The whole box as a piece; undefined when no request is in it. */
  readonly whole: (box: Box) => Piece | undefined;
  /** What is left of the pieces outside the box; undecided emptiness counts as not empty. */
  readonly without: (pieces: readonly Piece[], box: Box) => readonly Piece[];
  /** The piece's part inside the box, if any. */
  readonly within: (piece: Piece, box: Box) => Piece | undefined;
  /** A resource of the piece that an action on these types can be asked for; undefined types: any. */
  readonly resourceIn: (piece: Piece, types: readonly ResourceType[] | undefined) => Found;
  /** Whether there is one; cheaper. */
  readonly canAsk: (piece: Piece, types: readonly ResourceType[] | undefined) => Found['kind'];
  /** Is some resource of the piece matched by this one pattern as well? */
  readonly meets: (piece: Piece, glob: Glob) => boolean;
  /** Keys and values of a request in the piece. */
  readonly contextIn: (piece: Piece) => {
    readonly context: ReadonlyMap<string, ContextValue>;
    readonly sure: boolean;
    readonly decided: boolean;
  };
  readonly holdsIn: (box: Box, principal: PrincipalSet, resource: string, context: ReadonlyMap<string, ContextValue>) => boolean;
};

/** `spaces` of one comparison share the ids, so that a case costs only what differs. */
export function spaceMaker(outOfTime: () => boolean): (valuation: Valuation) => Space {
  const shared: Shared = {
    makeGlob: globMaker(),
    idOf: numbering(),
    resourceIdOf: numbering(),
    strings: new Map(),
    values: new Map(),
    typeGlobs: new Map(),
  };
  return (valuation) => makeSpace(valuation, shared, outOfTime);
}

/** Answers that hold in every case of the variables, because their keys are ids of what was compiled. */
type Shared = {
  readonly makeGlob: MakeGlob;
  readonly idOf: (key: string) => number;
  readonly resourceIdOf: (key: string) => number;
  readonly strings: Map<string, Found>;
  readonly values: Map<string, FoundValue>;
  readonly typeGlobs: Map<readonly ResourceType[], Readonly<Record<Partition, readonly Glob[]>>>;
};

function makeSpace(
  valuation: Valuation,
  { makeGlob, idOf, resourceIdOf, strings, values, typeGlobs }: Shared,
  outOfTime: () => boolean,
): Space {
  const string = (key: string, language: () => Language): Found => {
    let found = strings.get(key);
    if (found === undefined) {
      const asked = language();
      found = polished(findString(asked, outOfTime), asked);
      strings.set(key, found);
    }
    return found;
  };
  const globsOfTypes = (types: readonly ResourceType[]): Readonly<Record<Partition, readonly Glob[]>> => {
    let globs = typeGlobs.get(types);
    if (globs === undefined) {
      const of = (partition: Partition): readonly Glob[] =>
        // An action without resource types is asked for the resource "*" and no other.
        (types.length === 0 ? [NO_TYPE] : types).map((type) =>
          makeGlob(type.arn, type.arn === '*' ? plainTokens('*') : tokensOfType(type)[partition], false),
        );
      globs = { usual: of('usual'), any: of('any') };
      typeGlobs.set(types, globs);
    }
    return globs;
  };
  const resourceIn = (piece: Piece, types: readonly ResourceType[] | undefined): Found => {
    const unknownStart = piece.inside.some(({ not, globs }) => !not && globs.some(({ text }) => text.startsWith('${')));
    const filter = types === undefined || unknownStart ? undefined : globsOfTypes(types);
    const base = languageOf(piece);
    const ask = (globs: readonly Glob[] | undefined): Found =>
      string(`${resourceKey(piece)}|${globs?.map(({ id }) => id).join() ?? ''}`, () =>
        globs === undefined ? base : { ...base, unions: [...base.unions, globs] },
      );
    if (filter === undefined) return ask(undefined);
    const usual = ask(filter.usual);
    return usual.kind === 'none' ? ask(filter.any) : usual;
  };
  const canAsk = (piece: Piece, types: readonly ResourceType[] | undefined): Found['kind'] => {
    if (piece.outside.length === 0 && piece.inside.every(({ not, globs }) => !not && globs.some(({ universal }) => universal)))
      return 'some';
    if (types !== undefined) {
      const services = servicesOf(types);
      const apart = ({ services: own }: ResourceTest): boolean => own !== undefined && services.every((service) => !own.has(service));
      let untouched = true;
      for (const test of [
        ...piece.inside.map((each) => ({ ...each, wanted: !each.not })),
        ...piece.outside.map((each) => ({ ...each, wanted: each.not })),
      ]) {
        if (test.wanted && apart(test)) return 'none';
        if (test.wanted ? !test.globs.some(({ universal }) => universal) : !apart(test)) untouched = false;
      }
      // Nothing that is asked for or excluded concerns these services.
      if (untouched) return 'some';
    }
    return resourceIn(piece, types).kind;
  };
  const meets = (piece: Piece, glob: Glob): boolean =>
    string(`${resourceKey(piece)}&${glob.id}`, () => {
      const language = languageOf(piece);
      return { ...language, unions: [[glob], ...language.unions] };
    }).kind !== 'none';
  const hasResource = (piece: Piece): boolean => resourceIn(piece, undefined).kind !== 'none';

  const valueOf = (wanted: readonly Wanted[], key: string): FoundValue => {
    const own = wanted.filter(({ test }) => test.key === key);
    if (valuation.has(key)) return judge(own, valuation.get(key)) ?? { kind: 'none' };
    const id = own
      .map(({ test, pass }) => (pass ? test.id : -test.id))
      .sort((a, b) => a - b)
      .join();
    const memo = `${key}|${id}`;
    let found = values.get(memo);
    if (found === undefined) {
      found = findValue(own, makeGlob, outOfTime);
      values.set(memo, found);
    }
    return found;
  };
  const and = (piece: Piece, test: Test, pass: boolean): Piece | undefined => {
    const same = piece.wanted.find((each) => each.test.id === test.id);
    if (same !== undefined && test.measure.kind !== 'opaque') return same.pass === pass ? piece : undefined;
    // An opaque test has one truth, unknown to us: it cannot be passed and failed by the same request.
    if (same !== undefined) return same.pass === pass ? piece : undefined;
    const next = { ...piece, wanted: [...piece.wanted, { test, pass }] };
    return valueOf(next.wanted, test.key).kind === 'none' ? undefined : next;
  };
  const insideOf = (piece: Piece, resource: ResourceTest): Piece | undefined => {
    if (piece.inside.some(({ id }) => id === resource.id)) return piece;
    const next = { ...piece, inside: [...piece.inside, resource] };
    return hasResource(next) ? next : undefined;
  };
  const outsideOf = (piece: Piece, resource: ResourceTest): Piece | undefined => {
    if (piece.inside.some(({ id }) => id === resource.id)) return undefined;
    if (piece.outside.some(({ id }) => id === resource.id)) return piece;
    const next = { ...piece, outside: [...piece.outside, resource] };
    return hasResource(next) ? next : undefined;
  };
  const within = (piece: Piece, box: Box): Piece | undefined => {
    const principals = piece.principals & box.principals;
    if (principals === 0n) return undefined;
    let rest = insideOf({ ...piece, principals }, box.resource);
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
      const beside = outsideOf(rest, box.resource);
      if (beside !== undefined) left.push(beside);
      rest = insideOf(rest, box.resource);
      for (const test of box.tests) {
        if (rest === undefined) break;
        const failing = and(rest, test, false);
        if (failing !== undefined) left.push(failing);
        rest = and(rest, test, true);
      }
    }
    return left;
  };

  return {
    valuation,
    boxOf: (statement, variables, principals) => {
      const globs = statement.resources.flatMap(({ text }) => {
        const tokens = tokensOf(text, { wildcards: true, arn: 'resource', variables }, valuation);
        return tokens === undefined ? [] : [makeGlob(text, tokens, false)];
      });
      const ids = [...new Set(globs.map(({ id }) => id))].sort((a, b) => a - b).join();
      return {
        principals,
        resource: {
          id: resourceIdOf(`${statement.notResource ? '!' : ''}${ids}`),
          globs,
          not: statement.notResource,
          services: servicesNamed(globs),
        },
        tests: statement.conditions.map((condition) => compileTest(condition, variables, valuation, makeGlob, idOf)),
      };
    },
    whole: (box) => within({ principals: box.principals, inside: [], outside: [], wanted: [] }, box),
    without,
    within,
    resourceIn,
    canAsk,
    meets,
    contextIn: (piece) => {
      const context = new Map<string, ContextValue>();
      let sure = true;
      let decided = true;
      for (const key of new Set(piece.wanted.map(({ test }) => test.key))) {
        const found = valueOf(piece.wanted, key);
        if (found.kind === 'undecided') decided = false;
        if (found.kind !== 'some') continue;
        if (!found.sure) sure = false;
        context.set(key, found.value);
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

function languageOf(piece: Piece): Language {
  const unions: (readonly Glob[])[] = [];
  const not: Glob[] = [];
  for (const test of piece.inside) {
    if (test.not) not.push(...test.globs);
    else unions.push(test.globs);
  }
  for (const test of piece.outside) {
    if (test.not) unions.push(test.globs);
    else not.push(...test.globs);
  }
  return { unions, not };
}

function resourceKey(piece: Piece): string {
  const ids = (tests: readonly ResourceTest[]): string =>
    tests
      .map(({ id }) => id)
      .sort((a, b) => a - b)
      .join();
  return `${ids(piece.inside)}/${ids(piece.outside)}`;
}

/** Undefined when some pattern leaves the service open. */
function servicesNamed(globs: readonly Glob[]): ReadonlySet<string> | undefined {
  const services = new Set<string>();
  for (const { fields } of globs) {
    const field = fields?.[2];
    if (field === undefined || field.some((token) => token < 0)) return undefined;
    services.add(String.fromCharCode(...field));
  }
  return services;
}

const servicesByTypes = new WeakMap<readonly ResourceType[], readonly string[]>();

function servicesOf(types: readonly ResourceType[]): readonly string[] {
  let services = servicesByTypes.get(types);
  if (services === undefined) {
    services = types.length === 0 ? [''] : [...new Set(types.map(({ arn }) => arn.split(':')[2] ?? ''))];
    servicesByTypes.set(types, services);
  }
  return services;
}

/** A region and an account a person knows the look of, where the language does not care. */
function polished(found: Found, language: Language): Found {
  if (found.kind !== 'some') return found;
  const fields = found.text.split(':');
  if (fields.length < 6 || fields[0] !== 'arn') return found;
  let text = found.text;
  for (const [i, usual] of [
    [3, 'us-east-1'],
    [4, '111122223333'],
  ] as const) {
    if (fields[i] === '') continue;
    const nicer = fields.map((field, j) => (i === j ? usual : field));
    const candidate = nicer.join(':');
    const inside =
      language.unions.every((union) => union.some((glob) => matches(glob, candidate))) &&
      !language.not.some((glob) => matches(glob, candidate));
    if (!inside) continue;
    fields[i] = usual;
    text = candidate;
  }
  return { kind: 'some', text };
}

/** Nearly every resource is in the partition "aws"; the others are looked at when that holds none. */
type Partition = 'usual' | 'any';
const NO_TYPE: ResourceType = { name: 'none', arn: '*' };

/** Resource types live as long as the catalogue; so may what is made of them. */
const tokensByType = new WeakMap<ResourceType, Readonly<Record<Partition, readonly number[]>>>();

function tokensOfType(type: ResourceType): Readonly<Record<Partition, readonly number[]>> {
  let tokens = tokensByType.get(type);
  if (tokens === undefined) {
    tokens = { usual: typeTokens(type.arn.replace('${Partition}', 'aws')), any: typeTokens(type.arn) };
    tokensByType.set(type, tokens);
  }
  return tokens;
}

/** The ARN pattern of a resource type: each hole is at least one character, in a field of its own; alone after the last field it is a plain name. */
function typeTokens(arn: string): readonly number[] {
  const tokens: number[] = [];
  const rest = arn.split(':').slice(5).join(':');
  const alone = /^\$\{[^}]*\}$/.test(rest);
  let colons = 0;
  for (let at = 0; at < arn.length; at++) {
    if (arn[at] === '$' && arn[at + 1] === '{') {
      const [one, many] = colons < 5 ? [ONE_NO_COLON, MANY_NO_COLON] : alone ? [ONE_NO_SEPARATOR, MANY_NO_SEPARATOR] : [ONE, MANY];
      tokens.push(one, many);
      at = arn.indexOf('}', at);
    } else if (arn[at] === '*') tokens.push(colons < 5 ? MANY_NO_COLON : MANY);
    else {
      if (arn[at] === ':') colons++;
      tokens.push(arn.charCodeAt(at));
    }
  }
  return tokens;
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
