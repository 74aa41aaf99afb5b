import type { Rule } from '../rules/rule.ts';

const UNCHECKED = ['roles and bindings in other files', 'admission rules of the cluster'];
const AGENCY = 'OWASP LLM06:2025 Excessive Agency';
const ABUSE = 'OWASP ASI03 Identity and Privilege Abuse';
const RMF = 'NIST AI RMF MANAGE 2.4';

/** One entry for each rule of Kubernetes RBAC; the texts that do not depend on the edit. */
export const KUBERNETES_ACCESS_RULES = {
  'k8s-rbac-cluster-admin': {
    id: 'k8s-rbac-cluster-admin',
    gain: 'do anything in the cluster',
    base: 'critical',
    fix: 'Bind a role that names the verbs and resources the job needs, in the namespace where it needs them.',
    failureMode: 'One stolen token, or one wrong step of an agent, then costs the whole cluster.',
    unchecked: UNCHECKED,
    references: ['CWE-269', 'CWE-250', 'ATT&CK T1078', 'ATT&CK T1098.006', AGENCY, RMF],
  },
  'k8s-rbac-anonymous': {
    id: 'k8s-rbac-anonymous',
    gain: 'access without signing in',
    base: 'critical',
    fix: 'Bind named users, groups or service accounts; leave `system:anonymous` and `system:unauthenticated` as the cluster made them.',
    failureMode: 'Whoever reaches the API server acts without a name in the audit log.',
    unchecked: [...UNCHECKED, 'who can reach the API server'],
    references: ['CWE-306', 'CWE-284', 'ATT&CK T1190', AGENCY, RMF],
  },
  'k8s-rbac-everyone': {
    id: 'k8s-rbac-everyone',
    gain: 'access for everyone in the cluster',
    base: 'high',
    fix: 'Bind the one service account or group that needs it.',
    failureMode: 'Any pod that is broken into, and any user, has this right without anyone having given it to them.',
    unchecked: UNCHECKED,
    references: ['CWE-732', 'ATT&CK T1078.001', AGENCY, RMF],
  },
  'k8s-rbac-escalation': {
    id: 'k8s-rbac-escalation',
    gain: 'get more rights than given here',
    base: 'high',
    fix: 'Take away escalate, bind and impersonate, or limit them with resourceNames to the roles that are meant.',
    failureMode: 'The holder gives itself what nobody meant to give it.',
    unchecked: UNCHECKED,
    references: ['CWE-269', 'ATT&CK T1098.006', 'ATT&CK T1134', ABUSE, RMF],
  },
  'k8s-rbac-wildcard': {
    id: 'k8s-rbac-wildcard',
    gain: 'do anything with every kind of thing',
    base: 'high',
    fix: 'Write out the verbs, resources and API groups that are needed.',
    failureMode: 'A wildcard also covers what is installed next month.',
    unchecked: UNCHECKED,
    references: ['CWE-250', 'CWE-269', 'ATT&CK T1078', AGENCY, RMF],
  },
  'k8s-rbac-credentials': {
    id: 'k8s-rbac-credentials',
    gain: 'read secrets and tokens',
    base: 'high',
    fix: 'Mount the one secret that is needed, or name it with resourceNames; list and watch give every secret.',
    failureMode: 'Secrets hold the keys to databases and clouds; what was read cannot be called back.',
    unchecked: [...UNCHECKED, 'what the secrets hold'],
    references: ['CWE-522', 'CWE-732', 'ATT&CK T1552.007', 'ATT&CK T1528', ABUSE],
  },
  'k8s-rbac-run-code': {
    id: 'k8s-rbac-run-code',
    gain: 'run code in the cluster',
    base: 'high',
    fix: 'Leave exec, attach and starting pods to people under their own name, and to the controllers that need it.',
    failureMode: 'Whoever can start a pod or enter one can use any service account and volume of the namespace.',
    unchecked: [...UNCHECKED, 'what the pods may reach'],
    references: ['CWE-269', 'ATT&CK T1609', 'ATT&CK T1610', AGENCY],
  },
  'k8s-rbac-control-plane': {
    id: 'k8s-rbac-control-plane',
    gain: 'change what guards the cluster',
    base: 'high',
    fix: 'Leave nodes/proxy, certificate approval, webhooks and roles to the cluster’s own controllers and administrators.',
    failureMode: 'These rights turn into every other right, and the audit log shows little of it.',
    unchecked: UNCHECKED,
    references: ['CWE-269', 'ATT&CK T1098.006', 'ATT&CK T1562', ABUSE],
  },
  'k8s-rbac-destroy': {
    id: 'k8s-rbac-destroy',
    gain: 'delete data or whole namespaces',
    base: 'medium',
    fix: 'Take away delete and deletecollection, or name the things with resourceNames.',
    failureMode: 'A namespace or volume that is deleted takes everything in it along.',
    unchecked: [...UNCHECKED, 'backups'],
    references: ['CWE-732', 'ATT&CK T1485', AGENCY],
  },
  'k8s-rbac-change': {
    id: 'k8s-rbac-change',
    gain: 'change things in the cluster',
    base: 'low',
    fix: 'Nothing, if the job needs it.',
    failureMode: 'Rights grow one verb at a time and nobody takes them away.',
    unchecked: UNCHECKED,
    references: ['CWE-732', AGENCY],
  },
  'k8s-rbac-read': {
    id: 'k8s-rbac-read',
    gain: 'read things of the cluster',
    base: 'info',
    fix: 'Nothing, if the job needs it.',
    failureMode: 'Reading tells an intruder where to go next.',
    unchecked: UNCHECKED,
    references: ['ATT&CK T1613'],
  },
  'k8s-rbac-role-elsewhere': {
    id: 'k8s-rbac-role-elsewhere',
    gain: 'what a role in another file may do',
    base: 'low',
    fix: 'Look at the role before accepting who gets it.',
    failureMode: 'The name of a role says little about what it may do today, and nothing about tomorrow.',
    unchecked: ['what the role may do', ...UNCHECKED],
    references: ['CWE-732', AGENCY],
  },
} satisfies Record<string, Rule>;

export type KubernetesAccessRuleId = keyof typeof KUBERNETES_ACCESS_RULES;
