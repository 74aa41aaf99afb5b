import type { Place } from '../../types.ts';
import { actionMatches } from './actions.ts';
import { conditionKey, subjectKey } from './canonical.ts';
import type { Comparison, Entry } from './comparison.ts';
import type { Gain } from './gain.ts';
import { principalKey } from './principals.ts';
import type { Statement, Value } from './statement.ts';

/** The statement of the other side that this one most likely was, or became: the same Sid, else the most in common. */
export function counterpartOf(entry: Entry, { changed }: Comparison): Statement | undefined {
  const others = changed[entry.side === 'after' ? 'before' : 'after'];
  let best: { readonly statement: Statement; readonly points: number } | undefined;
  // Beyond that many, only a Sid is worth looking for.
  const worth = others.length <= MOST_COMPARED ? others : others.filter(({ sid }) => sid !== undefined && sid === entry.statement.sid);
  for (const statement of worth.slice(0, MOST_COMPARED)) {
    const points = common(entry.statement, statement);
    if (points > 0 && (best === undefined || points > best.points)) best = { statement, points };
  }
  return best?.statement;
}

/** The narrowest values that do it, on lines that the edit changed where that can be told. */
export function placesOf(
  gain: Gain,
  entry: Entry,
  counterpart: Statement | undefined,
  gained: { readonly actions: ReadonlySet<string>; readonly futureActions: readonly string[]; readonly resources: readonly string[] },
): readonly Place[] {
  const { statement } = entry;
  if (counterpart === undefined) return wholeStatement(statement, gain, gained);
  if (counterpart.effect !== statement.effect) return [statement.effectPlace, counterpart.effectPlace];
  const places: Place[] = [];
  if (statement.notAction === counterpart.notAction) {
    const changed = statement.notAction
      ? missing(counterpart.actions, statement.actions, lowerText)
      : missing(statement.actions, counterpart.actions, lowerText).filter(({ text }) => gains(text, gained));
    places.push(...changed.map(({ place }) => place));
  } else places.push(...statement.actions.map(({ place }) => place));
  if (statement.notResource === counterpart.notResource) {
    const changed = statement.notResource
      ? missing(counterpart.resources, statement.resources, plainText)
      : missing(statement.resources, counterpart.resources, plainText).filter(({ text }) => gained.resources.includes(text));
    places.push(...changed.map(({ place }) => place));
  } else places.push(...statement.resources.map(({ place }) => place));
  const ownPrincipals = statement.principals ?? [];
  const otherPrincipals = counterpart.principals ?? [];
  if (statement.notPrincipal === counterpart.notPrincipal) {
    const changed = statement.notPrincipal
      ? missing(otherPrincipals, ownPrincipals, principalKey)
      : missing(ownPrincipals, otherPrincipals, principalKey);
    places.push(...changed.map(({ place }) => place));
  } else places.push(...ownPrincipals.map(({ place }) => place));
  places.push(...conditionPlaces(statement, counterpart));
  return places.length > 0 ? places.slice(0, MOST_PLACES) : wholeStatement(statement, gain, gained);
}

const MOST_PLACES = 20;
const MOST_COMPARED = 200;

function wholeStatement(statement: Statement, gain: Gain, gained: Parameters<typeof placesOf>[3]): readonly Place[] {
  if (gain.cause === 'deny-removed') return [statement.place];
  const actions = statement.notAction ? statement.actions : statement.actions.filter(({ text }) => gains(text, gained));
  const resources = statement.notResource ? statement.resources : statement.resources.filter(({ text }) => gained.resources.includes(text));
  const values = [...actions, ...resources, ...(statement.principals ?? [])].map(({ place }) => place);
  return values.length > 0 ? values.slice(0, MOST_PLACES) : [statement.place];
}

/** Values that came or went, and whole conditions that did. */
function conditionPlaces(statement: Statement, counterpart: Statement): readonly Place[] {
  const places: Place[] = [];
  const sameTest = (a: Statement['conditions'][number], b: Statement['conditions'][number]): boolean =>
    a.key.toLowerCase() === b.key.toLowerCase() && a.operator.toLowerCase() === b.operator.toLowerCase();
  for (const [one, other] of [
    [statement, counterpart],
    [counterpart, statement],
  ] as const) {
    const known = new Set(other.conditions.map((condition) => conditionKey(condition)));
    for (const condition of one.conditions) {
      if (known.has(conditionKey(condition))) continue;
      const twin = other.conditions.find((each) => sameTest(each, condition));
      if (twin === undefined) places.push(condition.place);
      else places.push(...missing(condition.values, twin.values, plainText).map(({ place }) => place));
    }
  }
  return places;
}

function gains(pattern: string, { actions, futureActions }: Parameters<typeof placesOf>[3]): boolean {
  if (futureActions.includes(pattern)) return true;
  for (const action of actions) if (actionMatches(pattern, action.toLowerCase())) return true;
  // Not in the catalogue, or known only by wildcards of the other side.
  return actions.size === 0;
}

function missing<V extends Value>(own: readonly V[], others: readonly V[], keyOf: (value: V) => string): readonly V[] {
  const known = new Set(others.map(keyOf));
  return own.filter((value) => !known.has(keyOf(value)));
}

function common(one: Statement, other: Statement): number {
  let points = 0;
  if (one.sid !== undefined && one.sid === other.sid) points += 8;
  if (one.effect === other.effect) points += 2;
  const own = featuresOf(one);
  const theirs = featuresOf(other);
  points += 4 * share(own.actions, theirs.actions);
  points += 4 * share(own.resources, theirs.resources);
  points += 3 * share(own.principals, theirs.principals);
  if (subjectKey(one) === subjectKey(other)) points += 20;
  // Nothing but the effect in common is no likeness.
  return points > 2.5 ? points : 0;
}

type Features = Readonly<Record<'actions' | 'resources' | 'principals', ReadonlySet<string>>>;
const featuresByStatement = new WeakMap<Statement, Features>();

function featuresOf(statement: Statement): Features {
  let features = featuresByStatement.get(statement);
  if (features === undefined) {
    features = {
      actions: new Set(statement.actions.map(lowerText)),
      resources: new Set(statement.resources.map(plainText)),
      principals: new Set((statement.principals ?? []).map(principalKey)),
    };
    featuresByStatement.set(statement, features);
  }
  return features;
}

function share(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  if (one.size === 0 || other.size === 0) return 0;
  const [few, many] = one.size <= other.size ? [one, other] : [other, one];
  let both = 0;
  for (const each of few) if (many.has(each)) both++;
  return both / many.size;
}

function lowerText({ text }: Value): string {
  return text.trim().toLowerCase();
}

function plainText({ text }: Value): string {
  return text;
}
