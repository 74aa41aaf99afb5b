import { editMemory } from '../edit-memory.ts';
import { NETWORK_ACCESS_RULES } from '../packs/network-access-rules.ts';
import { type Member, membersOf, type TreeNode } from '../read/tree.ts';
import type { Declaration } from '../systems/declaration.ts';
import { type Box, pathAxis, spansAxis, subtract, texts } from './box.ts';
import { fieldWhere, referenceText, scalar } from './fields.ts';
import type { Grant, GrantPrincipal } from './grant.ts';
import { blockRules, plainKey } from './network-blocks.ts';
import { composeRules } from './network-compose.ts';
import { networkFindings } from './network-findings.ts';
import { kubernetesRules, speaksOfNetworks } from './network-kubernetes.ts';
import { EVERY_PORT, openness, portWords, sizeOf } from './network-ranges.ts';
import type { NetworkRule, Target } from './network-rule.ts';
import type { AccessSystem, ReadSide } from './side.ts';
import { groupedBy, shortened } from './wording.ts';
import { WrittenGrant } from './written-grant.ts';

/**
 * Who can reach what over a network: target × direction × protocol × ports × addresses, as interval arithmetic, so that a range
 * in two halves is the range. Rules that keep out are taken off in their order.
 */
export const network: AccessSystem = {
  id: 'network',
  systems: [
    'terraform',
    'terraform-plan',
    'cloudformation',
    'arm',
    'bicep',
    'gcp-deployment-manager',
    'kubernetes',
    'compose',
    'serverless',
  ],
  concerns: (declaration) => declaration.system === 'compose' || speaksOfNetworks(declaration) || wayOf(declaration) !== undefined,
  grants,
  findings: networkFindings,
  subjectOf: ({ boxes, action }) => `${targetIn(boxes)} ${action.split(' ')[0]}`,
  rules: NETWORK_ACCESS_RULES,
};

/** Without the machines of the target that a rule is narrowed to. */
function targetIn(boxes: Grant['boxes']): string {
  const axis = boxes?.[0]?.[AXES.target];
  return axis?.kind === 'path' ? (axis.path[0] ?? '') : '';
}

function* grants(side: ReadSide): Generator<Grant> {
  const rules = [...doorRules(side), ...kubernetesRules(side), ...composeRules(side)];
  for (const group of groupedBy(rules, ({ target, direction }) => `${direction} ${target.path.slice(0, 1).join()}`))
    yield* effective(group, side);
}

function doorRules(side: ReadSide): readonly NetworkRule[] {
  if (side.changed !== undefined && !anyDoor(side.changed)) return [];
  const doors = doorsOf(side);
  const touched = touchedTargets(doors, doorsOf(otherSide(side)), side);
  const rules: NetworkRule[] = [];
  side.declarations.forEach((declaration, i) => {
    const door = doors[i];
    if (door !== undefined && touched.has(door.path[0])) rules.push(...rulesOf(declaration, targetOf(door)));
  });
  return rules;
}

const ANY_DOOR = new WeakMap<readonly Declaration[], boolean>();

/** The same for both sides, which share what was changed. */
function anyDoor(changed: readonly Declaration[]): boolean {
  const known = ANY_DOOR.get(changed);
  if (known !== undefined) return known;
  const found = changed.some((each) => !isNoDoor(each));
  ANY_DOOR.set(changed, found);
  return found;
}

/** Such as a bucket: it lets nobody through on its side. Where nothing that was changed does, what the others let through is the same on both sides. */
function isNoDoor(declaration: Declaration): boolean {
  const way = wayOf(declaration);
  return way === undefined || plainRulesOf(declaration, way).length === 0;
}

function rulesOf(declaration: Declaration, target: Target): readonly NetworkRule[] {
  return plainRulesOf(declaration, target.way).map((rule) => ({ ...rule, target }));
}

/** Whose door it is does not matter to what its rules say, and is costly to find out. */
function plainRulesOf(declaration: Declaration, way: Target['way']): readonly NetworkRule[] {
  const known = RULES.get(declaration);
  if (known !== undefined) return known;
  const found = blockRules(declaration, { path: [], name: '', kind: '', way });
  // Outside of firewalls an address may mean many things: only one that lets the internet in is told.
  const rules =
    way === 'firewall' || way === 'database' ? found : found.filter(({ peer }) => openness(peer.spans) !== 'private' && !peer.unresolved);
  RULES.set(declaration, rules);
  return rules;
}

const RULES = editMemory<Declaration, readonly NetworkRule[]>();

/** A way in, and whose it is: its target but for what people call it. */
type Door = Pick<Target, 'path' | 'way'> & {
  readonly of: Declaration;
  /** What it names as its group, where this text does not declare that. */
  readonly reference: string | undefined;
};

/** Of each declaration of a text, in their order. */
type Doors = readonly (Door | undefined)[];

const DOORS = editMemory<readonly Declaration[], { readonly identityOf: ReadSide['identityOf']; readonly doors: Doors }>();

/** Worked out once for a text of an edit: each side asks for its own and for the other's. */
function doorsOf(side: ReadSide): Doors {
  const known = DOORS.get(side.declarations);
  if (known?.identityOf === side.identityOf) return known.doors;
  // Where both texts declare the same in the same order, what is left as it is has the same door on both sides.
  const there = side.changed === undefined ? undefined : DOORS.get(side.other.declarations);
  const others = there?.identityOf === side.identityOf ? there.doors : undefined;
  const changed = new Set(side.changed);
  const doors = side.declarations.map((declaration, i) => {
    if (others !== undefined && !changed.has(declaration)) return others[i];
    const way = wayOf(declaration);
    return way === undefined ? undefined : doorOf(declaration, way, side);
  });
  DOORS.set(side.declarations, { identityOf: side.identityOf, doors });
  return doors;
}

function otherSide(side: ReadSide): ReadSide {
  return { ...side, ...side.other, other: side };
}

/**
 * What is behind the doors that this edit changed. The rules of one target are one list; those of the others are the same
 * on both sides, and cover nothing that is new here.
 */
function touchedTargets(own: Doors, others: Doors, side: ReadSide): ReadonlySet<string | undefined> {
  const isTouched = side.changed === undefined ? isNotAlike(own, others, side) : isAmong(side.changed);
  const touched = new Set<string | undefined>();
  const touch = (doors: Doors, declarations: readonly Declaration[]): void =>
    declarations.forEach((declaration, i) => {
      const door = doors[i];
      if (door !== undefined && isTouched(declaration, door)) touched.add(door.path[0]);
    });
  touch(own, side.declarations);
  touch(others, side.other.declarations);
  return touched;
}

type IsTouched = (declaration: Declaration, door: Door) => boolean;

function isAmong(changed: readonly Declaration[]): IsTouched {
  const among = new Set(changed);
  return (declaration) => among.has(declaration);
}

function isNotAlike(own: Doors, others: Doors, { declarations, other, twinOf }: ReadSide): IsTouched {
  const doors = new Map([
    ...declarations.map((each, i) => [each, own[i]] as const),
    ...other.declarations.map((each, i) => [each, others[i]] as const),
  ]);
  return (declaration, door) => {
    const twin = twinOf(declaration);
    const like = twin === undefined ? undefined : doors.get(twin);
    return like === undefined || !sameTarget(targetOf(door), targetOf(like));
  };
}

function sameTarget(one: Target, other: Target): boolean {
  return (
    one.name === other.name &&
    one.kind === other.kind &&
    one.way === other.way &&
    one.path.length === other.path.length &&
    one.path.every((step, i) => step === other.path[i])
  );
}

/** What the rules of one target let through, each less what an earlier one keeps out. */
function* effective(rules: readonly NetworkRule[], side: ReadSide): Generator<Grant> {
  const denies = rules.filter(({ allow, unresolved, peer }) => !allow && !unresolved && !peer.unresolved);
  for (const rule of rules) {
    if (!rule.allow) continue;
    const boxes = less(
      boxOf(rule),
      denies.filter(({ order }) => order <= rule.order),
    );
    if (boxes.length > 0) yield grantOf(rule, boxes, side);
  }
}

function less(box: Box, denies: readonly NetworkRule[]): readonly Box[] {
  if (denies.length === 0) return [box];
  const known = texts(() => false);
  let boxes: readonly Box[] = [box];
  for (const deny of denies.slice(0, 200)) {
    boxes = boxes.flatMap((each) => subtract(each, boxOf(deny), known));
    if (boxes.length > 500) break;
  }
  return boxes;
}

/** The axes of every grant of this system. */
export const AXES = { target: 0, direction: 1, protocol: 2, ports: 3, peer: 4, addresses: 5 } as const;

function boxOf({ target, direction, protocol, ports, peer }: NetworkRule): Box {
  return [
    pathAxis(...target.path),
    pathAxis(direction),
    protocol === '' ? pathAxis() : pathAxis(protocol),
    spansAxis(ports),
    pathAxis(...peer.path),
    spansAxis(peer.spans),
  ];
}

function grantOf(rule: NetworkRule, boxes: readonly Box[], side: ReadSide): Grant {
  const { target, direction, protocol, ports, peer } = rule;
  const words = sizeOf(ports) >= sizeOf(EVERY_PORT) ? 'every port' : portWords(ports);
  return new WrittenGrant(
    {
      system: 'network',
      principal: principalOf(rule),
      action: `${direction === 'in' ? 'reach' : 'be reached from'} ${protocol === '' ? 'any protocol' : protocol} ${words}`,
      resource: target.path.join('/'),
      scope: [
        target.kind === 'pods without a policy' || target.kind === 'other pods' ? 'policy gone' : target.way,
        target.name,
        target.kind,
      ],
      unresolved: rule.unresolved || peer.unresolved,
      declaration: rule.declaration,
      boxes,
    },
    () => rule.nodes.map(side.placeOf),
  );
}

function principalOf({ peer }: NetworkRule): GrantPrincipal {
  if (peer.path.length === 1 && openness(peer.spans) === 'internet')
    return { kind: 'anyone', name: peer.text, label: 'Anyone on the internet' };
  if (peer.path.length === 0) return { kind: 'anyone', name: peer.text, label: 'Anyone' };
  return { kind: peer.unresolved ? 'unknown' : 'network', name: peer.text, label: `\`${shortened(peer.text)}\`` };
}

/** What kind of network door a declaration is; undefined when it is none. Told by its type alone, of which a file has few. */
function wayOf({ system, type }: Declaration): Target['way'] | undefined {
  const known = WAYS.get(system) ?? new Map<string, Target['way'] | undefined>();
  WAYS.set(system, known);
  if (!known.has(type)) {
    if (known.size > MOST_TYPES) known.clear();
    known.set(type, wayOfType(system, type));
  }
  return known.get(type);
}

const WAYS = new Map<Declaration['system'], Map<string, Target['way'] | undefined>>();
const MOST_TYPES = 2_000;

function wayOfType(system: Declaration['system'], type: string): Target['way'] | undefined {
  const plain = plainKey(type.split('@')[0] ?? '').replace(/^data\./, '');
  if (system === 'terraform') {
    if (type.startsWith('data.') || BLOCKS.has(type)) return undefined;
    if (NOT_DOORS.test(plain)) return undefined;
  } else if (system === 'cloudformation' || system === 'serverless') {
    if (
      !plain.startsWith('aws::') ||
      /^aws::ec2::(vpc|subnet|route|vpccidrblock|ipam|transitgateway|clientvpn)/.test(plain) ||
      plain.startsWith('aws::waf')
    )
      return undefined;
  } else if (system === 'arm' || system === 'bicep') {
    if (!plain.includes('/') || /virtualnetworks|routetables|privateendpoints|virtualnetworkgateways|localnetworkgateways/.test(plain))
      return undefined;
  } else if (system === 'gcp-deployment-manager') {
    if (/subnetwork|\.route|\.network$/.test(plain)) return undefined;
  } else return undefined;
  if (
    /(sql|database|postgres|mysql|maria|mongo|documentdb|cosmos|redis|redshift|synapse|clickhouse|dbsecurity|dbinstance|rds|elasticsearch|opensearch)/.test(
      plain,
    )
  )
    return 'database';
  if (
    /(containercluster|ekscluster|kubernetescluster|managedclusters|ekscluster|aws::eks::cluster|container\.v1(beta1)?\.cluster)/.test(
      plain,
    )
  )
    return 'control plane';
  if (
    /(securitygroup|secgroup|securityrule|networkacl|nacl|firewall|fwrule|securitylist|networksecurity|defaultnetworkacl|securitygrouprule)/.test(
      plain,
    )
  )
    return 'firewall';
  return 'service';
}

const BLOCKS = new Set([
  'variable',
  'output',
  'provider',
  'terraform',
  'locals',
  'moved',
  'removed',
  'import',
  'check',
  'tfvars',
  'settings',
]);
const NOT_DOORS =
  /(route|subnet|subnetwork|vpc$|vpcipv4|virtualnetwork|networkinterface|natgateway|vpn|customergateway|peering|waf|dhcp|ipset|prefixlist|addressgroup|_dns|dnsrecord|globaladdress|iampolicy|privateendpoint|localnetworkgateway|ipam)/;

function targetOf({ path, way, of, reference }: Door): Target {
  return { path, way, name: reference === undefined ? shortened(of.name) : bareName(reference), kind: kindOf(of, way) };
}

/** Of the group that a rule belongs to, when it names one; else of the declaration itself. */
function doorOf(declaration: Declaration, way: Target['way'], side: ReadSide): Door {
  if (isComputeFirewall(declaration)) {
    const fields = fieldsOf(declaration.node);
    // Firewalls of one network are one list of rules, narrowed by the machines they are for.
    const at = fields.find(({ key }) => plainKey(key) === 'network')?.value;
    const network = scalar(at) ?? referenceText(at) ?? 'default';
    const machines = fields
      .filter(({ key }) => /^target(tags|serviceaccounts)$/.test(plainKey(key)))
      .map(({ value }) => JSON.stringify(textsBelow(value)));
    return {
      way,
      of: declaration,
      reference: undefined,
      path: [`network ${network}`, ...(machines.length === 0 ? [] : [machines.sort().join()])],
    };
  }
  const node = groupIn(declaration.node);
  const reference = node === undefined ? undefined : (scalar(node) ?? referenceText(node));
  if (reference === undefined) {
    const parent = declaration.system === 'arm' || declaration.system === 'bicep' ? parentOf(declaration, side) : undefined;
    return doorIn(parent ?? declaration, way, side);
  }
  const group = named(reference, declaration, side);
  return group === undefined ? { way, of: declaration, reference, path: [`${way} ${reference}`] } : doorIn(group, way, side);
}

function doorIn(of: Declaration, way: Target['way'], { identityOf }: ReadSide): Door {
  return { way, of, reference: undefined, path: [identityOf(of)] };
}

function fieldsOf(node: TreeNode): readonly Member[] {
  return [...membersOf(node), ...membersOf(propertiesIn(node))];
}

/** What a declaration names as its group. */
function groupIn(node: TreeNode): TreeNode | undefined {
  return fieldWhere(node, isGroupKey) ?? fieldWhere(propertiesIn(node), isGroupKey);
}

/** Azure and others write most of a thing under its properties. */
function propertiesIn(node: TreeNode): TreeNode | undefined {
  return fieldWhere(node, isProperties);
}

function isProperties(key: string): boolean {
  return key.length === 'properties'.length && /^properties$/i.test(key);
}

function isComputeFirewall({ type }: Declaration): boolean {
  const plain = plainKey(type);
  return plain.includes('compute') && /compute(firewall|\.v1\.firewall|\.beta\.firewall)/.test(plain);
}

function isGroupKey(key: string): boolean {
  return key.length >= SHORTEST_GROUP_KEY && GROUP_KEYS.has(plainKey(key));
}

const GROUP_KEYS = new Set([
  'securitygroupid',
  'networkaclid',
  'networksecuritygroupname',
  'groupid',
  'groupname',
  'firewallid',
  'securitygroupname',
  'secgroupid',
  'dbsecuritygroupname',
  'servername',
  'serverid',
]);

const SHORTEST_GROUP_KEY = Math.min(...[...GROUP_KEYS].map((key) => key.length));

/** `${aws_security_group.web.id}`, `${Web}` and `${Fn::GetAtt Web.GroupId}` name a declaration of the text. */
function named(reference: string, declaration: Declaration, side: ReadSide): Declaration | undefined {
  const terraform = /^(?:\$\{)?((?:data\.)?\w+\.[\w-]+)\./.exec(reference)?.[1];
  const other = /^\$\{(?:Fn::GetAtt )?(\w+)(?:\.\w+)?\}$/.exec(reference)?.[1] ?? reference;
  const key = declaration.system === 'terraform' ? terraform : other;
  if (key === undefined) return undefined;
  const { keys, names } = namesOf(side);
  const found = keys.get(key) ?? (declaration.system === 'terraform' ? undefined : names.get(key));
  return found === declaration ? undefined : found;
}

type Names = { readonly keys: ReadonlyMap<string, Declaration>; readonly names: ReadonlyMap<string, Declaration> };
const NAMES = editMemory<readonly Declaration[], Names>();

function namesOf(side: ReadSide): Names {
  const known = NAMES.get(side.declarations);
  if (known !== undefined) return known;
  const found: Names = {
    keys: new Map(side.declarations.map((each) => [each.key, each])),
    names: new Map(side.declarations.map((each) => [each.name, each])),
  };
  NAMES.set(side.declarations, found);
  return found;
}

/** Azure's rules of their own are named "group/rule". */
function parentOf(declaration: Declaration, { declarations }: ReadSide): Declaration | undefined {
  const type = plainKey(declaration.type.split('@')[0] ?? '');
  if (!type.endsWith('/securityrules') && !type.endsWith('/firewallrules')) return undefined;
  const parentType = type.slice(0, type.lastIndexOf('/'));
  const [prefix = ''] = declaration.name.split('/');
  const parents = declarations.filter((each) => plainKey(each.type.split('@')[0] ?? '') === parentType);
  return parents.find(({ name }) => name === prefix) ?? (parents.length === 1 ? parents[0] : undefined);
}

function kindOf({ type }: Declaration, way: Target['way']): string {
  const key = `${way} ${type}`;
  let kind = KINDS.get(key);
  if (kind === undefined) {
    kind = kindOfType(type, way);
    if (KINDS.size < MOST_TYPES) KINDS.set(key, kind);
  }
  return kind;
}

/** By way and type, of which a file has few. */
const KINDS = new Map<string, string>();

function kindOfType(type: string, way: Target['way']): string {
  const plain = plainKey(type);
  if (/networkacl/.test(plain)) return 'network ACL';
  if (/securitygroup|secgroup|securitylist/.test(plain)) return 'security group';
  if (/firewall/.test(plain) && way === 'firewall') return 'firewall';
  if (way === 'database') return 'database';
  if (way === 'control plane') return 'cluster';
  return way === 'firewall' ? 'firewall' : 'resource';
}

function bareName(reference: string): string {
  const [first = reference, second] = reference
    .replace(/^\$\{(Fn::\w+ )?/, '')
    .replace(/\}$/, '')
    .split('.');
  return shortened(/^(aws|google|azurerm|data|var|local|module|openstack|nifcloud|alicloud|oci)/.test(first) ? (second ?? first) : first);
}

function textsBelow(node: Parameters<typeof scalar>[0]): readonly string[] {
  const own = scalar(node);
  if (own !== undefined && node?.type !== 'array') return [own];
  return (node?.children ?? []).flatMap(textsBelow).sort();
}
