/** How each agent is told of the MCP server: which file lists its servers, and what ours looks like in it. For `countersign init --mcp`. */
import { checkedObject, cut, insertLast, propertyOf, refused, type Settings, treeOf, valueAt } from './json-settings.ts';
import { MCP_LISTS } from './mcp-lists.ts';
import type { Scope, WiredFile } from './wiring.ts';

/** The program and its arguments. */
export type Start = { readonly command: string; readonly args: readonly string[] };

const plain = ({ command, args }: Start): object => ({ command, args });

/** What our server looks like where it is not as everywhere else. */
const ENTRIES: Readonly<Record<string, (start: Start) => object>> = {
  'copilot-cli': (start) => ({ type: 'local', ...plain(start), tools: ['*'] }),
  opencode: ({ command, args }) => ({ type: 'local', command: [command, ...args], enabled: true }),
};

/** Copilot's list of a project is Claude Code's, which has another form. */
const NOT_OURS: Readonly<Record<string, Scope>> = { 'copilot-cli': 'project' };

/** The file in which the agent lists MCP servers; undefined when it has none in this scope. VS Code is told by the extension itself. */
export function mcpFileOf(agent: string, scope: Scope, start: Start): WiredFile | undefined {
  const place = Object.hasOwn(MCP_LISTS, agent) && NOT_OURS[agent] !== scope ? MCP_LISTS[agent]?.[scope][0] : undefined;
  if (place === undefined) return undefined;
  const { path, key, format } = place;
  if (format === 'toml') {
    return { path, merge: (text, file) => mergeToml(text, file, start), remove: (text) => ({ ok: true, text: withoutToml(text) }) };
  }
  const wanted = (ENTRIES[agent] ?? plain)(start);
  return { path, merge: (text, file) => mergeJson(text, file, key, wanted), remove: (text, file) => removeJson(text, file, key) };
}

/** What starts the server: the launcher, which knows where the program lies. Settings of a project are shared: there the home folder is a variable. */
export function mcpStart(launcher: string, scope: Scope, home: string): Start {
  const shared = scope === 'project' && launcher.startsWith(`${home}/`);
  if (!shared || process.platform === 'win32') return { command: launcher, args: ['mcp'] };
  const below = launcher.slice(home.length + 1).replace(/["$`\\]/g, '\\$&');
  return { command: 'sh', args: ['-c', `exec "$HOME/${below}" mcp`] };
}

const NAME = 'countersign';

function mergeJson(text: string, file: string, list: string, wanted: object): Settings {
  const read = text.trim() === '' ? '{}\n' : text;
  const checked = check(read, file, list);
  if (!checked.ok) return checked;
  const known = valueAt(read, [list, NAME]);
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

function removeJson(text: string, file: string, list: string): Settings {
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
