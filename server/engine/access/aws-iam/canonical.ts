import { principalKey } from './principals.ts';
import type { Condition, Statement } from './statement.ts';

export type CanonicalCondition = readonly [key: string, operator: string, values: readonly string[]];

/** Equal for statements that differ only in order, repetition, case where it does not count, Sid and layout. */
export function statementKey(statement: Statement, variables: boolean): string {
  return JSON.stringify([
    statement.effect,
    statement.principals === undefined ? null : [statement.notPrincipal, sorted(statement.principals.map(principalKey))],
    [statement.notAction, sorted(statement.actions.map(({ text }) => text.trim().toLowerCase()))],
    [statement.notResource, sorted(statement.resources.map(({ text }) => text))],
    canonicalConditions(statement.conditions),
    // Without variables "${…}" is plain text: another meaning.
    !variables && JSON.stringify([statement.resources, statement.conditions]).includes('${'),
  ]);
}

export function canonicalConditions(conditions: readonly Condition[]): readonly CanonicalCondition[] {
  return conditions
    .map(({ key, operator, values }) => [key.toLowerCase(), operator.toLowerCase(), sorted(values.map(({ text }) => text))] as const)
    .sort((a, b) => compare(a.join('\u0000'), b.join('\u0000')));
}

/** Each once, by code units: the same on every machine. */
export function sorted(texts: Iterable<string>): readonly string[] {
  return [...new Set(texts)].sort(compare);
}

export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
