/**
 * The short way to what an edit opens against the whole way, on random edits: changes of one part, moves, copies, statements that come
 * and go, Denies, escalations that need an old and a new statement, other versions, misspelt words.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadCatalogue } from '../../../server/engine/access/aws-iam/catalogue.ts';
import { nearOf } from '../../../server/engine/access/aws-iam/comparison.ts';
import { difference } from '../../../server/engine/access/aws-iam/difference.ts';
import { narrowed } from '../../../server/engine/access/aws-iam/narrowed.ts';
import { pairDocuments } from '../../../server/engine/access/aws-iam/pair-documents.ts';
import { readPolicies } from '../../../server/engine/access/aws-iam/policy.ts';
import { readStatement } from '../../../server/engine/access/aws-iam/read-statement.ts';
import { soundStatement } from '../../../server/engine/access/aws-iam/sound-statement.ts';
import type { Surroundings } from '../../../server/engine/access/aws-iam/statement-values.ts';
import type { PolicyDocument, Statement } from '../../../server/engine/access/aws-iam/statement.ts';
import { type Told, toldOf } from '../../../server/engine/access/aws-iam/told.ts';
import { changedPart, keptIn } from '../../../server/engine/read/changed-part.ts';
import { readJson } from '../../../server/engine/read/json.ts';
import { readStrictJson } from '../../../server/engine/read/strict-json.ts';
import { secretValuesIn } from '../../../server/engine/rules/secret-values.ts';
import { moreSecrets } from '../secrets/more-secrets.ts';

const SEED = Number(process.env['NARROWED_SEED'] ?? 20_261_121);
const ROUNDS = Number(process.env['NARROWED_ROUNDS'] ?? 600);
const tick = (): void => undefined;

type Random = (below: number) => number;
type Json = Readonly<Record<string, unknown>>;

function randomFrom(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >> 8) % below;
  };
}

const ACTIONS = [
  's3:GetObject',
  's3:Put*',
  'iam:PassRole',
  'lambda:CreateFunction',
  'iam:*',
  'ec2:RunInstances',
  's3:*',
  '*',
  'kms:Decrypt',
];
const RESOURCES = [
  '*',
  'arn:aws:s3:::a/*',
  'arn:aws:s3:::b/*',
  'arn:aws:s3:::*',
  'arn:aws:iam::*:role/x',
  'arn:aws:s3:::${aws:username}/*',
];
const CONDITIONS: readonly Json[] = [
  { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } },
  { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
  { IpAddress: { 'AWS:sourceIp': ['10.0.0.0/8'] } },
  { StringLike: { 'aws:username': 'a*' } },
];
const PRINCIPALS = [
  '*',
  { AWS: '111122223333' },
  { AWS: ['arn:aws:iam::111122223333:role/a', '444455556666'] },
  { Service: 'ec2.amazonaws.com' },
];

function one<T>(items: readonly T[], random: Random): T {
  return items[random(items.length)] ?? assert.fail('nothing to choose from');
}

function some(items: readonly string[], random: Random): string | readonly string[] {
  return random(3) === 0 ? one(items, random) : Array.from({ length: 1 + random(3) }, () => one(items, random));
}

function statement(random: Random, withPrincipals: boolean): Json {
  const action = random(8) === 0 ? 'NotAction' : 'Action';
  const resource = random(8) === 0 ? 'NotResource' : 'Resource';
  return {
    ...(random(2) === 0 ? { Sid: `S${random(4)}` } : {}),
    Effect: random(4) === 0 ? 'Deny' : 'Allow',
    ...(withPrincipals ? { [random(6) === 0 ? 'NotPrincipal' : 'Principal']: one(PRINCIPALS, random) } : {}),
    [action]: some(ACTIONS, random),
    [resource]: some(RESOURCES, random),
    ...(random(4) === 0 ? { Condition: one(CONDITIONS, random) } : {}),
  };
}

/** One step of an edit. */
function changed(statements: readonly Json[], random: Random, withPrincipals: boolean): readonly Json[] {
  const at = random(statements.length);
  const chosen = statements[at] ?? statement(random, withPrincipals);
  const rest = statements.toSpliced(at, 1);
  switch (random(11)) {
    case 0:
      return statements.toSpliced(at, 0, statement(random, withPrincipals));
    case 1:
      return rest;
    case 2:
      return rest.toSpliced(random(rest.length + 1), 0, chosen);
    case 3:
      return statements.toSpliced(random(statements.length + 1), 0, chosen);
    case 4:
      return statements.with(at, { ...chosen, Effect: chosen['Effect'] === 'Deny' ? 'Allow' : 'Deny' });
    case 5:
      return statements.with(at, { ...chosen, Action: some(ACTIONS, random) });
    case 6:
      return statements.with(at, { ...chosen, Resource: some(RESOURCES, random) });
    case 7:
      return statements.with(at, { ...chosen, Condition: one(CONDITIONS, random) });
    case 8:
      // The same in other words.
      return statements.with(at, Object.fromEntries(Object.entries(chosen).toReversed()));
    case 9:
      return statements.with(at, { ...chosen, [one(['actions', 'Efect', 'Sid', 'NotAction', 'Ресurce'], random)]: 's3:*' });
    default:
      return statements.with(at, statement(random, withPrincipals));
  }
}

function edit(random: Random): readonly [before: string, after: string] {
  const withPrincipals = random(4) === 0;
  const start: readonly Json[] = Array.from({ length: 1 + random(9) }, () => statement(random, withPrincipals));
  let now = start;
  for (let steps = 1 + random(2); steps > 0; steps--) if (now.length > 0) now = changed(now, random, withPrincipals);
  const version = one(['2012-10-17', '2012-10-17', '2012-10-17', '2008-10-17', ''], random);
  const other = random(8) === 0 ? one(['2012-10-17', '2008-10-17', ''], random) : version;
  const text = (of: readonly Json[], Version: string, spaces: number): string =>
    JSON.stringify({ ...(Version === '' ? {} : { Version }), Statement: of }, null, spaces);
  const wrapped = random(5) === 0;
  const wrap = (policy: string): string => (wrapped ? JSON.stringify({ PolicyName: 'p', PolicyDocument: policy }) : policy);
  return [wrap(text(start, version, 1)), wrap(text(now, other, random(10) === 0 ? 2 : 1))];
}

const shown = (told: readonly Told[]): unknown =>
  told.map(({ side, statement: { pointer, effect }, variables, unchanged }) => ({ side, pointer, effect, variables, unchanged }));

test('the short way keeps exactly the statements that the whole way keeps', () => {
  let short = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const [before, after] = edit(randomFrom(SEED + round));
    const [old, now] = [
      readPolicies(readJson(before, 'before'), 'p.json').documents,
      readPolicies(readJson(after, 'after'), 'p.json').documents,
    ];
    for (const pair of pairDocuments(old, now, tick)) {
      const found = narrowed(pair, tick);
      if (found === undefined) continue;
      short++;
      assert.deepEqual(shown(found), shown(nearOf(toldOf(pair, tick))), `seed ${SEED + round}\n${before}\n${after}`);
    }
  }
  // Else nothing was tried.
  assert.ok(short > ROUNDS / 4, `${short} of ${ROUNDS}`);
});

// Places may differ: where texts are known, a repetition in other words counts as changed.
test('the short way tells the expansions that the whole way tells', () => {
  const loaded = loadCatalogue();
  assert.ok(loaded.ok);
  for (let round = 0; round < ROUNDS / 12; round++) {
    const [before, after] = edit(randomFrom(SEED + 7_777_777 + round));
    const sides = [
      readPolicies(readJson(before, 'before'), 'p.json').documents,
      readPolicies(readJson(after, 'after'), 'p.json').documents,
    ];
    const expansions = (documents: readonly (readonly PolicyDocument[])[]): unknown =>
      difference(documents[0] ?? [], documents[1] ?? [], loaded.catalogue, () => false).expansions.map(
        ({ canonical, witness, certainty }) => [canonical, witness, certainty],
      );
    assert.deepEqual(
      expansions(sides),
      expansions(sides.map((each) => each.map(plainDocument))),
      `seed ${SEED + 7_777_777 + round}\n${before}\n${after}`,
    );
  }
});

test('a sound statement is read as with care, and nothing is to be said of it', () => {
  for (let round = 0; round < ROUNDS; round++) {
    const [text] = edit(randomFrom(SEED + round)).toReversed();
    const read = readJson(text ?? '', 'after');
    const list = read.root?.children?.at(-1)?.children?.[1];
    const around: Surroundings = { side: 'after', placeOf: read.placeOf, problems: [], source: read.text };
    for (const [i, node] of (list?.children ?? []).entries()) {
      const sound = soundStatement(node, () => `/${i}`, around);
      const problems = around.problems.length;
      const careful = readStatement(node, `/${i}`, around);
      if (sound === undefined) continue;
      assert.equal(around.problems.length, problems, `seed ${SEED + round}`);
      assert.deepEqual(plain(sound), careful === undefined ? undefined : plain(careful), `seed ${SEED + round}`);
    }
  }
});

test('of secrets written out, the changed part of a document has as many more as the whole', () => {
  for (let round = 0; round < ROUNDS; round++) {
    const random = randomFrom(SEED + round);
    const value = (depth: number): unknown => {
      const kind = random(depth > 3 ? 2 : 6);
      if (kind < 2) return one(['hunter22', 'rotated9', 'x', 1234, '${VAR}', 'DB_PASSWORD=hunter22'], random);
      if (kind === 2) return Array.from({ length: random(4) }, () => value(depth + 1));
      return Object.fromEntries(
        Array.from({ length: random(4) }, () => [
          one(['password', 'api_key', 'a', 'kind', 'data', 'name', 'value', 'token'], random),
          value(depth + 1),
        ]),
      );
    };
    const swapped = (root: unknown): unknown => {
      if (random(4) === 0) return value(2);
      if (Array.isArray(root) && root.length > 0) {
        const at = random(root.length);
        return random(3) === 0 ? root.toSpliced(at, 1) : root.with(at, swapped(root[at]));
      }
      if (typeof root !== 'object' || root === null || Array.isArray(root)) return value(2);
      const entries = Object.entries(root);
      const at = random(entries.length + 1);
      return Object.fromEntries(
        entries.map(([key, each], i) => [i === at && random(3) === 0 ? 'kind' : key, i === at ? swapped(each) : each]),
      );
    };
    const root = { list: [value(0), value(0), value(0)], kind: one(['Secret', 'Pod'], random), data: value(1), more: value(0) };
    const [before, after] = [root, swapped(root)].map((each) => JSON.stringify(each, null, 1)) as [string, string];
    const [old, now] = [readStrictJson(before), readStrictJson(after)];
    assert.ok(old !== undefined && now !== undefined);
    const kept = keptIn(old, now, changedPart(before, after));
    const [oldAll, nowAll] = [secretValuesIn(old), secretValuesIn(now)];
    const [oldPart, nowPart] = [secretValuesIn(old, kept), secretValuesIn(now, kept)];
    const told = `seed ${SEED + round}\n${before}\n${after}`;
    assert.deepEqual(moreSecrets(nowPart, oldPart), moreSecrets(nowAll, oldAll), told);
    assert.deepEqual(moreSecrets(oldPart, nowPart), moreSecrets(oldAll, nowAll), told);
  }
});

/** Without what is known of how it is written. */
function plainDocument({ kind, pointer, identity, owner, version, statements, place }: PolicyDocument): PolicyDocument {
  return { kind, pointer, identity, owner, version, statements: statements.map(plain), place };
}

function plain({
  sid,
  effect,
  principals,
  notPrincipal,
  actions,
  notAction,
  resources,
  notResource,
  conditions,
  pointer,
  place,
  effectPlace,
}: Statement): Statement {
  return {
    sid,
    effect,
    principals: principals?.map((each) => ({ text: each.text, type: each.type, place: each.place })),
    notPrincipal,
    actions: actions.map((each) => ({ text: each.text, place: each.place })),
    notAction,
    resources: resources.map((each) => ({ text: each.text, place: each.place })),
    notResource,
    conditions: conditions.map((each) => ({
      operator: each.operator,
      key: each.key,
      values: each.values.map((value) => ({ text: value.text, place: value.place })),
      place: each.place,
    })),
    pointer,
    place,
    effectPlace,
  };
}
