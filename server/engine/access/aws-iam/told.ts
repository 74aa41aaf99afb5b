import { statementKey } from './canonical.ts';
import type { Tick } from './clock.ts';
import type { Pair } from './pair-documents.ts';
import type { PolicyDocument, Statement } from './statement.ts';
import { sourceOf } from './written.ts';

export type Side = 'before' | 'after';
export type Read = { readonly side: Side; readonly statement: Statement; readonly variables: boolean };
/** `unchanged`: a statement of the other side says exactly the same. */
export type Told = Read & { readonly unchanged: boolean };

/**
 * The statements of one side, each once, and whether the other side says the same. Equal texts say the same without a further look;
 * only what is left is compared by its meaning. One of these that repeats an unchanged statement in other words counts as changed:
 * the comparison then finds that it opens nothing.
 */
export function told(own: readonly Read[], others: readonly Read[]): readonly Told[] {
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

/** Every statement of both policies, each once on its side. */
export function toldOf({ before, after }: Pair, tick: Tick): readonly Told[] {
  const variablesIn = { before: variableReading(before, after, 'before'), after: variableReading(after, before, 'after') };
  const read = (one: PolicyDocument | undefined, side: Side): readonly Read[] =>
    (one?.statements ?? []).map((statement) => {
      tick(2 + (statement.resources.length + statement.actions.length + statement.conditions.length) / 2);
      return { side, statement, variables: variablesIn[side](statement) };
    });
  const [old, now] = [read(before, 'before'), read(after, 'after')];
  return [...told(now, old), ...told(old, now)];
}

export function isWidening({ side, statement, unchanged }: Pick<Told, 'side' | 'statement' | 'unchanged'>): boolean {
  return !unchanged && widensAs(side, statement.effect);
}

/** Only a new Allow or a Deny that went can widen. */
function widensAs(side: Side, effect: Statement['effect']): boolean {
  return (side === 'after') === (effect === 'Allow');
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

/** The version in which there are variables. */
export const CURRENT = '2012-10-17';
