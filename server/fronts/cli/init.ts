import { chmodSync, existsSync, mkdirSync, readFileSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { writeWhole } from '../../gate/small-file.ts';
import { stateFolder } from '../../gate/state-folder.ts';
import { lineHunks } from '../line-diff.ts';
import { parseFlags } from './arguments.ts';
import { mergeHooks, removeHooks, type Settings } from './claude-settings.ts';
import { type CliIo, fail, say } from './io.ts';
import { LAUNCHER, launcherText } from './launcher.ts';

const HELP = `countersign init [--agent claude-code] [--scope project|user] [--dry-run] [--yes] [--undo]

Lets an agent ask Countersign before each of its edits: adds a hook to the agent's settings and keeps everything else there.
Shows what it will write, and asks first.

  --agent NAME     claude-code (the only one in this release)
  --scope project  .claude/settings.json in this folder (default)
  --scope user     .claude/settings.json in your home folder: all your projects
  --dry-run        show it, write nothing
  --yes            do not ask
  --undo           take out exactly what init added

Examples:
  countersign init
  countersign init --scope user --yes
  countersign init --undo

The agent reads its settings when it starts: restart it afterwards.
Shell commands of the agent (Bash) are not read in this release; the hook sees Edit, MultiEdit, Write, NotebookEdit
and the tools of MCP servers.

Exit codes: 0 done or nothing to do, 1 not wanted, 3 error.
`;

export async function initCommand(args: readonly string[], io: CliIo): Promise<number> {
  const parsed = parseFlags('init', args, {
    agent: { type: 'string', default: 'claude-code' },
    scope: { type: 'string', default: 'project' },
    'dry-run': { type: 'boolean' },
    yes: { type: 'boolean', short: 'y' },
    undo: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  });
  if (!parsed.ok) return fail(io, parsed.problem);
  const flags = parsed.values;
  if (flags.help) return say(io, HELP);
  if (flags.agent !== 'claude-code') return fail(io, `No hook for "${flags.agent}" in this release. Known agents: claude-code.`);
  if (flags.scope !== 'project' && flags.scope !== 'user') return fail(io, `--scope is project or user, not "${flags.scope}".`);

  const home = io.env['HOME'] ?? homedir();
  const file = join(flags.scope === 'user' ? home : io.cwd, '.claude', 'settings.json');
  const state = stateFolder(io.env, process.platform, home);
  if (!isAbsolute(state)) return fail(io, `COUNTERSIGN_STATE is “${state}”. Set it to an absolute path, or unset it.`);
  const launcher = join(state, 'bin', LAUNCHER[process.platform === 'win32' ? 'windows' : 'posix']);
  const before = readSettings(file);
  if (!before.ok) return fail(io, before.problem);
  const command = commandOf(launcher, flags.scope, home);
  const merged = flags.undo ? removeHooks(before.text, file) : mergeHooks(before.text, file, command);
  if (!merged.ok) return fail(io, merged.problem);

  const hook = join(__dirname, 'hook.js');
  if (!flags.undo && !existsSync(hook)) return fail(io, `${hook} is missing. Install Countersign again.`);
  const script = launcherText({
    hook,
    node: process.execPath,
    electron: process.versions['electron'] !== undefined,
    state,
  });
  const launcherChanges = !flags.undo && read(launcher) !== script;
  if (merged.text === before.text && !launcherChanges) {
    return say(io, flags.undo ? `Nothing of Countersign is in ${file}.\n` : `Nothing to do: ${file} has the hook.\n`);
  }
  if (merged.text !== before.text) io.stdout.write(`${file}\n${changedLines(before.text, merged.text)}`);
  if (launcherChanges) io.stdout.write(`${launcher}\n  the script that the agent starts: finds Node.js and runs ${hook}\n`);
  if (flags['dry-run']) return say(io, 'Nothing was written (--dry-run).\n');
  if (!flags.yes && !(await agreed(io))) {
    io.stdout.write('Nothing was written.\n');
    return 1;
  }
  // The launcher first: settings that name a missing one would block every edit.
  if (launcherChanges) {
    mkdirSync(dirname(launcher), { recursive: true, mode: 0o700 });
    writeWhole(launcher, script);
    chmodSync(launcher, 0o700);
  }
  if (merged.text !== before.text) writeSettings(file, merged.text);
  return say(
    io,
    flags.undo ? 'Done. Restart the agent.\n' : 'Done. Restart the agent; its edits of watched files now wait for a person.\n',
  );
}

function readSettings(file: string): Settings {
  try {
    return { ok: true, text: readFileSync(file, 'utf8') };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    if (code === 'ENOENT') return { ok: true, text: '' };
    return { ok: false, problem: `${file} cannot be read (${code}). Make it a readable file first. Nothing was written.` };
  }
}

/** Through a symbolic link into the file it leads to: settings are often kept in another repository. */
function writeSettings(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeWhole(existsSync(file) ? realpathSync(file) : file, text);
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * What the agent runs. It goes on at any exit code but 2, so whatever becomes of the launcher (removed, killed, out of memory)
 * is made a 2. A shell other than sh may not know these words; there the launcher alone must do.
 */
function commandOf(launcher: string, scope: 'project' | 'user', home: string): string {
  const start = `${quoted(launcher, scope, home)} claude-code`;
  return process.platform === 'win32' ? start : `${start} ${OTHERWISE}`;
}

const OTHERWISE =
  '|| { [ $? -eq 2 ] || echo "Countersign closed the gate: its hook gave no answer. Install it and run countersign init." >&2; exit 2; }';

/** For the shell that the agent starts hooks with. Settings of a project are shared: there the home folder is a variable. */
function quoted(launcher: string, scope: 'project' | 'user', home: string): string {
  const safe = launcher.replaceAll('\\', '/').replace(/["$`\\]/g, '\\$&');
  const root = `${home.replaceAll('\\', '/').replace(/["$`\\]/g, '\\$&')}/`;
  return scope === 'project' && safe.startsWith(root) ? `"$HOME/${safe.slice(root.length)}"` : `"${safe}"`;
}

async function agreed(io: CliIo): Promise<boolean> {
  const terminal = createInterface({ input: io.stdin, output: io.stdout, terminal: false });
  try {
    const answer = await Promise.race([
      terminal.question('Write this? [y/N] '),
      new Promise<string>((resolve) => void terminal.once('close', () => resolve(''))),
    ]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}

function changedLines(before: string, after: string): string {
  const [old, fresh] = [before === '' ? [] : before.split('\n'), after.split('\n')];
  return lineHunks(old, fresh)
    .map(({ beforeStart, beforeEnd, afterStart, afterEnd }) =>
      [
        `  @@ line ${afterStart + 1}`,
        ...old.slice(beforeStart, beforeEnd).map((line) => `  - ${line}`),
        ...fresh.slice(afterStart, afterEnd).map((line) => `  + ${line}`),
        '',
      ].join('\n'),
    )
    .join('');
}
