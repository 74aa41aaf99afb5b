import { member, membersOf, type TreeNode } from '../read/tree.ts';
import type { Declaration } from '../systems/declaration.ts';
import type { Span } from './box.ts';
import { type Field, isTrue, objects, scalar, scalars } from './fields.ts';
import { addressesOf, between, EVERY_ADDRESS, EVERY_FOUR, EVERY_PORT, portsOf } from './network-ranges.ts';
import type { NetworkRule, Peer, Target } from './network-rule.ts';

/**
 * The network rules of a block of Terraform, CloudFormation, ARM, Bicep or Deployment Manager. Providers name the same things alike,
 * so the keys are compared without case, `_` and `-`: from, to, protocol, sources and so on, wherever they stand in the block.
 */
export function blockRules(declaration: Declaration, target: Target): readonly NetworkRule[] {
  const type = plainKey(declaration.type);
  const start: Context = {
    ...NOTHING_YET,
    direction: /egress|outbound/.test(type) ? 'out' : 'in',
    firewall: target.way === 'firewall',
  };
  const rules: NetworkRule[] = [];
  collectRules(declaration.node, '', start, { rules, declaration, target });
  rules.push(...defaultRules(declaration, target));
  return rules;
}

type Context = {
  readonly direction: 'in' | 'out';
  readonly allow: boolean;
  readonly order: number;
  readonly protocol: string;
  readonly ports: readonly Span[] | undefined;
  readonly unresolved: boolean;
  readonly nodes: readonly TreeNode[];
  readonly firewall: boolean;
};
const NOTHING_YET: Omit<Context, 'direction' | 'firewall'> = {
  allow: true,
  order: 0,
  protocol: '',
  ports: undefined,
  unresolved: false,
  nodes: [],
};

type Keyed = ReadonlyMap<string, TreeNode>;

/** What is found in a declaration. */
type Collected = { readonly rules: NetworkRule[]; readonly declaration: Declaration; readonly target: Target };

function collectRules(node: TreeNode, key: string, around: Context, into: Collected): void {
  if (node.type === 'array') {
    for (const child of node.children ?? []) collectRules(child, key, around, into);
    return;
  }
  if (node.type !== 'object') return;
  const fields: Keyed = new Map(membersOf(node).map((each) => [plainKey(each.key), each.value] as const));
  if (isTrue(fields.get('disabled'))) return;
  const context = contextOf(fields, key, around);
  // Google's firewalls name the sources once and the protocols in lists beside them.
  const lists = [...namesOfLists(fields, true), ...namesOfLists(fields, false)];
  const contexts = lists.length === 0 ? [context] : lists.map(({ fields: own, allow }) => ({ ...contextOf(own, key, context), allow }));
  const peers = peersIn(fields, context, key, lists.length > 0);
  const { declaration, target } = into;
  for (const each of contexts)
    for (const { peer, node: at } of peers)
      into.rules.push({
        target,
        direction: each.direction,
        allow: each.allow,
        order: each.order,
        protocol: each.protocol,
        ports: each.ports ?? EVERY_PORT,
        unresolved: each.unresolved,
        peer,
        nodes: [at ?? node, ...each.nodes],
        declaration,
      });
  for (const [name, value] of fields)
    if (value.children !== undefined && !SKIPPED.has(name) && (lists.length === 0 || !/^(allow|deny|allowed|denied)$/.test(name)))
      collectRules(value, name, context, into);
}

/** Parts of a block that speak of other things. */
const SKIPPED = new Set([
  'tags',
  'metadata',
  'labels',
  'timeouts',
  'lifecycle',
  'route',
  'routes',
  'networkinterface',
  'resources',
  'template',
]);

function namesOfLists(fields: Keyed, allow: boolean): readonly { readonly fields: Keyed; readonly allow: boolean }[] {
  return (allow ? ['allow', 'allowed'] : ['deny', 'denied']).flatMap((name) =>
    objects(fields.get(name)).map((each) => ({
      fields: new Map(membersOf(each).map((part) => [plainKey(part.key), part.value] as const)),
      allow,
    })),
  );
}

function contextOf(fields: Keyed, key: string, around: Context): Context {
  const directionNode = fields.get('direction') ?? fields.get('egress') ?? fields.get('type');
  const said = scalar(directionNode)?.toLowerCase() ?? '';
  const isEgressFlag = fields.has('egress') && directionNode === fields.get('egress') && /^(true|false)$/.test(said);
  const direction =
    /egress|outbound/.test(key) || /^(egress|outbound|out)$/.test(said) || (isEgressFlag && said === 'true')
      ? 'out'
      : /ingress|inbound/.test(key) || /^(ingress|inbound|in)$/.test(said) || (isEgressFlag && said === 'false')
        ? 'in'
        : around.direction;
  const actionNode = fields.get('action') ?? fields.get('ruleaction') ?? fields.get('access') ?? fields.get('policy');
  const action = scalar(actionNode)?.toLowerCase() ?? '';
  const allow = /^(deny|drop|reject|refuse|block)$/.test(action) ? false : /^(allow|accept|permit)$/.test(action) ? true : around.allow;
  const order = Number(scalar(fields.get('priority') ?? fields.get('ruleno') ?? fields.get('rulenumber')) ?? Number.NaN);
  const protocolNode = fields.get('protocol') ?? fields.get('ipprotocol');
  const protocol = scalar(protocolNode);
  const ports = portsIn(fields);
  const used = [directionNode, actionNode, protocolNode].filter((each) => each !== undefined && each.type !== 'array');
  return {
    direction,
    allow,
    order: Number.isFinite(order) ? order : around.order,
    protocol: protocol === undefined ? around.protocol : protocolName(protocol),
    // With every protocol, or one without ports, the ports say nothing.
    ports: protocol !== undefined && /^(-1|all|1|58|icmp.*)$/i.test(protocol) ? EVERY_PORT : (ports?.spans ?? around.ports),
    unresolved: around.unresolved || ports?.unresolved === true || protocolNode?.unresolved === true,
    nodes: [...around.nodes, ...(ports?.nodes ?? []), ...used.filter((each) => each !== undefined)],
    firewall: around.firewall,
  };
}

type Ports = { readonly spans: readonly Span[] | undefined; readonly unresolved: boolean; readonly nodes: readonly TreeNode[] };

const PORT_PAIRS = [
  ['fromport', 'toport'],
  ['portrangemin', 'portrangemax'],
  ['startport', 'endport'],
  ['portfrom', 'portto'],
  ['portmin', 'portmax'],
  ['portrangestart', 'portrangeend'],
  ['fromportrange', 'toportrange'],
  ['destinationportstart', 'destinationportend'],
] as const;
const PORT_BLOCKS = ['portrange', 'tcpoptions', 'udpoptions', 'tcp', 'udp', 'destinationportrange'];
const PORT_LISTS = [
  'destinationportrange',
  'destinationportranges',
  'portrange',
  'portranges',
  'ports',
  'port',
  'destinationport',
  'destinationports',
  'dstport',
];
const PORT_KEYS: ReadonlySet<string> = new Set([...PORT_PAIRS.flat(), ...PORT_BLOCKS, ...PORT_LISTS]);

function portsIn(fields: Keyed): Ports | undefined {
  // Most blocks say nothing of ports.
  if (!hasAny(fields, PORT_KEYS)) return undefined;
  for (const [low, high] of PORT_PAIRS) {
    if (!fields.has(low) && !fields.has(high)) continue;
    const [from] = scalars(fields.get(low));
    const [to] = scalars(fields.get(high) ?? fields.get(low));
    if (from === undefined && to === undefined) continue;
    return rangeOf(from ?? to, to ?? from);
  }
  for (const name of PORT_BLOCKS) {
    const [range] = objects(fields.get(name));
    if (range === undefined) continue;
    const [from] = ['from', 'From', 'min', 'start', 'port_min'].flatMap((key) =>
      scalars(membersOf(range).find((each) => each.key === key)?.value),
    );
    const [to] = ['to', 'To', 'max', 'end', 'port_max'].flatMap((key) => scalars(membersOf(range).find((each) => each.key === key)?.value));
    if (from !== undefined || to !== undefined) return rangeOf(from ?? to, to ?? from);
  }
  const found: Field[] = PORT_LISTS.flatMap((name) =>
    scalars(fields.get(name)).flatMap((each) => each.text.split(',').map((text) => ({ ...each, text }))),
  );
  if (found.length === 0) return undefined;
  const spans = found.flatMap(({ text }) => portsOf(text) ?? []);
  const open = found.some(({ text, unresolved }) => unresolved || portsOf(text) === undefined);
  return { spans: spans.length === 0 ? undefined : spans, unresolved: open, nodes: found.map(({ node }) => node) };
}

function hasAny(fields: Keyed, names: ReadonlySet<string>): boolean {
  for (const name of fields.keys()) if (names.has(name)) return true;
  return false;
}

function rangeOf(from: Field | undefined, to: Field | undefined): Ports {
  const nodes = [from, to].flatMap((each) => (each === undefined ? [] : [each.node]));
  if (from?.text === '-1' || to?.text === '-1') return { spans: EVERY_PORT, unresolved: false, nodes };
  const spans = from === undefined || to === undefined || from.unresolved || to.unresolved ? undefined : portsOf(`${from.text}-${to.text}`);
  return { spans, unresolved: spans === undefined, nodes };
}

/** "tcp", "udp"; empty for all. Numbers are those of the internet's registry. */
function protocolName(text: string): string {
  const plain = text.trim().toLowerCase();
  if (/^(-1|all|any|\*|0|)$/.test(plain)) return '';
  return { '6': 'tcp', '17': 'udp', '1': 'icmp', '58': 'icmpv6', '50': 'esp', '47': 'gre' }[plain] ?? plain;
}

const SOURCES =
  /^(((ingress|inbound)(ipv6)?cidr(blocks?|s))|source(ip)?(address)?(prefix|prefixes|es|ranges?|cidrs?|cidrblocks?|ips?|ipranges?)?|src(ip|cidr|address)?(es|ranges?)?|cidr(s|block|blocks|ip|ips|ipv4|ipv6|ipv6s)?|(ip)?v[46]cidrblocks?|ipaddresses|gateways|cidripv[46]|remoteip(prefix|range)?|ip(v4|v6)?(cidr)?ranges?|iprules|(public|admin)?access(cidrs|sources)|allowed(ips?|cidrs?|cidrblocks|ipranges?|sources?|networks?|addresses|iplist)|(allow|white|trusted)(list|ips?|cidrs?)(ips|cidrs)?|whitelist(ed)?(ips|cidrs)?|authorized(ip|cidr)?(ranges|networks|iplist)?|authorizedipranges|loadbalancersourceranges|securityips)$/;
const DESTINATIONS =
  /^(((egress|outbound)(ipv6)?cidr(blocks?|s))|destination(ip)?(address)?(prefix|prefixes|es|ranges?|cidrs?|cidrblocks?|ips?|ipranges?)?|dst(ip|cidr)?)$/;
const NAMED =
  /^((source|destination|remote|referenced)?securitygroup(s|id|ids|name)?|(source|destination|remote)(securitygroup|group|prefixlist)(id|ids|name)?|prefixlistids?|(source|destination)tags|(source|destination)?serviceaccounts|(source|destination)applicationsecuritygroupids|self)$/;

/** What a key says of the ends of a way, by its name alone. */
type End = { readonly isSource: boolean; readonly isDestination: boolean; readonly isNamed: boolean };

function endOf(name: string): End {
  const known = ENDS.get(name);
  if (known !== undefined) return known;
  const end = { isSource: SOURCES.test(name), isDestination: DESTINATIONS.test(name), isNamed: NAMED.test(name) };
  // As with `plainKey`.
  if (ENDS.size < 5_000) ENDS.set(name, end);
  return end;
}

const ENDS = new Map<string, End>();

type Found = { readonly peer: Peer; readonly node: TreeNode | undefined };

function peersIn(fields: Keyed, { direction, firewall }: Context, key: string, hasLists: boolean): readonly Found[] {
  const found: Found[] = [];
  const [start] = scalars(fields.get('startipaddress') ?? fields.get('startip') ?? fields.get('sourceaddressstart'));
  const [end] = scalars(fields.get('endipaddress') ?? fields.get('endip') ?? fields.get('sourceaddressend'));
  if (start !== undefined && end !== undefined) {
    const spans = between(start.text, end.text);
    const everyAzure = start.text === '0.0.0.0' && end.text === '0.0.0.0';
    for (const { node } of [start, end])
      found.push({
        peer: everyAzure
          ? { text: 'every Azure service', path: ['address', 'Azure services'], spans: EVERY_FOUR, unresolved: false }
          : {
              text: `${start.text}-${end.text}`,
              path: spans === undefined ? ['address', `${start.text}-${end.text}`] : ['address'],
              spans: spans ?? EVERY_FOUR,
              unresolved: spans === undefined,
            },
        node,
      });
  }
  let any = false;
  for (const [name, value] of fields) {
    const { isDestination: destination, isSource, isNamed } = endOf(name);
    const source =
      isSource ||
      ((name === 'address' || name === 'ip') && scalar(value)?.includes('/') === true) ||
      (name === 'value' && /authorizednetwork/.test(key)) ||
      (name === 'value' && key === 'ipranges') ||
      // Firewalls of some providers name the source by what kind of address it is.
      (firewall && /^(ipv[46]|remote|subnet)$/.test(name) && scalars(value).some(({ text }) => addressesOf(text) !== undefined));
    if (
      (destination && (direction === 'out' || /^(egress|outbound)/.test(name))) ||
      (source && (direction === 'in' || !/^(source|src)/.test(name)))
    ) {
      for (const field of scalars(value).flatMap(eachOfList)) {
        const peer = addressPeer(field, firewall);
        if (peer === undefined) continue;
        any = true;
        found.push({ peer, node: field.node });
      }
    } else if (
      firewall &&
      isNamed &&
      !(name.startsWith('source') && direction === 'out') &&
      !(name.startsWith('destination') && direction === 'in')
    ) {
      for (const field of scalars(value)) {
        if (name === 'self' ? field.text !== 'true' : name.startsWith('securitygroupid') || name === 'securitygroup') continue;
        any = true;
        const text = name === 'self' ? 'itself' : field.text;
        found.push({
          peer: {
            text,
            path: ['address', `${name.startsWith('prefix') ? 'list' : 'group'} ${text}`],
            spans: EVERY_FOUR,
            unresolved: false,
          },
          node: field.node,
        });
      }
    }
  }
  // A firewall of Google that names no source takes every one.
  if (hasLists && !any && firewall)
    found.push({ peer: { text: '0.0.0.0/0', path: ['address'], spans: EVERY_FOUR, unresolved: false }, node: undefined });
  return found;
}

/** "10.0.0.0/8, 10.1.0.0/16": some write a list as one text. */
function eachOfList(field: Field): readonly Field[] {
  return field.unresolved || !field.text.includes(',') ? [field] : field.text.split(',').map((text) => ({ ...field, text: text.trim() }));
}

function addressPeer({ text, unresolved }: Field, firewall: boolean): Peer | undefined {
  if (unresolved) return firewall ? { text, path: ['address', `unknown ${text}`], spans: EVERY_FOUR, unresolved: true } : undefined;
  const spans = addressesOf(text);
  if (spans !== undefined) return { text, path: ['address'], spans, unresolved: false };
  return firewall && /^[A-Za-z][\w.-]*$/.test(text)
    ? { text, path: ['address', `tag ${text.toLowerCase()}`], spans: EVERY_FOUR, unresolved: false }
    : undefined;
}

/** What is open unless a text says otherwise. */
function defaultRules(declaration: Declaration, target: Target): readonly NetworkRule[] {
  const everyone = (direction: 'in' | 'out', nodes: readonly TreeNode[]): NetworkRule => ({
    target,
    direction,
    allow: true,
    order: 0,
    protocol: '',
    ports: EVERY_PORT,
    unresolved: false,
    peer: { text: '0.0.0.0/0', path: ['address'], spans: EVERY_ADDRESS, unresolved: false },
    nodes,
    declaration,
  });
  const { node, type } = declaration;
  if (type === 'aws_eks_cluster') {
    const vpc = objects(member(node, 'vpc_config'))[0];
    const limited =
      vpc === undefined || scalar(member(vpc, 'endpoint_public_access')) === 'false' || member(vpc, 'public_access_cidrs') !== undefined;
    return limited ? [] : [everyone('in', [])];
  }
  if (type === 'google_container_cluster') {
    const closed = objects(member(node, 'private_cluster_config')).some(
      (each) => scalar(member(each, 'enable_private_endpoint')) === 'true',
    );
    return closed || member(node, 'master_authorized_networks_config') !== undefined ? [] : [everyone('in', [])];
  }
  if (type.startsWith('openstack_fw_rule')) {
    const closed = member(node, 'source_ip_address') !== undefined || scalar(member(node, 'action')) !== 'allow';
    return closed ? [] : [{ ...everyone('in', []), ports: portsOf(scalar(member(node, 'destination_port')) ?? '*') ?? EVERY_PORT }];
  }
  if (declaration.type !== 'AWS::EC2::SecurityGroup') return [];
  const properties = membersOf(declaration.node).find(({ key }) => key === 'Properties')?.value;
  if (properties === undefined || membersOf(properties).some(({ key }) => key === 'SecurityGroupEgress')) return [];
  return [everyone('out', [])];
}

/** Lower case, without what spellings differ in. */
export function plainKey(key: string): string {
  let plain = PLAIN.get(key);
  if (plain === undefined) {
    plain = key.toLowerCase().replace(/[_-]/g, '');
    // Keys repeat; a text that is full of different ones does not fill the memory.
    if (PLAIN.size < 5_000) PLAIN.set(key, plain);
  }
  return plain;
}

const PLAIN = new Map<string, string>();
