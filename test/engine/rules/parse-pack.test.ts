import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { stringify } from 'yaml';
import { PACK_SCHEMA } from '../../../server/engine/rules/pack-schema.ts';
import { parsePack } from '../../../server/engine/rules/parse-pack.ts';
import { REPOSITORY } from '../../support/repository.ts';
import { packsHere } from './packs-here.ts';

const GOOD = `pack: team
version: 1.0.0
title: Rules of a team
rules:
  - id: team-open
    title: It is open
    severity: high
    on: [{ system: kubernetes }]
    when: { spec.open: true }
    blastRadius: service
    gain: read
    consequence: "It is open."
    fix: Close it.
    failureMode: It stays open.
    references: [CWE-1]
`;

void test('a good pack is read', () => {
  const parsed = parsePack('team.yaml', GOOD);
  assert.deepEqual(parsed.ok ? [] : parsed.problems, []);
});

void test('a pack may be JSON', () => {
  const { parsed } = packsHere()[0] ?? assert.fail('there are packs');
  assert.ok(parsed.ok);
  assert.ok(parsePack('team.json', JSON.stringify(parsed.pack)).ok);
  assert.ok(parsePack('team.yaml', stringify(parsed.pack)).ok);
});

/** What is replaced by what, the line that is named, and what is said. */
const BAD: readonly (readonly [from: string | RegExp, to: string, line: number, says: RegExp])[] = [
  ['when:', 'whn:', 9, /no key "whn"/],
  ['severity: high', 'severity: hihg', 7, /"hihg" is not known here\. Write one of critical, high/],
  ['    fix: Close it.\n', '', 5, /"fix" is missing/],
  ['id: team-open', 'id: Team Open', 5, /has not the right form/],
  ['version: 1.0.0', 'version: one', 2, /has not the right form/],
  ['system: kubernetes', 'system: kubernets', 8, /"kubernets" is not known here/],
  ['spec.open: true', 'spec..open: true', 9, /empty part/],
  ['spec.open: true', 'spec.open: { is: true, isnt: 1 }', 9, /no key "isnt"/],
  ['spec.open: true', 'spec.open: { matches: "(?=x)" }', 9, /RE2/],
  ['spec.open: true', 'spec.open: { matches: "(" }', 9, /RE2/],
  ['spec.open: true', 'cel: "item.("', 9, /not taken/],
  ['spec.open: true', `cel: '[1].exists(a, [1].exists(b, [1].exists(c, true)))'`, 9, /nested/],
  ['spec.open: true', 'any: []', 9, /empty/],
  ['spec.open: true', 'spec.open: { default: 1 }', 9, /tests nothing/],
  ['when: {', 'alarm: lowered\n    when: {', 9, /Add `at`/],
  ['"It is open."', '"It is {a..b}."', 12, /empty part/],
  ['title: It is open', 'title: It is open\n    title: Twice', 7, /Not valid YAML/],
  ['fix: Close it.', 'fix: "Close it.', 16, /Not valid YAML/],
  [/rules:[^]*/, 'rules: {}', 4, /Write a list/],
  [/^[^]*$/, '- 1', 1, /Write a table/],
  [/^[^]*$/, '', 1, /Write a table/],
  [
    /$/,
    '  - { id: team-open, title: a, severity: low, on: [{ system: "*" }], blastRadius: public, gain: a, consequence: b, fix: c, failureMode: d, references: [e] }\n',
    16,
    /twice/,
  ],
];

for (const [from, to, line, says] of BAD) {
  void test(`refused at line ${line}: ${says.source}`, () => {
    const text = GOOD.replace(from, () => to);
    assert.notEqual(text, GOOD);
    const parsed = parsePack('team.yaml', text);
    assert.ok(!parsed.ok, 'it was taken');
    assert.match(parsed.problems.map(({ message }) => message).join('\n'), says);
    assert.equal(parsed.problems.find(({ message }) => says.test(message))?.line, line);
    assert.ok(parsed.problems.every(({ file }) => file === 'team.yaml'));
  });
}

void test('aliases that multiply are refused', () => {
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n`;
  assert.ok(!parsePack('bomb.yaml', bomb).ok);
});

void test('the schema names every key of the type, and no other', () => {
  const text = readFileSync(join(REPOSITORY, 'server/engine/rules/pack.ts'), 'utf8');
  const rule = PACK_SCHEMA.properties?.['rules']?.items;
  const tests = PACK_SCHEMA.definitions['matcher']?.oneOf?.find(({ properties }) => properties !== undefined);
  for (const [type, schema] of [
    ['Pack', PACK_SCHEMA],
    ['PackRule', rule],
    ['MatcherTests', tests],
    ['PackTest', rule?.properties?.['tests']?.items],
    ['ItemPredicate', PACK_SCHEMA.definitions['predicate']?.properties?.['some']],
    ['RuleTarget', rule?.properties?.['on']?.items],
  ] as const) {
    const found = new RegExp(`export type ${type} = (?:\\{ (.*) \\};$|\\{\\n([^]*?)\\n\\};)`, 'm').exec(text) ?? assert.fail(type);
    const declared = found[1] ?? found[2] ?? '';
    // Keys within a key's own braces are not the type's.
    const flat = declared.replace(/\/\*\*[^]*?\*\//g, '').replace(/\{[^{}]*\}/g, '');
    const keys = [...flat.matchAll(/readonly (\w+)(\??):/g)].map(([, key, optional]) => ({ key: key ?? '', optional: optional === '?' }));
    assert.deepEqual(keys.map(({ key }) => key).sort(), Object.keys(schema?.properties ?? {}).sort(), type);
    const required = keys.filter(({ optional }) => !optional).map(({ key }) => key);
    assert.deepEqual([...(schema?.required ?? [])].sort(), required.sort(), `${type}, what must be there`);
  }
});
