import type { Rule } from '../rules/rule.ts';

const UNCHECKED = ['routes, gateways and firewalls set elsewhere', 'what listens there'];
const AGENCY = 'OWASP LLM06:2025 Excessive Agency';
const RMF = 'NIST AI RMF MANAGE 2.4';

/** One entry for each rule of network reach; the texts that do not depend on the edit. */
export const NETWORK_ACCESS_RULES = {
  'network-open-to-internet': {
    id: 'network-open-to-internet',
    gain: 'connect from the internet',
    base: 'high',
    fix: 'Name the addresses or groups that need it; put people behind a VPN or a session service, and the web behind a load balancer.',
    failureMode: 'Scanners find an open port within minutes and try passwords and known holes until one works.',
    unchecked: UNCHECKED,
    references: ['CWE-284', 'CWE-668', 'ATT&CK T1190', 'ATT&CK T1133', AGENCY, RMF],
  },
  'network-range-widened': {
    id: 'network-range-widened',
    gain: 'connect from more places',
    base: 'low',
    fix: 'Check whose addresses these are, and keep to the ports that are needed.',
    failureMode: 'Ranges grow one line at a time, and whoever gets one of the addresses later is let in too.',
    unchecked: ['whose addresses they are', ...UNCHECKED],
    references: ['CWE-284', 'ATT&CK T1133'],
  },
  'network-egress-open': {
    id: 'network-egress-open',
    gain: 'send data out',
    base: 'medium',
    fix: 'Name the addresses, prefix lists or endpoints it has to reach.',
    failureMode: 'What is broken into can send data anywhere and fetch tools from anywhere.',
    unchecked: ['routes and proxies set elsewhere'],
    references: ['CWE-284', 'ATT&CK T1048', 'ATT&CK T1041', AGENCY],
  },
  'network-service-exposed': {
    id: 'network-service-exposed',
    gain: 'connect to a service that was inside',
    base: 'medium',
    fix: 'Keep the service inside (ClusterIP, 127.0.0.1), or limit the source ranges and put sign-in before it.',
    failureMode: 'A service that was written for the inside seldom asks who is calling.',
    unchecked: ['firewalls of the machine or cloud', 'whether the service asks for sign-in'],
    references: ['CWE-284', 'CWE-668', 'ATT&CK T1190', 'ATT&CK T1133', AGENCY],
  },
  'network-policy-lost': {
    id: 'network-policy-lost',
    gain: 'reach pods that were kept apart',
    base: 'medium',
    fix: 'Keep a policy that selects these pods, and name the pods and ports that may reach them.',
    failureMode: 'One pod that is broken into then reaches every other.',
    unchecked: ['policies in other files', 'whether the cluster enforces policies'],
    references: ['CWE-923', 'ATT&CK T1021', 'ATT&CK T1210', AGENCY],
  },
} satisfies Record<string, Rule>;

export type NetworkAccessRuleId = keyof typeof NETWORK_ACCESS_RULES;
