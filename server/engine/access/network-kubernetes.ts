import { member, membersOf, type TreeNode } from '../read/tree.ts';
import type { Declaration } from '../systems/declaration.ts';
import type { Span } from './box.ts';
import { canonicalNode, deep, field, isTrue, objects, scalar, scalars } from './fields.ts';
import { addressesOf, EVERY_ADDRESS, EVERY_FOUR, EVERY_PORT, portsOf } from './network-ranges.ts';
import type { NetworkRule, Peer, Target } from './network-rule.ts';
import type { AccessSide, ReadSide } from './side.ts';
import { shortened } from './wording.ts';

export function speaksOfNetworks({ system, type }: Declaration): boolean {
  return (system === 'kubernetes' && (type === 'NetworkPolicy' || type === 'Service' || type === 'Ingress')) || isTerraformPolicy(type);
}

function isTerraformPolicy(type: string): boolean {
  return type === 'kubernetes_network_policy' || type === 'kubernetes_network_policy_v1';
}

/** Services and ingresses reach as far as their type says; pods that no policy of this text speaks of are reached by all. */
export function kubernetesRules(side: ReadSide): readonly NetworkRule[] {
  if (side.changed?.some(speaksOfNetworks) === false) return [];
  const objectsHere = side.declarations.filter(speaksOfNetworks);
  const objectsThere = side.other.declarations.filter(speaksOfNetworks);
  const isChanged = (each: Declaration): boolean => side.twinOf(each) === undefined;
  const changed = [...objectsHere, ...objectsThere].filter(isChanged);
  if (changed.length === 0) return [];
  const identities = new Set(changed.map(side.identityOf));
  return [
    ...objectsHere
      .filter((each) => identities.has(side.identityOf(each)))
      .flatMap((declaration) =>
        declaration.type === 'Service'
          ? serviceRules(declaration, side)
          : declaration.type === 'Ingress'
            ? ingressRules(declaration, side)
            : [],
      ),
    ...policyRules(side),
  ];
}

const ANY: Peer = { text: '0.0.0.0/0', path: ['address'], spans: EVERY_ADDRESS, unresolved: false };
const BASE = { direction: 'in', allow: true, order: 0, unresolved: false } as const;

function serviceRules(declaration: Declaration, side: ReadSide): readonly NetworkRule[] {
  const spec = member(declaration.node, 'spec');
  const typeNode = member(spec, 'type');
  const type = scalar(typeNode) ?? 'ClusterIP';
  const outside = scalars(member(spec, 'externalIPs'));
  if (type !== 'LoadBalancer' && type !== 'NodePort' && outside.length === 0 && typeNode?.unresolved !== true) return [];
  const target: Target = { path: [side.identityOf(declaration)], name: shortened(declaration.name), kind: 'service', way: 'service' };
  const ranges = type === 'LoadBalancer' ? scalars(member(spec, 'loadBalancerSourceRanges')) : [];
  const annotations = membersOf(deep(declaration.node, 'metadata', 'annotations'));
  const internal = annotations.find(
    ({ key, value }) => INTERNAL.test(key) && !/^(false|internet-facing|external)$/i.test(scalar(value) ?? ''),
  );
  const marks = [typeNode, ...outside.map(({ node }) => node)].filter((node) => node !== undefined);
  const peers: readonly (readonly [Peer, TreeNode | undefined])[] =
    ranges.length > 0
      ? ranges.map((each) => [addressPeer(each.text, each.unresolved), each.node])
      : type === 'LoadBalancer' && internal === undefined
        ? [[ANY, undefined]]
        : [
            [
              {
                text: type === 'LoadBalancer' ? 'the private network' : 'whoever reaches a node',
                path: ['address', 'inside'],
                spans: EVERY_FOUR,
                unresolved: typeNode?.unresolved === true,
              },
              internal?.keyNode,
            ],
          ];
  const ports = objects(member(spec, 'ports'));
  return (ports.length === 0 ? [undefined] : ports).flatMap((port) => {
    const at = member(port, 'port');
    const spans = portsOf(scalar(at) ?? '');
    return peers.map(([peer, node]) => ({
      ...BASE,
      target,
      protocol: (scalar(member(port, 'protocol')) ?? 'tcp').toLowerCase(),
      ports: spans ?? EVERY_PORT,
      unresolved: at?.unresolved === true,
      peer,
      nodes: [node, ...marks, at].filter((each) => each !== undefined),
      declaration,
    }));
  });
}

const INTERNAL =
  /(aws-load-balancer-(internal|scheme)|azure-load-balancer-internal|load-balancer-type|networking\.gke\.io\/load-balancer-type|openstack-internal-load-balancer|gce-load-balancer-type)$/;
const SOURCE_RANGES = /\/(whitelist-source-range|allowlist-source-range|inbound-cidrs|ip-?allow-?list(-source-range)?)$/;

/** An ingress serves the web; the annotation of its controller says to whom. */
function ingressRules(declaration: Declaration, side: ReadSide): readonly NetworkRule[] {
  const target: Target = { path: [side.identityOf(declaration)], name: shortened(declaration.name), kind: 'ingress', way: 'service' };
  const limit = membersOf(deep(declaration.node, 'metadata', 'annotations')).find(({ key }) => SOURCE_RANGES.test(key));
  const ranges = limit === undefined ? [] : (scalar(limit.value) ?? '').split(/[\s,]+/).filter((text) => text !== '');
  const peers = limit === undefined ? [ANY] : ranges.map((text) => addressPeer(text, limit.value.unresolved === true));
  return peers.map((peer) => ({
    ...BASE,
    target,
    protocol: 'tcp',
    ports: WEB,
    peer,
    nodes: limit === undefined ? [] : [limit.value],
    declaration,
  }));
}

const WEB: readonly Span[] = [
  { from: 80n, to: 80n },
  { from: 443n, to: 443n },
];

function addressPeer(text: string, unresolved: boolean): Peer {
  const spans = unresolved ? undefined : addressesOf(text);
  return {
    text,
    path: spans === undefined ? ['address', `unknown ${text}`] : ['address'],
    spans: spans ?? EVERY_FOUR,
    unresolved: spans === undefined,
  };
}

type Policy = {
  readonly declaration: Declaration;
  readonly namespace: string;
  readonly pods: string;
  readonly identity: string;
  readonly directions: readonly ('in' | 'out')[];
};

function policiesOf({ declarations }: AccessSide, identityOf: ReadSide['identityOf']): readonly Policy[] {
  return declarations
    .filter(({ type }) => type === 'NetworkPolicy' || isTerraformPolicy(type))
    .map((declaration) => {
      const spec = objects(field(declaration.node, 'spec'))[0];
      const types = scalars(field(spec, 'policyTypes', 'policy_types')).map(({ text }) => text.toLowerCase());
      const egress = field(spec, 'egress');
      const said = types.length > 0 ? types : ['ingress', ...(egress === undefined ? [] : ['egress'])];
      return {
        declaration,
        namespace: scalar(deep(declaration.node, 'metadata', 'namespace')) ?? '',
        pods: canonicalNode(selectorOf(field(spec, 'podSelector', 'pod_selector'))) || '{}',
        identity: identityOf(declaration),
        directions: [...(said.includes('ingress') ? (['in'] as const) : []), ...(said.includes('egress') ? (['out'] as const) : [])],
      };
    });
}

/** Blocks of Terraform are a list of one. */
function selectorOf(node: TreeNode | undefined): TreeNode | undefined {
  return node?.type === 'array' ? node.children?.at(-1) : node;
}

/** Pods that a policy of either text speaks of: what its rules let in, and everything where no policy of this text keeps anything out. */
function policyRules(side: ReadSide): readonly NetworkRule[] {
  const here = policiesOf(side, side.identityOf);
  const there = policiesOf(side.other, side.identityOf);
  const keyOf = ({ namespace, pods }: Policy, direction: string): string => `${namespace} ${pods} ${direction}`;
  const isolated = new Set(here.flatMap((policy) => policy.directions.map((direction) => keyOf(policy, direction))));
  // Policies that speak of the same pods are one list; the others are the same on both sides.
  const podsOf = ({ namespace, pods }: Policy): string => `${namespace} ${pods}`;
  const touched = new Set([...here, ...there].filter(({ declaration }) => side.twinOf(declaration) === undefined).map(podsOf));
  const rules = here
    .filter((policy) => touched.has(podsOf(policy)))
    .flatMap((policy) =>
      policy.directions.flatMap((direction) => {
        const spec = objects(field(policy.declaration.node, 'spec'))[0];
        return objects(field(spec, direction === 'in' ? 'ingress' : 'egress')).flatMap((rule) => policyRule(rule, policy, direction));
      }),
    );
  const seen = new Set<string>();
  const open = [...here, ...there].flatMap((policy) =>
    policy.directions.flatMap((direction): readonly NetworkRule[] => {
      const key = keyOf(policy, direction);
      if (isolated.has(key) || seen.has(key)) return [];
      seen.add(key);
      return [
        {
          ...BASE,
          target: policyTarget(
            policy,
            here.some(({ identity, pods }) => identity === policy.identity && pods !== policy.pods)
              ? 'other pods'
              : 'pods without a policy',
          ),
          direction,
          protocol: '',
          ports: EVERY_PORT,
          peer: { text: 'anywhere', path: [], spans: EVERY_ADDRESS, unresolved: false },
          nodes: [],
          // Gone from this text: it is told beside the gap.
          declaration: { ...policy.declaration, node: { type: 'object', offset: 0, length: 0 } },
        },
      ];
    }),
  );
  return [...rules, ...open];
}

function policyTarget({ declaration, namespace, pods }: Policy, kind: string): Target {
  return {
    path: [`pods ${namespace} ${pods}`],
    name: shortened(declaration.name),
    kind,
    way: 'policy',
  };
}

function policyRule(rule: TreeNode, policy: Policy, direction: 'in' | 'out'): readonly NetworkRule[] {
  const peers = objects(field(rule, direction === 'in' ? 'from' : 'to'));
  const ports = objects(field(rule, 'ports'));
  const found =
    peers.length === 0 ? [{ peer: { ...ANY, text: 'anywhere', path: [] }, node: rule }] : peers.flatMap((each) => policyPeer(each, policy));
  return found.flatMap(({ peer, node }) =>
    (ports.length === 0 ? [undefined] : ports).map((port): NetworkRule => {
      const at = field(port, 'port');
      const end = scalar(field(port, 'endPort', 'end_port'));
      const spans = at === undefined ? EVERY_PORT : portsOf(end === undefined ? (scalar(at) ?? '') : `${scalar(at)}-${end}`);
      return {
        ...BASE,
        target: policyTarget(policy, 'network policy'),
        direction,
        protocol: port === undefined ? '' : (scalar(field(port, 'protocol')) ?? 'tcp').toLowerCase(),
        // A port by name is one we do not know the number of.
        ports: spans ?? EVERY_PORT,
        unresolved: spans === undefined,
        peer,
        nodes: at === undefined ? [node] : [node, at],
        declaration: policy.declaration,
      };
    }),
  );
}

function policyPeer(peer: TreeNode, { namespace }: Policy): readonly { readonly peer: Peer; readonly node: TreeNode }[] {
  const block = objects(field(peer, 'ipBlock', 'ip_block'))[0];
  if (block !== undefined) {
    const [cidr] = scalars(field(block, 'cidr'));
    if (cidr === undefined) return [];
    const { text, unresolved, node } = cidr;
    const whole = addressPeer(text, unresolved);
    const except = scalars(field(block, 'except')).flatMap((each) => addressesOf(each.text) ?? []);
    return [{ peer: { ...whole, spans: withoutSpans(whole.spans, except) }, node }];
  }
  const pods = selectorOf(field(peer, 'podSelector', 'pod_selector'));
  const spaces = selectorOf(field(peer, 'namespaceSelector', 'namespace_selector'));
  const podPath = pods === undefined || isEmptySelector(pods) ? [] : [`pods ${canonicalNode(pods)}`];
  const path =
    spaces === undefined
      ? [`namespace ${namespace}`, ...podPath]
      : isEmptySelector(spaces)
        ? podPath
        : [`namespaces ${canonicalNode(spaces)}`, ...podPath];
  const text =
    path.length === 0
      ? 'every pod'
      : podPath.length > 0
        ? 'some pods'
        : spaces === undefined
          ? 'pods of the same namespace'
          : 'pods of some namespaces';
  return [{ peer: { text, path: ['address', 'pods', ...path], spans: EVERY_FOUR, unresolved: false }, node: peer }];
}

function isEmptySelector(node: TreeNode): boolean {
  return membersOf(node).every(({ value }) => (value.children ?? []).length === 0 && value.value === undefined) && !isTrue(node);
}

function withoutSpans(spans: readonly Span[], gone: readonly Span[]): readonly Span[] {
  return gone.reduce<readonly Span[]>(
    (left, { from, to }) =>
      left.flatMap((span) =>
        span.to < from || span.from > to
          ? [span]
          : [...(span.from < from ? [{ from: span.from, to: from - 1n }] : []), ...(span.to > to ? [{ from: to + 1n, to: span.to }] : [])],
      ),
    spans,
  );
}
