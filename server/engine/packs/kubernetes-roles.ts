/** What a rule of a role allows, as Kubernetes writes it. */
export type PlainRule = { readonly groups: readonly string[]; readonly resources: readonly string[]; readonly verbs: readonly string[] };

const READ = ['get', 'list', 'watch'];
const WRITE = ['create', 'update', 'patch', 'delete', 'deletecollection'];

const VIEWED: readonly Omit<PlainRule, 'verbs'>[] = [
  {
    groups: [''],
    resources: [
      'bindings',
      'configmaps',
      'endpoints',
      'events',
      'limitranges',
      'namespaces',
      'namespaces/status',
      'persistentvolumeclaims',
      'persistentvolumeclaims/status',
      'pods',
      'pods/log',
      'pods/status',
      'replicationcontrollers',
      'replicationcontrollers/scale',
      'resourcequotas',
      'resourcequotas/status',
      'serviceaccounts',
      'services',
      'services/status',
    ],
  },
  {
    groups: ['apps'],
    resources: [
      'controllerrevisions',
      'daemonsets',
      'daemonsets/status',
      'deployments',
      'deployments/scale',
      'deployments/status',
      'replicasets',
      'replicasets/scale',
      'replicasets/status',
      'statefulsets',
      'statefulsets/scale',
      'statefulsets/status',
    ],
  },
  { groups: ['autoscaling'], resources: ['horizontalpodautoscalers', 'horizontalpodautoscalers/status'] },
  { groups: ['batch'], resources: ['cronjobs', 'cronjobs/status', 'jobs', 'jobs/status'] },
  { groups: ['networking.k8s.io'], resources: ['ingresses', 'ingresses/status', 'networkpolicies'] },
  { groups: ['policy'], resources: ['poddisruptionbudgets', 'poddisruptionbudgets/status'] },
];

const VIEW: readonly PlainRule[] = VIEWED.map((rule) => ({ ...rule, verbs: READ }));
const EDIT: readonly PlainRule[] = [
  ...VIEW,
  {
    groups: [''],
    resources: ['pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy', 'services/proxy', 'secrets'],
    verbs: [...READ, ...WRITE],
  },
  { groups: [''], resources: ['serviceaccounts'], verbs: [...WRITE, 'impersonate'] },
  { groups: [''], resources: ['serviceaccounts/token'], verbs: ['create'] },
  {
    groups: [''],
    resources: [
      'configmaps',
      'events',
      'persistentvolumeclaims',
      'pods',
      'pods/eviction',
      'replicationcontrollers',
      'replicationcontrollers/scale',
      'services',
    ],
    verbs: WRITE,
  },
  ...VIEWED.filter(({ groups }) => groups[0] !== '').map((rule) => ({
    groups: rule.groups,
    resources: rule.resources.filter((resource) => !resource.endsWith('/status') && resource !== 'controllerrevisions'),
    verbs: WRITE,
  })),
];
const ADMIN: readonly PlainRule[] = [
  ...EDIT,
  { groups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'], verbs: [...READ, ...WRITE] },
  { groups: ['authorization.k8s.io'], resources: ['localsubjectaccessreviews'], verbs: ['create'] },
];

/** The roles every cluster has, from the Kubernetes documentation; `cluster-admin` may do everything. */
export const BUILT_IN_ROLES: Readonly<Record<string, readonly PlainRule[]>> = { view: VIEW, edit: EDIT, admin: ADMIN };

/** Built-in roles that hand out more than their name says. */
export const STRONG_SYSTEM_ROLES: ReadonlySet<string> = new Set([
  'system:node',
  'system:kube-controller-manager',
  'system:kube-scheduler',
  'system:aggregate-to-admin',
  'system:controller:clusterrole-aggregation-controller',
  'system:controller:generic-garbage-collector',
  'system:controller:namespace-controller',
  'system:controller:resourcequota-controller',
]);

/** Resources whose reading gives away credentials. */
export const CREDENTIALS: ReadonlySet<string> = new Set(['secrets', 'externalsecrets', 'sealedsecrets', 'vaultdynamicsecrets']);

/** Creating or changing one of these starts pods. */
export const POD_MAKERS: ReadonlySet<string> = new Set([
  'deployments',
  'daemonsets',
  'statefulsets',
  'replicasets',
  'replicationcontrollers',
  'jobs',
  'cronjobs',
]);

/** Deleting one of these takes data along. */
export const LASTING: ReadonlySet<string> = new Set([
  'namespaces',
  'persistentvolumes',
  'persistentvolumeclaims',
  'nodes',
  'volumesnapshots',
  'customresourcedefinitions',
]);
