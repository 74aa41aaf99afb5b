import type { ResourceType } from './catalogue.ts';
import type { Tick } from './clock.ts';
import { type Glob, matches, surelyDisjoint } from './glob.ts';
import { findString, type Found, type Language } from './language.ts';
import { globsOfTypes, servicesOf, type TypeGlobs } from './resource-types.ts';

/** What a statement says of resources. */
export type ResourceTest = {
  /** The same for tests that mean the same. */
  readonly id: number;
  readonly globs: readonly Glob[];
  readonly not: boolean;
  /** The services whose resources alone the patterns can match, where they tell; "" is the resource "*". */
  readonly services: ReadonlySet<string> | undefined;
};

/** The resources inside some tests and outside of others. Equal regions are the same object, so that each question is answered once. */
export type Region = {
  readonly inside: readonly ResourceTest[];
  readonly outside: readonly ResourceTest[];
  readonly next: Map<number, Region | undefined>;
  /** Answers by what was asked: the same lists of types are the same object. */
  readonly found: Map<readonly ResourceType[], Found>;
  readonly asked: Map<readonly ResourceType[], Found['kind']>;
  /** By the ids of patterns. */
  readonly met: Map<number, boolean>;
};

export type Regions = {
  readonly everything: Region;
  readonly test: (globs: readonly Glob[], not: boolean) => ResourceTest;
  /** The part of the region inside, or outside, of the test; undefined when it is empty. */
  readonly and: (region: Region, test: ResourceTest, inside: boolean) => Region | undefined;
  /** Surely no resource is in both; false may also mean "not seen". */
  readonly apart: (one: ResourceTest, other: ResourceTest) => boolean;
  /** A resource of the region that an action on these types can be asked for; undefined types: any. */
  readonly resourceIn: (region: Region, types: readonly ResourceType[] | undefined) => Found;
  /** Whether there is one; cheaper. */
  readonly canAsk: (region: Region, types: readonly ResourceType[] | undefined) => Found['kind'];
  /** Is this one in the region, and can an action on these types be asked for it? */
  readonly holds: (region: Region, types: readonly ResourceType[] | undefined, resource: string) => boolean;
  /** Is some resource of the region matched by this one pattern as well? */
  readonly meets: (region: Region, glob: Glob) => boolean;
};

/** Regions of one comparison: they do not depend on the case of the variables, because their tests have ids of what was compiled. */
export function regionsOf(tick: Tick): Regions {
  const known = new Map<string, Region>();
  const tests = new Map<string, ResourceTest>();
  const typeGlobs = new Map<readonly ResourceType[], TypeGlobs>();
  const apartness = new Map<number, Map<number, boolean>>();
  const looking = (): boolean => {
    tick(STEPS_OF_A_LOOK);
    return false;
  };
  const intern = (inside: readonly ResourceTest[], outside: readonly ResourceTest[]): Region => {
    const key = `${idsOf(inside)}/${idsOf(outside)}`;
    let region = known.get(key);
    if (region === undefined) {
      region = { inside, outside, next: new Map(), found: new Map(), asked: new Map(), met: new Map() };
      known.set(key, region);
    }
    return region;
  };
  const find = (asked: Language): Found => {
    tick(1 + sizeOf(asked) / 10);
    return findString(asked, looking);
  };
  const globsFor = (types: readonly ResourceType[]): TypeGlobs => {
    let globs = typeGlobs.get(types);
    if (globs === undefined) {
      globs = globsOfTypes(types);
      typeGlobs.set(types, globs);
    }
    return globs;
  };
  /** A pattern that starts with what only a template knows may be of any type. */
  const typesFor = ({ inside }: Region, types: readonly ResourceType[] | undefined): typeof types =>
    inside.some(({ not, globs }) => !not && globs.some(({ text }) => text.startsWith('${'))) ? undefined : types;
  const resourceIn: Regions['resourceIn'] = (region, types) => {
    const wanted = typesFor(region, types);
    const key = wanted === undefined ? ANY : wanted.length === 0 ? NONE : wanted;
    let found = region.found.get(key);
    if (found === undefined) {
      const base = languageOf(region);
      const ask = (language: Language): Found => polished(find(language), language);
      if (wanted === undefined) found = ask(base);
      else {
        const { usual, any } = globsFor(key);
        const known = resourceIn(region, undefined);
        // One that is known is mostly of these types as well.
        found = isOneOf(known, usual) ? known : ask({ ...base, unions: [...base.unions, usual] });
        if (found.kind === 'none') found = ask({ ...base, unions: [...base.unions, any] });
      }
      region.found.set(key, found);
    }
    return found;
  };
  /**
   * Without a search, which most types need not have: a resource of the region that is known is of one of these types,
   * or no resource of one of its patterns is.
   */
  const canAskAtAGlance = (region: Region, types: readonly ResourceType[]): 'none' | 'some' | undefined => {
    const byService = canAskByService(region, types);
    const wanted = byService === undefined ? typesFor(region, types) : undefined;
    if (wanted === undefined) return byService;
    const { any } = globsFor(wanted);
    if (isOneOf(resourceIn(region, undefined), any)) return 'some';
    const apart = region.inside.some(({ not, globs }) => !not && globs.every((glob) => any.every((each) => surelyDisjoint(glob, each))));
    return apart ? 'none' : undefined;
  };

  return {
    everything: intern([], []),
    test: (globs, not) => {
      const ids = [...new Set(globs.map(({ id }) => id))].sort((a, b) => a - b).join();
      const key = `${not ? '!' : ''}${ids}`;
      let test = tests.get(key);
      if (test === undefined) {
        test = { id: tests.size + 1, globs, not, services: servicesNamed(globs) };
        tests.set(key, test);
      }
      return test;
    },
    and: (region, test, inside) => {
      const step = inside ? test.id : -test.id;
      if (region.next.has(step)) return region.next.get(step);
      const isInside = region.inside.includes(test);
      let next: Region | undefined;
      if (isInside) next = inside ? region : undefined;
      else if (region.outside.includes(test)) next = inside ? undefined : region;
      else {
        next = inside ? intern([...region.inside, test], region.outside) : intern(region.inside, [...region.outside, test]);
        if (resourceIn(next, undefined).kind === 'none') next = undefined;
      }
      region.next.set(step, next);
      return next;
    },
    apart: (one, other) => {
      if (one === other || one.not || other.not) return false;
      const [low, high] = one.id < other.id ? [one, other] : [other, one];
      let row = apartness.get(low.id);
      if (row === undefined) {
        row = new Map();
        apartness.set(low.id, row);
      }
      let apart = row.get(high.id);
      if (apart === undefined) {
        apart = low.globs.every((glob) => {
          tick(high.globs.length / 8);
          return high.globs.every((each) => surelyDisjoint(glob, each));
        });
        row.set(high.id, apart);
      }
      return apart;
    },
    resourceIn,
    canAsk: (region, types) => {
      if (region.outside.length === 0 && region.inside.every(({ not, globs }) => !not && globs.some(({ universal }) => universal)))
        return 'some';
      const key = types ?? ANY;
      let kind = region.asked.get(key);
      if (kind === undefined) {
        kind = (types === undefined ? undefined : canAskAtAGlance(region, types)) ?? resourceIn(region, types).kind;
        region.asked.set(key, kind);
      }
      return kind;
    },
    holds: (region, types, resource) => {
      const wanted = typesFor(region, types);
      const { unions, not } = languageOf(region);
      const all = wanted === undefined ? unions : [...unions, globsFor(wanted).any];
      return all.every((union) => union.some((glob) => matches(glob, resource))) && !not.some((glob) => matches(glob, resource));
    },
    meets: (region, glob) => {
      let met = region.met.get(glob.id);
      if (met === undefined) {
        const { unions, not } = languageOf(region);
        met = find({ unions: [[glob], ...unions], not }).kind !== 'none';
        region.met.set(glob.id, met);
      }
      return met;
    },
  };
}

/** Stand for lists of types: any resource; only the resource "*", whatever the service. */
const [ANY, NONE]: readonly [readonly ResourceType[], readonly ResourceType[]] = [[], []];

/** A walk over machines looks at the time now and then; each of its looks stands for about so many steps. */
const STEPS_OF_A_LOOK = 30;

/** Often the services alone tell. */
function canAskByService(region: Region, types: readonly ResourceType[]): 'none' | 'some' | undefined {
  const services = servicesOf(types);
  const apart = ({ services: own }: ResourceTest): boolean => own !== undefined && services.every((service) => !own.has(service));
  let untouched = true;
  /** False where the test leaves none of them. `wanted`: what its patterns match is asked for, not left out. */
  const leavesSome = (test: ResourceTest, wanted: boolean): boolean => {
    if (wanted ? !test.globs.some(({ universal }) => universal) : !apart(test)) untouched = false;
    return !wanted || !apart(test);
  };
  if (!region.inside.every((test) => leavesSome(test, !test.not)) || !region.outside.every((test) => leavesSome(test, test.not)))
    return 'none';
  // Nothing that is asked for or excluded concerns these services.
  return untouched ? 'some' : undefined;
}

function languageOf({ inside, outside }: Region): Language {
  const unions: (readonly Glob[])[] = [];
  const not: Glob[] = [];
  for (const test of inside) {
    if (test.not) not.push(...test.globs);
    else unions.push(test.globs);
  }
  for (const test of outside) {
    if (test.not) unions.push(test.globs);
    else not.push(...test.globs);
  }
  return { unions, not };
}

function sizeOf({ unions, not }: Language): number {
  return unions.reduce((sum, union) => sum + union.length, not.length);
}

function idsOf(tests: readonly ResourceTest[]): string {
  return tests
    .map(({ id }) => id)
    .sort((a, b) => a - b)
    .join();
}

function isOneOf(found: Found, globs: readonly Glob[]): boolean {
  return found.kind === 'some' && globs.some((glob) => matches(glob, found.text));
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
    const candidate = fields.map((field, j) => (i === j ? usual : field)).join(':');
    const inside =
      language.unions.every((union) => union.some((glob) => matches(glob, candidate))) &&
      !language.not.some((glob) => matches(glob, candidate));
    if (!inside) continue;
    fields[i] = usual;
    text = candidate;
  }
  return { kind: 'some', text };
}
