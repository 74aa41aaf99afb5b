import type { Declaration } from '../systems/declaration.ts';
import { plainKey } from './network-blocks.ts';
import type { Target } from './network-rule.ts';

/** What kind of network door a declaration is; undefined when it is none. Told by its type alone, of which a file has few. */
export function wayOf({ system, type }: Declaration): Target['way'] | undefined {
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

/** What people call that which is behind a door: "security group", "database". */
export function kindOf({ type }: Declaration, way: Target['way']): string {
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
