/** Everything that is looked at for one agent: its settings as they stand, and a canary edit through its hook. */
import { statSync } from 'node:fs';
import { isCanary } from '../../gate/canary.ts';
import { readHalt } from '../../gate/halt.ts';
import { listHolds, removeHold } from '../../gate/holds.ts';
import { recordedProvenance } from '../../gate/recorded.ts';
import { forgetRefusalsOf } from '../../gate/refusals.ts';
import { removeIfThere } from '../../gate/small-file.ts';
import { readTrip, tripFile } from '../../gate/tripped.ts';
import type { GateContext, Hold } from '../../gate/types.ts';
import { AGENTS } from '../hooks/agents.ts';
import type { AgentHook } from '../hooks/tool-call.ts';
import { beyondHook } from './doctor-beyond.ts';
import { type Fired, fireCanary } from './doctor-canary.ts';
import { launcherFound } from './doctor-launcher.ts';
import { switchesOf } from './doctor-switches.ts';
import { type Start, type WiredHook, wiredIn } from './doctor-wired.ts';
import { type AgentHealth, fine, type Found, look, wrong } from './doctor-words.ts';
import { type Wiring } from './wiring.ts';

export type Place = {
  readonly project: string;
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
  /** Where canaries are recorded and taken back. */
  readonly gate: GateContext;
};

/** Milliseconds: the hook answers within nine seconds; an agent that stops waiting sooner goes on without an answer. */
const SHORTEST_WAIT = 10_000;
/** How long each agent waits where its settings do not say, in milliseconds. */
const WAITS: Readonly<Record<string, number>> = { 'gemini-cli': 60_000, 'vscode-chat': 30_000, 'copilot-cli': 30_000 };

export async function agentHealth(wiring: Wiring, place: Place): Promise<AgentHealth> {
  const { id, name } = wiring;
  const { hooks, problems } = wiredIn(wiring, place.project, place.home, place.env);
  const agent = AGENTS.find((one) => one.id === id);
  const beyond = beyondHook(id);
  const unreadable = problems.map(({ file, what }) => wrong(`${file} ${what}.`, `Mend it, then run countersign init --agent ${id}.`));
  const before = hooks.filter(({ phase }) => phase === 'before');
  const switched = switchesOf(id, { ...place, hooks });
  if (agent === undefined || before.length === 0) {
    const none = wrong(`No settings of ${name} start the hook, so it asks nobody before its edits.`, `Run countersign init --agent ${id}.`);
    return { id, name, covered: false, found: [...unreadable, none, ...switched], beyond };
  }
  const found: Found[] = [...unreadable, ...reachOf(id, before), ...waitsOf(id, before), ...recorders(id, hooks), ...switched];
  const fired: Found[] = [];
  for (const { start, scope } of distinct(before)) {
    const remedy = `Run countersign init --agent ${id}${scope === 'user' ? ' --scope user' : ''}.`;
    const launcher = launcherFound(start, { state: place.gate.stateFolder, home: place.home, remedy });
    fired.push(...launcher, ...(await canaryFound(start, agent, place, remedy)));
  }
  const all = [...found, ...fired];
  return { id, name, covered: all.every(({ mark }) => mark !== 'wrong'), found: all, beyond };
}

/** Tools that write, run commands, or do what nobody knows; one example of each kind. */
const TOOLS: Readonly<Record<string, readonly string[]>> = {
  'claude-code': ['Edit', 'MultiEdit', 'Write', 'NotebookEdit', 'Bash', 'Monitor', 'Config', 'mcp__server__tool'],
  codex: ['apply_patch', 'Bash', 'mcp__server__tool'],
  'gemini-cli': ['replace', 'write_file', 'run_shell_command', 'mcp_server_tool'],
  'qwen-code': ['edit', 'write_file', 'run_shell_command', 'mcp__server__tool'],
  'copilot-cli': ['edit', 'create', 'bash', 'server-tool'],
  cursor: ['Write', 'Shell', 'MCP:tool'],
};

/** Windsurf has an event for each kind of tool. */
const EVENTS: Readonly<Record<string, readonly string[]>> = { windsurf: ['pre_write_code', 'pre_run_command', 'pre_mcp_tool_use'] };

function reachOf(id: string, before: readonly WiredHook[]): readonly Found[] {
  const remedy = `Run countersign init --agent ${id}.`;
  const files = [...new Set(before.map(({ file }) => file))].join(', ');
  const background = before.filter(({ fields }) => fields['async'] === true);
  const narrowed = before.filter(({ fields }) => typeof fields['if'] === 'string');
  const events = (EVENTS[id] ?? []).filter((event) => before.every((hook) => hook.event !== event));
  const tools = (TOOLS[id] ?? []).filter((tool) => !before.some((hook) => matches(id, hook.matcher, tool)));
  const missing = [...events, ...tools];
  return [
    missing.length > 0
      ? wrong(`The hook in ${files} is not asked before: ${missing.join(', ')}.`, remedy)
      : fine(`${files} asks the hook before each edit, command and tool of an MCP server.`),
    ...(background.length === before.length
      ? [wrong(`The hook in ${files} runs in the background (async): the agent does not wait for its answer.`, remedy)]
      : []),
    ...(narrowed.length === before.length ? [wrong(`The hook in ${files} has a condition (if) that lets calls pass it by.`, remedy)] : []),
  ];
}

function matches(id: string, matcher: string | undefined, tool: string): boolean {
  if (matcher === undefined || matcher === '' || matcher === '*') return true;
  try {
    return new RegExp(id === 'gemini-cli' || id === 'cursor' ? matcher : `^(?:${matcher})$`).test(tool);
  } catch {
    return matcher === tool;
  }
}

function waitsOf(id: string, before: readonly WiredHook[]): readonly Found[] {
  const waits = before.map(({ timeout, file }) => ({ file, wait: timeout ?? WAITS[id] }));
  const shortest = waits.flatMap(({ file, wait }) => (wait === undefined ? [] : [{ file, wait }])).toSorted((a, b) => a.wait - b.wait)[0];
  if (shortest === undefined || shortest.wait >= SHORTEST_WAIT) return [];
  return [
    wrong(
      `${shortest.file} lets the agent wait only ${seconds(shortest.wait)}; the hook may need nine seconds, and without an answer the agent goes on.`,
      `Run countersign init --agent ${id}.`,
    ),
  ];
}

function recorders(id: string, hooks: readonly WiredHook[]): readonly Found[] {
  // OpenCode's plugin is both in one; Windsurf's command events have no counterpart.
  if (id === 'opencode' || hooks.some(({ phase }) => phase === 'after')) return [];
  return [look('No hook runs after a tool, so what was really written is not recorded.', `Run countersign init --agent ${id}.`)];
}

/** One for each way of starting it. */
function distinct(hooks: readonly WiredHook[]): readonly WiredHook[] {
  const seen = new Set<string>();
  return hooks.filter(({ start }) => {
    const key = JSON.stringify(start);
    return seen.has(key) ? false : seen.add(key);
  });
}

async function canaryFound(start: Start, agent: AgentHook, place: Place, remedy: string): Promise<readonly Found[]> {
  if (start.kind === 'program' && start.args.length === 0 && process.platform !== 'win32' && (statSync(start.program).mode & 0o111) === 0)
    return [wrong(`${start.program} may not be executed, so ${agent.name} passes it by.`, remedy)];
  const { stateFolder } = place.gate;
  const halted = readHalt(stateFolder) !== undefined || readTrip(stateFolder, agent.name) !== undefined;
  const fired = await fireCanary(start, agent, place);
  // Also behind an answer that the agent would not read as a denial there is a hold.
  const hold = listHolds(stateFolder).find(
    ({ workspace, provenance, edits }) => workspace === fired.folder && isCanary({ workspace, provenance, files: edits }),
  );
  const taken = hold === undefined ? [] : await takeBack(hold, agent, place.gate, halted);
  if (fired.kind === 'open') return [wrong(`A canary edit that opens a policy was not denied: its answer ${fired.why}.`, remedy), ...taken];
  if (fired.hold !== undefined) {
    const late = tooLate(fired);
    if (hold?.id !== fired.hold)
      return [
        wrong(`A canary edit was denied, but ${fired.hold} is not in ${stateFolder}: the hook keeps its holds elsewhere.`, remedy),
        ...late,
      ];
    return [
      fine(`A canary edit that opens a policy was denied within ${seconds(fired.milliseconds)}, held as ${fired.hold}, and taken back.`),
      ...taken,
      ...late,
    ];
  }
  if (halted)
    return [
      look(
        `The hook answers, and denies everything: agents are stopped (${short(fired.reason)}).`,
        'countersign resume, then run this again.',
      ),
    ];
  return [wrong(`The hook refuses every edit: ${short(fired.reason)}`, remedy)];
}

function tooLate({ milliseconds }: Fired): readonly Found[] {
  if (milliseconds < SHORTEST_WAIT) return [];
  return [look(`The hook took ${seconds(milliseconds)}, longer than it may.`, 'See what else keeps this machine busy.')];
}

/** A doctor that was ended in between leaves its canary held. */
export async function takeBackOld(gate: GateContext): Promise<void> {
  const old = gate.now().getTime() - FORGOTTEN;
  for (const hold of listHolds(gate.stateFolder)) {
    const agent = AGENTS.find(({ name }) => name === hold.provenance.agent?.name);
    if (agent !== undefined && isCanary({ ...hold, files: hold.edits }) && Date.parse(hold.created) < old)
      await takeBack(hold, agent, gate, true);
  }
}

/** Milliseconds: longer than any canary takes. */
const FORGOTTEN = 120_000;

/** The canary's hold, its refusal, and a trip that it led to; and a record that says so. */
async function takeBack(hold: Hold, agent: AgentHook, gate: GateContext, halted: boolean): Promise<readonly Found[]> {
  const { id } = hold;
  try {
    const trip = readTrip(gate.stateFolder, agent.name);
    // One that came about meanwhile without the canary is the agent's own.
    if (!halted && trip?.holds.includes(id) === true) removeIfThere(tripFile(gate.stateFolder, agent.name));
    forgetRefusalsOf(gate.stateFolder, id);
    removeHold(gate.stateFolder, id);
  } catch (error) {
    return [
      look(
        `The canary ${id} could not be taken back (${error instanceof Error ? error.message : String(error)}).`,
        `Discard ${id} in the editor.`,
      ),
    ];
  }
  const appended = await gate.ledger.append({
    kind: 'discarded',
    hold: id,
    workspace: hold.workspace,
    provenance: recordedProvenance(hold.provenance, gate.stateFolder),
    cause: 'A canary of countersign doctor: it showed that the hook fires.',
  });
  return appended.ok
    ? []
    : [look(`That the canary was taken back could not be recorded: ${appended.problem.message}`, 'Mend it, and run this again.')];
}

function seconds(milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds} ms` : `${Math.round(milliseconds / 100) / 10} s`;
}

function short(text: string): string {
  return text.length > 300 ? `${text.slice(0, 299)}…` : text;
}
