import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMap, isScalar, isSeq, type Document, parseAllDocuments, visit } from 'yaml';
import { assessConfig } from '../../../server/engine/assess-config.ts';
import { DEFAULT_SETTINGS } from '../../../server/engine/assess.ts';
import { indexPacks, type PackIndex } from '../../../server/engine/rules/index-packs.ts';
import { packsHere } from './packs-here.ts';

/** Ways to write the same document. Each gives undefined where it cannot. */
const REWRITES: readonly (readonly [name: string, rewrite: (text: string) => string | undefined])[] = [
  [
    'keys reversed',
    (text) => rewritten(text, (document) => visit(document, { Map: (_, map) => void (map.items = map.items.toReversed()) })),
  ],
  ['in flow style', (text) => rewritten(text, (document) => flow(document, true))],
  ['in block style', (text) => rewritten(text, (document) => flow(document, false))],
  ['indented by four', (text) => rewritten(text, () => {}, 4)],
  [
    'every text in quotes',
    (text) =>
      rewritten(text, (document) =>
        visit(document, {
          Scalar: (key, node) => {
            if (typeof node.value === 'string' && key !== 'key') node.type = 'QUOTE_DOUBLE';
          },
        }),
      ),
  ],
  ['with comments', (text) => (/[|>][-+]?\n/.test(text) ? undefined : text.replace(/\n/g, '\n# a comment\n'))],
  ['with \\r\\n', (text) => text.replaceAll('\n', '\r\n')],
  ['as JSON', (text) => (documentsOf(text)?.length === 1 ? JSON.stringify(documentsOf(text)?.[0]?.toJS()) : undefined)],
];

for (const { parsed } of packsHere()) {
  if (!parsed.ok) continue;
  const packs = indexPacks([parsed.pack]);
  for (const rule of parsed.pack.rules) {
    const cases = (rule.tests ?? []).filter(({ path }) => /\.ya?ml$/.test(path));
    for (const [name, rewrite] of REWRITES) {
      if (cases.length === 0) continue;
      void test(`${rule.id}: ${name}, nothing has changed, and what alarms still does`, () => {
        for (const each of cases) {
          const after = rewrite(each.after);
          if (after === undefined) continue;
          assert.deepEqual(found(packs, rule.id, each.path, each.after, after), [], `${each.after}\n--- and\n${after}`);
          assert.deepEqual(found(packs, rule.id, each.path, after, each.after), [], `${after}\n--- and\n${each.after}`);
          const before = each.before === '' ? '' : rewrite(each.before);
          if (before === undefined) continue;
          assert.deepEqual(
            found(packs, rule.id, each.path, before, after),
            each.alarms.map(({ severity }) => severity),
            `${before}\n--- to\n${after}`,
          );
        }
      });
    }
  }
}

function found(packs: PackIndex, rule: string, path: string, before: string, after: string): readonly string[] {
  const { findings } = assessConfig(
    { path, before, after, provenance: { channel: 'hook', certainty: 'attested' } },
    DEFAULT_SETTINGS,
    packs,
  );
  return findings.filter((finding) => finding.rule === rule).map(({ severity }) => severity);
}

function rewritten(text: string, change: (document: Document) => void, indent = 2): string | undefined {
  const documents = documentsOf(text);
  if (documents === undefined) return undefined;
  for (const document of documents) change(document);
  return documents.map((document) => document.toString({ indent, lineWidth: 0 }).replace(/^---\n/, '')).join('---\n');
}

/** Undefined for what the rewriting would lose: tags of CloudFormation, anchors, templates. */
function documentsOf(text: string): readonly Document[] | undefined {
  if (/(^|[\s[,])[!&*][A-Za-z]|\{\{|<<:/m.test(text)) return undefined;
  const documents = parseAllDocuments(text);
  if (!Array.isArray(documents) || documents.some(({ errors }) => errors.length > 0)) return undefined;
  return documents;
}

function flow(document: Document, wanted: boolean): void {
  visit(document, {
    Collection: (_, node) => {
      if (isMap(node) || isSeq(node)) node.flow = wanted;
    },
    Scalar: (_, node) => {
      // A block text cannot stand in flow style.
      if (isScalar(node) && typeof node.value === 'string' && /BLOCK/.test(node.type ?? '')) node.type = 'QUOTE_DOUBLE';
    },
  });
}
