/** Expressions of ARM templates: in JSON a resource without any is not walked through, and none is looked for in two places. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readText } from '../../../server/engine/read/format.ts';
import { resolveExpressions } from '../../../server/engine/systems/arm-expressions.ts';
import { randomFrom } from '../access/random-policies.ts';

const SEED = Number(process.env['SEED'] ?? 20_261_121);
const random = randomFrom(SEED);

const TEXTS = [
  'plain',
  "[parameters('name')]",
  "[variables('Place')]",
  "[parameters('secret')]",
  '[[literal]',
  '[resourceGroup().location]',
  'a [b] c',
  '',
];

void test('resolved in JSON as in formats where every node is looked at', () => {
  for (let round = 0; round < 200; round++) {
    const resource = { type: 'Microsoft.Storage/storageAccounts', name: text(), tags: [text(), { a: text() }], n: 1, [text()]: text() };
    const template = {
      parameters: { name: { type: 'string', defaultValue: text() }, secret: { type: 'secureString', defaultValue: 'x' } },
      variables: { Place: text() },
      resources: [resource],
    };
    const plain = JSON.stringify(template, undefined, random.below(3));
    // Some brackets are escapes, as other writers of JSON may have them.
    const written = random.chance(0.3) ? plain.replaceAll('"[', '"\\u005b') : plain;
    const tree = readText('json', written, 'after');
    const [root] = tree.documents;
    assert.ok(root !== undefined);
    const quick = resolveExpressions(root, root, tree);
    const whole = resolveExpressions(root, root, { ...tree, format: 'yaml', text: '[' });
    assert.deepEqual(quick, whole, `seed ${SEED}: ${written}`);
  }
});

function text(): string {
  return random.chance(0.5) ? 'plain' : random.pick(TEXTS);
}
