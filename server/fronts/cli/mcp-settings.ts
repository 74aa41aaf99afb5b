/** How each agent is told of the MCP server: which file lists its servers, and what ours looks like in it. For `countersign init --mcp`. */
import { checkedObject, cut, insertLast, propertyOf, refused, type Settings, treeOf, valueAt } from './json-settings.ts';
import type { Scope, WiredFile } from './wiring.ts';

/** The program and its arguments. */
export type Start = { readonly command: string; readonly args: readonly string[] };

type Place = {
  readonly path: (scope: Scope) => readonly string[] | undefined;
  readonly list: string;
  readonly entry: (start: Start) => object;
};

const plain = ({ command, args }: Start): object => ({ command, args });
const both = (path: readonly string[]) => () => path;

/** By the agent's id in wiring.ts. VS Code is told by the extension itself. */
const JSON_PLACES: Readonly<Record<string, Place>> = {
  'claude-code': { path: (scope) => [scope === 'project' ? '.mcp.json' : '.claude.json'], list: 'mcpServers', entry: plain },
  'gemini-cli': { path: both(['.gemini', 'settings.json']), list: 'mcpServers', entry: plain },
  'qwen-code': { path: both(['.qwen', 'settings.json']), list: 'mcpServers', entry: plain },
  cursor: { path: both(['.cursor', 'mcp.json']), list: 'mcpServers', entry: plain },
  'copilot-cli': {
    path: (scope) => (scope === 'user' ? ['.copilot', 'mcp-config.json'] : undefined),
    list: 'mcpServers',
    entry: (start) => ({ type: 'local', ...plain(start), tools: ['*'] }),
  },
  windsurf: {
    path: (scope) => (scope === 'user' ? ['.codeium', 'windsurf', 'mcp_config.json'] : undefined),
    list: 'mcpServers',
    entry: plain,
  },
  opencode: {
    path: (scope) => (scope === 'project' ? ['opencode.json'] : ['.config', 'opencode', 'opencode.json']),
    list: 'mcp',
    entry: ({ command, args }) => ({ type: 'local', command: [command, ...args], enabled: true }),
  },
};

/** The file in which the agent lists MCP servers; undefined when it has none in this scope. */
export function mcpFileOf(agent: string, scope: Scope, start: Start): WiredFile | undefined {
  if (agent === 'codex') {
    return {
      path: ['.codex', 'config.toml'],
      merge: (text, file) => mergeToml(text, file, start),
      remove: (text) => ({ ok: true, text: withoutToml(text) }),
    };
  }
  const place = Object.hasOwn(JSON_PLACES, agent) ? JSON_PLACES[agent] : undefined;
  const path = place?.path(scope);
  if (place === undefined || path === undefined) return undefined;
  return {
    path,
    merge: (text, file) => mergeJson(text, file, place, start),
    remove: (text, file) => removeJson(text, file, place),
  };
}

/** What starts the server: the launcher, which knows where the program lies. Settings of a project are shared: there the home folder is a variable. */
export function mcpStart(launcher: string, scope: Scope, home: string): Start {
  const shared = scope === 'project' && launcher.startsWith(`${home}/`);
  if (!shared || process.platform === 'win32') return { command: launcher, args: ['mcp'] };
  const below = launcher.slice(home.length + 1).replace(/["$`\\]/g, '\\$&');
  return { command: 'sh', args: ['-c', `exec "$HOME/${below}" mcp`] };
}

const NAME = 'countersign';

function mergeJson(text: string, file: string, { list, entry }: Place, start: Start): Settings {
  const read = text.trim() === '' ? '{}\n' : text;
  const checked = check(read, file, list);
  if (!checked.ok) return checked;
  const known = valueAt(read, [list, NAME]);
  const wanted = entry(start);
  if (JSON.stringify(known) === JSON.stringify(wanted)) return { ok: true, text };
  if (known !== undefined && !isOurs(known)) {
    return { ok: false, problem: `${file} has a server "${NAME}" that is not ours. Rename it first. Nothing was written.` };
  }
  const without = known === undefined ? read : cut(read, [list, NAME]);
  const root = treeOf(without);
  const servers = root && propertyOf(root, list);
  if (servers !== undefined) return { ok: true, text: insertLast(without, servers, `${JSON.stringify(NAME)}: `, wanted) };
  return root === undefined ? checked : { ok: true, text: insertLast(without, root, `${JSON.stringify(list)}: `, { [NAME]: wanted }) };
}

function removeJson(text: string, file: string, { list }: Place): Settings {
  if (text.trim() === '') return { ok: true, text };
  const checked = check(text, file, list);
  if (!checked.ok) return checked;
  if (!isOurs(valueAt(text, [list, NAME]))) return { ok: true, text };
  const without = cut(text, [list, NAME]);
  const alone = JSON.stringify(valueAt(without, [list])) === '{}' ? cut(without, [list]) : without;
  // A file that lists servers alone, and listed ours alone, was made by init.
  return { ok: true, text: /mcp[\w-]*\.json$/.test(file) && /^\s*\{\s*\}\s*$/.test(alone) ? '' : alone };
}

function isOurs(entry: unknown): boolean {
  return /countersign-hook(\.cmd)?\W.*\bmcp\b/.test(JSON.stringify(entry) ?? '');
}

function check(text: string, file: string, list: string): Settings {
  const checked = checkedObject(text, file);
  if (!checked.ok) return checked;
  const servers = propertyOf(checked.root, list);
  if (servers === undefined || servers.type === 'object') return { ok: true, text };
  return refused(text, file, servers.offset, `has "${list}" that is not an object`);
}

const TOML_MARK = '# Written by "countersign init --mcp".';
const TOML_BLOCK = /(?:\r?\n)?# Written by "countersign init --mcp"\.\r?\n\[mcp_servers\.countersign\]\r?\ncommand = .*\r?\nargs = .*\r?\n/;

function mergeToml(text: string, file: string, { command, args }: Start): Settings {
  const without = withoutToml(text);
  if (/^\s*\[\s*mcp_servers\s*\.\s*"?countersign"?\s*[.\]]/m.test(without) || /^\s*mcp_servers\s*=/m.test(without)) {
    return {
      ok: false,
      problem: `${file} lists MCP servers in a way that is not ours. Add "countersign mcp" there yourself. Nothing was written.`,
    };
  }
  // The strings of JSON are strings of TOML.
  const block = `${TOML_MARK}\n[mcp_servers.countersign]\ncommand = ${JSON.stringify(command)}\nargs = ${JSON.stringify(args)}\n`;
  const added = without.trim() === '' ? block : `${without}${without.endsWith('\n') ? '' : '\n'}\n${block}`;
  return { ok: true, text: text.includes(block) ? text : added };
}

function withoutToml(text: string): string {
  return text.replace(TOML_BLOCK, '');
}
