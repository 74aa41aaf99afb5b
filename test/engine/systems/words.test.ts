/**
 * A system that tells its words declares nothing where a text has none of them at a root: of samples that it speaks, members are left out
 * and put into others, in lists and beside each other, and whatever it still declares must have one of its words.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readText } from '../../../server/engine/read/format.ts';
import { SYSTEMS, wordsOf } from '../../../server/engine/systems/registry.ts';
import { randomFrom } from '../../support/random.ts';

const SEED = Number(process.env['WORDS_SEED'] ?? 20_261_122);
const ROUNDS = Number(process.env['WORDS_ROUNDS'] ?? 1_500);

type Json = Readonly<Record<string, unknown>>;

const SAMPLES: readonly Json[] = [
  { Name: 'reader', AssignableScopes: ['/'], Actions: ['*'] },
  { properties: { roleName: 'reader', assignableScopes: ['/'], permissions: [] } },
  { principalId: 'p', roleDefinitionId: 'r' },
  { properties: { principalId: 'p', roleDefinitionId: 'r' } },
  { name: 'main', enforcement: 'active', target: 'branch', rules: [] },
  { required_status_checks: null, enforce_admins: true, allow_deletions: false, restrictions: null },
  { repository: { private: true }, branches: [{ name: 'main', protection: {} }], rulesets: [{ name: 'r' }] },
  { resources: [{ name: 'vm', type: 'compute.v1.instance', properties: {} }] },
  { bindings: [{ role: 'roles/viewer', members: ['allUsers'] }], etag: 'x' },
  { policy: { bindings: [{ role: 'roles/viewer' }] } },
  { title: 'r', includedPermissions: ['a.b.c'] },
  { rules: [{ denyRule: { deniedPrincipals: [] } }] },
  { constraint: 'constraints/iam.disable', listPolicy: {} },
  { name: 'projects/p/policies/iam.x', spec: { rules: [] } },
  { Resources: { B: { Type: 'AWS::S3::Bucket' } }, AWSTemplateFormatVersion: '2010-09-09' },
  { $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#', parameters: { p: { type: 'string' } } },
  { resources: [{ type: 'Microsoft.Storage/storageAccounts', name: 's' }] },
  { properties: { template: { resources: [{ type: 'Microsoft.Storage/storageAccounts', name: 's' }] } } },
  { resources: { b: { type: 'aws:s3:Bucket', properties: {} } } },
  { resource_changes: [{ type: 'aws_s3_bucket', name: 'b', change: { actions: ['create'], after: {} } }] },
  { planned_values: { root_module: { resources: [{ type: 'aws_s3_bucket', name: 'b', values: {} }] } } },
  { values: { root_module: { resources: [{ type: 'aws_s3_bucket', name: 'b', values: {} }] } } },
  { mcpServers: { a: { command: 'x' } } },
  { mcp_servers: { a: { command: 'x' } } },
  { context_servers: { a: { command: 'x' } } },
  { 'amp.mcpServers': { a: { command: 'x' } } },
  { servers: { a: { command: 'x' } }, mcp: { servers: { b: {} } }, settings: { mcp: { servers: { c: {} } } } },
  { projects: { p: { mcpServers: { a: {} } } }, 'mcp.servers': { d: {} } },
  { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
  { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' } },
];
const PATHS = [
  'a.json',
  '.cursor/mcp.json',
  '.vscode/mcp.json',
  '.github/settings.json',
  '.github/repos/a.json',
  'plan.json',
  '.claude.json',
];

test('systems declare nothing in texts without their words', () => {
  const random = randomFrom(SEED);
  const told = SYSTEMS.flatMap(([formats, system]) => (formats.includes('json') && system.words !== undefined ? [system] : []));
  const spoken = new Set<object>();
  const document = (): Json => {
    const members = random.some(SAMPLES, 2).flatMap((sample) => Object.entries(sample));
    return Object.fromEntries(members.filter(() => !random.chance(0.2)));
  };
  for (let round = 0; round < ROUNDS; round++) {
    const list = Array.from({ length: 1 + random.below(3) }, document);
    const text = JSON.stringify(random.chance(0.7) ? list[0] : random.chance(0.5) ? list : [list]);
    const path = random.pick(PATHS);
    const tree = readText('json', text, 'after');
    const said = wordsOf(tree);
    for (const system of told) {
      const declared = system.declarations(tree, path);
      if (declared.length === 0) continue;
      spoken.add(system);
      assert.ok(
        system.words?.some((word) => said.has(word)),
        `seed ${SEED}, round ${round}: ${system.id} declares ${declared[0]?.key ?? ''} in ${path} without a word of its own: ${text}`,
      );
    }
  }
  assert.deepEqual(
    told.filter((system) => !spoken.has(system)).map(({ id }) => id),
    [],
    'every system that tells its words was heard',
  );
});
