import { editMemory } from '../edit-memory.ts';
import { NETWORK_ACCESS_RULES } from '../packs/network-access-rules.ts';
import type { Declaration } from '../systems/declaration.ts';
import { type Box, pathAxis, spansAxis, subtract, texts } from './box.ts';
import type { Grant, GrantPrincipal } from './grant.ts';
import { blockRules } from './network-blocks.ts';
import { composeRules } from './network-compose.ts';
import { doorsOf, otherSide, targetOf, touchedTargets } from './network-doors.ts';
import { networkFindings } from './network-findings.ts';
import { kubernetesRules, speaksOfNetworks } from './network-kubernetes.ts';
import { EVERY_PORT, openness, portWords, sizeOf } from './network-ranges.ts';
import type { NetworkRule, Target } from './network-rule.ts';
import { wayOf } from './network-ways.ts';
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
const AXES = { target: 0, direction: 1, protocol: 2, ports: 3, peer: 4, addresses: 5 } as const;

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
