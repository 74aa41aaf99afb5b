import { limitKey, statementKey } from './canonical.ts';
import type { Catalogue } from './catalogue.ts';
import type { Tick } from './clock.ts';
import { nearTo } from './nearby.ts';
import type { Pair } from './pair-documents.ts';
import { type PrincipalSet, principalSpace, type PrincipalSpace } from './principals.ts';
import { sourceOf } from './read-statement.ts';
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
  const read = (one: PolicyDocument | undefined, side: Side): readonly Read[] =>
    (one?.statements ?? []).map((statement) => {
      tick(2 + (statement.resources.length + statement.actions.length + statement.conditions.length) / 2);
      return { side, statement, variables: variablesIn[side](statement) };
    });
  const [old, now] = [read(before, 'before'), read(after, 'after')];
  const kept = [...told(now, old), ...told(old, now)];
  const isWidening = (each: Told): boolean => !each.unchanged && widensAs(each.side, each.statement.effect);
  const widening = kept.filter(isWidening).map(({ statement }) => statement);
  if (widening.length === 0) return undefined;

  const statements = [...(after?.statements ?? []), ...(before?.statements ?? [])];
  const principals = principalSpace(statements, document.kind, tick);
  const isNear = nearTo(widening);
  const entries = kept
    .filter((each) => !each.unchanged || isNear(each.statement))
    .map(({ side, statement, variables, unchanged }): Entry => {
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
  return {
    alike,
    kind: document.kind,
    pointer: document.pointer,
    catalogue,
    entries,
    changed: { before: changedOn('before'), after: changedOn('after') },
    principals,
    onlyDenied: beforeStatements.length > 0 && beforeStatements.every(({ effect }) => effect === 'Deny'),
    spelling: spellingIn(kept),
  };
}

type Read = { readonly side: Side; readonly statement: Statement; readonly variables: boolean };
type Told = Read & { readonly unchanged: boolean };

/**
 * The statements of one side, each once, and whether the other side says the same. Equal texts say the same without a further look;
 * only what is left is compared by its meaning. One of these that repeats an unchanged statement in other words counts as changed:
 * the comparison then finds that it opens nothing.
 */
function told(own: readonly Read[], others: readonly Read[]): readonly Told[] {
  const there = bySource(others);
  const here = bySource(own);
  const left = new Set(
    others.filter((each) => here.get(meaningOf(each)) === undefined).map(({ statement, variables }) => statementKey(statement, variables)),
  );
  const seen = new Set<string>();
  return own.flatMap((each) => {
    const source = meaningOf(each);
    const twin = source === undefined ? undefined : there.get(source);
    const key = twin === undefined || source === undefined ? statementKey(each.statement, each.variables) : source;
    if (seen.has(key)) return [];
    seen.add(key);
    return [{ ...each, unchanged: twin !== undefined || left.has(key) }];
  });
}

function bySource(reads: readonly Read[]): ReadonlyMap<string | undefined, Read> {
  const found = new Map<string | undefined, Read>();
  for (const each of reads) {
    const source = meaningOf(each);
    if (source !== undefined) found.set(source, each);
  }
  return found;
}

/** The same text means something else where its variables are read as plain text. */
function meaningOf({ statement, variables }: Read): string | undefined {
  const source = sourceOf(statement);
  return source === undefined ? undefined : variables || !source.includes('${') ? source : `plain ${source}`;
}

function spellingIn(reads: readonly Read[]): ReadonlyMap<string, string> {
  const spelling = new Map<string, string>();
  for (const { statement } of reads) for (const { key } of statement.conditions) spelling.set(key.toLowerCase(), key);
  return spelling;
}

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
