import { SEVERITIES } from '../engine/types.ts';
import { notTimely } from './ignores.ts';
import { namedKeyId } from './named-keys.ts';
import { pathMatcher, plainPath } from './no-go.ts';
import { NEVER_IGNORED } from './own-findings.ts';
import { applyPolicy, type May, mayOf } from './policy-layer.ts';
import { DEFAULT_POLICY, WORKSPACE_POLICY } from './policy.ts';
import type { PolicySettings } from './policy-schema.ts';
import { ruleOf } from './rule-of.ts';
import type { Policy, PolicyLayer } from './types.ts';

/** `error`: the file cannot be used, or this setting has no effect. `warning`: it counts, but not for what it seems to be for. */
export type PolicyRemark = {
  readonly level: 'error' | 'warning';
  readonly kind: 'not-usable' | 'loosens' | 'no-use';
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** What is wrong and the remedy, without the place. */
  readonly message: string;
};

/** What a layer is laid over, and what it may do to it. */
export type Above = { readonly base: Policy; readonly may: May };

/** Which layer a file is, as these are; a file of the workspace's name is one wherever it lies. Undefined for any other file. */
export function layerOfFile(path: string, workspace: string, layers: readonly PolicyLayer[]): PolicyLayer['of'] | undefined {
  const { absolute } = plainPath(path, workspace);
  const is = (file: string) => plainPath(file, workspace).absolute.toLowerCase() === absolute.toLowerCase();
  const same = layers.find(({ file, real }) => is(file) || (real !== undefined && is(real)));
  return same?.of ?? (absolute.toLowerCase().endsWith(`/${WORKSPACE_POLICY}`) ? 'workspace' : undefined);
}

/** The policy of the stronger layers alone. */
export function policyAbove(of: PolicyLayer['of'], layers: readonly PolicyLayer[]): Above {
  let base = DEFAULT_POLICY;
  let organization: PolicySettings | undefined;
  for (const layer of layers) {
    if (layer.of === of) break;
    if (layer.text === undefined) continue;
    const result = applyPolicy(base, { ...layer, text: layer.text }, mayOf(layer.of, organization));
    if (!result.ok) continue;
    base = result.policy;
    if (layer.of === 'organization') organization = result.settings;
  }
  return { base, may: mayOf(of, organization) };
}

/**
 * Everything there is to say about the text of a policy, by its place. `paths`: what lies in the workspace, relative, to find
 * patterns that match nothing; without them nobody is told of these.
 */
export function checkPolicy(
  { of, file, text }: PolicyLayer & { readonly text: string },
  { base, may }: Above,
  now: Date,
  paths?: readonly string[],
): readonly PolicyRemark[] {
  const result = applyPolicy(base, { of, file, text }, may);
  if (!result.ok) return result.problems.map((problem) => ({ level: 'error', kind: 'not-usable', ...problem }));
  const { written, placeOf, policy } = result;
  const remark = (keys: readonly (string | number)[], message: string): PolicyRemark => ({
    level: 'warning',
    kind: 'no-use',
    ...placeOf(keys),
    message,
  });
  const unused = (keys: readonly (string | number)[], pattern: string, what: string): readonly PolicyRemark[] =>
    paths === undefined || of !== 'workspace' || paths.some((path) => matches(pattern, path))
      ? []
      : [remark(keys, `${what} “${pattern}” matches no file of this workspace. Mend it, or remove it if nothing is to come.`)];
  const remarks = [
    ...result.refused.map(({ line, column, sentence }): PolicyRemark => {
      return { level: 'error', kind: 'loosens', line, column, message: withoutPlace(sentence) };
    }),
    ...(written.noGo ?? []).flatMap(({ pattern }, index) => {
      const known = base.noGo.find((zone) => zone.pattern === pattern);
      if (known !== undefined) return [remark(['noGo', index], `“${pattern}” is a no-go zone already (${known.source}). Remove this one.`)];
      // A pattern without a slash may mean the name of a bucket or a role.
      const unusedHere = unused(['noGo', index], pattern, 'the no-go pattern');
      return /[/.]/.test(pattern) ? unusedHere : [];
    }),
    ...(written.watch ?? []).flatMap((pattern, index) => unused(['watch', index], pattern, 'the watched pattern')),
    ...Object.entries(written.environments ?? {}).flatMap(([name, { match, verdicts }]) => [
      ...(Object.keys(verdicts).length === 0
        ? [remark(['environments', name], `${name} has no verdicts, so it changes nothing. Write some.`)]
        : []),
      ...(match.length === 0 ? [remark(['environments', name, 'match'], `${name} matches nothing. Write a pattern.`)] : []),
      ...SEVERITIES.flatMap((severity) =>
        verdicts[severity] !== undefined && verdicts[severity] === (written.verdicts?.[severity] ?? policy.verdicts[severity])
          ? [
              remark(
                ['environments', name, 'verdicts', severity],
                `${severity} is “${verdicts[severity]}” everywhere already. Remove this line.`,
              ),
            ]
          : [],
      ),
    ]),
    ...(written.approvers ?? []).flatMap((entry, index) => [
      ...(entry.environments ?? []).flatMap((name) =>
        policy.environments.some((one) => one.name === name)
          ? []
          : [remark(['approvers', index, 'environments'], `there is no environment “${name}”, so nobody approves in it. Mend the name.`)],
      ),
      ...entry.keys.flatMap((key, at) => keyRemark(key, policy).map((message) => remark(['approvers', index, 'keys', at], message))),
      ...(base.approvers.length > 0 && !entry.keys.some((key) => base.approvers.some(({ keys }) => keys.includes(namedKeyId(key) ?? '')))
        ? [remark(['approvers', index], `${entry.person} is not among the approvers of the stronger policy, so this approves nothing.`)]
        : []),
    ]),
    ...(written.trustedKeys ?? []).flatMap(({ key }, index) =>
      policy.revokedKeys.includes(namedKeyId(key) ?? '')
        ? [remark(['trustedKeys', index], 'this key is revoked by the policy, so it signs nothing. Remove one of the two.')]
        : [],
    ),
    ...(written.ignore ?? []).flatMap((ignore, index) => {
      const keys = ['ignore', index];
      const timely = notTimely(ignore, policy, now);
      return [
        ...(timely === undefined ? [] : [remark(keys, `the ignore of ${ignore.rule} ${timely}`)]),
        ...(NEVER_IGNORED.has(ignore.rule) ? [remark(keys, `the rule ${ignore.rule} cannot be ignored. Remove this entry.`)] : []),
        ...(isRule(ignore.rule, policy) ? [] : [remark(keys, `there is no rule “${ignore.rule}”. Write its id as findings show it.`)]),
        ...unused([...keys, 'path'], ignore.path, 'the path'),
      ];
    }),
    ...(written.reason?.ticketPattern !== undefined && !policy.reason.ticketRequired
      ? [remark(['reason', 'ticketPattern'], 'a ticket may be left out. Write “ticketRequired: true” if it must be there.')]
      : []),
  ];
  return remarks.toSorted((a, b) => a.line - b.line || a.column - b.column);
}

/** An approver's key that no trust is known for here: it may be in somebody's log or in a repository, but a typing error looks the same. */
function keyRemark(named: string, { revokedKeys, trustedKeys }: Policy): readonly string[] {
  const id = namedKeyId(named) ?? '';
  if (revokedKeys.includes(id)) return ['this key is revoked by the policy, so it approves nothing. Remove it.'];
  // A whole public key can be read: it is no slip of the pen.
  if (named !== id && !named.startsWith('SHA256:')) return [];
  if (trustedKeys.length === 0 || trustedKeys.some((one) => one.id === id)) return [];
  return [`this key is not among “trustedKeys”, so each log and repository must let it in by itself. Add it there, or mend it.`];
}

/** Rules that are not of a pack have ids of their own: only what looks like a pack's can be told to be wrong. */
function isRule(id: string, policy: Policy): boolean {
  return NEVER_IGNORED.has(id) || BY_READERS.test(id) || ruleOf(id, policy) !== undefined;
}

/** The rules that the readers of access and commands know by themselves. */
const BY_READERS = /^(aws|gcp|azure|iam|network|sql|kubernetes|k8s|rbac|workflow|github|command|secret|credential|access)-/;

function matches(pattern: string, path: string): boolean {
  return pathMatcher(pattern)({ relative: path, absolute: path });
}

/** "a workspace may only tighten the policy: …" of the whole sentence. */
export function withoutPlace(sentence: string): string {
  return sentence.replace(/^.*?, line \d+, column \d+: /s, '');
}
