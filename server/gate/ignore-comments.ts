import { formatOf } from '../engine/read/format.ts';
import { readOnce } from '../engine/read/read-once.ts';
import type { Format, TextTree, TreeNode } from '../engine/read/tree.ts';
import { nameOf } from '../engine/rules/hit.ts';
import type { Place } from '../engine/types.ts';

/** `countersign-ignore RULE until YYYY-MM-DD: reason`, in a comment. */
export type IgnoreComment = {
  readonly rule: string;
  readonly until: string;
  readonly reason: string;
  readonly place: Place;
  /** The line it speaks of, from 1: its own, or the next one where it stands alone. */
  readonly line: number;
  /** What stands in that line: the way to it in the document by names, the same with the order of unnamed things, and its text. */
  readonly about: { readonly named: string; readonly exact: string; readonly text: string };
};

export type IgnoreComments = {
  readonly comments: readonly IgnoreComment[];
  /** Comments that are meant as one and cannot be read so. */
  readonly malformed: readonly Place[];
};

const WORD = 'countersign-ignore';
const NONE: IgnoreComments = { comments: [], malformed: [] };

/** The ignores in a text, as far as its format has comments. A string that looks like one is none. */
export function ignoreComments(path: string, text: string, side: Place['side']): IgnoreComments {
  if (!text.includes(WORD)) return NONE;
  const format = formatOf(path, text) ?? 'json';
  const marker = MARKERS[format];
  const tree = readOnce(format, text, side);
  const lines = linesOf(text);
  const found = lines.flatMap((line) => {
    const match = line.text.includes(WORD) ? marker.exec(line.text) : null;
    if (match === null) return [];
    const start = line.offset + match.index + (match[1] ?? '').length;
    return isInString(tree, start) ? [] : [{ line, start, alone: line.text.slice(0, match.index).trim() === '', said: match[3] ?? '' }];
  });
  const standsAlone = new Set(found.filter(({ alone }) => alone).map(({ line }) => line.number));
  const comments: IgnoreComment[] = [];
  const malformed: Place[] = [];
  for (const { line, start, alone, said } of found) {
    const place = tree.placeOf(start, line.offset + line.text.length);
    const parts = /^\s+([a-z0-9]+(?:-[a-z0-9]+)*)\s+until\s+(\d{4}-\d{2}-\d{2})\s*:\s*(.+?)\s*(?:\*\/|-->|\*?\/?\}\})?\s*$/.exec(said);
    const [, rule, until, reason] = parts ?? [];
    if (rule === undefined || until === undefined || reason === undefined) {
      malformed.push(place);
      continue;
    }
    const spoken = alone ? lines.slice(line.number).find((each) => each.text.trim() !== '' && !standsAlone.has(each.number)) : line;
    if (spoken === undefined) continue;
    const code = alone ? spoken.text : spoken.text.slice(0, start - spoken.offset);
    comments.push({ rule, until, reason, place, line: spoken.number, about: aboutOf(tree, spoken.offset, code) });
  }
  return { comments, malformed };
}

/** Was this very comment there before, about the same thing? One that was moved to something else was not. */
export function sameComment(one: IgnoreComment, other: IgnoreComment): boolean {
  return (
    one.rule === other.rule &&
    one.until === other.until &&
    one.reason === other.reason &&
    (one.about.exact === other.about.exact || (one.about.named === other.about.named && one.about.text === other.about.text))
  );
}

/** What begins a comment. Of the formats that take one only at the start of a line, only there. */
const HASH = /(^|\s)(#+)\s*countersign-ignore\b(.*)$/;
const HASH_FIRST = /^(\s*)(#+)\s*countersign-ignore\b(.*)$/;
const SLASHES = /(^|\s)(\/\/+|\/\*+)\s*countersign-ignore\b(.*)$/;

const MARKERS: Readonly<Record<Format, RegExp>> = {
  json: SLASHES,
  json5: SLASHES,
  yaml: /(^|\s)(#+|\{\{-?\s*\/\*)\s*countersign-ignore\b(.*)$/,
  hcl: /(^|\s)(#+|\/\/+|\/\*+)\s*countersign-ignore\b(.*)$/,
  toml: HASH,
  ini: /^(\s*)([#;]+)\s*countersign-ignore\b(.*)$/,
  dotenv: HASH_FIRST,
  dockerfile: HASH_FIRST,
  sql: /(^|\s)(--+|\/\*+)\s*countersign-ignore\b(.*)$/,
  bicep: SLASHES,
  nginx: HASH,
  sudoers: HASH,
  sshd: HASH_FIRST,
  'pg-hba': HASH,
  codeowners: HASH_FIRST,
  npmrc: /^(\s*)([#;]+)\s*countersign-ignore\b(.*)$/,
  'firebase-rules': SLASHES,
  lines: /^(\s*)(#+|<!--+)\s*countersign-ignore\b(.*)$/,
};

type Line = { readonly number: number; readonly offset: number; readonly text: string };

function linesOf(text: string): readonly Line[] {
  const lines: Line[] = [];
  let offset = 0;
  for (const match of text.matchAll(/([^\r\n]*)(\r\n|\n|\r|$)/g)) {
    if (match.index >= text.length && match.index !== offset) break;
    lines.push({ number: lines.length + 1, offset: match.index, text: match[1] ?? '' });
    offset = match.index + match[0].length;
    if (match[2] === '') break;
  }
  return lines;
}

/** Readers of these formats take a comment for no value, and their values are not marked letter by letter. */
const BY_LINE: ReadonlySet<Format> = new Set([
  'dockerfile',
  'sshd',
  'sudoers',
  'pg-hba',
  'codeowners',
  'npmrc',
  'dotenv',
  'ini',
  'nginx',
  'lines',
]);

function isInString(tree: TextTree, offset: number): boolean {
  if (BY_LINE.has(tree.format)) return false;
  const inside = (node: TreeNode): boolean => {
    if (offset < node.offset || offset >= node.offset + node.length) return false;
    if (node.type === 'string') return true;
    // What a statement of SQL says has keys of our own, which stand nowhere in the text.
    const parts = node.type === 'property' && tree.format === 'sql' ? node.children?.slice(1) : node.children;
    return (parts ?? []).some(inside);
  };
  return tree.documents.some(inside);
}

function aboutOf(tree: TextTree, lineOffset: number, code: string): IgnoreComment['about'] {
  const offset = lineOffset + (code.length - code.trimStart().length);
  const named: string[] = [];
  const exact: string[] = [];
  const step = (name: string, place = name): void => {
    named.push(name);
    exact.push(place);
  };
  const index = tree.documents.findIndex((document) => holds(document, offset));
  step('', String(index));
  let node = tree.documents[index];
  if (node?.type === 'object') step(documentName(node));
  while (node !== undefined && node.children !== undefined) {
    const at: number = node.children.findIndex((child) => holds(child, offset));
    const child: TreeNode | undefined = node.children[at];
    if (child === undefined) break;
    if (node.type === 'array') {
      const name = nameOf(child) ?? (child.children === undefined ? JSON.stringify(child.value ?? null) : undefined);
      step(name ?? '*', name ?? String(at));
    } else if (child.type === 'property') {
      step(String(child.children?.[0]?.value ?? ''));
    }
    node = child.type === 'property' ? child.children?.[1] : child;
    // The line is about the key that it begins with, not about what stands below.
    if (child.type === 'property' && offset < (child.children?.[0]?.offset ?? 0) + (child.children?.[0]?.length ?? 0)) break;
    if (node !== undefined && !holds(node, offset)) break;
  }
  return { named: JSON.stringify(named), exact: JSON.stringify(exact), text: code.trim() };
}

function holds(node: TreeNode, offset: number): boolean {
  return offset >= node.offset && offset < node.offset + node.length;
}

/** Of several documents in one file, which: Kubernetes says it by kind and name. */
function documentName(root: TreeNode): string {
  const text = (node: TreeNode | undefined, key: string): TreeNode | undefined =>
    node?.children?.find(({ children }) => children?.[0]?.value === key)?.children?.[1];
  const name = text(text(root, 'metadata'), 'name') ?? text(root, 'name');
  return [text(root, 'kind')?.value, name?.value].map((part) => String(part ?? '')).join('/');
}
