/** Our hooks as they really stand in an agent's settings: whatever init wrote, what became of it since. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ParseError, parse, printParseErrorCode } from 'jsonc-parser';
import { type Fields, isFields, textIn } from '../hooks/fields.ts';
import { pathOf, type Scope, type Wiring } from './wiring.ts';

/** How the agent starts it. */
export type Start =
  /** A line for the shell. */
  | { readonly kind: 'line'; readonly line: string }
  /** A program and its arguments, without a shell. */
  | { readonly kind: 'program'; readonly program: string; readonly args: readonly string[] }
  /** A plugin that the agent loads into itself. */
  | { readonly kind: 'plugin'; readonly file: string };

export type WiredHook = {
  /** Absolute. */
  readonly file: string;
  readonly scope: Scope | 'managed';
  readonly event: string;
  readonly phase: 'before' | 'after';
  readonly start: Start;
  readonly matcher?: string | undefined;
  /** Milliseconds; absent where the agent's own limit holds. */
  readonly timeout?: number | undefined;
  /** Where it stands below its event: group and place in it. */
  readonly place: readonly [number, number];
  readonly fields: Fields;
};

export type WiredIn = {
  readonly hooks: readonly WiredHook[];
  readonly problems: readonly { readonly file: string; readonly what: string }[];
};

export type Place = { readonly file: string; readonly scope: Scope | 'managed' };

/** The hooks of ours that this agent reads, from the files of the project, the user and the machine; where its own files hold none, those that it reads of its neighbours. */
export function wiredIn(wiring: Wiring, project: string, home: string, env: NodeJS.ProcessEnv): WiredIn {
  const read = placesOf(wiring, project, home, env).map((place) => readPlace(wiring.id, place));
  const hooks = read.flatMap((one) => one.hooks);
  const own = hooks.filter(({ file }) => !isNeighbours(wiring.id, file));
  return { hooks: own.length > 0 ? own : hooks, problems: read.flatMap(({ problems }) => problems) };
}

function isNeighbours(id: string, file: string): boolean {
  if (id === 'vscode-chat') return !file.endsWith('countersign-vscode.json');
  return id === 'copilot-cli' && file.endsWith('countersign-vscode.json');
}

function placesOf(wiring: Wiring, project: string, home: string, env: NodeJS.ProcessEnv): readonly Place[] {
  const own = (['project', 'user'] as const).flatMap((scope) =>
    wiring.files(scope).map((file): Place => ({ file: pathOf(file, scope, home, project), scope })),
  );
  const at = (scope: Scope, ...path: readonly string[]): Place => ({ file: join(scope === 'user' ? home : project, ...path), scope });
  switch (wiring.id) {
    case 'claude-code':
      return [...own, at('project', '.claude', 'settings.local.json'), { file: managedClaude(process.platform), scope: 'managed' }];
    case 'codex': {
      const elsewhere = env['CODEX_HOME'];
      return elsewhere === undefined || elsewhere === '' ? own : [...own, { file: join(elsewhere, 'hooks.json'), scope: 'user' }];
    }
    // It reads the hook files of its neighbours too.
    case 'vscode-chat':
      return [
        ...own,
        at('project', '.github', 'hooks', 'countersign.json'),
        at('project', '.claude', 'settings.json'),
        at('user', '.claude', 'settings.json'),
      ];
    case 'copilot-cli':
      return [...own, at('project', '.github', 'hooks', 'countersign-vscode.json')];
    default:
      return own;
  }
}

export function managedClaude(platform: NodeJS.Platform): string {
  if (platform === 'darwin') return '/Library/Application Support/ClaudeCode/managed-settings.json';
  return platform === 'win32' ? 'C:\\Program Files\\ClaudeCode\\managed-settings.json' : '/etc/claude-code/managed-settings.json';
}

function readPlace(id: string, { file, scope }: Place): WiredIn {
  if (!existsSync(file)) return NOTHING;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return { hooks: [], problems: [{ file, what: `cannot be read (${error instanceof Error ? error.message : String(error)})` }] };
  }
  if (id === 'cline' || id === 'opencode') return wholeFile(id, file, scope, text);
  const errors: ParseError[] = [];
  const value: unknown = parse(text.replace(/^\uFEFF/, ''), errors, { allowTrailingComma: true });
  const [error] = errors;
  if (error !== undefined && text.trim() !== '')
    return {
      hooks: [],
      problems: [{ file, what: `is not valid JSON (${printParseErrorCode(error.error)}), so the agent reads no hook from it` }],
    };
  const events = isFields(value) && isFields(value['hooks']) ? value['hooks'] : {};
  const hooks = Object.entries(events).flatMap(([event, entries]) =>
    (Array.isArray(entries) ? (entries as readonly unknown[]) : []).flatMap((entry, group): WiredHook[] => {
      if (!isFields(entry)) return [];
      const inner: readonly unknown[] = Array.isArray(entry['hooks']) ? entry['hooks'] : [entry];
      return inner.flatMap((hook, index): WiredHook[] => {
        const start = isFields(hook) ? startOf(hook) : undefined;
        if (!isFields(hook) || start === undefined) return [];
        const matcher = textIn(entry, 'matcher') ?? textIn(hook, 'matcher');
        return [
          { file, scope, event, phase: phaseOf(event), start, matcher, timeout: timeoutOf(id, hook), place: [group, index], fields: hook },
        ];
      });
    }),
  );
  return { hooks, problems: [] };
}

const NOTHING: WiredIn = { hooks: [], problems: [] };

/** A script of ours, or a plugin: the file is the hook. */
function wholeFile(id: string, file: string, scope: Place['scope'], text: string): WiredIn {
  if (!OURS.test(text)) return NOTHING;
  const event = id === 'cline' ? (file.endsWith('PostToolUse') ? 'PostToolUse' : 'PreToolUse') : 'tool.execute.before';
  const start: Start = id === 'cline' ? { kind: 'program', program: file, args: [] } : { kind: 'plugin', file };
  return { hooks: [{ file, scope, event, phase: phaseOf(event), start, place: [0, 0], fields: {} }], problems: [] };
}

/** Written by init, by hand, or by the editor: our launcher, our program or our bundle. */
const OURS = /countersign|\bhook\.js\b/i;

function startOf(hook: Fields): Start | undefined {
  const line = process.platform === 'win32' ? textIn(hook, 'command', 'powershell', 'bash') : textIn(hook, 'command', 'bash');
  if (line === undefined) return undefined;
  const args: readonly unknown[] | undefined = Array.isArray(hook['args']) ? hook['args'] : undefined;
  if (!OURS.test([line, ...(args ?? [])].join(' '))) return undefined;
  if (args === undefined || args.length === 0) return { kind: 'line', line };
  return { kind: 'program', program: line, args: args.map(String) };
}

function phaseOf(event: string): 'before' | 'after' {
  return /^(post|after)/i.test(event) ? 'after' : 'before';
}

/** Gemini CLI and Qwen Code count in milliseconds, all others in seconds. */
function timeoutOf(id: string, hook: Fields): number | undefined {
  const given = hook['timeout'] ?? hook['timeoutSec'];
  if (typeof given !== 'number' || given <= 0) return undefined;
  return id === 'gemini-cli' || id === 'qwen-code' ? given : given * 1000;
}
