import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compared, kubernetes } from './scene.ts';

const API = 'rbac.authorization.k8s.io/v1';
const role = (name: string, rules: readonly unknown[], namespace = 'shop', more: object = {}): Record<string, unknown> => ({
  apiVersion: API,
  kind: namespace === '' ? 'ClusterRole' : 'Role',
  metadata: { name, ...(namespace === '' ? {} : { namespace }), ...more },
  rules,
});
const rule = (verbs: readonly string[], resources: readonly string[], apiGroups: readonly string[] = [''], more: object = {}): unknown => ({
  apiGroups,
  resources,
  verbs,
  ...more,
});
const binding = (
  name: string,
  ref: string,
  subjects: readonly unknown[],
  namespace = 'shop',
  refKind = 'ClusterRole',
): Record<string, unknown> => ({
  apiVersion: API,
  kind: namespace === '' ? 'ClusterRoleBinding' : 'RoleBinding',
  metadata: { name, ...(namespace === '' ? {} : { namespace }) },
  subjects,
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: refKind, name: ref },
});
const account = (name: string, namespace = 'shop'): unknown => ({ kind: 'ServiceAccount', name, namespace });
const group = (name: string): unknown => ({ kind: 'Group', name, apiGroup: 'rbac.authorization.k8s.io' });

type Case = readonly [
  name: string,
  before: readonly Record<string, unknown>[],
  after: readonly Record<string, unknown>[],
  expected: readonly string[],
];
const reads = role('app', [rule(['get'], ['pods'])]);
const cases: readonly Case[] = [
  [
    'view becomes cluster-admin',
    [binding('b', 'view', [account('web')], '')],
    [binding('b', 'cluster-admin', [account('web')], '')],
    ['critical k8s-rbac-cluster-admin `shop/web` can do anything in the whole cluster.'],
  ],
  [
    'a subject is added to cluster-admin',
    [binding('b', 'cluster-admin', [account('web')], '')],
    [binding('b', 'cluster-admin', [account('web'), group('devs')], '')],
    ['critical k8s-rbac-cluster-admin Everyone in `devs` can do anything in the whole cluster.'],
  ],
  [
    'a role with a binding in the same text',
    [role('app', [rule(['get'], ['pods'])]), binding('b', 'app', [account('web')], 'shop', 'Role')],
    [role('app', [rule(['get'], ['pods', 'secrets'])]), binding('b', 'app', [account('web')], 'shop', 'Role')],
    ['high k8s-rbac-credentials `shop/web` can read every secret in `shop`.'],
  ],
  [
    'a role alone',
    [reads],
    [role('app', [rule(['get'], ['pods']), rule(['create'], ['pods/exec'])])],
    ['high k8s-rbac-run-code Whoever has role `app` can run commands in any pod of `shop`.'],
  ],
  [
    'wildcards',
    [reads],
    [role('app', [rule(['*'], ['*'], ['*'])])],
    ['high k8s-rbac-wildcard Whoever has role `app` can do anything in `shop`.'],
  ],
  [
    'wildcards everywhere',
    [role('app', [rule(['get'], ['pods'])], '')],
    [role('app', [rule(['*'], ['*'], ['*'])], '')],
    ['critical k8s-rbac-cluster-admin Whoever has role `app` can do anything in the whole cluster.'],
  ],
  [
    'impersonate',
    [role('i', [rule(['get'], ['users'])], '')],
    [role('i', [rule(['impersonate'], ['users'])], '')],
    ['critical k8s-rbac-escalation Whoever has role `i` can act as other `users` in the whole cluster.'],
  ],
  [
    'escalate and bind',
    [reads],
    [role('app', [rule(['get'], ['pods']), rule(['bind', 'escalate'], ['roles'], ['rbac.authorization.k8s.io'])])],
    [
      'high k8s-rbac-escalation Whoever has role `app` can bind roles beyond its own rights in `shop`.',
      'high k8s-rbac-escalation Whoever has role `app` can give itself more rights than it has in `shop`.',
    ],
  ],
  [
    'a token of a service account',
    [reads],
    [role('app', [rule(['get'], ['pods']), rule(['create'], ['serviceaccounts/token'])])],
    ['high k8s-rbac-credentials Whoever has role `app` can get tokens of service accounts in `shop`.'],
  ],
  [
    'nodes/proxy, certificates and webhooks',
    [role('n', [], '')],
    [
      role(
        'n',
        [
          rule(['get'], ['nodes/proxy']),
          rule(['update'], ['certificatesigningrequests/approval'], ['certificates.k8s.io']),
          rule(['patch'], ['mutatingwebhookconfigurations'], ['admissionregistration.k8s.io']),
        ],
        '',
      ),
    ],
    [
      'high k8s-rbac-control-plane Whoever has role `n` can run commands in every pod of a node through `nodes/proxy`.',
      'high k8s-rbac-control-plane Whoever has role `n` can approve certificates, and so sign in as others.',
      'high k8s-rbac-control-plane Whoever has role `n` can change which checks guard the cluster.',
    ],
  ],
  [
    'anonymous',
    [binding('b', 'shop-reader', [group('devs')], '')],
    [binding('b', 'shop-reader', [group('devs'), group('system:unauthenticated')], '')],
    ['critical k8s-rbac-anonymous Anyone, without signing in, can do what role `shop-reader` allows in the whole cluster.'],
  ],
  [
    'everyone signed in',
    [binding('b', 'view', [account('web')])],
    [binding('b', 'view', [account('web'), group('system:authenticated')])],
    ['low k8s-rbac-everyone Everyone signed in to the cluster can read `bindings`, `configmaps` and 40 more in `shop`.'],
  ],
  [
    'a Role becomes a ClusterRole',
    [role('app', [rule(['get'], ['secrets'])]), binding('b', 'app', [account('web')], 'shop', 'Role')],
    [role('app', [rule(['get'], ['secrets'])], ''), binding('b', 'app', [account('web')], '')],
    ['high k8s-rbac-credentials `shop/web` can read every secret in the whole cluster.'],
  ],
  [
    'a role gathers another by its label',
    [role('extra', [rule(['get'], ['secrets'])], '')],
    [role('extra', [rule(['get'], ['secrets'])], '', { labels: { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' } })],
    ['high k8s-rbac-credentials Whoever has role `view` can read every secret in the whole cluster.'],
  ],
  [
    'one named secret instead of none',
    [reads],
    [role('app', [rule(['get'], ['pods']), rule(['get'], ['secrets'], [''], { resourceNames: ['tls'] })])],
    ['medium k8s-rbac-credentials Whoever has role `app` can read secret `secrets/tls` in `shop`.'],
  ],
  // Nothing new.
  [
    'a rename of role and binding',
    [reads, binding('b', 'app', [account('web')], 'shop', 'Role')],
    [role('application', [rule(['get'], ['pods'])]), binding('c', 'application', [account('web')], 'shop', 'Role')],
    [],
  ],
  [
    'the same rights in one rule instead of two',
    [role('app', [rule(['get', 'list'], ['pods']), rule(['get', 'list'], ['services'])])],
    [role('app', [rule(['list', 'get'], ['services', 'pods'])])],
    [],
  ],
  ['a binding taken away', [reads, binding('b', 'app', [account('web')], 'shop', 'Role')], [reads], []],
  ['a ClusterRole becomes a Role', [role('app', [rule(['get'], ['secrets'])], '')], [role('app', [rule(['get'], ['secrets'])])], []],
  ['a wildcard is written out', [role('app', [rule(['*'], ['pods'])])], [role('app', [rule(['get', 'list', 'create'], ['pods'])])], []],
  ['cluster-admin becomes admin', [binding('b', 'cluster-admin', [account('web')], '')], [binding('b', 'admin', [account('web')], '')], []],
  ['edit becomes view', [binding('b', 'edit', [account('web')])], [binding('b', 'view', [account('web')])], []],
  [
    'a name is asked for',
    [role('app', [rule(['get'], ['secrets'])])],
    [role('app', [rule(['get'], ['secrets'], [''], { resourceNames: ['tls'] })])],
    [],
  ],
];
for (const [name, before, after, expected] of cases) {
  test(`kubernetes: ${name}`, () => {
    const { findings, problems } = compared(kubernetes(...before), kubernetes(...after));
    assert.deepEqual(
      findings.map(({ severity, rule, consequence }) => `${severity} ${rule} ${consequence}`),
      expected,
    );
    assert.deepEqual(problems, []);
    for (const { consequence, ranges, witness } of findings) {
      assert.ok(consequence.split(/\s+/).length <= 18, consequence);
      assert.ok(ranges.some(({ side }) => side === 'after'));
      assert.ok(witness !== undefined);
    }
    if (expected.length > 0) {
      const back = compared(kubernetes(...after), kubernetes(...before)).findings;
      assert.deepEqual(
        back.filter(({ severity }) => ['critical', 'high', 'medium'].includes(severity)),
        [],
        'the reverse is hardening',
      );
    }
  });
}
