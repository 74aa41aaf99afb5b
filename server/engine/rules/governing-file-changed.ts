import { assertNever } from '../assert-never.ts';
import canonicalize from 'canonicalize';
import { fingerprint } from '../fingerprint.ts';
import { type Governed, governedBy, normalPath } from '../read/governed-path.ts';
import { type JsonNode, type JsonText, membersOf, readJson } from '../read/json.ts';
import type { Edit, Finding, Place, Severity } from '../types.ts';
import type { Rule } from './rule.ts';

/** An agent changes a file that decides what agents, editors or Countersign may do. */
export const governingFileChanged = {
  id: 'governing-file-changed',
  gain: 'change its own limits',
  base: 'medium',
  fix: 'Make this change yourself, or discard it and ask why it is needed.',
  failureMode: 'An agent that can change its own rules has none.',
  unchecked: ['what the new settings lead to'],
  references: ['CWE-269', 'CWE-732', 'ATT&CK T1562.001', 'OWASP LLM06:2025 Excessive Agency', 'OWASP ASI03 Identity and Privilege Abuse'],
} as const satisfies Rule;

/** Undefined for a person's edit, for any other file, and for an edit that changes nothing but form. */
export function governingFinding(edit: Edit): Finding | undefined {
  const governed = governedBy(edit.path);
  if (governed === undefined || edit.provenance.certainty === 'human' || edit.before === edit.after) return undefined;
  const json = /\.(jsonc?|code-workspace)$/.test(normalPath(edit.path));
  const before = json ? readJson(edit.before, 'before') : undefined;
  const after = json ? readJson(edit.after, 'after') : undefined;
  const changed = before === undefined || after === undefined ? undefined : changedKeys(before, after);
  if (changed?.length === 0 || (changed === undefined && withoutSpace(edit.before) === withoutSpace(edit.after))) return undefined;

  const severity = severityOf(governed, edit, changed);
  const name = edit.path.split(/[/\\]/).at(-1) ?? edit.path;
  const who = edit.provenance.agent?.name ?? 'Something other than you';
  return {
    rule: governingFileChanged.id,
    severity,
    confidence: 'proved',
    rating: {
      sensitivity: { level: governed.of === 'instructions' ? 'internal' : 'restricted', why: 'this file decides what tools may do' },
      blastRadius: { level: 'resource', what: edit.path },
      gain: governingFileChanged.gain,
    },
    consequence: consequence(governed, who, edit, severity),
    previously:
      edit.before === ''
        ? 'Before: this file was not there.'
        : edit.after === ''
          ? 'Before: its rules were in force.'
          : 'Before: only what the file says now.',
    opened: { name, kind: 'file' },
    ranges: [changedPlace(edit, after)],
    fingerprint: fingerprint(edit.path, { governs: governed.of, after: valueOf(after) ?? edit.after.trim() }),
    fix: governingFileChanged.fix,
    failureMode: governingFileChanged.failureMode,
    unchecked: governingFileChanged.unchecked,
    references: governingFileChanged.references,
  };
}

function consequence(governed: Governed, who: string, edit: Edit, severity: Severity): string {
  const file = `\`${shown(edit.path)}\``;
  if (governed.of === 'instructions') {
    return hiddenIn(edit)
      ? `${who} can hide instructions for ${governed.owner} in ${file}.`
      : `${who} can change what ${who === governed.owner ? 'it is' : governed.owner === 'your agents' ? 'your agents are' : `${governed.owner} is`} told in ${file}.`;
  }
  if (governed.of === 'countersign') return `${who} can change what Countersign holds back in ${file}.`;
  if (severity === 'low') return `${who} can change settings of ${governed.owner} in ${file}.`;
  if (governed.of === 'editor') return `${who} can change what ${governed.owner} runs or allows in ${file}.`;
  return `${who} can change what ${who === governed.owner ? 'it' : governed.owner} ${governed.owner === 'your agents' ? 'are' : 'is'} allowed to do in ${file}.`;
}

function severityOf(governed: Governed, edit: Edit, changed: readonly string[] | undefined): Severity {
  const path = normalPath(edit.path);
  switch (governed.of) {
    case 'countersign':
      return 'high';
    case 'instructions':
      return hiddenIn(edit) ? 'medium' : 'low';
    case 'agent':
      return SETTINGS_OR_HOOKS.test(path) ? 'high' : 'medium';
    case 'editor': {
      if (changed === undefined || !/\/settings\.json$|\.code-workspace$/.test(path)) return 'medium';
      if (changed.some((key) => POWERFUL_SETTING.test(key))) return 'high';
      return 'low';
    }
    default:
      return assertNever(governed.of);
  }
}

/** What an agent may do, or what it runs by itself; the rest of its folder (skills, commands) is a step lower. */
const SETTINGS_OR_HOOKS =
  /settings[^/]*\.json$|\/hooks?(\/|\.json|$)|\/(config|permissions|cli-config|requirements)[^/]*\.(json|toml)$|managed-|\.claude\.json$|opencode\.jsonc?$|\/plugins?\//;

/** Settings of the editor that let something run, or pass a question by. */
const POWERFUL_SETTING =
  /approv|^chat\.|^github\.copilot|^countersign|security|trust|sandbox|^mcp|terminal\.|automation|^task\.|tasks|^http\.|proxy|(^|\.)(path|shell|args|command|env|executable)|interpreter|^git\.|^remote|^extensions\.|permission|hooks?|agent|claude|gemini|cursor|codex|cline|^files\.(watcher)?exclude|^search\.exclude/i;

/** Top-level keys whose value differs. */
function changedKeys(before: JsonText, after: JsonText): readonly string[] | undefined {
  if (before.problems.length > 0 || after.problems.length > 0) return undefined;
  const one = keysOf(before.root);
  const other = keysOf(after.root);
  if (one === undefined || other === undefined) return undefined;
  return [...new Set([...one.keys(), ...other.keys()])].filter((key) => one.get(key) !== other.get(key)).sort();
}

/** A workspace file keeps its settings one level down. */
function keysOf(root: JsonNode | undefined): ReadonlyMap<string, string> | undefined {
  if (root === undefined) return new Map();
  if (root.type !== 'object') return undefined;
  const keys = new Map<string, string>();
  for (const { key, value } of membersOf(root)) {
    if (key === 'settings' && value.type === 'object') for (const inner of membersOf(value)) keys.set(inner.key, textOf(inner.value));
    else keys.set(key, textOf(value));
  }
  return keys;
}

/** Values apart from space and the order of keys. Lists keep their order: in settings it may matter. */
function textOf(node: JsonNode): string {
  return canonicalize(plain(node)) ?? '';
}

function plain(node: JsonNode): unknown {
  if (node.type === 'array') return (node.children ?? []).map(plain);
  if (node.type === 'object') return Object.fromEntries(membersOf(node).map(({ key, value }) => [`k${key.toWellFormed()}`, plain(value)]));
  return typeof node.value === 'string'
    ? node.value.toWellFormed()
    : typeof node.value === 'number' && !Number.isFinite(node.value)
      ? String(node.value)
      : node.value;
}

function valueOf(json: JsonText | undefined): unknown {
  return json?.root === undefined || json.problems.length > 0 ? undefined : plain(json.root);
}

function withoutSpace(text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .map((line) => line.trimEnd())
    .join('\n')
    .trim();
}

/** Letters that an agent reads and a person does not see: bidirectional controls, zero-width and tag characters. */
function hiddenIn({ before, after }: Edit): boolean {
  return count(after) > count(before);
}

function count(text: string): number {
  return text.match(/[\u200B\u2060-\u2064\u202A-\u202E\u2066-\u2069\u180E\u{E0000}-\u{E007F}]|\uFEFF(?!^)/gu)?.length ?? 0;
}

function shown(path: string): string {
  const text = path.replace(/[\p{Cc}\p{Cf}`]/gu, '·');
  return text.length > 90 ? `…${text.slice(-89)}` : text;
}

/** The lines from the first to the last that differ. */
function changedPlace({ before, after }: Edit, read: JsonText | undefined): Place {
  let start = 0;
  const most = Math.min(before.length, after.length);
  while (start < most && before[start] === after[start]) start++;
  let tail = 0;
  while (tail < most - start && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;
  const end = Math.max(start, after.length - tail);
  if (read !== undefined) return read.placeOf(start, end);
  return { side: 'after', start: positionAt(after, start), end: positionAt(after, end) };
}

function positionAt(text: string, offset: number): Place['start'] {
  const lines = text.slice(0, offset).split('\n');
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1, offset };
}
