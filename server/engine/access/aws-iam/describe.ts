import { actionMatches, actionPattern, matchesAction } from './actions.ts';
import { canonicalConditions, compare, conditionKey, limitKey, sorted } from './canonical.ts';
import { type Comparison, type Entry, entryAt } from './comparison.ts';
import type { ConditionText, Expansion } from './expansion.ts';
import type { Gain } from './gain.ts';
import { hasHole } from './pattern.ts';
import { counterpartOf, placesOf } from './places.ts';
import { principalsIn } from './principals.ts';
import type { Condition, Statement } from './statement.ts';
import type { Unlisted } from './unlisted-actions.ts';
import { findWitness, type WitnessFound } from './witness.ts';

/** The gain in the words of the report. */
export function describe(gain: Gain, comparison: Comparison): Expansion {
  const entry = entryAt(comparison, gain.responsible);
  const { statement } = entry;
  const allow = gain.allowedBy === undefined ? undefined : comparison.entries[gain.allowedBy];
  const counterpart = counterpartOf(entry, comparison);
  const { principals, onlyWithoutOwnPolicy } = principalsIn(gain.principals, comparison.principals);
  const actions = [...gain.actions].map(({ name }) => name);
  const spelled = [...gain.unlisted.values()].filter((each) => each.spelled).map(({ name }) => originalOf(statement, name));
  const futureActions = futuresOf(
    statement,
    [...gain.unlisted.values()].filter((each) => !each.spelled),
  );
  const resources = sorted(gain.resources);
  const limiting =
    gain.cause === 'deny-removed' && allow !== undefined ? [...statement.conditions, ...allow.statement.conditions] : statement.conditions;
  const involved = [statement, ...(allow === undefined ? [] : [allow.statement])];
  const proved = gain.witness?.checked === true && !involved.some(usesHole);
  const limits = sorted([...gain.limits].flatMap((i) => limitsOf(comparison.entries[i])));
  return {
    cause: gain.cause,
    certainty: gain.undecided && !proved ? 'undecided' : proved || (gain.assumed && comparison.kind === 'scp') ? 'proved' : 'possible',
    policy: { kind: comparison.kind, pointer: comparison.pointer },
    statement,
    counterpart,
    allowedBy: gain.cause === 'deny-removed' ? allow?.statement : undefined,
    assumesOtherAllow: gain.assumed,
    principals,
    onlyWithoutOwnPolicy,
    actions: sorted([...actions, ...spelled]),
    futureActions,
    resources,
    conditions: limiting.map(conditionText),
    weakened: weakenedOf(statement, counterpart),
    places: placesOf(gain, entry, counterpart, { actions: new Set(actions), futureActions, resources }),
    witness:
      gain.witness === undefined
        ? { principal: '', action: actions[0] ?? spelled[0] ?? futureActions[0] ?? '', resource: '', context: {} }
        : toldWitness(gain.witness, comparison),
    witnessOf: (action, liked = []) => witnessOf(action, liked, gain, proved, comparison),
    canonical: {
      cause: gain.cause,
      kind: comparison.kind,
      principals: principals.map(({ kind, value }) => `${kind}:${value}`),
      direct: onlyWithoutOwnPolicy,
      actions: canonicalActions(statement, gain, futureActions),
      resources,
      not: statement.notResource ? sorted(statement.resources.map(({ text }) => text)) : [],
      conditions: canonicalConditions(limiting),
      limits,
    },
  };
}

/**
 * Expansions that differ in their actions alone, or in their resources alone, are one: splitting a statement in two
 * then changes neither what is told nor its fingerprint.
 */
export function mergeAlike(expansions: readonly Expansion[]): readonly Expansion[] {
  if (expansions.length < 2) return expansions;
  let merged = [...expansions];
  for (const free of ['actions', 'resources'] as const) {
    const byKey = new Map<string, Expansion>();
    for (const expansion of merged) {
      const key = JSON.stringify([{ ...expansion.canonical, [free]: [], limits: [] }, expansion.assumesOtherAllow]);
      const other = byKey.get(key);
      byKey.set(key, other === undefined ? expansion : joined(other, expansion));
    }
    merged = [...byKey.values()];
  }
  return merged;
}

function joined(one: Expansion, other: Expansion): Expansion {
  const a = one.canonical;
  const b = other.canonical;
  const worse =
    (['undecided', 'possible', 'proved'] as const).find((each) => each === one.certainty || each === other.certainty) ?? one.certainty;
  const lead = one.certainty === 'proved' || other.certainty !== 'proved' ? one : other;
  return {
    ...lead,
    certainty: lead.certainty === 'proved' && worse !== 'undecided' ? 'proved' : worse,
    actions: sorted([...one.actions, ...other.actions]),
    futureActions: sorted([...one.futureActions, ...other.futureActions]),
    resources: sorted([...one.resources, ...other.resources]),
    places: [...one.places, ...other.places],
    witnessOf: (action, liked) => lead.witnessOf(action, liked) ?? (lead === one ? other : one).witnessOf(action, liked),
    canonical: {
      ...a,
      actions: sorted([...a.actions, ...b.actions]),
      resources: sorted([...a.resources, ...b.resources]),
      limits: sorted([...a.limits, ...b.limits]),
    },
  };
}

function conditionText({ key, operator, values }: Condition): ConditionText {
  return { key, operator, values: values.map(({ text }) => text) };
}

/** Conditions of the counterpart that are gone: for a Deny, conditions that it did not have before. */
function weakenedOf(statement: Statement, counterpart: Statement | undefined): readonly ConditionText[] {
  if (counterpart === undefined || counterpart.effect !== statement.effect) return [];
  const kept = new Set(statement.conditions.map(conditionKey));
  return counterpart.conditions.filter((condition) => !kept.has(conditionKey(condition))).map(conditionText);
}

/** The wildcards through which actions that do not exist yet will be allowed. */
function futuresOf(statement: Statement, unlisted: readonly Unlisted[]): readonly string[] {
  if (unlisted.length === 0) return [];
  if (statement.notAction) return ['*'];
  const names = unlisted.map(({ name }) => name.toLowerCase());
  return sorted(
    statement.actions.filter(({ text }) => /[*?]/.test(text) && names.some((name) => actionMatches(text, name))).map(({ text }) => text),
  );
}

/** As the policy spells it. */
function originalOf(statement: Statement, lower: string): string {
  return statement.actions.find(({ text }) => text.trim().toLowerCase() === lower)?.text ?? lower;
}

/** A wildcard stands for itself where all it names is new, so that the fingerprint does not hang on the catalogue's edition. */
function canonicalActions(statement: Statement, gain: Gain, futureActions: readonly string[]): readonly string[] {
  const whole = new Set(futureActions.map((text) => text.toLowerCase()));
  const patterns = [...whole].map(actionPattern);
  const rest = [...gain.actions].map(({ lower }) => lower).filter((lower) => !patterns.some((pattern) => matchesAction(pattern, lower)));
  const left = statement.notAction ? statement.actions.map(({ text }) => `!${text.toLowerCase()}`) : [];
  const spelled = [...gain.unlisted.values()].filter((each) => each.spelled).map(({ name }) => name);
  return sorted([...whole, ...(statement.notAction && whole.size > 0 ? left : rest), ...spelled]);
}

/** What cuts into the gain, told by what it says of everything but actions: those are in the gain. */
function limitsOf(entry: Entry | undefined): readonly string[] {
  return entry === undefined ? [] : [`${entry.side} ${limitKey(entry.statement, entry.variables)}`];
}

function usesHole(statement: Statement): boolean {
  return (
    statement.resources.some(({ text }) => hasHole(text)) ||
    (statement.principals ?? []).some(({ text }) => hasHole(text)) ||
    statement.conditions.some(({ values }) => values.some(({ text }) => hasHole(text)))
  );
}

function witnessOf(
  action: string,
  liked: readonly string[],
  gain: Gain,
  proved: boolean,
  comparison: Comparison,
): Expansion['witness'] | undefined {
  const lower = action.toLowerCase();
  const listed = comparison.catalogue.action(lower) !== undefined;
  let first: WitnessFound | undefined;
  for (const evidence of gain.evidence) {
    const found = evidence.actions.find(({ name }) => name.length === lower.length && name.toLowerCase() === lower);
    if (found === undefined) continue;
    const { witness } = findWitness(found.name, listed, evidence, liked, gain.assumed, comparison);
    if (witness?.checked === true) return toldWitness(witness, comparison);
    first ??= witness;
  }
  return first === undefined || proved ? undefined : toldWitness(first, comparison);
}

/** Keys as the policy spells them; keys the request does not carry are left out. */
function toldWitness({ principal, action, resource, context }: WitnessFound, comparison: Comparison): Expansion['witness'] {
  // How keys are spelled is worked out from the whole policy.
  if (context.size === 0) return { principal, action, resource, context: {} };
  const spelling = comparison.spelling();
  const entries = [...context].flatMap(([key, value]) => (value === undefined ? [] : [[spelling.get(key) ?? key, value] as const]));
  return { principal, action, resource, context: Object.fromEntries(entries.sort(([a], [b]) => compare(a, b))) };
}
