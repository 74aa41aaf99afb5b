/**
 * What is told of a region at a glance, against the search over all its patterns that it spares: random regions of ARNs, asked for the
 * resource types of random actions. Of a union of patterns a walk may give up, so only sure answers are compared.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadCatalogue } from '../../../server/engine/access/aws-iam/catalogue.ts';
import { globMaker, matches } from '../../../server/engine/access/aws-iam/glob.ts';
import { findString, type Language } from '../../../server/engine/access/aws-iam/language.ts';
import { tokensOf } from '../../../server/engine/access/aws-iam/pattern.ts';
import { type Region, regionsOf, type ResourceTest } from '../../../server/engine/access/aws-iam/regions.ts';
import { globsOfTypes, typesOfUnlisted } from '../../../server/engine/access/aws-iam/resource-types.ts';
import { type Random, randomFrom } from '../../support/random.ts';

const SEED = Number(process.env['REGIONS_SEED'] ?? 20_261_121);
const ROUNDS = Number(process.env['REGIONS_ROUNDS'] ?? 400);
const tick = (): void => undefined;

const PATTERNS = [
  '*',
  'arn:aws:s3:::*',
  'arn:aws:s3:::a',
  'arn:aws:s3:::a/*',
  'arn:aws:s3:::a*',
  'arn:aws:s3:::*/in/*',
  'arn:aws:s3:::a/?.json',
  'arn:aws-cn:s3:::a/*',
  'arn:*:s3:::*',
  'arn:aws:s3:us-east-1:*:accesspoint/*',
  'arn:aws:iam::111122223333:role/*',
  'arn:aws:iam::*:role/team/x',
  'arn:aws:iam::*:*',
  'arn:aws:*:eu-*:*:*',
  'arn:aws:sqs:*:*:q-*',
  'arn:aws:kms:*:*:key/?*',
  'arn:aws:kms:*:*:alias/*',
  '${Bucket}/*',
  'bucket',
];
const ACTIONS = ['s3:GetObject', 's3:ListBucket', 's3:ListAllMyBuckets', 's3:GetAccessPoint', 's3:DescribeJob', 'iam:PassRole'].concat([
  'iam:CreateUser',
  'sqs:SendMessage',
  'sqs:ListQueues',
  'kms:Decrypt',
  'kms:CreateAlias',
  'ec2:RunInstances',
]);

test('what is told of a region at a glance is what a search finds', () => {
  const loaded = loadCatalogue();
  assert.ok(loaded.ok);
  const { catalogue } = loaded;
  const random = randomFrom(SEED);
  let [some, none] = [0, 0];
  for (let round = 0; round < ROUNDS; round++) {
    const makeGlob = globMaker();
    const regions = regionsOf(tick);
    const glob = (text: string) =>
      makeGlob(text, tokensOf(text, { wildcards: true, arn: 'resource', variables: false }, new Map()) ?? [], false);
    const region = randomRegion(random, (texts, not) => regions.test(texts.map(glob), not), regions.everything, regions.and);
    const name = random.pick(ACTIONS);
    const types = random.chance(0.2) ? typesOfUnlisted(name, catalogue) : catalogue.action(name)?.resourceTypes;
    assert.ok(types !== undefined, name);
    const asked = regions.canAsk(region, types);
    // A pattern that begins with what only a template knows may be of any type, but where the services of others leave none.
    const anyType = asked !== 'none' && region.inside.some(({ not, globs }) => !not && globs.some(({ text }) => text.startsWith('${')));
    const language = languageOf(region, anyType ? undefined : types);
    const patterns = [...language.unions, language.not].map((union) => union.map(({ text }) => text));
    const said = `seed ${SEED}, round ${round}, ${name}: ${JSON.stringify(patterns)}`;

    const searched = findString(language, () => false).kind;
    if (asked !== 'undecided' && searched !== 'undecided') assert.equal(asked, searched, said);
    assert.equal(regions.canAsk(region, types), asked, `asked again, ${said}`);

    const found = regions.resourceIn(region, types);
    if (found.kind === 'some' && asked !== 'none') assert.ok(holds(language, found.text), `${found.text} is none of them, ${said}`);
    if (asked === 'some') assert.notEqual(found.kind, 'none', said);
    if (asked === 'some') some++;
    if (asked === 'none') none++;
  }
  // Both answers were given often enough to say something.
  assert.ok(Math.min(some, none) > ROUNDS / 10, `${some} some, ${none} none`);
});

type And = (region: Region, test: ResourceTest, inside: boolean) => Region | undefined;

/** What a few statements leave of all resources; never nothing. */
function randomRegion(random: Random, testOf: (texts: readonly string[], not: boolean) => ResourceTest, start: Region, and: And): Region {
  let region = start;
  for (let i = 0; i <= random.below(3); i++) {
    const one = testOf(random.some(PATTERNS, 3), random.chance(0.2));
    region = and(region, one, i === 0 || random.chance(0.6)) ?? region;
  }
  return region;
}

function languageOf({ inside, outside }: Region, types: Parameters<typeof globsOfTypes>[0] | undefined): Language {
  const tests = [...inside.map((each) => ({ ...each, wanted: !each.not })), ...outside.map((each) => ({ ...each, wanted: each.not }))];
  return {
    unions: [...tests.filter(({ wanted }) => wanted).map(({ globs }) => globs), ...(types === undefined ? [] : [globsOfTypes(types).any])],
    not: tests.filter(({ wanted }) => !wanted).flatMap(({ globs }) => globs),
  };
}

function holds({ unions, not }: Language, text: string): boolean {
  return unions.every((union) => union.some((glob) => matches(glob, text))) && !not.some((glob) => matches(glob, text));
}
