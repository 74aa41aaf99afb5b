import type { KubernetesAccessRuleId } from '../packs/kubernetes-access-rules.ts';
import { CREDENTIALS, LASTING, POD_MAKERS, STRONG_SYSTEM_ROLES } from '../packs/kubernetes-roles.ts';
import { KUBERNETES_ACCESS_RULES } from '../packs/kubernetes-access-rules.ts';
import { compareSeverity, milderOf, shift, worseOf } from '../rate.ts';
import type { Severity } from '../types.ts';
import type { AccessFinding, Grant, GrantExpansion } from './grant.ts';
import type { Compared } from './side.ts';
import { groupedBy, listed, named, shortened } from './wording.ts';

/** One finding for each principal, gain and place. */
export function rbacFindings(expansions: readonly GrantExpansion[], { before }: Compared): readonly AccessFinding[] {
  const gained = withoutHolders(expansions).map((expansion) => ({ expansion, gain: gainOf(expansion.grant) }));
  const groups = groupedBy(gained, ({ expansion: { grant }, gain }) => `${grant.principal.name}\n${gain.words}\n${grant.scope.join('/')}`);
  const firsts = groupedBy(
    groups.map(([first]) => first),
    ({ expansion }) => expansion.grant.principal.name,
  );
  const told = new Map(firsts.map((some) => [some[0].expansion.grant.principal.name, some]));
  const own = before.filter(({ principal }) => told.has(principal.name));
  const known = new Map(groupedBy(own, ({ principal }) => principal.name).map((some) => [some[0].principal.name, some]));
  return groups
    .filter((group) => !isSaidBy(group[0], told))
    .map((group) => findingOf(group, known.get(group[0].expansion.grant.principal.name) ?? []));
}

/** A right that a bound subject gets is told of the subject, not of "whoever has the role" again. */
function withoutHolders(expansions: readonly GrantExpansion[]): readonly GrantExpansion[] {
  const keyOf = ({ grant }: GrantExpansion): string => `${grant.action} ${grant.resource}`;
  const bound = new Set(expansions.filter(({ grant }) => !isHolder(grant)).map(keyOf));
  return expansions.filter((expansion) => !isHolder(expansion.grant) || !bound.has(keyOf(expansion)));
}

function isHolder({ principal }: Grant): boolean {
  return principal.kind === 'unknown' && principal.name.startsWith('role ');
}

type Gain = {
  readonly rule: KubernetesAccessRuleId;
  readonly severity: Severity;
  /** What one can do, to follow "can": may hold {what} and {where}. */
  readonly words: string;
};
type Gained = { readonly expansion: GrantExpansion; readonly gain: Gain };

/** Whoever may do everything may do the rest: saying both adds nothing. The name of a built-in role adds nothing to what it allows. */
function isSaidBy({ expansion: { grant }, gain }: Gained, told: ReadonlyMap<string, readonly Gained[]>): boolean {
  const own = (told.get(grant.principal.name) ?? []).filter((each) => each.gain !== gain);
  if (own.some((each) => each.gain.rule === 'k8s-rbac-cluster-admin') && gain.rule !== 'k8s-rbac-cluster-admin') return true;
  return grant.action === 'have' && ['view', 'edit', 'admin'].includes(grant.resource) && own.length > 0;
}

const CHANGES = new Set(['create', 'update', 'patch', '*']);
const ROLES = new Set(['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings']);
const WEBHOOKS = new Set([
  'mutatingwebhookconfigurations',
  'validatingwebhookconfigurations',
  'validatingadmissionpolicies',
  'validatingadmissionpolicybindings',
]);
const HARMLESS_URLS = /^\/(healthz|livez|readyz|version|openapi|apis?|\.well-known)(\/.*|\*)?$/;
const REVIEWS = /^self?subject|subjectaccessreviews$|tokenreviews$/;

/** What one right is good for, the worst of it first. */
function gainOf(grant: Grant): Gain {
  const { action: verb, resource } = grant;
  if (grant.action === 'have') return roleElsewhere(grant);
  if (resource.startsWith('/')) {
    const harmless = HARMLESS_URLS.test(resource);
    return { rule: 'k8s-rbac-read', severity: harmless ? 'info' : 'low', words: 'call {what} of the API server' };
  }
  const everywhere = grant.scope.length === 0;
  const [whole = '', second, third] = resource.split('/');
  const plural = whole.split('.')[0] ?? '';
  const sub = second !== undefined && isSubresource(second) ? second : undefined;
  const oneOnly = (sub === undefined ? second : third) !== undefined;
  const all = resource === '*' || (plural === '*' && whole.startsWith('*'));
  const does = (verbs: ReadonlySet<string> | readonly string[]): boolean => verb === '*' || new Set(verbs).has(verb);
  const less = (severity: Severity): Severity => (oneOnly ? shift(severity, -1) : severity);

  if (all && verb === '*' && resource === '*') {
    return everywhere
      ? { rule: 'k8s-rbac-cluster-admin', severity: 'critical', words: 'do anything in the whole cluster' }
      : { rule: 'k8s-rbac-wildcard', severity: 'high', words: 'do anything in {where}' };
  }
  if (verb === 'escalate' || verb === 'bind')
    return {
      rule: 'k8s-rbac-escalation',
      severity: less(everywhere && !oneOnly ? 'critical' : 'high'),
      words: verb === 'bind' ? 'bind roles beyond its own rights in {where}' : 'give itself more rights than it has in {where}',
    };
  if (verb === 'impersonate')
    return { rule: 'k8s-rbac-escalation', severity: less(everywhere ? 'critical' : 'high'), words: 'act as other {what} in {where}' };
  if (all) {
    if (verb === '*') return { rule: 'k8s-rbac-wildcard', severity: 'high', words: 'do anything with {what} in {where}' };
    if (['get', 'list', 'watch'].includes(verb))
      return {
        rule: 'k8s-rbac-credentials',
        severity: whole === '*' ? 'high' : 'low',
        words: whole === '*' ? 'read everything, secrets included, in {where}' : 'read {what} in {where}',
      };
    return { rule: 'k8s-rbac-wildcard', severity: everywhere && whole === '*' ? 'critical' : 'high', words: '{verb} {what} in {where}' };
  }
  if (CREDENTIALS.has(plural) && sub === undefined) {
    if (does(['get', 'list', 'watch']))
      return {
        rule: 'k8s-rbac-credentials',
        severity: less('high'),
        words: oneOnly ? 'read secret {what} in {where}' : 'read every secret in {where}',
      };
    return { rule: 'k8s-rbac-change', severity: less('medium'), words: '{verb} {what} in {where}' };
  }
  if (plural === 'serviceaccounts' && (sub === 'token' || verb === '*') && does(['create']))
    return { rule: 'k8s-rbac-credentials', severity: less('high'), words: 'get tokens of service accounts in {where}' };
  if (
    (plural === 'pods' || plural === '*') &&
    sub !== undefined &&
    /^(exec|attach|portforward|ephemeralcontainers|proxy|\*)$/.test(sub) &&
    does(['create', 'get', 'update', 'patch'])
  )
    return {
      rule: 'k8s-rbac-run-code',
      severity: less('high'),
      words: sub === 'portforward' || sub === 'proxy' ? 'reach any port of any pod in {where}' : 'run commands in any pod of {where}',
    };
  if (plural === 'pods' && sub === undefined && does(['create']))
    return { rule: 'k8s-rbac-run-code', severity: less('high'), words: 'start pods, with any service account, in {where}' };
  if (plural === 'nodes' && sub === 'proxy')
    return { rule: 'k8s-rbac-control-plane', severity: 'high', words: 'run commands in every pod of a node through `nodes/proxy`' };
  if (plural === 'certificatesigningrequests' && sub === 'approval' && does(['update', 'patch']))
    return { rule: 'k8s-rbac-control-plane', severity: 'high', words: 'approve certificates, and so sign in as others' };
  if (verb === 'approve' || verb === 'sign')
    return { rule: 'k8s-rbac-control-plane', severity: less('high'), words: 'have certificates signed by {what}' };
  if (WEBHOOKS.has(plural) && (CHANGES.has(verb) || verb.startsWith('delete')))
    return { rule: 'k8s-rbac-control-plane', severity: less('high'), words: 'change which checks guard the cluster' };
  if (ROLES.has(plural) && CHANGES.has(verb))
    return { rule: 'k8s-rbac-control-plane', severity: less(everywhere ? 'high' : 'medium'), words: 'change {what} in {where}' };
  if (verb === '*') return { rule: 'k8s-rbac-wildcard', severity: less('medium'), words: 'do anything with {what} in {where}' };
  if (POD_MAKERS.has(plural) && sub === undefined && CHANGES.has(verb))
    return { rule: 'k8s-rbac-run-code', severity: less('medium'), words: 'change what runs: {what} in {where}' };
  if (LASTING.has(plural) && sub === undefined && verb.startsWith('delete'))
    return { rule: 'k8s-rbac-destroy', severity: less('medium'), words: 'delete {what} in {where}' };
  if (plural === 'persistentvolumes' && CHANGES.has(verb))
    return { rule: 'k8s-rbac-control-plane', severity: less('medium'), words: 'mount any folder of a node through {what}' };
  if (
    ['get', 'list', 'watch'].includes(verb) ||
    REVIEWS.test(plural) ||
    (verb === 'use' && plural !== 'podsecuritypolicies' && plural !== 'securitycontextconstraints')
  )
    return { rule: 'k8s-rbac-read', severity: everywhere && !oneOnly ? 'low' : 'info', words: 'read {what} in {where}' };
  if (verb === 'use') return { rule: 'k8s-rbac-control-plane', severity: less('medium'), words: 'use {what}' };
  return { rule: 'k8s-rbac-change', severity: 'low', words: '{verb} {what} in {where}' };
}

function roleElsewhere({ resource, scope }: Grant): Gain {
  const strong = STRONG_SYSTEM_ROLES.has(resource) || /(^|[-:_])admin(istrator)?s?($|[-:_])/i.test(resource);
  const everywhere = scope.length === 0;
  return {
    rule: 'k8s-rbac-role-elsewhere',
    severity: strong ? (everywhere ? 'high' : 'medium') : everywhere ? 'medium' : 'low',
    words: 'do what role {what} allows in {where}',
  };
}

/** Known subresources; what else follows the slash is the name of one thing. */
function isSubresource(text: string): boolean {
  return SUBRESOURCES.has(text);
}
const SUBRESOURCES = new Set([
  'exec',
  'attach',
  'portforward',
  'proxy',
  'log',
  'status',
  'scale',
  'token',
  'approval',
  'finalizers',
  'finalize',
  'eviction',
  'binding',
  'ephemeralcontainers',
  'resize',
  'metrics',
  'stats',
  'spec',
  'configz',
  'pods',
  'rollback',
  '*',
]);

function findingOf(group: readonly [Gained, ...Gained[]], before: readonly Grant[]): AccessFinding {
  const expansions = group.map(({ expansion }) => expansion);
  const [{ expansion: first, gain }] = group;
  const { principal, scope } = first.grant;
  const worst = group.map((each) => each.gain.severity).reduce(worseOf);
  const { rule, severity } = byPrincipal(first.grant, gain.rule, worst);
  const where = whereOf(first.grant);
  const what = expansions.map(({ grant }) => grant.resource);
  const words = gain.words
    .replace('{verb}', () =>
      listed(
        expansions.map(({ grant }) => grant.action),
        3,
      ),
    )
    .replace('{what}', () => (what.includes('*') ? 'everything' : named(what, 2)))
    .replace('{where}', () => where);
  return {
    rule,
    severity,
    confidence: first.grant.action === 'have' ? 'likely' : 'proved',
    blastRadius: {
      level: principal.kind === 'anyone' ? 'public' : scope.length === 0 ? 'account' : 'service',
      what: scope.length === 0 ? 'the whole cluster' : where.replaceAll('`', ''),
    },
    gain: KUBERNETES_ACCESS_RULES[rule].gain,
    consequence: `${principal.label} can ${words}.`,
    previously: previouslyOf(first.grant, before),
    opened: openedBy(first.grant, what),
    expansions,
  };
}

function byPrincipal(
  grant: Grant,
  rule: KubernetesAccessRuleId,
  severity: Severity,
): { readonly rule: KubernetesAccessRuleId; readonly severity: Severity } {
  const { kind, name, label } = grant.principal;
  const harmless = compareSeverity(severity, 'info') >= 0;
  if (kind === 'anyone') return { rule: 'k8s-rbac-anonymous', severity: harmless ? 'low' : 'critical' };
  if (name === 'Group system:masters') return { rule: 'k8s-rbac-cluster-admin', severity: 'critical' };
  if (kind === 'anyone-signed-in' || name.startsWith('system:serviceaccounts'))
    return { rule: 'k8s-rbac-everyone', severity: harmless ? 'low' : worseOf(shift(severity, 1), 'medium') };
  // The default account is that of every pod that names none.
  if (kind === 'workload' && /\/?default$/.test(name) && label.endsWith('default`'))
    return { rule, severity: worseOf(severity, harmless ? 'low' : 'medium') };
  if (grant.unresolved === true) return { rule, severity: milderOf(severity, 'high') };
  return { rule, severity };
}

function whereOf({ scope, declaration }: Grant): string {
  const namespace = scope[0]?.replace(/^namespace /, '');
  if (namespace === undefined) return 'the whole cluster';
  if (namespace !== '') return `\`${shortened(namespace)}\``;
  return declaration.system === 'kubernetes' ? 'the namespace it is applied to' : 'its namespace';
}

function openedBy({ scope, declaration }: Grant, what: readonly string[]): AccessFinding['opened'] {
  const namespace = scope[0]?.replace(/^namespace /, '') ?? '';
  if (namespace !== '') return { name: namespace, kind: 'namespace' };
  if (scope.length === 0 && (what.includes('*') || what.length > 3)) return { name: 'cluster', kind: 'cluster' };
  return { name: shortened(declaration.name), kind: /binding/i.test(declaration.type) ? 'binding' : 'role' };
}

function previouslyOf({ principal, scope }: Grant, before: readonly Grant[]): string {
  const own = before.filter((grant) => grant.principal.name === principal.name);
  if (own.length === 0) return 'Before: nothing in this file gave it any right.';
  const here = own.filter((grant) => grant.scope.join('/') === scope.join('/'));
  if (here.length === 0) return `Before: it had rights only in ${listed(own.map(whereOf), 2)}.`;
  const verbs = listed(
    here.map(({ action }) => action).filter((verb) => verb !== 'have'),
    3,
  );
  const what = named(
    here.map(({ resource }) => resource),
    3,
  );
  return verbs === '' ? `Before: it could do what ${what} allows.` : `Before: it could ${verbs} ${what}.`;
}
