import { member, type TreeNode } from '../read/tree.ts';
import type { Declaration } from '../systems/declaration.ts';
import { scalar } from './fields.ts';
import { addressesOf, EVERY_ADDRESS, EVERY_FOUR, EVERY_PORT, portsOf } from './network-ranges.ts';
import type { NetworkRule, Peer } from './network-rule.ts';
import type { ReadSide } from './side.ts';
import { shortened } from './wording.ts';

/** Ports that a compose file publishes on the machine it runs on: everywhere unless they name an address. */
export function composeRules(side: ReadSide): readonly NetworkRule[] {
  const isService = ({ system, type }: Declaration): boolean => system === 'compose' && type === 'service';
  if (side.changed?.some(isService) === false) return [];
  const isChanged = (each: Declaration): boolean => side.twinOf(each) === undefined;
  const changed = new Set(
    [...side.declarations, ...side.other.declarations].filter((each) => isService(each) && isChanged(each)).map(side.identityOf),
  );
  return side.declarations
    .filter((each) => isService(each) && changed.has(side.identityOf(each)))
    .flatMap((declaration) => (member(declaration.node, 'ports')?.children ?? []).flatMap((port) => publishedBy(port, declaration, side)));
}

type Published = { readonly host: string | undefined; readonly ports: string; readonly protocol: string };

function publishedBy(port: TreeNode, declaration: Declaration, side: ReadSide): readonly NetworkRule[] {
  const found = port.type === 'object' ? longForm(port) : shortForm(scalar(port) ?? '');
  if (found === undefined) return [];
  const { host, ports, protocol } = found;
  const spans = portsOf(ports);
  const rule: NetworkRule = {
    target: { path: [side.identityOf(declaration)], name: shortened(declaration.name), kind: 'service', way: 'published' },
    direction: 'in',
    allow: true,
    order: 0,
    protocol,
    ports: spans ?? EVERY_PORT,
    unresolved: spans === undefined,
    peer: peerOf(host),
    nodes: [port],
    declaration,
  };
  return [rule];
}

/** Who can reach a port that is bound to this address of the machine. */
function peerOf(host: string | undefined): Peer {
  if (host === undefined || host === '' || host === '0.0.0.0' || host === '::')
    return { text: 'every network', path: ['address'], spans: EVERY_ADDRESS, unresolved: false };
  const spans = addressesOf(host);
  if (host === 'localhost' || host === '::1' || host.startsWith('127.')) {
    return { text: 'the machine itself', path: ['address', 'loopback'], spans: EVERY_FOUR, unresolved: false };
  }
  return { text: `whoever reaches ${host}`, path: ['address', `interface ${host}`], spans: EVERY_FOUR, unresolved: spans === undefined };
}

/** "8080", "80:80", "127.0.0.1:5432:5432/tcp", "[::1]:80:80", "3000-3005:3000-3005". */
function shortForm(text: string): Published | undefined {
  // Defaults of variables count: "${BIND:-127.0.0.1}:80:80".
  const plain = text.replace(/\$\{[A-Za-z_]\w*:?-([^{}]*)\}/g, '$1');
  const match = /^(?:(?<host>\[[^\]]*\]|[^:]*):)??(?:(?<published>[^:/]*):)?(?<target>[^:/]+)(?:\/(?<protocol>\w+))?$/.exec(plain);
  const groups = match?.groups;
  if (groups === undefined) return undefined;
  const { host, published, target = '', protocol = 'tcp' } = groups;
  return { host: host?.replace(/^\[|\]$/g, ''), ports: published === undefined || published === '' ? target : published, protocol };
}

function longForm(node: TreeNode): Published | undefined {
  const ports = scalar(member(node, 'published')) ?? scalar(member(node, 'target'));
  if (ports === undefined) return undefined;
  return { host: scalar(member(node, 'host_ip')), ports, protocol: scalar(member(node, 'protocol')) ?? 'tcp' };
}
