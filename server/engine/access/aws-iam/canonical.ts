import { actionPattern } from './actions.ts';
import { principalKey } from './principals.ts';
import type { Condition, Statement } from './statement.ts';

export type CanonicalCondition = readonly [key: string, operator: string, values: readonly string[]];

/** Equal for statements that differ only in order, repetition, case where it does not count, Sid and layout. */
export function statementKey(statement: Statement, variables: boolean): string {
  const parts = partsOf(statement);
  return `${parts.effect}${parts.actions}${parts.rest}${!variables && parts.hasVariables ? ',"plain"' : ''}`;
}

/** The same but for what it does: "who, on what, when". */
export function limitKey(statement: Statement, variables: boolean): string {
  const parts = partsOf(statement);
  return `${parts.effect}${parts.rest}${!variables && parts.hasVariables ? ',"plain"' : ''}`;
}

/** The same but for its effect. */
export function subjectKey(statement: Statement): string {
  const parts = partsOf(statement);
  return `${parts.actions}${parts.rest}`;
}

type Parts = {
  readonly effect: Statement['effect'];
  readonly actions: string;
  readonly rest: string;
  /** Read without variables, its "${…}" would be plain text: another meaning. */
  readonly hasVariables: boolean;
};

/** Every comparison asks again, so each statement is worked out once. */
const partsByStatement = new WeakMap<Statement, Parts>();

function partsOf(statement: Statement): Parts {
  let parts = partsByStatement.get(statement);
  if (parts === undefined) {
    const { effect, principals, notPrincipal, actions, notAction, resources, notResource, conditions } = statement;
    const rest = JSON.stringify([
      principals === undefined ? null : [notPrincipal, sorted(principals.map(principalKey))],
      [notResource, sorted(resources.map(({ text }) => text))],
      canonicalConditions(conditions),
    ]);
    parts = {
      effect,
      actions: JSON.stringify([notAction, sorted(actions.map(({ text }) => actionPattern(text).lower))]),
      rest,
      hasVariables: rest.includes('${'),
    };
    partsByStatement.set(statement, parts);
  }
  return parts;
}

/** Conditions that mean the same are written the same. */
export function canonicalConditions(conditions: readonly Condition[]): readonly CanonicalCondition[] {
  if (conditions.length === 0) return [];
  return conditions
    .map((condition) => {
      const key = condition.key.toLowerCase();
      const operator = condition.operator.toLowerCase();
      const values = sorted(condition.values.map(({ text }) => text));
      return { order: [key, operator, values].join('\u0000'), canonical: [key, operator, values] as const };
    })
    .sort((a, b) => compare(a.order, b.order))
    .map(({ canonical }) => canonical);
}

/** One condition as text: equal for conditions that mean the same. */
export function conditionKey(condition: Condition): string {
  let key = keysByCondition.get(condition);
  if (key === undefined) {
    key = JSON.stringify(canonicalConditions([condition]));
    keysByCondition.set(condition, key);
  }
  return key;
}

const keysByCondition = new WeakMap<Condition, string>();

/** Each once, by code units: the same on every machine. */
export function sorted(texts: Iterable<string>): readonly string[] {
  const all = Array.isArray(texts) ? (texts as readonly string[]) : [...texts];
  return all.length < 2 ? all : [...new Set(all)].sort(compare);
}

/** By code units, so that the order is the same on every machine. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
