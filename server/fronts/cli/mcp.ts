import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { version } from '../../../package.json';
import { openGate } from '../../gate/open.ts';
import { realFolder } from '../../gate/state-folder.ts';
import { surroundings } from '../hooks/locate.ts';
import { holdStatus } from '../mcp/hold-status.ts';
import { isNoted, noteReason } from '../mcp/note-reason.ts';
import { type Asker, checkEdit, type Host, proposeEdit } from '../mcp/propose.ts';
import type { Client, McpStreams, McpTools } from '../mcp/server.ts';
import { changedSince, writeFiles } from '../mcp/write-files.ts';
import { visibleText } from '../visible-text.ts';
import { actorOf } from '../actor.ts';
import { parseFlags } from './arguments.ts';
import { type CliIo, fail, say } from './io.ts';
import { ownPlaces } from './own-places.ts';

const HELP = `countersign mcp [--workspace FOLDER]

An MCP server on standard input and output, for agents that have no hook, and for those that want to ask before they write:

  propose_edit   judges an edit, and writes it when nothing speaks against it; otherwise it is held for a person
  check_edit     says what an edit would open, and writes nothing
  hold_status    says what became of a held edit, and what to do next

  --workspace FOLDER   the only folder it writes into. Without it: the folders that the client names, else the repository
                       around the current folder

Where the client can ask the person for a reason, it does; the reason is kept with the hold. A person acknowledges it
in the editor's review, or in a terminal with their own key. \`countersign init --mcp\` writes this server into the settings of your agents.

Example, in an agent's settings:
  {"mcpServers": {"countersign": {"command": "countersign", "args": ["mcp"]}}}

Exit codes: 0 the client went away, 3 error.
`;

/** Milliseconds for one decision; then the gate closes. */
const LONGEST = 8_000;

export async function mcpCommand(args: readonly string[], io: CliIo): Promise<number> {
  const parsed = parseFlags('mcp', args, { workspace: { type: 'string' }, help: { type: 'boolean', short: 'h' } });
  if (!parsed.ok) return fail(io, parsed.problem);
  const { workspace, help } = parsed.values;
  if (help) return say(io, HELP);
  const chosen = workspace === undefined ? undefined : resolve(io.cwd, workspace);
  if (chosen !== undefined && !isFolder(chosen)) return fail(io, `--workspace ${chosen} is not a folder. Name one that is there.`);
  const { home, state } = ownPlaces(io);
  if (!isAbsolute(state)) return fail(io, `COUNTERSIGN_STATE is “${state}”. Set it to an absolute path, or unset it.`);
  if (!isStreams(io)) return fail(io, 'countersign mcp speaks to a program on standard input and output. Let an agent start it.');
  // The protocol is a bundle of its own. A path in a variable keeps the bundler from taking it into this file.
  const file = join(__dirname, 'mcp.js');
  const { serveMcp }: typeof import('../mcp/server.ts') = require(file);
  await serveMcp(toolsFor({ chosen, home, state: realFolder(state), io }), version, io);
  return 0;
}

type Setting = { readonly chosen: string | undefined; readonly home: string; readonly state: string; readonly io: CliIo };

function toolsFor({ chosen, home, state, io }: Setting): McpTools {
  const session = randomUUID();
  let calls = 0;
  const open = async (workspace: string) => {
    const end = Date.now() + LONGEST;
    return await openGate({
      workspace,
      stateFolder: state,
      now: io.now,
      actor: actorOf('countersign mcp'),
      outOfTime: () => Date.now() > end,
    });
  };
  const hostFor = (roots: readonly string[]): Host => ({
    place: { workspaces: workspacesOf(chosen, roots, io.cwd, home), home, own: [state, __dirname] },
    stateFolder: state,
    openGate: open,
    changedSince,
    write: writeFiles,
  });
  return {
    edit: async (tool, input, client, roots) => {
      const asker: Asker = { ...named(client), session, toolCall: `${session}/${++calls}` };
      return await (tool === 'propose_edit' ? proposeEdit : checkEdit)(input, asker, hostFor(roots));
    },
    status: (hold, client) => holdStatus(hold, named(client).name, state, io.now()),
    isNoted: async ({ hold, workspace }) => {
      const opened = await open(workspace);
      return opened.ok && isNoted(hold, opened.gate);
    },
    note: async ({ hold, workspace }, reason, client) => {
      const opened = await open(workspace);
      return opened.ok ? noteReason(hold, reason, named(client).name, opened.gate) : opened.problem;
    },
  };
}

/** As --workspace says; else the client's folders; else where it was started: each of the last two by the repository around it. */
function workspacesOf(chosen: string | undefined, roots: readonly string[], cwd: string, home: string): readonly string[] {
  if (chosen !== undefined) return [chosen];
  const folders = roots.flatMap((uri) => folderOf(uri) ?? []);
  return [...new Set((folders.length > 0 ? folders : [cwd]).map((folder) => surroundings(undefined, folder, undefined, home).workspace))];
}

function folderOf(uri: string): string | undefined {
  try {
    const folder = uri.startsWith('file:') ? fileURLToPath(uri) : undefined;
    return folder !== undefined && isFolder(folder) ? folder : undefined;
  } catch {
    return undefined;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** The name that hooks give the same agent, where its program is known. */
function named({ name, version: own }: Client): { readonly name: string; readonly version?: string } {
  const shown = visibleText(name).trim().slice(0, 100);
  const known = KNOWN.find(([pattern]) => pattern.test(shown))?.[1];
  const version = visibleText(own).trim().slice(0, 100);
  return { name: known ?? (shown === '' ? 'An agent' : shown), ...(version === '' ? {} : { version }) };
}

const KNOWN: readonly (readonly [RegExp, string])[] = [
  [/^claude[- ]code$/i, 'Claude Code'],
  [/^codex(-mcp-client)?$/i, 'Codex CLI'],
  [/^gemini-cli(-mcp-client.*)?$/i, 'Gemini CLI'],
  [/^qwen-(code|cli)(-mcp-client.*)?$/i, 'Qwen Code'],
  [/^cursor(-vscode)?$/i, 'Cursor'],
  [/^(visual studio code|vscode).*$/i, 'VS Code chat'],
  [/^windsurf(-client)?$/i, 'Windsurf'],
  [/^cline$/i, 'Cline'],
  [/^opencode$/i, 'OpenCode'],
];

function isStreams(io: CliIo): io is CliIo & McpStreams {
  return 'fd' in io.stdin && 'fd' in io.stdout;
}
