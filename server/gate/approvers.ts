/**
 * Who may approve, where the policy names them. Each layer that has a list must let the key in, so that a weaker layer can only
 * narrow what a stronger one says. Without any list whoever is trusted and somebody else may.
 */
import type { Finding } from '../engine/types.ts';
import { personName } from '../ledger/key-ring.ts';
import { opensMatch, pathMatcher, plainPath } from './no-go.ts';
import type { Approver, Policy } from './types.ts';

/** One finding that asks for an approval. `opened` is absent where only the record is known: patterns over names then count as met. */
export type ToApprove = { readonly path: string; readonly severity: string } & Partial<Pick<Finding, 'opened' | 'witness'>>;

/** Why this key may not approve all of that, the end of a sentence that begins with what it signed. Undefined: it may. */
export function whyNoApprover(keyId: string, asked: readonly ToApprove[], workspace: string, policy: Policy): string | undefined {
  for (const layer of new Set(policy.approvers.map((one) => one.layer))) {
    const list = policy.approvers.filter((one) => one.layer === layer);
    const own = list.filter(({ keys }) => keys.includes(keyId));
    const names = [...new Set(list.map(({ person }) => person))].join(', ');
    if (own.length === 0) {
      return `is signed by a key that is not among those of the approvers (${list[0]?.source ?? layer}). Who may: ${names}.`;
    }
    const left = asked.find((one) => !own.some((entry) => covers(entry, one, workspace, policy)));
    if (left !== undefined) {
      const others = list.filter((entry) => covers(entry, left, workspace, policy)).map(({ person }) => person);
      const who = others.length === 0 ? 'Nobody there may: the list must name somebody first.' : `Who may: ${others.join(', ')}.`;
      return `is signed by ${own[0]?.person ?? ''}, who may not approve a finding of severity ${left.severity} in ${left.path} (${own[0]?.source ?? ''}). ${who}`;
    }
  }
  return undefined;
}

/** Who may approve all of this, by name; empty where no layer has a list. */
export function approversOf(asked: readonly ToApprove[], workspace: string, policy: Policy): readonly string[] {
  const people = policy.approvers.flatMap(({ keys, person }) =>
    keys.some((key) => whyNoApprover(key, asked, workspace, policy) === undefined) ? [person] : [],
  );
  return [...new Set(people)];
}

/** What is known of whoever signed something: the key, and whose it is as logs and files say. */
export type Signatory = { readonly keyId: string; readonly people: readonly (string | undefined)[] };

/** May these be one and the same, for all that the policy and the records say? Keys that are listed for one person are one. */
export function maybeSamePerson(one: Signatory, other: Signatory, policy: Policy): boolean {
  if (one.keyId === other.keyId) return true;
  const others = namesOf(other, policy);
  return [...namesOf(one, policy)].some((name) => others.has(name));
}

function namesOf({ keyId, people }: Signatory, policy: Policy): ReadonlySet<string> {
  const listed = [...policy.approvers.filter(({ keys }) => keys.includes(keyId)), ...policy.trustedKeys.filter(({ id }) => id === keyId)];
  const names = [...listed.map(({ person }) => person), ...people].map((name) => personName(name ?? ''));
  return new Set(names.filter((name) => name !== ''));
}

function covers(entry: Approver, { path, severity, ...finding }: ToApprove, workspace: string, { environments }: Policy): boolean {
  const at = plainPath(path, workspace);
  const { opened } = finding;
  const fits = (patterns: readonly string[]) =>
    opened === undefined ||
    patterns.some((pattern) => pathMatcher(pattern)(at) || opensMatch(pattern, { opened, witness: finding.witness }));
  const here = (names: readonly string[]) => environments.some(({ name, match }) => names.includes(name) && fits(match));
  return (
    (entry.severities === undefined || entry.severities.some((one) => one === severity)) &&
    (entry.match === undefined || fits(entry.match)) &&
    (entry.environments === undefined || here(entry.environments))
  );
}
