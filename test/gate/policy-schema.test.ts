import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { parsePolicy } from '../../server/gate/policy-file.ts';
import { policyJsonSchema } from '../../server/gate/policy-json-schema.ts';
import type { Schema } from '../../server/engine/rules/pack-schema.ts';
import { parse } from 'yaml';
import { REPOSITORY } from '../support/repository.ts';

const schema = policyJsonSchema();
const validate = new Ajv({ allErrors: true }).compile(schema);

/** Policies, and whether they may be used. Both the reader and the published schema must say so. */
const POLICIES: readonly (readonly [string, boolean])[] = [
  ['{}', true],
  ['version: 1', true],
  ['version: 2', false],
  ['verdicts: {critical: forbid, high: approve, medium: acknowledge, low: note, info: allow}', true],
  ['verdicts: {hihg: forbid}', false],
  ['verdicts: {high: permit}', false],
  ['verdicts: strict', false],
  ['environments: {prod: {match: ["infra/prod/**"], verdicts: {medium: acknowledge}}}', true],
  ['environments: {prod: {match: ["infra/prod/**"]}}', false],
  ['environments: {prod: {verdicts: {}}}', false],
  ['noGo: [a/**, {pattern: b, owner: Security}]', true],
  ['noGo: [{owner: Security}]', false],
  ['noGo: [""]', false],
  ['noGo: a', false],
  ['watch: [deploy/**]', true],
  ['reason: {minimumLength: 20, ticketRequired: true, ticketPattern: "OPS-[0-9]+"}', true],
  ['reason: {minimumLength: 19}', false],
  ['reason: {minimumLength: 20.5}', false],
  ['reason: {categories: [{id: audit, label: Audit finding}]}', true],
  ['reason: {categories: []}', false],
  ['reason: {categories: [{id: "Audit 1", label: x}]}', false],
  ['reason: {categories: [{id: audit}]}', false],
  ['expiry: {defaultHours: 8, longestHours: 24, critical: {longestHours: 8}}', true],
  ['expiry: {longestHours: 9000}', false],
  ['expiry: {critical: 8}', false],
  ['presence: {critical: verified, high: touch, low: none}', true],
  ['presence: {critical: pin}', false],
  ['retryMinutes: 5', true],
  ['retryMinutes: "5"', false],
  ['sensitivity: [{pattern: "*payroll*", level: restricted, label: pay}]', true],
  ['sensitivity: [{pattern: x, level: secret}]', false],
  [
    'packs: [shop, {name: a, keys: [k.pem]}, {npm: "@a/b", lock: "0000000000000000000000000000000000000000000000000000000000000000"}]',
    true,
  ],
  ['packs: [{npm: "../x"}]', false],
  ['ignore: [{rule: a-b, path: x, reason: why, until: "2027-02-03"}]', true],
  ['ignore: [{rule: A, path: x, reason: why, until: "2027-02-03"}]', false],
  ['ignores: {longestDays: 30, upTo: medium, workspaceUpTo: low}', true],
  ['newRules: enforce', true],
  ['newRules: off', false],
  ['accounts: ["111122223333"]', true],
  ['accounts: ["1"]', false],
  ['trustedKeys: [{person: Ada, key: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGAqdt8NRP2uXZ3B6p1GAr2pbhTBlAY5mSHEhE4mo0i4 ada@x"}]', true],
  ['trustedKeys: [{person: Ada, key: "SHA256:Uo9HKfzLJ8kMExvjCzFwHgUZ0oHw0yZ3n3oZ4lX8xXo"}]', false],
  ['trustedKeys: [{key: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGAqdt8NRP2uXZ3B6p1GAr2pbhTBlAY5mSHEhE4mo0i4"}]', false],
  ['trustedKeys: [{person: Ada, key: ada.pub}]', false],
  [
    `approvers: [{person: Ada, keys: ["${'0'.repeat(64)}", "SHA256:Uo9HKfzLJ8kMExvjCzFwHgUZ0oHw0yZ3n3oZ4lX8xXo"], severities: [critical], environments: [prod], match: [a/**]}]`,
    true,
  ],
  [`approvers: [{person: Ada, keys: ["${'0'.repeat(63)}"]}]`, false],
  ['approvers: [{person: Ada}]', false],
  ['approvers: [{person: Ada, keys: []}]', false],
  ['approvers: []', false],
  ['unknown: 1', false],
];

for (const [text, good] of POLICIES) {
  void test(`${good ? 'good' : 'bad'} for reader and schema alike: ${text}`, () => {
    const parsed = parsePolicy(text);
    assert.equal(parsed.ok, good, JSON.stringify(parsed));
    assert.equal(validate(parse(text)), good, JSON.stringify(validate.errors));
  });
}

void test('every key says what it is for', () => {
  const silent: string[] = [];
  const walk = ({ description, properties = {}, items, additionalProperties, oneOf = [] }: Schema, at: string): void => {
    // What an entry of a list is, its list says.
    if (description === undefined && !at.endsWith('.*')) silent.push(at);
    for (const [key, below] of Object.entries(properties)) walk(below, at === '' ? key : `${at}.${key}`);
    if (items !== undefined) walk(items, `${at}.*`);
    if (typeof additionalProperties === 'object') walk(additionalProperties, `${at}.*`);
    for (const one of oneOf) walk({ ...one, description: 'one of several' }, at);
  };
  walk(schema, '');
  assert.deepEqual(silent, [], 'add them to DESCRIPTIONS in policy-json-schema.ts');
});

void test('the extension tells editors of the schema, for each file that is a policy', () => {
  const manifest: unknown = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8'));
  const text = JSON.stringify(manifest);
  assert.ok(text.includes('"**/.countersign/policy.yaml"') && text.includes('"url":"./dist/schema/policy.schema.json"'));
});
