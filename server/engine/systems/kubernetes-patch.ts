import { member, membersOf, type TreeNode } from '../read/tree.ts';
import { itemsOf, madeArray, madeMember, madeObject, madeText } from './nodes.ts';
import { textAt } from './text-of.ts';

/** A JSON patch (RFC 6902): a list of operations, and the kind of object that they are for, as far as their paths tell. */
export type JsonPatch = { readonly kind: string; readonly operations: readonly TreeNode[]; readonly body: TreeNode };

/** Undefined for a document that is no patch. */
export function jsonPatchOf(root: TreeNode): JsonPatch | undefined {
  const operations = root.type === 'array' ? itemsOf(root) : [];
  if (operations.length === 0) return undefined;
  const paths = operations.map((each) => (textAt(each, 'op') === undefined ? undefined : textAt(each, 'path')));
  if (!paths.every((path) => path?.startsWith('/') === true)) return undefined;
  const body: Branch = { kind: 'branch', of: new Map(), at: root };
  for (const each of operations) {
    const value = member(each, 'value');
    const path = textAt(each, 'path');
    if (value === undefined || path === undefined || !/^(add|replace)$/.test(textAt(each, 'op') ?? '')) continue;
    put(body, path.slice(1).split('/').map(unescaped), value, each);
  }
  const kind = kindOf(paths.map(String));
  return { kind, operations, body: completed(kind, nodeOf(body)) };
}

const MOST_STEPS = 40;

function unescaped(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}

type Branch = { readonly kind: 'branch'; readonly of: Map<string, Branch | Leaf>; readonly at: TreeNode };
type Leaf = { readonly kind: 'leaf'; readonly value: TreeNode };

function put(branch: Branch, steps: readonly string[], value: TreeNode, at: TreeNode): void {
  let into = branch;
  for (const [i, step] of steps.slice(0, MOST_STEPS).entries()) {
    // `-` is behind the last item: each such operation adds one.
    const key = step === '-' ? `-${at.offset}` : step;
    const next = into.of.get(key);
    if (i === steps.length - 1) {
      // An item that is added moves the one that is there.
      const isMoved = next !== undefined && /^\d+$/.test(key) && textAt(at, 'op') === 'add';
      into.of.set(isMoved ? `-${at.offset}` : key, { kind: 'leaf', value });
      return;
    }
    const made = next?.kind === 'branch' ? next : opened(next, at);
    into.of.set(key, made);
    into = made;
  }
}

/** What an earlier operation gave as a whole, in its parts. */
function opened(leaf: Leaf | undefined, at: TreeNode): Branch {
  const value = leaf?.value;
  if (value?.type === 'array')
    return { kind: 'branch', of: new Map(itemsOf(value).map((item, i) => [`${i}`, { kind: 'leaf', value: item }])), at: value };
  const parts = membersOf(value).map(({ key, value: inner }) => [key, { kind: 'leaf', value: inner }] as const);
  return { kind: 'branch', of: new Map(parts), at: parts.length === 0 || value === undefined ? at : value };
}

function nodeOf(branch: Branch | Leaf): TreeNode {
  if (branch.kind === 'leaf') return branch.value;
  const parts = [...branch.of].map(([key, inner]) => [key, nodeOf(inner)] as const);
  if (parts.length > 0 && parts.every(([key]) => /^-?\d+$/.test(key)))
    return madeArray(
      parts.map(([, node]) => node),
      branch.at,
    );
  return madeObject(
    parts.map(([key, node]) => madeMember(key, node)),
    branch.at,
  );
}

/** By the first path that tells. */
const KINDS: readonly (readonly [RegExp, string])[] = [
  [/^\/rules\b|^\/aggregationRule\b/, 'ClusterRole'],
  [/^\/(roleRef|subjects)\b/, 'ClusterRoleBinding'],
  [/^\/webhooks\b/, 'ValidatingWebhookConfiguration'],
  [/^\/spec\/jobTemplate\b/, 'CronJob'],
  [/^\/spec\/(template|replicas|strategy)\b/, 'Deployment'],
  [/^\/spec\/(podSelector|policyTypes|egress|ingress)\b/, 'NetworkPolicy'],
  [/^\/spec\/(type|ports|loadBalancer\w*|externalIPs|externalTrafficPolicy|selector|clusterIP)\b/, 'Service'],
  [/^\/spec\/(containers|initContainers|volumes|host\w+|securityContext|serviceAccountName|automountServiceAccountToken)\b/, 'Pod'],
  [/^\/spec\/validationFailureAction\b/, 'ClusterPolicy'],
  [/^\/(data|stringData|binaryData)\b/, 'ConfigMap'],
];

function kindOf(paths: readonly string[]): string {
  for (const [pattern, kind] of KINDS) if (paths.some((path) => pattern.test(path))) return kind;
  return 'Deployment';
}

/** What a rule or a binding has beside what is patched stands elsewhere: some role, someone, something. */
function completed(kind: string, body: TreeNode): TreeNode {
  const open = (text: string, at: TreeNode): TreeNode => ({ ...madeText(`\${${text}}`, at), unresolved: true });
  if (kind === 'ClusterRole') {
    const rules = member(body, 'rules');
    if (rules === undefined) return body;
    const whole = itemsOf(rules).map((rule) => {
      const missing = ['apiGroups', 'resources', 'verbs'].filter((key) => member(rule, key) === undefined);
      return madeObject(
        [...(rule.children ?? []), ...missing.map((key) => madeMember(key, madeArray([open(`${key} of the base`, rule)], rule)))],
        rule,
      );
    });
    return madeObject([madeMember('rules', madeArray(whole, rules))], body);
  }
  if (kind !== 'ClusterRoleBinding') return body;
  const members = [...(body.children ?? [])];
  const at = body;
  if (member(body, 'subjects') === undefined) {
    const subject = madeObject([madeMember('kind', madeText('User', at)), madeMember('name', madeText('subjects of the base', at))], at);
    members.push(madeMember('subjects', madeArray([subject], at)));
  }
  if (member(body, 'roleRef') === undefined) {
    const role = madeObject([madeMember('kind', madeText('ClusterRole', at)), madeMember('name', madeText('role of the base', at))], at);
    members.push(madeMember('roleRef', role));
  } else if (member(member(body, 'roleRef'), 'kind') === undefined) {
    const given = member(body, 'roleRef');
    if (given !== undefined)
      members.push(madeMember('roleRef', madeObject([...(given.children ?? []), madeMember('kind', madeText('ClusterRole', at))], given)));
  }
  return madeObject(members, body);
}
