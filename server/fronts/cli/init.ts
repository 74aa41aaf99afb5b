import { chmodSync, existsSync, mkdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { writeWhole } from '../../gate/small-file.ts';
import { parseFlags } from './arguments.ts';
import { setUpCheck, withCiNamed } from './check-init.ts';
import { agreed, changedLines } from './confirm.ts';
import type { Settings } from './json-settings.ts';
import { type CliIo, fail, say } from './io.ts';
import { ownPlaces } from './own-places.ts';
import { isExplained, recordOwnWrites } from './own-writes.ts';
import { LAUNCHER, launcherText } from './launcher.ts';
import { isBare, madeFiles, rememberMade } from './made-files.ts';
import { mcpFileOf, mcpStart } from './mcp-settings.ts';
import { pathOf, type Scope, type WiredFile, type Wiring, WIRINGS } from './wiring.ts';

const HELP = `countersign init [--agent NAME] [--scope project|user] [--mcp] [--dry-run] [--yes] [--undo]
countersign init --git-hook | --ci [github|gitlab] [--dry-run] [--yes] [--undo]

Lets your agents ask Countersign before each of their edits and shell commands: adds a hook to their settings and keeps
everything else there. Without --agent, those that are found here. Shows what it will write, and asks first.

  --agent NAME     one or more, with commas, or all:
${listed(WIRINGS.map(({ id }) => id))}
  --scope project  in this folder (default)
  --scope user     in your home folder: all your projects
  --mcp            also list the server of tools (countersign mcp) in the settings of those agents that know such servers
  --git-hook       instead: check what is staged before each commit of this repository (countersign check --staged)
  --ci WHERE       instead: check each pull request, on github or gitlab; also lays your public key into .countersign/keys/
  --dry-run        show it, write nothing
  --yes            do not ask
  --undo           take out exactly what init added

Examples:
  countersign init
  countersign init --agent codex,gemini-cli --scope user --yes
  countersign init --git-hook --ci github
  countersign init --undo

Exit codes: 0 done or nothing to do, 1 not wanted, 3 error.
`;

export async function initCommand(args: readonly string[], io: CliIo): Promise<number> {
  const parsed = parseFlags('init', withCiNamed(args, io.cwd), {
    'git-hook': { type: 'boolean' },
    ci: { type: 'string' },
    agent: { type: 'string' },
    scope: { type: 'string', default: 'project' },
    mcp: { type: 'boolean' },
    'dry-run': { type: 'boolean' },
    yes: { type: 'boolean', short: 'y' },
    undo: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  });
  if (!parsed.ok) return fail(io, parsed.problem);
  const flags = parsed.values;
  if (flags.help) return say(io, HELP);
  const { scope } = flags;
  if (scope !== 'project' && scope !== 'user') return fail(io, `--scope is project or user, not "${scope}".`);

  const { home, state } = ownPlaces(io);
  if (flags['git-hook'] || flags.ci !== undefined) {
    const { ci, undo, yes, 'git-hook': gitHook, 'dry-run': dryRun } = flags;
    if (flags.agent !== undefined) return fail(io, '--agent belongs to hooks of agents: leave it out here, or run init twice.');
    return setUpCheck({ ci, gitHook, undo, yes, dryRun }, join(__dirname, 'cli.js'), home, io);
  }
  const chosen = chosenAgents(flags.agent, flags.undo === true, scope, home, io);
  if (!chosen.ok) return fail(io, chosen.problem);
  if (!isAbsolute(state)) return fail(io, `COUNTERSIGN_STATE is “${state}”. Set it to an absolute path, or unset it.`);
  const launcher = join(state, 'bin', LAUNCHER[process.platform === 'win32' ? 'windows' : 'posix']);
  // A file that goes is seen by no watch: only a person at a terminal takes one away.
  const made = isExplained(flags.undo === true, flags.yes === true, io) ? madeFiles(state) : new Set<string>();
  const planned = plan(chosen.wirings, { undo: flags.undo === true, mcp: flags.mcp === true, made }, launcher, scope, home, io.cwd);
  if (!planned.ok) return fail(io, planned.problem);

  const hook = join(__dirname, 'hook.js');
  if (!flags.undo && !existsSync(hook)) return fail(io, `${hook} is missing. Install Countersign again.`);
  const script = launcherText({
    hook,
    node: process.execPath,
    electron: process.versions['electron'] !== undefined,
    state,
  });
  const launcherChanges = !flags.undo && read(launcher) !== script;
  const changes = planned.changes.filter(({ before, after }) => before !== after);
  if (changes.length === 0 && !launcherChanges) {
    const where = planned.changes.map(({ file }) => file).join(', ');
    return say(io, flags.undo ? `Nothing of Countersign is in ${where}.\n` : `Nothing to do: ${where} has the hook.\n`);
  }
  for (const { file, before, after } of changes)
    io.stdout.write(`${file}${after === '' ? ' (removed)' : ''}\n${changedLines(before, after)}`);
  if (launcherChanges) io.stdout.write(`${launcher}\n  the script that the agent starts: finds Node.js and runs ${hook}\n`);
  if (flags['dry-run']) return say(io, 'Nothing was written (--dry-run).\n');
  if (!flags.yes && !(await agreed(io))) {
    io.stdout.write('Nothing was written. --yes writes it without asking.\n');
    return 1;
  }
  if (isExplained(flags.undo === true, flags.yes === true, io)) await recordOwnWrites('countersign init', changes, io);
  // The launcher first: settings that name a missing one would block every edit.
  if (launcherChanges) {
    mkdirSync(dirname(launcher), { recursive: true, mode: 0o700 });
    writeWhole(launcher, script);
    chmodSync(launcher, 0o700);
  }
  for (const change of changes) writeSettings(change);
  rememberMade(state, changes, flags.undo === true);
  const touched = chosen.wirings.filter(({ id }) => changes.some(({ wiring }) => wiring.id === id));
  io.stdout.write(
    flags.undo ? 'Done.\n' : 'Done. Edits and commands that open something now wait for a person. Prove it: countersign doctor\n',
  );
  for (const { name, afterwards } of touched) io.stdout.write(`${name}: ${flags.undo ? 'Restart the agent.' : afterwards}\n`);
  return 0;
}

type Change = {
  readonly wiring: Wiring;
  readonly target: WiredFile;
  readonly file: string;
  readonly before: string;
  readonly after: string;
};

function plan(
  wirings: readonly Wiring[],
  { undo, mcp, made }: { readonly undo: boolean; readonly mcp: boolean; readonly made: ReadonlySet<string> },
  launcher: string,
  scope: Scope,
  home: string,
  cwd: string,
): { readonly ok: true; readonly changes: readonly Change[] } | { readonly ok: false; readonly problem: string } {
  const changes: Change[] = [];
  for (const wiring of wirings) {
    const server = mcp || undo ? mcpFileOf(wiring.id, scope, mcpStart(launcher, scope, home)) : undefined;
    for (const target of [...wiring.files(scope), ...(server === undefined ? [] : [server])]) {
      const file = pathOf(target, scope, home, cwd);
      // Some agents keep hooks and servers in one file.
      const same = changes.findIndex((change) => change.file === file);
      const earlier = changes[same];
      const before = earlier === undefined ? readSettings(file) : { ok: true as const, text: earlier.after };
      if (!before.ok) return before;
      const after = undo ? target.remove(before.text, file) : target.merge(before.text, file, commandOf(launcher, wiring.id, scope, home));
      if (!after.ok) return after;
      if (earlier === undefined) changes.push({ wiring, target, file, before: before.text, after: after.text });
      else changes[same] = { ...earlier, after: after.text };
    }
  }
  // Only when all of ours is out of it can be told whether anything is left.
  if (undo) {
    for (const [index, change] of changes.entries()) {
      if (change.before !== change.after && isBare(change.after) && made.has(change.file)) changes[index] = { ...change, after: '' };
    }
  }
  return { ok: true, changes };
}

/** The agents that are named, else those that are found, else the first of the table. To undo, every one. */
function chosenAgents(
  named: string | undefined,
  undo: boolean,
  scope: Scope,
  home: string,
  io: CliIo,
): { readonly ok: true; readonly wirings: readonly Wiring[] } | { readonly ok: false; readonly problem: string } {
  if (named === 'all' || (named === undefined && undo)) return { ok: true, wirings: WIRINGS };
  if (named !== undefined) {
    const ids = named.split(',').map((id) => id.trim());
    const unknown = ids.find((id) => WIRINGS.every((wiring) => wiring.id !== id));
    if (unknown !== undefined) {
      return { ok: false, problem: `No hook for "${unknown}" in this release. Known agents: ${WIRINGS.map(({ id }) => id).join(', ')}.` };
    }
    return { ok: true, wirings: WIRINGS.filter(({ id }) => ids.includes(id)) };
  }
  const found = WIRINGS.filter((wiring) => isPresent(wiring, scope, home, io));
  if (found.length > 0) {
    io.stdout.write(`Found: ${found.map(({ name }) => name).join(', ')}.\n`);
    return { ok: true, wirings: found };
  }
  const [first] = WIRINGS;
  io.stdout.write(
    `No agent was found here, so this is for ${first?.name ?? ''}. Another: --agent ${WIRINGS.map(({ id }) => id).join('|')}\n`,
  );
  return { ok: true, wirings: first === undefined ? [] : [first] };
}

export function isPresent({ signs, programs }: Wiring, scope: Scope, home: string, io: CliIo): boolean {
  const folders = (io.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const installed = programs.some((program) =>
    folders.some((folder) => [program, `${program}.cmd`, `${program}.exe`].some((name) => existsSync(join(folder, name)))),
  );
  const used = scope === 'project' ? signs.project.map((sign) => join(io.cwd, sign)) : signs.user.map((sign) => join(home, sign));
  return installed || used.some((sign) => existsSync(sign));
}

function listed(ids: readonly string[]): string {
  return [ids.slice(0, 6), ids.slice(6)].map((line) => `                   ${line.join(', ')}`).join(',\n');
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
function writeSettings({ file, after, target }: Change): void {
  if (after === '' && existsSync(file)) {
    rmSync(file);
    return;
  }
  mkdirSync(dirname(file), { recursive: true });
  writeWhole(existsSync(file) ? realpathSync(file) : file, after);
  if (target.script === true) chmodSync(file, 0o755);
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
export function commandOf(launcher: string, agent: string, scope: Scope, home: string): string {
  const start = `${quoted(launcher, scope, home)} ${agent}`;
  return process.platform === 'win32' ? start : `${start} ${OTHERWISE}`;
}

const OTHERWISE =
  '|| { [ $? -eq 2 ] || echo "Countersign closed the gate: its hook gave no answer. Install it and run countersign init." >&2; exit 2; }';

/** For the shell that the agent starts hooks with. Settings of a project are shared: there the home folder is a variable. */
function quoted(launcher: string, scope: Scope, home: string): string {
  const safe = launcher.replaceAll('\\', '/').replace(/["$`\\]/g, '\\$&');
  const root = `${home.replaceAll('\\', '/').replace(/["$`\\]/g, '\\$&')}/`;
  return scope === 'project' && safe.startsWith(root) ? `"$HOME/${safe.slice(root.length)}"` : `"${safe}"`;
}
