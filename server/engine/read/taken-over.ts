import type { Place } from '../types.ts';
import { changedPart, type ChangedPart, type Stretch } from './changed-part.ts';
import { LARGEST_TEXT } from './limits.ts';
import { movedNode } from './moved-node.ts';
import { positionsOf } from './positions.ts';
import { readStrictValue } from './strict-json.ts';
import { takenPieces } from './taken-pieces.ts';
import type { TextTree, TreeNode } from './tree.ts';

/**
 * The tree of a text, made from that of the other text of the edit: what both share is taken over, only what holds the change is read.
 * It is the tree that reading all of it gives; undefined where that is not sure, or where it would save nothing.
 *
 * Trees made so have nodes in common: all of what stands ahead of the change. A node says nothing of the side it is on.
 */
export function takenOver(text: string, side: Place['side'], other: TextTree): TextTree | undefined {
  // What can be said against a text may be said of another place after the edit.
  if (other.problems.length > 0 || text.length > LARGEST_TEXT) return undefined;
  const take = TAKE[other.format];
  const documents = take?.(text, side, other, changedPart(other.text, text));
  return documents === undefined ? undefined : { format: other.format, text, side, documents, problems: [], ...positionsOf(text, side) };
}

type Take = (text: string, side: Place['side'], other: TextTree, part: ChangedPart) => readonly TreeNode[] | undefined;

const TAKE: Readonly<Partial<Record<TextTree['format'], Take>>> = {
  json: jsonDocuments,
  yaml: yamlDocuments,
  hcl: hclDocuments,
  bicep: bicepDocuments,
  sql: sqlStatements,
  dotenv: dotenvLines,
  'pg-hba': pgHbaLines,
  dockerfile: dockerfileInstructions,
  nginx: nginxBlocks,
};

/** In a bundle every `require` makes an object of what the module exports. */
const loaded: { hcl?: typeof import('./hcl.ts'); bicep?: typeof import('./bicep.ts') } = {};

function dockerfileInstructions(...edit: Parameters<Take>): ReturnType<Take> {
  const { dockerfileTakenOver }: typeof import('./dockerfile.ts') = require('./dockerfile.ts');
  return dockerfileTakenOver(...edit);
}

function sqlStatements(...edit: Parameters<Take>): ReturnType<Take> {
  const [text, , other] = edit;
  // What stands in the body of a function, or ahead of a client's command, is not read from where it begins.
  if (HANGING_SQL.test(text) || HANGING_SQL.test(other.text)) return undefined;
  const { readSql }: typeof import('./sql.ts') = require('./sql.ts');
  return takenPieces(readSql, ...edit);
}

const HANGING_SQL = /function|procedure|\\[a-z!]/i;

function dotenvLines(...edit: Parameters<Take>): ReturnType<Take> {
  const { readDotenv }: typeof import('./dotenv.ts') = require('./dotenv.ts');
  return takenPieces(readDotenv, ...edit);
}

function pgHbaLines(...edit: Parameters<Take>): ReturnType<Take> {
  const { readPgHba }: typeof import('./pg-hba.ts') = require('./pg-hba.ts');
  return takenPieces(readPgHba, ...edit);
}

function nginxBlocks(...edit: Parameters<Take>): ReturnType<Take> {
  const { nginxTakenOver }: typeof import('./nginx-taken-over.ts') = require('./nginx-taken-over.ts');
  return nginxTakenOver(...edit);
}

function hclDocuments(...edit: Parameters<Take>): ReturnType<Take> {
  const { hclTakenOver }: typeof import('./hcl.ts') = (loaded.hcl ??= require('./hcl.ts'));
  return hclTakenOver(...edit);
}

function bicepDocuments(...edit: Parameters<Take>): ReturnType<Take> {
  const { bicepTakenOver }: typeof import('./bicep.ts') = (loaded.bicep ??= require('./bicep.ts'));
  return bicepTakenOver(...edit);
}

/**
 * JSON is free of context: where the change stands within the brackets or quotes of a value, and these still hold one whole value that
 * nothing can be said against, all around it reads as it did.
 */
function jsonDocuments(text: string, _side: Place['side'], { documents }: TextTree, part: ChangedPart): readonly TreeNode[] | undefined {
  const [root] = documents;
  if (root === undefined || !isAround(root, part.before)) return undefined;
  const now = withChange(root, text, part, 0);
  return now === undefined ? undefined : [now];
}

/** A value with what changed within it read anew. `depth`: brackets around it. */
function withChange(node: TreeNode, text: string, part: ChangedPart, depth: number): TreeNode | undefined {
  const by = part.after.end - part.before.end;
  const children = node.children ?? [];
  const at = children.findIndex((child) => isAround(valueIn(child), part.before));
  const holder = children[at];
  const inner = holder === undefined ? undefined : valueIn(holder);
  if (holder === undefined || inner === undefined) return readStrictValue(text, node.offset, node.offset + node.length + by, depth);
  const now = withChange(inner, text, part, depth + 1);
  if (now === undefined) return undefined;
  const key = holder.children?.[0];
  const held: TreeNode =
    key === undefined || inner === holder
      ? now
      : { type: 'property', offset: holder.offset, length: holder.length + by, children: [key, now] };
  const behind = children.slice(at + 1);
  return {
    type: node.type,
    offset: node.offset,
    length: node.length + by,
    children: [...children.slice(0, at), held, ...(by === 0 ? behind : behind.map((each) => movedNode(each, by)))],
  };
}

function valueIn(child: TreeNode): TreeNode | undefined {
  return child.type === 'property' ? child.children?.[1] : child;
}

/** Does the change stand between the first and the last character of a value? Only brackets and quotes have room for one. */
function isAround(node: TreeNode | undefined, { start, end }: Stretch): boolean {
  if (node === undefined || node.offset >= start || node.offset + node.length <= end) return false;
  return node.type === 'object' || node.type === 'array' || node.type === 'string';
}

/**
 * The documents of YAML say nothing of each other: those between the nearest `---` ahead of the change and the nearest behind it are read,
 * as a text of their own.
 */
function yamlDocuments(
  text: string,
  side: Place['side'],
  other: TextTree,
  { before, after }: ChangedPart,
): readonly TreeNode[] | undefined {
  const { documents, text: old } = other;
  if (documents.length < 2) {
    const { yamlMembersTakenOver }: typeof import('./yaml-taken-over.ts') = require('./yaml-taken-over.ts');
    return yamlMembersTakenOver(text, side, other, { before, after });
  }
  if (HANGS_TOGETHER.test(old)) return undefined;
  // Of the marks themselves no character was changed, nor the line breaks around them.
  const start = before.start < MARK.length ? 0 : old.lastIndexOf(MARK, before.start - MARK.length) + 1;
  const mark = old.indexOf(MARK, before.end);
  const end = mark === -1 ? old.length : mark + 1;
  const by = after.end - before.end;
  const ahead = documents.filter((each) => each.offset + each.length <= start);
  const behind = documents.filter((each) => each.offset >= end);
  const between = documents.slice(ahead.length, documents.length - behind.length);
  if (ahead.length + behind.length === 0 || between.some((each) => each.offset < start || each.offset + each.length > end))
    return undefined;
  if (HANGS_TOGETHER.test(text.slice(start, end + by))) return undefined;
  const { readYamlDocuments }: typeof import('./yaml.ts') = require('./yaml.ts');
  const read = readYamlDocuments(text, side, start, end + by);
  return read === undefined ? undefined : [...ahead, ...read, ...(by === 0 ? behind : behind.map((each) => movedNode(each, by)))];
}

const MARK = '\n---\n';

/** Directives, ends of documents, templates, anchors (whose nodes stand in several places), other line breaks. */
const HANGS_TOGETHER = /^%|^\.\.\.|\{[{%]|&|[\r\uFEFF]/m;
