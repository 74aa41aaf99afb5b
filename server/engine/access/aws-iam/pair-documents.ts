import { statementKey } from './canonical.ts';
import type { PolicyDocument } from './statement.ts';

export type Pair = { readonly before: PolicyDocument | undefined; readonly after: PolicyDocument | undefined };

/**
 * Which policy before the edit is which one after it: the same place in the file, list items with a name by their name.
 * Items without one are matched by what they say, so that reordering a list is no edit.
 */
export function pairDocuments(before: readonly PolicyDocument[], after: readonly PolicyDocument[]): readonly Pair[] {
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
  return [...groups.values()].flatMap((group) => pairAlike(group.before, group.after));
}

function pairAlike(before: readonly PolicyDocument[], after: readonly PolicyDocument[]): readonly Pair[] {
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
  const candidates = before.flatMap((one) =>
    after.filter((other) => comparable(one, other)).map((other) => ({ one, other, likeness: likeness(one, other) })),
  );
  candidates.sort((a, b) => b.likeness - a.likeness);
  const taken = new Set<PolicyDocument>();
  const pairs: Pair[] = [];
  for (const { one, other } of candidates) {
    if (taken.has(one) || taken.has(other)) continue;
    taken.add(one);
    taken.add(other);
    pairs.push({ before: one, after: other });
  }
  for (const one of before) if (!taken.has(one)) pairs.push({ before: one, after: undefined });
  for (const other of after) if (!taken.has(other)) pairs.push({ before: undefined, after: other });
  return pairs;
}

/** A policy that names principals answers another question than one that does not. */
function comparable(one: PolicyDocument, other: PolicyDocument): boolean {
  return namesPrincipals(one) === namesPrincipals(other) || one.statements.length === 0 || other.statements.length === 0;
}

function namesPrincipals(document: PolicyDocument): boolean {
  return document.statements.some(({ principals }) => principals !== undefined);
}

function likeness(one: PolicyDocument, other: PolicyDocument): number {
  const keys = new Set(one.statements.map((statement) => statementKey(statement, true)));
  const sids = new Set(one.statements.flatMap(({ sid }) => sid ?? []));
  const resources = new Set(one.statements.flatMap((statement) => statement.resources.map(({ text }) => text)));
  let points = one.pointer === other.pointer ? 1 : 0;
  if (one.statements.length === other.statements.length) points += 0.5;
  for (const statement of other.statements) {
    if (keys.has(statementKey(statement, true))) points += 10;
    if (statement.sid !== undefined && sids.has(statement.sid)) points += 3;
    if (statement.resources.some(({ text }) => text !== '*' && resources.has(text))) points += 1;
  }
  return points;
}
