import { createInterface } from 'node:readline/promises';
import { halt, readHalt, resume } from '../../gate/halt.ts';
import { agentId } from '../../gate/agent-names.ts';
import { listTrips } from '../../gate/tripped.ts';
import { visibleText } from '../visible-text.ts';
import { userName } from '../actor.ts';
import { parseFlags } from './arguments.ts';
import { type CliIo, fail, say } from './io.ts';
import { ownGate } from './own-places.ts';

const HELP = `countersign halt [--reason TEXT]
countersign resume [--agent NAME]

Stops every hooked agent of this account at its next tool call, whatever it is, until a person resumes.
An agent that knows how to stop stops; any other has each of its calls refused. Both are recorded.

  --reason TEXT   told to the agents, and kept in the log

\`resume\` asks for a word in a terminal: an agent's shell has none. It also lets those agents go on that the breaker has stopped
by itself (policy: breaker).

  --agent NAME    only this agent, of those that the breaker has stopped

Examples:
  countersign halt --reason "It is deleting the wrong branch"
  countersign resume
  countersign resume --agent codex

Exit codes: 0 done, 1 not wanted, 3 error.
`;

export async function haltCommand(args: readonly string[], io: CliIo): Promise<number> {
  const parsed = parseFlags('halt', args, { reason: { type: 'string' }, help: { type: 'boolean', short: 'h' } });
  if (!parsed.ok) return fail(io, parsed.problem);
  if (parsed.values.help) return say(io, HELP);
  const reason = visibleText(parsed.values.reason?.trim() ?? '').slice(0, 500) || 'no reason was given';
  const opened = await ownGate(io, io.cwd, 'countersign halt');
  if (!opened.ok) return fail(io, opened.problem);
  const problem = await halt(userName(), reason, opened.gate);
  return problem === undefined ? say(io, 'Agents are stopped. Let them go on with: countersign resume\n') : fail(io, problem);
}

export async function resumeCommand(args: readonly string[], io: CliIo): Promise<number> {
  const parsed = parseFlags('resume', args, { agent: { type: 'string' }, help: { type: 'boolean', short: 'h' } });
  if (!parsed.ok) return fail(io, parsed.problem);
  if (parsed.values.help) return say(io, HELP);
  const opened = await ownGate(io, io.cwd, 'countersign halt');
  if (!opened.ok) return fail(io, opened.problem);
  const { stateFolder: folder } = opened.gate;
  const { agent } = parsed.values;
  const halted = agent === undefined ? readHalt(folder) : undefined;
  const trips = listTrips(folder).filter((trip) => agent === undefined || agentId(trip.agent) === agentId(agent));
  if (halted === undefined && trips.length === 0) {
    const who = agent === undefined ? 'No agent is stopped' : `The breaker has not stopped ${visibleText(agent)}`;
    return say(io, `${who}.\n`);
  }
  if (!('isTTY' in io.stdin) || io.stdin.isTTY !== true) {
    return fail(io, 'Only a person in a terminal lets agents go on: run countersign resume there.');
  }
  const terminal = createInterface({ input: io.stdin, output: io.stdout });
  try {
    if (halted !== undefined)
      io.stdout.write(`Agents were stopped by ${visibleText(halted.by)} at ${visibleText(halted.since)}: ${visibleText(halted.reason)}\n`);
    for (const trip of trips)
      io.stdout.write(`The breaker stopped ${visibleText(trip.agent)} at ${visibleText(trip.since)}: ${visibleText(trip.cause)}\n`);
    const answer = await terminal.question('Type "resume" to let them go on: ');
    if (answer.trim() !== 'resume') {
      io.stdout.write('They stay stopped.\n');
      return 1;
    }
  } finally {
    terminal.close();
  }
  const problem = await resume(`${userName()} resumed in a terminal`, opened.gate, agent);
  return problem === undefined ? say(io, 'Agents may go on.\n') : fail(io, problem);
}
