import { isAbsolute } from 'node:path';
import { realFolder } from '../../gate/state-folder.ts';
import { parseFlags } from './arguments.ts';
import { agentHealth, takeBackOld } from './doctor-agent.ts';
import { machineFound } from './doctor-machine.ts';
import { wiredIn } from './doctor-wired.ts';
import { type AgentHealth, healthJson, healthText, isWell } from './doctor-words.ts';
import { isPresent } from './init.ts';
import { type CliIo, fail, say } from './io.ts';
import { ownGate, ownPlaces } from './own-places.ts';
import { workspaceAbove } from './redteam-scene.ts';
import { pathOf, type Wiring, WIRINGS } from './wiring.ts';

const HELP = `countersign doctor [--agent NAME] [--json]

Proves for each agent found here that its hook really fires: takes the command that stands in the agent's settings, starts it
as the agent would with an edit that opens a policy (in a folder that is thrown away), and looks whether the answer is exactly
a denial as this agent reads it, in time, and held in the right state folder. The hold is taken back; the log keeps that it was
a canary. Looks too at what switches hooks off, at the launcher, the log, the policy, and the checks of git and CI.

  --agent NAME   one or more, with commas, or all (default: those that are found here):
                   ${WIRINGS.slice(0, 6)
                     .map(({ id }) => id)
                     .join(', ')},
                   ${WIRINGS.slice(6)
                     .map(({ id }) => id)
                     .join(', ')}
  --json         one JSON object

Each line is marked ✓ fine, ! worth a look, or ✗ wrong, with what to do.

Examples:
  countersign doctor
  countersign doctor --agent codex,gemini-cli
  countersign doctor --json

Exit codes: 0 nothing is wrong, 1 something needs attention, 3 error.
`;

export async function doctorCommand(args: readonly string[], io: CliIo): Promise<number> {
  const parsed = parseFlags('doctor', args, {
    agent: { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  });
  if (!parsed.ok) return fail(io, parsed.problem);
  const { agent, json, help } = parsed.values;
  if (help) return say(io, HELP);
  const { home, state } = ownPlaces(io);
  if (!isAbsolute(state)) return fail(io, `COUNTERSIGN_STATE is “${state}”. Set it to an absolute path, or unset it.`);
  const project = workspaceAbove(io.cwd);
  const chosen = chosenAgents(agent, { project, home, io });
  if (!chosen.ok) return fail(io, chosen.problem);
  const opened = await ownGate(io, project, 'countersign doctor');
  if (!opened.ok) return fail(io, opened.problem);
  await takeBackOld(opened.gate);
  const agents: AgentHealth[] = [];
  // One after the other: they share the log, and what is measured is the time of one.
  for (const wiring of chosen.wirings) agents.push(await agentHealth(wiring, { project, home, env: io.env, gate: opened.gate }));
  const machine = await machineFound({ project, home, env: io.env, state: realFolder(state) });
  const health = { agents, machine };
  io.stdout.write(json === true ? healthJson(health, project) : healthText(health, project));
  return isWell(health) ? 0 : 1;
}

/** Those that are named; else those that show signs of use, or that have our hook. */
function chosenAgents(
  named: string | undefined,
  { project, home, io }: { readonly project: string; readonly home: string; readonly io: CliIo },
): { readonly ok: true; readonly wirings: readonly Wiring[] } | { readonly ok: false; readonly problem: string } {
  if (named === 'all') return { ok: true, wirings: WIRINGS };
  if (named !== undefined) {
    const ids = named.split(',').map((id) => id.trim());
    const unknown = ids.find((id) => WIRINGS.every((wiring) => wiring.id !== id));
    if (unknown !== undefined)
      return { ok: false, problem: `There is no agent "${unknown}". Known agents: ${WIRINGS.map(({ id }) => id).join(', ')}.` };
    return { ok: true, wirings: WIRINGS.filter(({ id }) => ids.includes(id)) };
  }
  const here = { ...io, cwd: project };
  const wirings = WIRINGS.filter(
    (wiring) =>
      isPresent(wiring, 'project', home, here) ||
      isPresent(wiring, 'user', home, here) ||
      wiredIn(wiring, project, home, io.env).hooks.some(({ file }) => ownFiles(wiring, project, home).includes(file)),
  );
  return { ok: true, wirings };
}

/** Those that init writes. Some agents read the files of others too. */
function ownFiles(wiring: Wiring, project: string, home: string): readonly string[] {
  return (['project', 'user'] as const).flatMap((scope) => wiring.files(scope).map((file) => pathOf(file, scope, home, project)));
}
