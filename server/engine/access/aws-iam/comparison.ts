import { limitKey, statementKey } from './canonical.ts';
import type { Catalogue } from './catalogue.ts';
import type { Tick } from './clock.ts';
import type { Pair } from './pair-documents.ts';
import { type PrincipalSet, principalSpace, type PrincipalSpace } from './principals.ts';
import type { PolicyDocument, PolicyKind, Statement } from './statement.ts';

export type Side = 'before' | 'after';
/** A statement with what the comparison needs to know of it. */
export type Entry = {
  readonly side: Side;
  readonly statement: Statement;
  readonly variables: boolean;
  readonly principals: PrincipalSet;
  /** A statement of the other side says exactly the same. */
  readonly unchanged: boolean;
  /** The same for statements that differ in their actions alone. */
  readonly likeness: string;
};

/** One policy before and after, ready to be compared. */
export type Comparison = {
  readonly kind: PolicyKind;
  readonly pointer: string;
  readonly entries: readonly Entry[];
  /** Indexes of the entries that differ in their actions alone. */
  readonly alike: ReadonlyMap<string, readonly number[]>;
  /** Statements that the other side does not have as well. */
  readonly changed: Readonly<Record<Side, readonly Statement[]>>;
  readonly principals: PrincipalSpace;
  readonly catalogue: Catalogue;
  /** The policy before only denied: what it denied must be allowed by others. */
  readonly onlyDenied: boolean;
  /** Condition keys as the policy spells them, by lower case. */
  readonly spelling: ReadonlyMap<string, string>;
};

/** Undefined when nothing that could widen was changed. */
export function comparisonOf({ before, after }: Pair, catalogue: Catalogue, tick: Tick): Comparison | undefined {
  const document = after ?? before;
  if (document === undefined) return undefined;
  const variablesIn = { before: variableReading(before, after, 'before'), after: variableReading(after, before, 'after') };
  const keyed = (one: PolicyDocument | undefined, side: Side): ReadonlyMap<string, Keyed> => {
    const byKey = new Map<string, Keyed>();
    for (const statement of one?.statements ?? []) {
      tick(2 + (statement.resources.length + statement.actions.length + statement.conditions.length) / 2);
      const variables = variablesIn[side](statement);
      const key = statementKey(statement, variables);
      if (!byKey.has(key)) byKey.set(key, { statement, variables });
    }
    return byKey;
  };
  const beforeKeys = keyed(before, 'before');
  const afterKeys = keyed(after, 'after');
  const isChanged = (side: Side, { effect }: Statement, key: string): boolean =>
    !(side === 'after' ? beforeKeys : afterKeys).has(key) && widensAs(side, effect);
  const anyWidens =
    [...afterKeys].some(([key, { statement }]) => isChanged('after', statement, key)) ||
    [...beforeKeys].some(([key, { statement }]) => isChanged('before', statement, key));
  if (!anyWidens) return undefined;

  const statements = [...(after?.statements ?? []), ...(before?.statements ?? [])];
  const principals = principalSpace(statements, document.kind, tick);
  const entriesOf = (own: ReadonlyMap<string, Keyed>, side: Side, others: ReadonlyMap<string, Keyed>): readonly Entry[] =>
    [...own].map(([key, { statement, variables }]) => {
      tick(1 + (statement.principals?.length ?? 0));
      const likeness = limitKey(statement, variables);
      return { side, statement, variables, principals: principals.setOf(statement), unchanged: others.has(key), likeness };
    });
  const entries = [...entriesOf(afterKeys, 'after', beforeKeys), ...entriesOf(beforeKeys, 'before', afterKeys)];
  const changedOn = (side: Side): readonly Statement[] =>
    entries.filter((entry) => entry.side === side && !entry.unchanged).map(({ statement }) => statement);
  const beforeStatements = before?.statements ?? [];
  const alike = new Map<string, number[]>();
  entries.forEach(({ likeness }, i) => {
    const same = alike.get(likeness);
    if (same === undefined) alike.set(likeness, [i]);
    else same.push(i);
  });
  return {
    alike,
    kind: document.kind,
    pointer: document.pointer,
    catalogue,
    entries,
    changed: { before: changedOn('before'), after: changedOn('after') },
    principals,
    onlyDenied: beforeStatements.length > 0 && beforeStatements.every(({ effect }) => effect === 'Deny'),
    spelling: spellingIn(entries),
  };
}

function spellingIn(entries: readonly Entry[]): ReadonlyMap<string, string> {
  const spelling = new Map<string, string>();
  for (const { statement } of entries) for (const { key } of statement.conditions) spelling.set(key.toLowerCase(), key);
  return spelling;
}

type Keyed = { readonly statement: Statement; readonly variables: boolean };

export function widens({ side, statement, unchanged }: Entry): boolean {
  return !unchanged && widensAs(side, statement.effect);
}

/** Only a new Allow or a Deny that went can widen. */
function widensAs(side: Side, effect: Statement['effect']): boolean {
  return (side === 'after') === (effect === 'Allow');
}

export function entryAt({ entries }: Pick<Comparison, 'entries'>, i: number): Entry {
  const entry = entries[i];
  if (entry === undefined) throw new Error(`no statement ${i}: indexes come from these entries`);
  return entry;
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
