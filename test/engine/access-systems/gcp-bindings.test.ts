import { type Case, compareCases } from './cases.ts';
import { type Declared, kubernetes, terraform } from './scene.ts';

const one = (type: string, body: unknown): readonly Declared[] => terraform({ [`${type}.x`]: body });
const member = (role: string, who: string, project = 'shop'): readonly Declared[] =>
  one('google_project_iam_member', { project, role, member: who });
const bucket = (role: string, members: readonly string[], more: object = {}): readonly Declared[] =>
  one('google_storage_bucket_iam_binding', { bucket: 'exports', role, members, ...more });
const policy = (role: string, members: readonly string[], condition?: object): readonly Declared[] => [
  {
    system: 'gcp-policy',
    type: 'policy',
    key: 'policy',
    body: { bindings: [{ role, members, ...(condition === undefined ? {} : { condition }) }] },
  },
];
const custom = (permissions: readonly string[]): readonly Declared[] =>
  one('google_project_iam_custom_role', { role_id: 'deployer', permissions });

const all: readonly Case[] = [
  [
    'a bucket for everyone',
    bucket('roles/storage.objectViewer', ['user:jane@example.com']),
    bucket('roles/storage.objectViewer', ['allUsers']),
    ['critical gcp-public-access Anyone on the internet can read every object in `exports`.'],
  ],
  [
    'anyone with an account',
    bucket('roles/storage.objectViewer', ['user:jane@example.com']),
    bucket('roles/storage.objectViewer', ['allAuthenticatedUsers']),
    ['critical gcp-public-access Anyone with a Google account can read every object in `exports`.'],
  ],
  [
    'owner',
    member('roles/logging.logWriter', 'user:jane@example.com'),
    member('roles/owner', 'user:jane@example.com'),
    ['high gcp-basic-role `jane@example.com` can do anything in project `shop`, and say who else may.'],
  ],
  [
    'from project to organization',
    member('roles/editor', 'user:jane@example.com'),
    one('google_organization_iam_member', { org_id: '1', role: 'roles/editor', member: 'user:jane@example.com' }),
    ['critical gcp-basic-role `jane@example.com` can change almost everything in organization `1`.'],
  ],
  [
    'an admin role',
    member('roles/compute.viewer', 'group:ops@example.com'),
    member('roles/compute.admin', 'group:ops@example.com'),
    ['high gcp-admin-role Everyone in `ops@example.com` can use role `compute.admin` on project `shop`.'],
  ],
  [
    'impersonation',
    member('roles/viewer', 'serviceAccount:ci@shop.iam.gserviceaccount.com'),
    member('roles/iam.serviceAccountTokenCreator', 'serviceAccount:ci@shop.iam.gserviceaccount.com'),
    ['high gcp-impersonation `ci@shop.iam.gserviceaccount.com` can get tokens of service accounts of project `shop`.'],
  ],
  [
    'a default account',
    member('roles/logging.logWriter', 'serviceAccount:${google_service_account.web.email}'),
    member('roles/logging.logWriter', '123-compute@developer.gserviceaccount.com'),
    ['medium gcp-default-account `123-compute@developer.gserviceaccount.com` can use role `logging.logWriter` on project `shop`.'],
  ],
  [
    'a list instead of a member',
    member('roles/logging.logWriter', 'user:jane@example.com'),
    one('google_project_iam_binding', { project: 'shop', role: 'roles/logging.logWriter', members: ['user:jane@example.com'] }),
    ['medium gcp-authoritative Everyone not listed here loses role `logging.logWriter` on project `shop`.'],
  ],
  [
    'policy data',
    terraform({
      'data.google_iam_policy.p': { binding: [{ role: 'roles/viewer', members: ['user:a@b.c'] }] },
      'google_project_iam_policy.x': { project: 'shop', policy_data: '${data.google_iam_policy.p.policy_data}' },
    }),
    terraform({
      'data.google_iam_policy.p': {
        binding: [
          { role: 'roles/viewer', members: ['user:a@b.c'] },
          { role: 'roles/owner', members: ['user:d@b.c'] },
        ],
      },
      'google_project_iam_policy.x': { project: 'shop', policy_data: '${data.google_iam_policy.p.policy_data}' },
    }),
    ['high gcp-basic-role `d@b.c` can do anything in project `shop`, and say who else may.'],
  ],
  [
    'a condition taken away',
    policy('roles/editor', ['user:a@b.c'], { title: 't', expression: 'request.time < timestamp("2027-01-01T00:00:00Z")' }),
    policy('roles/editor', ['user:a@b.c']),
    ['medium gcp-basic-role `a@b.c` can change almost everything in what the policy is set on.'],
  ],
  [
    'a custom role',
    custom(['storage.buckets.get']),
    custom(['storage.buckets.get', 'iam.serviceAccounts.actAs']),
    ['high gcp-impersonation Whoever has role `x` can get more rights through `iam.serviceAccounts.actAs`.'],
  ],
  [
    'an access list',
    one('google_storage_bucket_access_control', { bucket: 'exports', role: 'READER', entity: 'user-a@b.c' }),
    one('google_storage_bucket_access_control', { bucket: 'exports', role: 'READER', entity: 'allUsers' }),
    ['critical gcp-public-access Anyone on the internet can read what is in `exports`.'],
  ],
  [
    'Deployment Manager',
    [
      {
        system: 'gcp-deployment-manager',
        type: 'storage.v1.bucket',
        key: 'b',
        body: {
          name: 'b',
          type: 'storage.v1.bucket',
          properties: {},
          accessControl: { gcpIamPolicy: { bindings: [{ role: 'roles/storage.objectViewer', members: ['user:a@b.c'] }] } },
        },
      },
    ],
    [
      {
        system: 'gcp-deployment-manager',
        type: 'storage.v1.bucket',
        key: 'b',
        body: {
          name: 'b',
          type: 'storage.v1.bucket',
          properties: {},
          accessControl: { gcpIamPolicy: { bindings: [{ role: 'roles/storage.objectViewer', members: ['allUsers'] }] } },
        },
      },
    ],
    ['critical gcp-public-access Anyone on the internet can read every object in `b`.'],
  ],
  [
    'Config Connector',
    kubernetes({
      apiVersion: 'iam.cnrm.cloud.google.com/v1beta1',
      kind: 'IAMPolicyMember',
      metadata: { name: 'm' },
      spec: { member: 'user:a@b.c', role: 'roles/viewer', resourceRef: { kind: 'Project', external: 'shop' } },
    }),
    kubernetes({
      apiVersion: 'iam.cnrm.cloud.google.com/v1beta1',
      kind: 'IAMPolicyMember',
      metadata: { name: 'm' },
      spec: { member: 'user:a@b.c', role: 'roles/owner', resourceRef: { kind: 'Project', external: 'shop' } },
    }),
    ['high gcp-basic-role `a@b.c` can do anything in project `shop`, and say who else may.'],
  ],
  // Nothing new.
  ['owner becomes editor', member('roles/owner', 'user:a@b.c'), member('roles/editor', 'user:a@b.c'), []],
  [
    'members in another order',
    bucket('roles/storage.objectViewer', ['user:a@b.c', 'user:d@b.c']),
    bucket('roles/storage.objectViewer', ['user:d@b.c', 'user:a@b.c']),
    [],
  ],
  ['everyone becomes one', bucket('roles/storage.objectAdmin', ['allUsers']), bucket('roles/storage.objectAdmin', ['user:a@b.c']), []],
  ['a domain becomes one of its users', policy('roles/viewer', ['domain:b.c']), policy('roles/viewer', ['user:a@b.c']), []],
  [
    'a renamed block',
    member('roles/owner', 'user:a@b.c'),
    terraform({ 'google_project_iam_member.y': { project: 'shop', role: 'roles/owner', member: 'user:a@b.c' } }),
    [],
  ],
  [
    'a condition added',
    policy('roles/editor', ['user:a@b.c']),
    policy('roles/editor', ['user:a@b.c'], { expression: 'resource.name == "x"' }),
    [],
  ],
];
compareCases('gcp', all);
