import type { FileChange } from './tool-call.ts';

/** What a tool that is not known here may write, or why that cannot be told. */
export type UnknownChanges =
  | { readonly kind: 'changes'; readonly changes: readonly FileChange[] }
  | { readonly kind: 'problem'; readonly cause: string };

/**
 * A tool of an MCP server, or newer than this release: the files it names, unless its name says that it only reads.
 * Errs towards finding a path: only those that may be governed count in the end.
 */
export function unknownChanges(tool: string, input: unknown): UnknownChanges {
  if (isOwnTool(tool)) return { kind: 'changes', changes: [] };
  // "mcp__server__name", "MCP:name": the server's name says nothing of what the tool does.
  const name = (tool.startsWith('mcp__') ? tool.split('__').slice(2).join('__') : tool.replace(/^MCP:/, '')).replace(
    /([a-z])([A-Z])/g,
    '$1_$2',
  );
  if (READS.test(name) && !WRITES.test(name) && !hasText(input)) return { kind: 'changes', changes: [] };
  const found = pathsIn(input);
  if (found === undefined) return { kind: 'problem', cause: 'names too many files to look at' };
  return { kind: 'changes', changes: found.map((path) => ({ kind: 'unknown', path })) };
}

/** Every text in it that may be the path of a file; undefined when there are more than can be looked at. */
export function pathsIn(value: unknown): readonly string[] | undefined {
  const found = new Set<string>();
  return collect(value, '', 0, found) ? [...found] : undefined;
}

/**
 * Our own tools, as agents name those of an MCP server or of the editor: they ask the gate themselves. Another server of this name
 * would have to be put into the agent's settings first, which is held.
 */
const OWN = /^(mcp__countersign__|mcp_countersign_|countersign_)(propose_edit|check_edit|hold_status)$/;

export function isOwnTool(tool: string): boolean {
  return OWN.test(tool);
}

const READS = /^_*(read|get|list|search|find|grep|glob|stat|info|view|show|fetch|describe|query|head|tail|tree|exists|open)(_|$)/i;
const WRITES =
  /write|edit|creat|replac|updat|patch|delet|remov|mov|renam|append|insert|appl|sav|put|set|modif|copy|cp|truncat|upload|overwrit|chang|commit|download|dump|export|import|into|to_|stor|clone|extract|restor|sync|link|make|add|format|fix|merg|convert|generat|record|run|exec/i;
/** What a tool that only reads has no use for. */
const TEXT_KEY = /^(content|contents|text|data|body|new_?(str|string|text|content|source)|patch|diff|edits|replacement)$/i;

const PATH_KEY = /path|file|uri|target|dest|dst|out|notebook|name|source|location|document|folder|dir|^(to|from)$/i;
/** A program in some language, for a tool that runs it. */
const CODE_KEY = /^(code|script|source|program|javascript|typescript|python|js|py|expression|function)$/i;
const LARGEST_PATH = 4096;
const MOST = 1000;
const DEEPEST = 64;

function hasText(input: unknown): boolean {
  return typeof input === 'object' && input !== null && Object.entries(input).some(([key, value]) => TEXT_KEY.test(key) && value !== '');
}

/** False when there is too much to look at. */
function collect(value: unknown, key: string, depth: number, found: Set<string>): boolean {
  if (depth > DEEPEST || found.size > MOST) return false;
  if (typeof value === 'string') return collectText(value, key, depth, found);
  if (Array.isArray(value)) return value.every((inner) => collect(inner, key, depth + 1, found));
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([name, inner]) => {
    // A table of files by path.
    if (looksLikePath(name)) found.add(name);
    return collect(inner, name, depth + 1, found);
  });
}

function collectText(text: string, key: string, depth: number, found: Set<string>): boolean {
  if (/^\s*[[{]/.test(text)) {
    const inner = parsed(text);
    if (inner !== undefined) return collect(inner, key, depth + 1, found);
  }
  if (CODE_KEY.test(key)) for (const path of quotedIn(text)) found.add(path);
  const line = text.trim();
  if (line.includes('\n')) {
    for (const path of namedInPatch(text)) found.add(path);
  } else if (line.length < LARGEST_PATH && (PATH_KEY.test(key) || looksLikePath(line))) {
    for (const path of spellings(line)) found.add(path);
  }
  return found.size <= MOST;
}

/** A name with an ending or a folder, and nothing that only prose or an address has. */
function looksLikePath(text: string): boolean {
  return text.length < LARGEST_PATH && /[./\\%]/.test(text) && !/\s/.test(text) && !/^(?!file:)[a-z][a-z0-9+.-]+:\/\//i.test(text);
}

/** As given, and as what it may be decoded to. */
function spellings(text: string): readonly string[] {
  const bare = text.replace(/^file:\/\/(localhost(?=\/))?/i, '');
  try {
    const plain = decodeURIComponent(bare);
    return plain === bare ? [bare] : [bare, plain.replaceAll('\0', '')];
  } catch {
    return [bare];
  }
}

/** What a program may open: its quoted texts that look like paths. */
function quotedIn(code: string): readonly string[] {
  const quoted = [...code.matchAll(/(["'`])((?:(?!\1)[^\s\\]){1,4096})\1/g)].map(([, , text = '']) => text);
  return quoted.filter(looksLikePath).slice(0, MOST + 1);
}

/** The files that a patch names, in the forms that agents' tools take. */
function namedInPatch(text: string): readonly string[] {
  const lines = text.matchAll(
    /^(?:\*\*\* (?:Add|Update|Delete) File: |\*\*\* Move to: |(?:\+\+\+|---) (?:[ab]\/)?|(?:rename|copy) to )(.+)$/gm,
  );
  return [...lines].slice(0, MOST + 1).map(([, path = '']) => path.replace(/\t.*$/, '').trim());
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
