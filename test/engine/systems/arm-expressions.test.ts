/** Expressions of ARM templates: in JSON a resource without any is not walked through, and none is looked for in two places. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readText } from '../../../server/engine/read/format.ts';
import { saySame } from '../../../server/engine/rules/canonical-text.ts';
import { arm } from '../../../server/engine/systems/arm.ts';
import { resolveExpressions } from '../../../server/engine/systems/arm-expressions.ts';
import type { Declaration } from '../../../server/engine/systems/declaration.ts';
import { writtenAlike } from '../../../server/engine/systems/written-declaration.ts';
import { randomFrom } from '../../support/random.ts';

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

void test('what is written alike says the same, whatever was changed around it', () => {
  let alike = 0;
  for (let round = 0; round < 300; round++) {
    const template = {
      parameters: { name: { type: 'string', defaultValue: text() } },
      variables: { Place: text() },
      resources: [resource(1), resource(0), resource(0)],
    };
    const before = JSON.stringify(template, undefined, 1);
    const words = before.match(/"[^"]*"/g) ?? [];
    const after = random.chance(0.2)
      ? before.replace('"parameters"', '"Parameters"')
      : before.replace(random.pick(words), () => random.pick([...words, '"[parameters(\'name\')]"']));
    const [old, now] = [declarationsIn(before, 'before'), declarationsIn(after, 'after')];
    for (const [i, each] of now.entries()) {
      const other = old[i];
      if (other === undefined || !writtenAlike(other, each)) continue;
      alike++;
      assert.ok(saySame(other.node, each.node), `seed ${SEED}, ${each.key}\n${before}\n=== to\n${after}`);
    }
  }
  assert.ok(alike > 300, `only ${alike} were written alike`);
});

function resource(nested: number): object {
  return {
    type: 'Microsoft.Storage/storageAccounts',
    name: text(),
    location: text(),
    ...(nested === 0 ? {} : { resources: [resource(nested - 1)] }),
  };
}

function declarationsIn(written: string, side: 'before' | 'after'): readonly Declaration[] {
  return arm.declarations(readText('json', written, side), 'azuredeploy.json');
}

function text(): string {
  return random.chance(0.5) ? 'plain' : random.pick(TEXTS);
}
