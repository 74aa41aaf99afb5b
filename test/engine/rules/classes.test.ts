import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACCESS_RULES } from '../../../server/engine/access/registry.ts';
import { RULES } from '../../../server/engine/rules/registry.ts';
import { SECRET_RULES } from '../../../server/engine/packs/secret-rules.ts';
import { packsHere } from './packs-here.ts';

/** Classes of risky edits, 1 to 80, that rules written in code cover: what data cannot say. */
const IN_CODE: Readonly<Record<number, readonly string[]>> = {
  1: ['aws-service-wildcard', 'aws-admin-access', 'aws-future-actions'],
  2: ['aws-data-read', 'aws-infrastructure-change'],
  3: ['aws-trust-any-principal', 'aws-cross-account-trust'],
  4: ['aws-condition-weakened'],
  5: ['aws-escalation-path'],
  6: ['aws-deny-removed'],
  8: ['aws-federated-trust'],
  9: ['aws-public-access', 'aws-resource-exposure'],
  11: ['network-open-to-internet'],
  12: ['network-range-widened'],
  13: ['network-egress-open'],
  25: ['secret-literal', 'credential-written'],
  27: ['gcp-public-access'],
  28: ['gcp-basic-role', 'gcp-admin-role'],
  29: ['gcp-impersonation'],
  30: ['gcp-authoritative'],
  33: ['azure-privileged-assignment'],
  34: ['azure-role-everything', 'azure-role-self-grant'],
  39: ['k8s-rbac-cluster-admin'],
  40: ['k8s-rbac-wildcard', 'k8s-rbac-escalation'],
  41: ['k8s-rbac-credentials', 'k8s-rbac-run-code'],
  42: ['k8s-rbac-anonymous', 'k8s-rbac-everyone', 'k8s-rbac-role-elsewhere'],
  46: ['network-service-exposed', 'network-policy-lost'],
  51: ['workflow-token-write', 'workflow-token-default'],
  52: ['workflow-runs-foreign-code', 'workflow-started-by-strangers'],
  66: ['sql-grant-to-everyone', 'sql-row-security-off', 'sql-row-policy-open'],
};

/** Classes without a rule yet. Must shrink: one that is covered and still stands here fails the test. */
const MISSING: readonly number[] = [];

const ALL = Array.from({ length: 80 }, (_, index) => index + 1);

void test('every class of risky edits has a rule', () => {
  const inPacks = packsHere().flatMap(({ parsed }) => (parsed.ok ? parsed.pack.rules.flatMap(({ classes = [] }) => classes) : []));
  const covered = new Set([...inPacks, ...Object.keys(IN_CODE).map(Number)]);
  assert.deepEqual(
    ALL.filter((each) => !covered.has(each)),
    MISSING,
    'classes without a rule, against those that are known to be missing',
  );
});

void test('the rules in code that are named here are there', () => {
  const named = Object.values(IN_CODE).flat();
  assert.deepEqual(
    named.filter((id) => !RULES.has(id) && !ACCESS_RULES.has(id) && !(id in SECRET_RULES)),
    [],
  );
});

void test('every rule of the access systems can be told and looked up', () => {
  assert.ok(ACCESS_RULES.size > 20);
  for (const [id, { gain, fix, failureMode, references }] of ACCESS_RULES) {
    assert.match(id, /^[a-z0-9]+(-[a-z0-9]+)*$/);
    assert.ok(gain !== '' && fix !== '' && failureMode !== '' && references.length > 0, id);
  }
});
