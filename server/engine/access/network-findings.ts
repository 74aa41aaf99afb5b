import { NETWORK_ACCESS_RULES, type NetworkAccessRuleId } from '../packs/network-access-rules.ts';
import { milderOf } from '../rate.ts';
import type { Severity, Witness } from '../types.ts';
import { type Box, joined, type Span } from './box.ts';
import type { AccessFinding, Grant, GrantExpansion } from './grant.ts';
import { addressIn, criticalPortsIn, holds, openness, portWords, sizeOf } from './network-ranges.ts';
import type { Compared } from './side.ts';
import { groupedBy, listed, named, shortened } from './wording.ts';

/** One finding for each target and direction, and for each kind of peer: the internet at large, or those that are named. */
export function networkFindings(expansions: readonly GrantExpansion[], compared: Compared): readonly AccessFinding[] {
  return groupedBy(expansions, ({ grant }) => `${directionOf(grant)} ${grant.resource}`).flatMap((group) => {
    // Ranges that are open only together count as open.
    const whole = openness(group.flatMap(({ grant, left }) => (grant.unresolved === true ? [] : addressesIn(left))));
    const open = group.filter(({ grant, left }) => isWide(grant, left, whole));
    // What is let in beside the internet, on the same ports, is told along.
    const openPorts = joined(open.flatMap(({ left }) => portsIn(left)));
    const wide = group.filter(
      (each) => open.includes(each) || (open.length > 0 && isAddressed(each) && within(portsIn(each.left), openPorts)),
    );
    const narrow = group.filter((each) => !wide.includes(each));
    return [wide, ...groupedBy(narrow, ({ grant }) => (grant.unresolved === true ? 'unknown' : 'known'))].flatMap((some) => {
      const [first, ...more] = some;
      return first === undefined ? [] : [findingOf([first, ...more], some === wide, compared)];
    });
  });
}

function isAddressed({ grant, left }: GrantExpansion): boolean {
  return grant.unresolved !== true && left.every((box) => box[4]?.kind === 'path' && box[4].path.length <= 1);
}

function within(spans: readonly Span[], others: readonly Span[]): boolean {
  return spans.every(({ from, to }) => others.some((other) => other.from <= from && to <= other.to));
}

function isWide({ principal, unresolved }: Grant, left: readonly Box[], whole: string): boolean {
  if (principal.kind === 'anyone') return true;
  if (unresolved === true || left.some((box) => box[4]?.kind === 'path' && box[4].path.length !== 1)) return false;
  return whole === 'internet' && openness(addressesIn(left)) !== 'private';
}

function findingOf(expansions: readonly [GrantExpansion, ...GrantExpansion[]], wide: boolean, compared: Compared): AccessFinding {
  const [{ grant }] = expansions;
  const direction = directionOf(grant);
  const boxes = expansions.flatMap(({ left }) => left);
  const ports = joined(portsIn(boxes));
  const protocols = [...new Set(boxes.map((box) => (box[2]?.kind === 'path' ? (box[2].path[0] ?? '') : '')))];
  const way = wayOf(grant);
  const name = shortened(targetName(grant));
  const partly = expansions.some((each) => each.grant.unresolved === true);
  const rated = rate({ wide, direction, way, ports, protocols, expansions });
  const severity = partly ? milderOf(rated.severity, wide ? 'high' : 'medium') : rated.severity;
  return {
    rule: rated.rule,
    severity,
    confidence: partly ? 'unknown' : 'proved',
    blastRadius: wide
      ? { level: 'public', what: direction === 'in' ? 'everyone on the internet' : 'every address' }
      : { level: 'resource', what: name },
    gain: NETWORK_ACCESS_RULES[rated.rule].gain,
    consequence: consequence(expansions, { wide, direction, way, ports, protocols, name }),
    previously: previouslyOf(grant, compared.before),
    opened: { name, kind: kindName(way, grant) },
    expansions,
    witness: witnessOf(expansions[0], { wide, direction, name }),
  };
}

type Facts = {
  readonly wide: boolean;
  readonly direction: 'in' | 'out';
  readonly way: Way;
  readonly ports: readonly Span[];
  readonly protocols: readonly string[];
};
const WAYS = ['firewall', 'database', 'control plane', 'service', 'published', 'policy', 'policy gone'] as const;
type Way = (typeof WAYS)[number];

function rate({ wide, direction, way, ports, protocols, expansions }: Facts & { readonly expansions: readonly GrantExpansion[] }): {
  readonly rule: NetworkAccessRuleId;
  readonly severity: Severity;
} {
  if (direction === 'out')
    return { rule: 'network-egress-open', severity: wide && expansions[0]?.grant.scope[2] !== 'other pods' ? 'medium' : 'low' };
  // A policy that now selects other pods may be meant so; one for every pod of the namespace seldom is.
  if (way === 'policy gone') {
    const [first] = expansions;
    const others = first?.grant.scope[2] === 'other pods';
    return { rule: 'network-policy-lost', severity: others ? (first.grant.resource.endsWith(' {}') ? 'medium' : 'low') : 'high' };
  }
  if (way === 'policy') {
    const anywhere = wide || expansions.some(({ grant }) => grant.principal.name === 'every pod');
    return { rule: 'network-policy-lost', severity: anywhere ? 'medium' : 'low' };
  }
  if (!wide) {
    const many = expansions.some(
      ({ left }) => openness(addressesIn(left)) === 'many' && left.some((box) => box[4]?.kind === 'path' && box[4].path.length === 1),
    );
    const azure = expansions.some(({ grant }) => grant.principal.name === 'every Azure service');
    // Where somebody came in before, that a variable now names them is most often tidying; what is worked out may hide something.
    const unknown =
      expansions.some(({ grant, nearest }) => grant.unresolved === true && (nearest === undefined || !isPlainReference(grant))) &&
      criticalPortsIn(ports).length > 0 &&
      sizeOf(ports) < 60_000n;
    return { rule: 'network-range-widened', severity: azure || many || unknown ? 'medium' : 'low' };
  }
  if (way === 'database') return { rule: 'network-open-to-internet', severity: 'critical' };
  if (way === 'control plane') return { rule: 'network-open-to-internet', severity: 'high' };
  const byPort = severityOfPorts(ports, protocols);
  if (way === 'service') return { rule: 'network-service-exposed', severity: milderOf(byPort, 'high') };
  if (way === 'published') {
    const wasInside = expansions.some(
      ({ nearest }) =>
        nearest?.principal.name === 'the machine itself' &&
        portsIn(nearest.boxes ?? []).some(({ from, to }) => ports.some((port) => port.from <= to && from <= port.to)),
    );
    const critical = criticalPortsIn(ports).length > 0 && sizeOf(ports) < 60_000n;
    return { rule: 'network-service-exposed', severity: wasInside ? 'high' : critical ? 'medium' : 'low' };
  }
  return { rule: 'network-open-to-internet', severity: byPort };
}

/** `var.office`, `OfficeRange`: no function, no condition. */
function isPlainReference({ principal: { name } }: Grant): boolean {
  return /^(\$\{)?[\w.[\]"-]+\}?$/.test(name);
}

function severityOfPorts(ports: readonly Span[], protocols: readonly string[]): Severity {
  const [protocol = ''] = protocols;
  if (protocols.length === 1 && /^(icmp|icmpv6|ipv6-icmp|esp|ah|gre|igmp|vrrp)$/.test(protocol))
    return /icmp/.test(protocol) ? 'low' : 'high';
  if (sizeOf(ports) >= 60_000n || criticalPortsIn(ports).length > 0) return 'critical';
  return isWeb(ports) ? 'medium' : 'high';
}

function isWeb(ports: readonly Span[]): boolean {
  return sizeOf(ports) <= 2n && ports.every(({ from, to }) => from === to && (from === 80n || from === 443n));
}

function consequence(
  expansions: readonly GrantExpansion[],
  { wide, direction, way, ports, protocols, name }: Facts & { readonly name: string },
): string {
  const who = wide ? 'Anyone on the internet' : peersOf(expansions);
  const door = protocols.every((protocol) => /icmp/.test(protocol)) ? 'ping' : undefined;
  if (direction === 'out') {
    const to = wide ? 'any address on the internet' : peersOf(expansions);
    return way === 'policy gone' ? `Pods of \`${name}\` can send anywhere.` : `\`${name}\` can send to ${to} on ${portWords(ports)}.`;
  }
  if (way === 'policy gone') return `Anything that can route to the pods of \`${name}\` can reach every port of them.`;
  if (way === 'policy')
    return `${wide ? 'Anything that can route to them' : upper(peersOf(expansions))} can reach ${portWords(ports)} of pods under \`${name}\`.`;
  if (way === 'database' && sizeOf(ports) >= 60_000n) return `${upper(who)} can reach database \`${name}\`.`;
  if (way === 'control plane') return `${upper(who)} can reach the control plane of \`${name}\`.`;
  if (way === 'published') return `${wide ? 'Anyone on the network' : upper(who)} can reach ${portWords(ports)} of \`${name}\`.`;
  return `${upper(who)} can ${door ?? `reach ${portWords(ports)} of`} \`${name}\`.`;
}

function peersOf(expansions: readonly GrantExpansion[]): string {
  const plain = /^(the |every |whoever |some |pods |anywhere|itself)/;
  const all = [...new Set(expansions.map(({ grant }) => grant.principal.name))];
  return all.every((peer) => plain.test(peer))
    ? listed(
        all.map((text) => text.replaceAll('`', '')),
        2,
      )
    : named(all, 2);
}

function previouslyOf(grant: Grant, before: readonly Grant[]): string {
  const same = before.filter((each) => each.resource === grant.resource && directionOf(each) === directionOf(grant));
  if (same.length === 0) return 'Before: nothing in this file let anyone through.';
  const peers = named(
    same.map(({ principal }) => principal.name),
    2,
  );
  const ports = joined(same.flatMap(({ boxes }) => portsIn(boxes ?? [])));
  return directionOf(grant) === 'in'
    ? `Before: only ${peers}, on ${portWords(ports)}.`
    : `Before: only to ${peers}, on ${portWords(ports)}.`;
}

function witnessOf(
  { grant, left }: GrantExpansion,
  { wide, direction, name }: { readonly wide: boolean; readonly direction: 'in' | 'out'; readonly name: string },
): Witness {
  const [box] = left;
  const spans = box?.[5]?.kind === 'spans' ? box[5].spans : [];
  const ports = box?.[3]?.kind === 'spans' ? box[3].spans : [];
  const protocol = box?.[2]?.kind === 'path' ? (box[2].path[0] ?? 'tcp') : 'tcp';
  const [critical] = criticalPortsIn(ports);
  const port = critical ?? (holds(ports, 443) ? 443 : Number(ports[0]?.from ?? 0n));
  const isAddress = box?.[4]?.kind === 'path' && box[4].path.length <= 1;
  const address = isAddress ? addressIn(spans) : grant.principal.name;
  const end = /icmp|esp|gre|ah/.test(protocol) ? name : `${name}:${port}`;
  return {
    who: wide ? 'Someone on the internet' : grant.principal.name,
    principal: address,
    action: `${protocol} ${port}`,
    resource: name,
    context: {},
    request: direction === 'in' ? `${protocol} from ${address} to ${end}` : `${protocol} from ${name} to ${address}:${port}`,
  };
}

function portsIn(boxes: readonly Box[]): readonly Span[] {
  return boxes.flatMap((box) => (box[3]?.kind === 'spans' ? box[3].spans : []));
}

function addressesIn(boxes: readonly Box[]): readonly Span[] {
  return boxes.flatMap((box) => (box[5]?.kind === 'spans' ? box[5].spans : []));
}

function directionOf({ action }: Grant): 'in' | 'out' {
  return action.startsWith('reach ') ? 'in' : 'out';
}

/** A grant of this system has for its scope the way in, the name and the kind of what is reached. */
function wayOf({ scope }: Grant): Way {
  return WAYS.find((way) => way === scope[0]) ?? 'firewall';
}

function targetName({ scope, declaration }: Grant): string {
  return scope[1] ?? declaration.name;
}

function kindName(way: Way, { scope }: Grant): string {
  return scope[2] ?? way;
}

function upper(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
