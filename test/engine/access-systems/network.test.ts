import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compared, type Declared, kubernetes, terraform } from './scene.ts';

type Case = readonly [name: string, before: readonly Declared[], after: readonly Declared[], expected: readonly string[]];

const group = (ingress: readonly unknown[], egress: readonly unknown[] = [], name = 'web'): readonly Declared[] =>
  terraform({ [`aws_security_group.${name}`]: { name, ingress, egress } });
const port = (from: number, to: number, cidrs: readonly string[], protocol = 'tcp'): unknown => ({
  from_port: from,
  to_port: to,
  protocol,
  cidr_blocks: cidrs,
});
const cfn = (type: string, properties: unknown, key = 'Web'): readonly Declared[] => [
  { system: 'cloudformation', type, key, body: { Type: type, Properties: properties } },
];
const google = (body: Record<string, unknown>): readonly Declared[] =>
  terraform({ 'google_compute_firewall.ssh': { network: 'default', ...body } });
const nsg = (...rules: readonly Record<string, unknown>[]): readonly Declared[] =>
  terraform({ 'azurerm_network_security_group.web': { name: 'web', security_rule: rules } });
const azure = (access: string, source: string, ports: string, priority = 100): Record<string, unknown> => ({
  name: `r${priority}`,
  priority,
  direction: 'Inbound',
  access,
  protocol: 'Tcp',
  source_port_range: '*',
  destination_port_range: ports,
  source_address_prefix: source,
  destination_address_prefix: '*',
});
const arm = (rule: Record<string, unknown>): readonly Declared[] => [
  {
    system: 'arm',
    type: 'Microsoft.Network/networkSecurityGroups',
    key: 'nsg',
    body: {
      type: 'Microsoft.Network/networkSecurityGroups',
      name: 'nsg',
      properties: { securityRules: [{ name: 'r', properties: rule }] },
    },
  },
];
const policy = (spec: unknown, name = 'web'): Record<string, unknown> => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name, namespace: 'shop' },
  spec,
});
const service = (spec: unknown): readonly Declared[] => kubernetes({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec });
const compose = (ports: readonly unknown[]): readonly Declared[] => [
  { system: 'compose', type: 'service', key: 'db', body: { image: 'postgres', ports } },
];
const inside = { from: [{ podSelector: { matchLabels: { app: 'a' } } }], ports: [{ port: 80 }] };
const pods = { podSelector: { matchLabels: { app: 'web' } }, policyTypes: ['Ingress'] };

const cases: readonly Case[] = [
  [
    'ssh to the world',
    group([port(22, 22, ['10.0.0.0/8'])]),
    group([port(22, 22, ['0.0.0.0/0'])]),
    ['critical network-open-to-internet Anyone on the internet can reach port 22 of `web`.'],
  ],
  [
    'the world in two halves',
    group([port(22, 22, ['10.0.0.0/8'])]),
    group([port(22, 22, ['0.0.0.0/1', '128.0.0.0/1'])]),
    ['critical network-open-to-internet Anyone on the internet can reach port 22 of `web`.'],
  ],
  [
    'the world in sixteen parts',
    group([port(22, 22, ['10.0.0.0/8'])]),
    group([
      port(
        22,
        22,
        Array.from({ length: 16 }, (_, i) => `${i * 16}.0.0.0/4`),
      ),
    ]),
    ['critical network-open-to-internet Anyone on the internet can reach port 22 of `web`.'],
  ],
  [
    'version 6',
    group([]),
    group([{ from_port: 8080, to_port: 8080, protocol: 'tcp', ipv6_cidr_blocks: ['::/0'] }]),
    ['high network-open-to-internet Anyone on the internet can reach port 8080 of `web`.'],
  ],
  [
    'web ports',
    group([]),
    group([port(443, 443, ['0.0.0.0/0'])]),
    ['medium network-open-to-internet Anyone on the internet can reach port 443 of `web`.'],
  ],
  [
    'a range that holds a database',
    group([port(443, 443, ['0.0.0.0/0'])]),
    group([port(443, 6000, ['0.0.0.0/0'])]),
    ['critical network-open-to-internet Anyone on the internet can reach ports 444–6000 of `web`.'],
  ],
  [
    'every protocol',
    group([port(443, 443, ['0.0.0.0/0'])]),
    group([port(0, 0, ['0.0.0.0/0'], '-1')]),
    ['critical network-open-to-internet Anyone on the internet can reach every port of `web`.'],
  ],
  [
    'egress',
    group([], [port(443, 443, ['10.0.0.0/8'])]),
    group([], [port(0, 0, ['0.0.0.0/0'], '-1')]),
    ['medium network-egress-open `web` can send to any address on the internet on every port.'],
  ],
  [
    'one more address',
    group([port(22, 22, ['10.0.0.0/8'])]),
    group([port(22, 22, ['10.0.0.0/8', '203.0.113.7/32'])]),
    ['low network-range-widened `203.0.113.7/32` can reach port 22 of `web`.'],
  ],
  [
    'a rule of its own',
    terraform({ 'aws_security_group.web': { name: 'web' } }),
    terraform({
      'aws_security_group.web': { name: 'web' },
      'aws_vpc_security_group_ingress_rule.r': {
        security_group_id: '${aws_security_group.web.id}',
        cidr_ipv4: '0.0.0.0/0',
        ip_protocol: '-1',
      },
    }),
    ['critical network-open-to-internet Anyone on the internet can reach every port of `web`.'],
  ],
  [
    'a network ACL',
    terraform({
      'aws_network_acl.a': {
        ingress: [
          { rule_no: 100, action: 'deny', protocol: '-1', from_port: 0, to_port: 0, cidr_block: '0.0.0.0/0' },
          { rule_no: 200, action: 'allow', protocol: 'tcp', from_port: 22, to_port: 22, cidr_block: '0.0.0.0/0' },
        ],
      },
    }),
    terraform({
      'aws_network_acl.a': {
        ingress: [
          { rule_no: 300, action: 'deny', protocol: '-1', from_port: 0, to_port: 0, cidr_block: '0.0.0.0/0' },
          { rule_no: 200, action: 'allow', protocol: 'tcp', from_port: 22, to_port: 22, cidr_block: '0.0.0.0/0' },
        ],
      },
    }),
    ['critical network-open-to-internet Anyone on the internet can reach port 22 of `a`.'],
  ],
  [
    'a CloudFormation group',
    cfn('AWS::EC2::SecurityGroup', { SecurityGroupIngress: [{ IpProtocol: 'tcp', FromPort: 5432, ToPort: 5432, CidrIp: '10.0.0.0/8' }] }),
    cfn('AWS::EC2::SecurityGroup', { SecurityGroupIngress: [{ IpProtocol: 'tcp', FromPort: 5432, ToPort: 5432, CidrIp: '0.0.0.0/0' }] }),
    ['critical network-open-to-internet Anyone on the internet can reach port 5432 of `Web`.'],
  ],
  [
    'Google',
    google({ source_ranges: ['10.0.0.0/8'], allow: [{ protocol: 'tcp', ports: ['22'] }] }),
    google({ source_ranges: ['0.0.0.0/0'], allow: [{ protocol: 'tcp', ports: ['22'] }] }),
    ['critical network-open-to-internet Anyone on the internet can reach port 22 of `ssh`.'],
  ],
  [
    'Google without sources',
    google({ source_tags: ['bastion'], allow: [{ protocol: 'tcp', ports: ['3389'] }] }),
    google({ allow: [{ protocol: 'tcp', ports: ['3389'] }] }),
    ['critical network-open-to-internet Anyone on the internet can reach port 3389 of `ssh`.'],
  ],
  [
    'Azure',
    nsg(azure('Allow', '10.0.0.0/8', '22')),
    nsg(azure('Allow', '*', '22')),
    ['critical network-open-to-internet Anyone on the internet can reach port 22 of `web`.'],
  ],
  [
    'Azure: a deny is moved behind',
    nsg(azure('Deny', '*', '*', 100), azure('Allow', 'Internet', '3389', 200)),
    nsg(azure('Deny', '*', '*', 300), azure('Allow', 'Internet', '3389', 200)),
    ['critical network-open-to-internet Anyone on the internet can reach port 3389 of `web`.'],
  ],
  [
    'ARM: Deny becomes Allow',
    arm({ access: 'Deny', direction: 'Inbound', priority: 100, protocol: '*', sourceAddressPrefix: '*', destinationPortRange: '22' }),
    arm({ access: 'Allow', direction: 'Inbound', priority: 100, protocol: '*', sourceAddressPrefix: '*', destinationPortRange: '22' }),
    ['critical network-open-to-internet Anyone on the internet can reach port 22 of `nsg`.'],
  ],
  [
    'Azure SQL: every Azure service',
    terraform({
      'azurerm_mssql_firewall_rule.r': {
        server_id: '${azurerm_mssql_server.s.id}',
        start_ip_address: '10.0.0.1',
        end_ip_address: '10.0.0.9',
      },
    }),
    terraform({
      'azurerm_mssql_firewall_rule.r': {
        server_id: '${azurerm_mssql_server.s.id}',
        start_ip_address: '0.0.0.0',
        end_ip_address: '0.0.0.0',
      },
    }),
    ['medium network-range-widened Every Azure service can reach database `s`.'],
  ],
  [
    'Azure SQL: everyone',
    terraform({
      'azurerm_mssql_firewall_rule.r': {
        server_id: '${azurerm_mssql_server.s.id}',
        start_ip_address: '10.0.0.1',
        end_ip_address: '10.0.0.9',
      },
    }),
    terraform({
      'azurerm_mssql_firewall_rule.r': {
        server_id: '${azurerm_mssql_server.s.id}',
        start_ip_address: '0.0.0.0',
        end_ip_address: '255.255.255.255',
      },
    }),
    ['critical network-open-to-internet Anyone on the internet can reach database `s`.'],
  ],
  [
    'OpenStack',
    terraform({
      'openstack_networking_secgroup_rule_v2.r': {
        direction: 'ingress',
        protocol: 'tcp',
        port_range_min: 22,
        port_range_max: 22,
        remote_ip_prefix: '10.0.0.0/8',
      },
    }),
    terraform({
      'openstack_networking_secgroup_rule_v2.r': {
        direction: 'ingress',
        protocol: 'tcp',
        port_range_min: 22,
        port_range_max: 22,
        remote_ip_prefix: '0.0.0.0/0',
      },
    }),
    ['critical network-open-to-internet Anyone on the internet can reach port 22 of `r`.'],
  ],
  [
    'DigitalOcean',
    terraform({
      'digitalocean_firewall.f': { inbound_rule: [{ protocol: 'tcp', port_range: '22', source_addresses: ['192.168.1.0/24'] }] },
    }),
    terraform({
      'digitalocean_firewall.f': { inbound_rule: [{ protocol: 'tcp', port_range: '22', source_addresses: ['0.0.0.0/0', '::/0'] }] },
    }),
    ['critical network-open-to-internet Anyone on the internet can reach port 22 of `f`.'],
  ],
  [
    'Oracle',
    terraform({
      'oci_core_security_list.l': {
        ingress_security_rules: [{ protocol: '6', source: '10.0.0.0/8', tcp_options: [{ min: 22, max: 22 }] }],
      },
    }),
    terraform({
      'oci_core_security_list.l': { ingress_security_rules: [{ protocol: '6', source: '0.0.0.0/0', tcp_options: [{ min: 22, max: 22 }] }] },
    }),
    ['critical network-open-to-internet Anyone on the internet can reach port 22 of `l`.'],
  ],
  [
    'Nifcloud',
    terraform({ 'nifcloud_security_group_rule.r': { type: 'IN', protocol: 'TCP', from_port: 22, to_port: 22, cidr_ip: '10.0.0.0/8' } }),
    terraform({ 'nifcloud_security_group_rule.r': { type: 'IN', protocol: 'TCP', from_port: 22, to_port: 22, cidr_ip: '0.0.0.0/0' } }),
    ['critical network-open-to-internet Anyone on the internet can reach port 22 of `r`.'],
  ],
  [
    'a deleted network policy',
    kubernetes(policy({ ...pods, ingress: [inside] })),
    [],
    ['high network-policy-lost Anything that can route to the pods of `web` can reach every port of them.'],
  ],
  [
    'an empty from',
    kubernetes(policy({ ...pods, ingress: [inside] })),
    kubernetes(policy({ ...pods, ingress: [{}] })),
    ['medium network-policy-lost Anything that can route to them can reach every port of pods under `web`.'],
  ],
  [
    'egress is no longer kept in',
    kubernetes(policy({ ...pods, policyTypes: ['Ingress', 'Egress'], ingress: [inside] })),
    kubernetes(policy({ ...pods, ingress: [inside] })),
    ['medium network-egress-open Pods of `web` can send anywhere.'],
  ],
  [
    'a load balancer',
    service({ ports: [{ port: 5432 }] }),
    service({ type: 'LoadBalancer', ports: [{ port: 5432 }] }),
    ['high network-service-exposed Anyone on the internet can reach port 5432 of `web`.'],
  ],
  [
    'source ranges taken away',
    service({ type: 'LoadBalancer', ports: [{ port: 443 }], loadBalancerSourceRanges: ['10.0.0.0/8'] }),
    service({ type: 'LoadBalancer', ports: [{ port: 443 }] }),
    ['medium network-service-exposed Anyone on the internet can reach port 443 of `web`.'],
  ],
  [
    'a port of the machine',
    compose(['127.0.0.1:5432:5432']),
    compose(['5432:5432']),
    ['high network-service-exposed Anyone on the network can reach port 5432 of `db`.'],
  ],
  [
    'a worse door is closed for it',
    group([port(22, 22, ['0.0.0.0/0'])]),
    group([port(8443, 8443, ['0.0.0.0/0'])]),
    ['low network-open-to-internet Anyone on the internet can reach port 8443 of `web`.'],
  ],
  [
    'EKS without ranges',
    terraform({ 'aws_eks_cluster.c': { name: 'c', vpc_config: [{ public_access_cidrs: ['203.0.113.0/24'] }] } }),
    terraform({ 'aws_eks_cluster.c': { name: 'c', vpc_config: [{ endpoint_public_access: true }] } }),
    ['high network-open-to-internet Anyone on the internet can reach the control plane of `c`.'],
  ],
  // Nothing new.
  ['a rename', group([port(22, 22, ['0.0.0.0/0'])]), group([port(22, 22, ['0.0.0.0/0'])], [], 'www'), []],
  ['two halves become the whole', group([port(22, 22, ['0.0.0.0/1', '128.0.0.0/1'])]), group([port(22, 22, ['0.0.0.0/0'])]), []],
  ['one rule in two', group([port(20, 30, ['10.0.0.0/8'])]), group([port(20, 25, ['10.0.0.0/8']), port(26, 30, ['10.0.0.0/8'])]), []],
  [
    'inline becomes a rule of its own',
    group([port(22, 22, ['0.0.0.0/0'])]),
    terraform({
      'aws_security_group.web': {},
      'aws_security_group_rule.r': {
        type: 'ingress',
        security_group_id: '${aws_security_group.web.id}',
        from_port: 22,
        to_port: 22,
        protocol: 'tcp',
        cidr_blocks: ['0.0.0.0/0'],
      },
    }),
    [],
  ],
  [
    'a group instead of the world',
    group([port(22, 22, ['0.0.0.0/0'])]),
    group([{ from_port: 22, to_port: 22, protocol: 'tcp', security_groups: ['${aws_security_group.bastion.id}'] }]),
    [],
  ],
  ['a new network policy', [], kubernetes(policy({ ...pods, ingress: [inside] })), []],
  [
    'a renamed network policy',
    kubernetes(policy({ ...pods, ingress: [inside] })),
    kubernetes(policy({ ...pods, ingress: [inside] }, 'other')),
    [],
  ],
  [
    'Google: a disabled firewall',
    google({ disabled: true }),
    google({ disabled: true, source_ranges: ['0.0.0.0/0'], allow: [{ protocol: 'tcp', ports: ['22'] }] }),
    [],
  ],
  [
    'a subnet and a route',
    [],
    terraform({
      'aws_subnet.s': { cidr_block: '10.0.0.0/16' },
      'aws_route.r': { destination_cidr_block: '0.0.0.0/0' },
      'aws_vpc.v': { cidr_block: '10.0.0.0/8' },
    }),
    [],
  ],
  ['long and short form', compose(['127.0.0.1:5432:5432']), compose([{ target: 5432, published: '5432', host_ip: '127.0.0.1' }]), []],
];
for (const [name, before, after, expected] of cases) {
  test(`network: ${name}`, () => {
    const { findings, problems } = compared(before, after, 'main.tf');
    assert.deepEqual(
      findings.map(({ severity, rule, consequence }) => `${severity} ${rule} ${consequence}`),
      expected,
    );
    assert.deepEqual(problems, []);
    for (const { consequence, ranges, witness } of findings) {
      assert.ok(consequence.split(/\s+/).length <= 18, consequence);
      assert.ok(ranges.length > 0);
      assert.ok(witness !== undefined && !witness.request.includes('undefined'));
    }
    if (expected.length > 0 && name !== 'a worse door is closed for it') {
      const back = compared(after, before, 'main.tf').findings;
      assert.deepEqual(
        back.filter(({ severity }) => ['critical', 'high', 'medium'].includes(severity)).map(({ consequence }) => consequence),
        [],
        'the reverse is hardening',
      );
    }
  });
}
