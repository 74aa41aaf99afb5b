import { statementKey } from './canonical.ts';
import type { Tick } from './clock.ts';
import type { PolicyDocument } from './statement.ts';

export type Pair = { readonly before: PolicyDocument | undefined; readonly after: PolicyDocument | undefined };

/**
 * Which policy before the edit is which one after it: the same place in the file, list items with a name by their name.
 * Items without one are matched by what they say, so that reordering a list is no edit.
 */
export function pairDocuments(before: readonly PolicyDocument[], after: readonly PolicyDocument[], tick: Tick): readonly Pair[] {
  const groups = new Map<string, { before: PolicyDocument[]; after: PolicyDocument[] }>();
  const groupOf = (document: PolicyDocument) => {
    const key = document.identity;
    let group = groups.get(key);
    if (group === undefined) {
      group = { before: [], after: [] };
      groups.set(key, group);
    }
    return group;
  };
  for (const document of before) groupOf(document).before.push(document);
  for (const document of after) groupOf(document).after.push(document);
  return movedToDataSources(
    [...groups.values()].flatMap((group) => pairAlike(group.before, group.after, tick)),
    tick,
  );
}

/** A policy that moved between a resource and a data source of Terraform that makes it, and says the same, is no edit. */
function movedToDataSources(pairs: readonly Pair[], tick: Tick): readonly Pair[] {
  const gone = pairs.flatMap(({ before, after }) => (before !== undefined && after === undefined ? [before] : []));
  const come = pairs.flatMap(({ before, after }) => (before === undefined && after !== undefined ? [after] : []));
  if (gone.length === 0 || come.length === 0) return pairs;
  const moved = equalPairs(gone, come, tick).filter(([one, other]) => isOfDataSource(one) !== isOfDataSource(other));
  if (moved.length === 0) return pairs;
  const taken = new Set(moved.flat());
  const left = pairs.filter(({ before, after }) => {
    const alone = before === undefined ? after : after === undefined ? before : undefined;
    return alone === undefined || !taken.has(alone);
  });
  return [...left, ...moved.map(([before, after]) => ({ before, after }))];
}

function isOfDataSource({ pointer }: PolicyDocument): boolean {
  return /(^|\/)data\/(\*|\d+\/)?\/?aws_iam_policy_document\//.test(pointer);
}

function pairAlike(before: readonly PolicyDocument[], after: readonly PolicyDocument[], tick: Tick): readonly Pair[] {
  if (before.length <= 1 && after.length <= 1) {
    const [one] = before;
    const [other] = after;
    if (one !== undefined && other !== undefined && !comparable(one, other))
      return [
        { before: one, after: undefined },
        { before: undefined, after: other },
      ];
    return [{ before: one, after: other }];
  }
  const pairs: Pair[] = [];
  const taken = new Set<PolicyDocument>();
  const take = (one: PolicyDocument, other: PolicyDocument): void => {
    taken.add(one);
    taken.add(other);
    pairs.push({ before: one, after: other });
  };
  for (const [one, other] of equalPairs(before, after, tick)) take(one, other);
  const oldOnes = before.filter((one) => !taken.has(one));
  const newOnes = after.filter((other) => !taken.has(other));
  const featured = new Map([...oldOnes, ...newOnes].map((document) => [document, featuresOf(document)]));
  const candidates =
    oldOnes.length * newOnes.length > MOST_COMPARED
      ? // Too many to look at each with each: the same place in the list is the likeliest.
        pairedByPlace(oldOnes, newOnes)
      : oldOnes.flatMap((one) =>
          newOnes.flatMap((other) => {
            if (!comparable(one, other)) return [];
            tick(1 + other.statements.length / 2);
            const [own, others] = [featured.get(one), featured.get(other)];
            return own === undefined || others === undefined ? [] : [{ one, other, likeness: likeness(own, others) }];
          }),
        );
  candidates.sort((a, b) => b.likeness - a.likeness);
  for (const { one, other } of candidates) if (!taken.has(one) && !taken.has(other)) take(one, other);
  for (const one of before) if (!taken.has(one)) pairs.push({ before: one, after: undefined });
  for (const other of after) if (!taken.has(other)) pairs.push({ before: undefined, after: other });
  return pairs;
}

const MOST_COMPARED = 250_000;

/** Policies that say the same are not an edit, wherever they stand; those in the same place first. */
function equalPairs(
  before: readonly PolicyDocument[],
  after: readonly PolicyDocument[],
  tick: Tick,
): readonly (readonly [PolicyDocument, PolicyDocument])[] {
  const keyOf = (document: PolicyDocument): string => {
    tick(document.statements.length * 2);
    return `${document.version ?? ''}\n${document.statements
      .map((statement) => statementKey(statement, true))
      .sort()
      .join('\n')}`;
  };
  const byKey = new Map<string, PolicyDocument[]>();
  for (const one of before) {
    const key = keyOf(one);
    const same = byKey.get(key);
    if (same === undefined) byKey.set(key, [one]);
    else same.push(one);
  }
  return after.flatMap((other) => {
    const same = byKey.get(keyOf(other));
    const at = Math.max(0, same?.findIndex(({ pointer }) => pointer === other.pointer) ?? 0);
    const [one] = same?.splice(at, 1) ?? [];
    return one === undefined ? [] : [[one, other] as const];
  });
}

function pairedByPlace(
  before: readonly PolicyDocument[],
  after: readonly PolicyDocument[],
): { readonly one: PolicyDocument; readonly other: PolicyDocument; readonly likeness: number }[] {
  const byPointer = new Map(before.map((one) => [one.pointer, one]));
  return after.flatMap((other) => {
    const one = byPointer.get(other.pointer);
    return one === undefined || !comparable(one, other) ? [] : [{ one, other, likeness: 1 }];
  });
}

/** A policy that names principals answers another question than one that does not. */
function comparable(one: PolicyDocument, other: PolicyDocument): boolean {
  return namesPrincipals(one) === namesPrincipals(other) || one.statements.length === 0 || other.statements.length === 0;
}

function namesPrincipals(document: PolicyDocument): boolean {
  return document.statements.some(({ principals }) => principals !== undefined);
}

type Features = {
  readonly document: PolicyDocument;
  readonly keys: ReadonlySet<string>;
  readonly sids: ReadonlySet<string>;
  readonly resources: ReadonlySet<string>;
};

function featuresOf(document: PolicyDocument): Features {
  const { statements } = document;
  return {
    document,
    keys: new Set(statements.map((statement) => statementKey(statement, true))),
    sids: new Set(statements.flatMap(({ sid }) => sid ?? [])),
    resources: new Set(statements.flatMap(({ resources }) => resources.map(({ text }) => text))),
  };
}

function likeness({ document: one, keys, sids, resources }: Features, { document: other }: Features): number {
  let points = one.pointer === other.pointer ? 1 : 0;
  if (one.statements.length === other.statements.length) points += 0.5;
  for (const statement of other.statements) {
    if (keys.has(statementKey(statement, true))) points += 10;
    if (statement.sid !== undefined && sids.has(statement.sid)) points += 3;
    if (statement.resources.some(({ text }) => text !== '*' && resources.has(text))) points += 1;
  }
  return points;
}
