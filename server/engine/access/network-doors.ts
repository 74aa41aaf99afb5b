import { editMemory } from '../edit-memory.ts';
import { type Member, membersOf, type TreeNode } from '../read/tree.ts';
import type { Declaration } from '../systems/declaration.ts';
import { fieldWhere, referenceText, scalar } from './fields.ts';
import { plainKey } from './network-blocks.ts';
import type { Target } from './network-rule.ts';
import { kindOf, wayOf } from './network-ways.ts';
import type { ReadSide } from './side.ts';
import { shortened } from './wording.ts';

/** A way in, and whose it is: its target but for what people call it. */
type Door = Pick<Target, 'path' | 'way'> & {
  readonly of: Declaration;
  /** What it names as its group, where this text does not declare that. */
  readonly reference: string | undefined;
};

/** Of each declaration of a text, in their order; undefined where it is no way in. */
type Doors = readonly (Door | undefined)[];

/** Worked out once for a text of an edit: each side asks for its own and for the other's. */
export function doorsOf(side: ReadSide): Doors {
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

const DOORS = editMemory<readonly Declaration[], { readonly identityOf: ReadSide['identityOf']; readonly doors: Doors }>();

/** The same edit, seen from its other text. */
export function otherSide(side: ReadSide): ReadSide {
  return { ...side, ...side.other, other: side };
}

/**
 * What is behind the doors that this edit changed. The rules of one target are one list; those of the others are the same
 * on both sides, and cover nothing that is new here.
 */
export function touchedTargets(own: Doors, others: Doors, side: ReadSide): ReadonlySet<string | undefined> {
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

/** What is behind a door, with what people call it. */
export function targetOf({ path, way, of, reference }: Door): Target {
  return { path, way, name: reference === undefined ? shortened(of.name) : bareName(reference), kind: kindOf(of, way) };
}

function bareName(reference: string): string {
  const [first = reference, second] = reference
    .replace(/^\$\{(Fn::\w+ )?/, '')
    .replace(/\}$/, '')
    .split('.');
  return shortened(/^(aws|google|azurerm|data|var|local|module|openstack|nifcloud|alicloud|oci)/.test(first) ? (second ?? first) : first);
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

function isComputeFirewall({ type }: Declaration): boolean {
  const plain = plainKey(type);
  return plain.includes('compute') && /compute(firewall|\.v1\.firewall|\.beta\.firewall)/.test(plain);
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

function textsBelow(node: Parameters<typeof scalar>[0]): readonly string[] {
  const own = scalar(node);
  if (own !== undefined && node?.type !== 'array') return [own];
  return (node?.children ?? []).flatMap(textsBelow).sort();
}
