import type { Place } from '../types.ts';
import { blocksTakenOver } from './blocks-taken-over.ts';
import type { ChangedPart } from './changed-part.ts';
import { type Draft, type Entry, objectNode, propertiesOf, textNode, valueIn } from './draft.ts';
import { type Cursor, enter, NEWLINE, readWord, skip, skipLine, startsBlock, wrong } from './hcl-cursor.ts';
import { readExpression } from './hcl-expression.ts';
import { fold } from './hcl-functions.ts';
import { readQuoted } from './hcl-template.ts';
import { type BlockLanguage, readBlocks } from './read-blocks.ts';
import type { TextTree, TreeNode } from './tree.ts';

/**
 * Reads HCL: Terraform, OpenTofu, their variables, Terragrunt, Packer.
 *
 * The document is an object of attributes, and of blocks gathered by name: `resource "a" "b" {}` is an item, with labels
 * ["a", "b"], of the array `resource`. `local.x` and `var.x` are followed when the text itself gives them a value, and the
 * value's node stands where its text stands. Functions over what is known are worked out; everything else is unresolved.
 */
export function readHcl(text: string, side: Place['side']): TextTree {
  return readBlocks(text, side, HCL);
}

const HCL: BlockLanguage = {
  format: 'hcl',
  language: 'HCL',
  topLevel:
    /(?:resource|data|module|variable|output|locals|provider|terraform|moved|removed|import|check|ephemeral|include|dependency)\b[ \t]*(?:"[^"\n]*"[ \t]*)*\{/y,
  readExpression,
  readNext: (c) => {
    const entry = readNext(c);
    if (entry !== undefined) define(c, entry);
    return entry;
  },
  gathered: propertiesOf,
  defines: ({ key, kind }) => kind === 'block' && (key.value === 'locals' || key.value === 'variable'),
  fold,
};

/** As `readHcl`, where the text before the edit was read already; undefined where all of the text must be read. */
export function hclTakenOver(text: string, side: Place['side'], other: TextTree, part: ChangedPart): readonly TreeNode[] | undefined {
  return blocksTakenOver(text, side, other, part, HCL);
}

/** Attributes and blocks up to the brace that closes them, which is left. */
function readBody(c: Cursor): readonly Entry[] {
  const entries: Entry[] = [];
  for (;;) {
    skip(c, 'bracket');
    if (c.at >= c.text.length || startsBlock(c) || c.text.charCodeAt(c.at) === 125) return entries;
    const entry = readNext(c);
    if (entry !== undefined) entries.push(entry);
  }
}

/** An attribute or a block; at least a character is passed over. */
function readNext(c: Cursor): Entry | undefined {
  const before = c.at;
  const entry = readEntry(c);
  if (c.at === before) {
    const what = c.text.charCodeAt(before) === 125 ? 'a brace that closes nothing' : 'neither a name nor a block';
    wrong(c, before, before + 1, what);
    c.at++;
  }
  return entry;
}

function readEntry(c: Cursor): Entry | undefined {
  const start = c.at;
  const key = readName(c);
  if (key === undefined) {
    const code = c.text.charCodeAt(start);
    if (code === 44 || code === 59) c.at++;
    else if (code !== 125) {
      wrong(c, start, start + 1, 'neither a name nor a block');
      skipLine(c);
    }
    return undefined;
  }
  skip(c, 'line');
  const sign = c.text.charCodeAt(c.at);
  if ((sign === 61 && c.text.charCodeAt(c.at + 1) !== 61) || sign === 58) {
    c.at++;
    const value = readExpression(c, 'line');
    endLine(c);
    return { kind: 'attribute', key, value };
  }
  const labels: string[] = [];
  for (;;) {
    const label = readName(c);
    if (label === undefined) break;
    labels.push(String(label.value));
    skip(c, 'line');
  }
  if (c.text.charCodeAt(c.at) === 123) return readBlock(c, key, labels);
  wrong(c, start, c.at, `"${String(key.value).slice(0, 80)}" has no value`);
  skipLine(c);
  return undefined;
}

function readBlock(c: Cursor, key: Draft, labels: readonly string[]): Entry {
  const brace = c.at++;
  const entered = enter(c);
  const entries = entered ? readBody(c) : [];
  c.depth--;
  if (c.text.charCodeAt(c.at) === 125) c.at++;
  else {
    c.unclosed = true;
    if (!c.tooDeep) wrong(c, brace, brace + 1, 'a block that is not closed');
  }
  const value = objectNode(propertiesOf(entries, c.source), key.offset, c.at);
  value.labels = labels;
  return { kind: 'block', key, value };
}

/** A bare word, or a quoted one. */
function readName(c: Cursor): Draft | undefined {
  const start = c.at;
  if (c.text.charCodeAt(start) === 34) return readQuoted(c);
  const word = readWord(c);
  return word === undefined ? undefined : textNode(word, start, c.at);
}

/** After a value there is nothing but the line's end, or the block's. */
function endLine(c: Cursor): void {
  skip(c, 'line');
  const code = c.text.charCodeAt(c.at);
  if (c.at >= c.text.length || code === NEWLINE || code === 125 || code === 44 || code === 59 || startsBlock(c)) return;
  wrong(c, c.at, c.at + 1, 'more than one value');
  skipLine(c);
}

/** What `local.x` and `var.x` stand for, as far as this text says. A variable without a value of its own is the caller's. */
function define(c: Cursor, { kind, key, value }: Entry): void {
  if (kind !== 'block') return;
  if (key.value === 'locals') {
    for (const property of value.children ?? []) {
      const [name, given] = property.children ?? [];
      if (given !== undefined) c.deferred.names.set(`local.${String(name?.value)}`, given);
    }
  } else if (key.value === 'variable' && value.labels?.[0] !== undefined) {
    const given = valueIn(value, 'default');
    if (given !== undefined) c.deferred.names.set(`var.${value.labels[0]}`, given);
  }
}
