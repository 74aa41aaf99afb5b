/** Documents of YAML that an edit left as they are are not searched for secrets. The answer is that of edits that leave none as it is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { secretFindings, withoutSecrets } from '../../../server/engine/rules/secret-findings.ts';
import type { Edit, Finding } from '../../../server/engine/types.ts';
import { randomFrom } from '../../support/random.ts';

const SEED = Number(process.env['SEED'] ?? 20_261_121);
const ROUNDS = Number(process.env['ROUNDS'] ?? 150);
const random = randomFrom(SEED);

void test('secrets of several documents, searched in part and whole', () => {
  let told = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const before = Array.from({ length: 2 + random.below(4) }, document);
    const after = before.map((each) => (random.chance(0.3) ? document() : each));
    if (random.chance(0.2)) after.splice(random.below(after.length), 1);
    if (random.chance(0.2)) after.splice(random.below(after.length), 0, random.chance(0.5) ? random.pick(before) : document());
    const mark = random.chance(0.2) ? '!tag ' : '';
    const own = edit(before, after.with(0, `${mark}${after[0] ?? ''}`));
    const whole = edit(
      before.map((each) => `${each}\nzz: 1`),
      after.map((each) => `${each}\nzz: 2`),
    );
    const shown = `seed ${SEED}\n${own.before}\n=== to\n${own.after}`;
    assert.deepEqual(toldOf(own), toldOf(whole), shown);
    assert.deepEqual(words(own), words(whole), shown);
    told += toldOf(own).length;
  }
  assert.ok(told > 0, 'nothing was told');
});

function document(): string {
  return (
    random.pick(['kind: Secret\ndata:\n  a: ', 'password: ', 'env:\n  - name: DB_PASSWORD\n    value: ', 'api_key: ', 'host: ']) +
    random.pick(SECRETS)
  );
}

const SECRETS = ['tulip-27-barge', 'mango/44.lark', '"${PASSWORD}"', 'quartz_91_heron'];

function edit(before: readonly string[], after: readonly string[]): Edit {
  const text = (documents: readonly string[]): string => `${documents.join('\n---\n')}\n`;
  return { path: 'app.yaml', before: text(before), after: text(after), provenance: { channel: 'hook', certainty: 'attested' } };
}

function toldOf(own: Edit): readonly string[] {
  return secretFindings(own, true).map(({ rule, consequence, fingerprint }) => `${rule} ${consequence} ${fingerprint}`);
}

/** What is left of a sentence that tells every secret. */
function words(own: Edit): readonly string[] {
  const finding: Finding = {
    rule: 'a-rule',
    severity: 'low',
    confidence: 'likely',
    rating: { sensitivity: { level: 'internal', why: '' }, blastRadius: { level: 'service', what: '' }, gain: '' },
    consequence: SECRETS.join(' and '),
    previously: '',
    opened: { name: 'x', kind: 'thing' },
    ranges: [],
    fingerprint: '',
    fix: '',
    failureMode: '',
    unchecked: [],
    references: [],
  };
  return withoutSecrets([finding], own, true).map(({ consequence }) => consequence);
}
