import type { Place } from '../types.ts';
import { type Draft, type Entry, objectNode, propertiesOf, textNode, valueIn } from './draft.ts';
import { type Cursor, enter, NEWLINE, readWord, skip, skipLine, startsBlock, wrong } from './hcl-cursor.ts';
import { readExpression } from './hcl-expression.ts';
import { fold } from './hcl-functions.ts';
import { readQuoted } from './hcl-template.ts';
import { type BlockLanguage, readBlocks } from './read-blocks.ts';
import type { TextTree } from './tree.ts';

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
  readDocument: (c) => propertiesOf(readBody(c, 'document'), c.source),
  fold,
};

/** Attributes and blocks up to the brace that closes them, which is left. */
function readBody(c: Cursor, of: 'document' | 'block'): readonly Entry[] {
  const entries: Entry[] = [];
  for (;;) {
    skip(c, 'bracket');
    if (c.at >= c.text.length || (of === 'block' && startsBlock(c))) return entries;
    const code = c.text.charCodeAt(c.at);
    if (code === 125 && of === 'block') return entries;
    const before = c.at;
    const entry = readEntry(c);
    if (entry !== undefined) {
      entries.push(entry);
      if (of === 'document') define(c, entry);
    }
    if (c.at === before) {
      wrong(c, c.at, c.at + 1, code === 125 ? 'a brace that closes nothing' : 'neither a name nor a block');
      c.at++;
    }
  }
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
  const entries = entered ? readBody(c, 'block') : [];
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
