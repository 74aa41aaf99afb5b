/**
 * Rules and access are asked only of what an edit changed. Here the same edits are compared the whole way, each rule asked of each
 * declaration that is not the same: a shortcut that leaves something out would be a hole in the gate.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { accessFindings } from '../../../server/engine/access/access-finding.ts';
import { DEFAULT_SETTINGS } from '../../../server/engine/assess.ts';
import { formatOf, readText } from '../../../server/engine/read/format.ts';
import { contentHash, saySame } from '../../../server/engine/rules/canonical-text.ts';
import { changeBetween } from '../../../server/engine/rules/change.ts';
import { type Alarm, alarmsOf } from '../../../server/engine/rules/evaluate.ts';
import { evaluateAll, type Side } from '../../../server/engine/rules/evaluate-all.ts';
import { packIndex } from '../../../server/engine/rules/load-packs.ts';
import { carriedOver } from '../../../server/engine/rules/moved.ts';
import { type Hit, nameOf } from '../../../server/engine/rules/hit.ts';
import { pairDeclarations } from '../../../server/engine/rules/pair.ts';
import type { Declaration } from '../../../server/engine/systems/declaration.ts';
import { declarationsOf } from '../../../server/engine/systems/registry.ts';
import type { Finding } from '../../../server/engine/types.ts';
import { REPOSITORY } from '../../support/repository.ts';
import { randomFrom } from '../../support/random.ts';
import { packsHere } from './packs-here.ts';
import { STRANGER } from '../../support/stranger.ts';

const SEED = Number(process.env['SEED'] ?? 20_261_121);
/** More of both, now and then: `ROUNDS=5000`. */
const ROUNDS = Number(process.env['ROUNDS'] ?? 150);
const random = randomFrom(SEED);

type Text = { readonly path: string; readonly text: string };

const OWN: readonly Text[] = readFileSync(join(REPOSITORY, 'test', 'engine', 'corpus', 'own', 'texts.jsonl'), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line): Text => JSON.parse(line));
const CASES: readonly (Text & { readonly before: string })[] = packsHere().flatMap(({ parsed }) =>
  parsed.ok ? parsed.pack.rules.flatMap(({ tests = [] }) => tests.map(({ path, before, after }) => ({ path, before, text: after }))) : [],
);

void test('the cases of the packs, compared in part and whole', () => {
  for (const { path, before, text } of CASES) if (random.below(CASES.length) < 2 * ROUNDS) compareBoth(path, before, text);
});

void test('texts with something changed at random, compared in part and whole', () => {
  for (let round = 0; round < ROUNDS; round++) {
    const { path, text } = random.chance(0.5) ? several() : random.pick(random.chance(0.5) ? OWN : CASES);
    let after = text;
    for (let i = random.below(3); i >= 0; i--) after = mutated(after);
    compareBoth(path, text, after);
  }
});

/** Texts of one kind written one after the other, so that something stands around what is changed. */
function several(): Text {
  const first = random.pick(CASES);
  const ending = /\.(tf|ya?ml|sql|conf|bicep|ini)$|(Dockerfile|CODEOWNERS|sudoers|sshd_config|npmrc|\.env)$/.exec(first.path)?.[0];
  if (ending === undefined) return first;
  const alike = CASES.filter(({ path }) => path === first.path || (/^[\w-]+\.\w+$/.test(path) && path.endsWith(ending)));
  const texts = Array.from({ length: 1 + random.below(3) }, () => random.pick(alike).text);
  const between = ending === '.yaml' || ending === '.yml' ? '\n---\n' : '\n';
  return { path: first.path, text: [first.text, ...texts].join(between) };
}

/** What edits do: a line goes, comes twice or changes place; a word becomes another one. */
function mutated(text: string): string {
  const lines = text.split('\n');
  const at = random.below(lines.length);
  const line = lines[at] ?? '';
  const words = text.match(/[\w.*/-]+/g) ?? [''];
  const other = random.chance(0.5) ? random.pick(words) : random.pick(WORDS);
  const own = line.match(/[\w.*/-]+/g) ?? [];
  switch (random.below(6)) {
    case 0:
      return lines.toSpliced(at, 1).join('\n');
    case 1:
      return lines.toSpliced(at, 0, line).join('\n');
    case 2:
      return lines.toSpliced(at, 1).toSpliced(random.below(lines.length), 0, line).join('\n');
    default:
      return own.length === 0 ? text : lines.with(at, line.replace(random.pick(own), other)).join('\n');
  }
}

const WORDS = [
  'FROM',
  'USER',
  'ARG',
  'true',
  'false',
  '0.0.0.0/0',
  '*',
  'root',
  '0',
  '22',
  'write',
  'latest',
  'admin',
  'Allow',
  'none',
  'name',
  'public',
  'null',
];

function compareBoth(path: string, one: string, other: string): void {
  for (const [before, after] of [
    [one, other],
    [other, one],
  ] as const) {
    const [old, now] = [sideOf(path, before, 'before'), sideOf(path, after, 'after')];
    // Of a key that is there twice the whole way compares both, whichever counts.
    if (old === undefined || now === undefined || repeatsKeys(old) || repeatsKeys(now)) continue;
    const shown = `seed ${SEED}, ${path}\n${before}\n=== to\n${after}`;
    assert.deepEqual(alarmsIn(old, now, path), wholeAlarms(old, now, path), shown);
    assert.deepEqual(accessIn(path, old, now), wholeAccess(path, old, now), shown);
    for (const { node } of old.declarations)
      for (const there of now.declarations) assert.equal(changeBetween(node, there.node) === undefined, saySame(node, there.node), shown);
  }
}

function repeatsKeys({ tree }: Side): boolean {
  return tree.problems.some(({ kind }) => kind === 'duplicate-key');
}

function sideOf(path: string, text: string, side: 'before' | 'after'): Side | undefined {
  const format = formatOf(path, text);
  if (format === undefined) return undefined;
  const tree = readText(format, text, side);
  return { tree, declarations: text.trim() === '' ? [] : declarationsOf(tree, path) };
}

function alarmsIn(before: Side, after: Side, path: string): readonly string[] {
  return evaluateAll(before, after, packIndex(), path, () => false)
    .alarms.map(written)
    .sort();
}

/** Every rule that speaks of a pair is asked of it. */
function wholeAlarms(before: Side, after: Side, path: string): readonly string[] {
  const old = carriedOver(before.declarations, after.declarations);
  const pairs = pairDeclarations(old, after.declarations).filter(
    (pair) =>
      pair.before === undefined ||
      pair.after === undefined ||
      pair.loose ||
      pair.before.type !== pair.after.type ||
      !saySame(pair.before.node, pair.after.node),
  );
  const rulesOf = (each: Declaration | undefined) => (each === undefined ? [] : packIndex().rulesFor(each));
  const rules = new Set(pairs.flatMap((pair) => [...rulesOf(pair.after), ...rulesOf(pair.before)]));
  return [...rules]
    .flatMap((rule) =>
      alarmsOf(
        rule,
        pairs.filter((pair) => rulesOf(pair.after).includes(rule) || rulesOf(pair.before).includes(rule)),
        path,
        'everywhere',
      ),
    )
    .map(written)
    .sort();
}

function written({ rule, declarations, items, severity, unknown, marks, values, compared }: Alarm): string {
  return JSON.stringify([
    rule.id,
    declarations.before?.key,
    declarations.after?.key,
    wayTo(items.before),
    wayTo(items.after),
    severity,
    unknown,
    // Of several lines that say the same, either may be the new one.
    marks.map(({ path, hit }) => [
      path,
      wayTo(hit),
      hit?.inList !== undefined && hit.node.type === 'string' ? hit.node.value : hit?.node.offset,
    ]),
    values,
    compared,
  ]);
}

/** The keys and items on the way, items by their names or else by what they hold. */
function wayTo(hit: Hit | undefined): string {
  if (hit?.from === undefined) return '';
  const { from, inList, key } = hit;
  return `${wayTo(from)}${inList === undefined ? `.${key}` : `[${nameOf(inList) ?? contentHash(inList)}]`}`;
}

function accessIn(path: string, before: Side, after: Side): readonly Finding[] {
  return accessFindings(path, before, after, DEFAULT_SETTINGS).findings;
}

/** Something that no system knows and only one text has: then nothing may be taken for the same because it stands at the same place. */
function wholeAccess(path: string, before: Side, after: Side): readonly Finding[] {
  return accessIn(path, before, { ...after, declarations: [...after.declarations, STRANGER] });
}
