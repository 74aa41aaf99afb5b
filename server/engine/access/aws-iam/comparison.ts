import { limitKey } from './canonical.ts';
import type { Catalogue } from './catalogue.ts';
import type { Tick } from './clock.ts';
import { narrowed } from './narrowed.ts';
import { nearTo } from './nearby.ts';
import type { Pair } from './pair-documents.ts';
import { type PrincipalSet, principalSpace, type PrincipalSpace } from './principals.ts';
import type { PolicyKind, Statement } from './statement.ts';
import { isWidening, type Side, type Told, toldOf } from './told.ts';

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
  readonly spelling: () => ReadonlyMap<string, string>;
};

/** Undefined when nothing that could widen was changed. */
export function comparisonOf(pair: Pair, catalogue: Catalogue, tick: Tick): Comparison | undefined {
  const { before, after } = pair;
  const document = after ?? before;
  if (document === undefined) return undefined;
  const kept = narrowed(pair, tick) ?? nearOf(toldOf(pair, tick));
  if (kept.length === 0) return undefined;
  // Who is told apart hangs on everybody whom the policy names.
  const all = namesPrincipals(pair)
    ? [...(after?.statements ?? []), ...(before?.statements ?? [])]
    : kept.map(({ statement }) => statement);
  const principals = principalSpace(all, document.kind, tick);
  const entries = kept.map(({ side, statement, variables, unchanged }): Entry => {
    tick(1 + (statement.principals?.length ?? 0));
    return { side, statement, variables, principals: principals.setOf(statement), unchanged, likeness: limitKey(statement, variables) };
  });
  const changedOn = (side: Side): readonly Statement[] =>
    kept.filter((each) => each.side === side && !each.unchanged).map(({ statement }) => statement);
  const beforeStatements = before?.statements ?? [];
  const alike = new Map<string, number[]>();
  entries.forEach(({ likeness }, i) => {
    const same = alike.get(likeness);
    if (same === undefined) alike.set(likeness, [i]);
    else same.push(i);
  });
  let spelling: ReadonlyMap<string, string> | undefined;
  return {
    alike,
    kind: document.kind,
    pointer: document.pointer,
    catalogue,
    entries,
    changed: { before: changedOn('before'), after: changedOn('after') },
    principals,
    onlyDenied: beforeStatements.length > 0 && beforeStatements.every(({ effect }) => effect === 'Deny'),
    spelling: () => (spelling ??= spellingIn(toldOf(pair, tick))),
  };
}

/** Without the statements that no request can share with one that could widen; none where nothing could widen. */
export function nearOf(told: readonly Told[]): readonly Told[] {
  const widening = told.filter(isWidening).map(({ statement }) => statement);
  if (widening.length === 0) return [];
  const isNear = nearTo(widening);
  return told.filter((each) => !each.unchanged || isNear(each.statement));
}

function namesPrincipals({ before, after }: Pair): boolean {
  return [before, after].some((document) => document?.statements.some(({ principals }) => principals !== undefined) === true);
}

function spellingIn(reads: readonly Told[]): ReadonlyMap<string, string> {
  const spelling = new Map<string, string>();
  for (const { statement } of reads) for (const { key } of statement.conditions) spelling.set(key.toLowerCase(), key);
  return spelling;
}

/** Can this statement be a reason for more access? */
export function widens({ side, statement, unchanged }: Entry): boolean {
  return isWidening({ side, statement, unchanged });
}

export function entryAt({ entries }: Pick<Comparison, 'entries'>, i: number): Entry {
  return at(entries, i);
}

/** The entry of this index; throws for one that is not of these entries. */
export function at<E>(entries: readonly E[], i: number): E {
  const entry = entries[i];
  if (entry === undefined) throw new Error(`no statement ${i}: indexes come from these entries`);
  return entry;
}
