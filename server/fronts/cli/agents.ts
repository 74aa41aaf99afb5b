import { limitsOf } from '../../gate/agent-limits.ts';
import { agentId } from '../../gate/agent-names.ts';
import { loadPolicy } from '../../gate/policy.ts';
import { roomFolder } from '../../gate/state-folder.ts';
import { listTrips } from '../../gate/tripped.ts';
import { readRecords } from '../../ledger/open.ts';
import { AGENTS } from '../hooks/agents.ts';
import { agentRecords } from './agents-record.ts';
import { type AgentReport, exceeding, reportText, suggestionFor } from './agents-report.ts';
import { agentSettings } from './agent-settings.ts';
import { parseFlags } from './arguments.ts';
import { type CliIo, fail, say } from './io.ts';
import { ownPlaces } from './own-places.ts';

const HELP = `countersign agents [--since WHEN] [--json] [--state DIR]

Shows each agent that was seen, is declared in the policy, or has settings here: its tier, what it is declared to touch, what it
tried, how often it was held, acknowledged, forbidden and rolled back, and whether the breaker stopped it. That record is the
basis for widening or narrowing its tier. Says where its own settings (MCP servers, commands that run without a question) give
it more than is declared.

  --since WHEN    12h, 30d, 8w, or a time such as 2026-05-01 (default: 30d)
  --json          one JSON object
  --state DIR     the state folder, if not the usual one (or set COUNTERSIGN_STATE)

Examples:
  countersign agents
  countersign agents --since 90d --json

Exit codes: 0 shown, 3 error.
`;

export async function agentsCommand(args: readonly string[], io: CliIo): Promise<number> {
  const parsed = parseFlags('agents', args, {
    since: { type: 'string', default: '30d' },
    json: { type: 'boolean' },
    state: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  });
  if (!parsed.ok) return fail(io, parsed.problem);
  const { since, json, state, help } = parsed.values;
  if (help) return say(io, HELP);
  const from = startOf(since, io.now());
  if (from === undefined) return fail(io, `--since takes a time such as 12h, 30d, 8w or 2026-05-01, not "${since}".`);
  const { home, state: folder, userPolicy } = ownPlaces(io, state);
  const loaded = loadPolicy(io.cwd, userPolicy, { stateFolder: folder });

  const records = await agentRecords(readRecords(roomFolder(folder, 'log'), 1), from.getTime());
  const trips = listTrips(folder);
  const problems = loaded.ok ? [] : [loaded.problem];
  const reports = namesOf().map((name): AgentReport => {
    const id = agentId(name);
    const limits = limitsOf(name, loaded.policy);
    const record = records.find((one) => one.id === id);
    const settings = agentSettings(id, io.cwd, home, process.platform);
    problems.push(...settings.problems);
    return {
      id,
      name,
      tier: limits?.tier,
      declared: limits?.declarations ?? [],
      record,
      connections: settings.connections,
      exceeding: exceeding(settings.connections, limits),
      stopped: trips.find((trip) => agentId(trip.agent) === id),
      suggestion: suggestionFor(name, limits?.tier, record),
    };
  });
  // An agent of which nothing is known is not shown because some pattern would fit it.
  const shown = reports.filter(
    ({ id, record, connections, stopped }) =>
      record !== undefined ||
      stopped !== undefined ||
      connections.length > 0 ||
      loaded.policy.agents.some(({ agent }) => agentId(agent) === id),
  );
  for (const problem of problems) io.stderr.write(`${problem}\n`);
  if (json === true) return say(io, `${JSON.stringify({ since: from.toISOString(), agents: shown, problems })}\n`);
  return say(io, reportText(shown, `since ${from.toISOString().slice(0, 16).replace('T', ' ')}Z`));

  /** Display names: seen first, then those that have a hook, then what else is declared by its exact name. */
  function namesOf(): readonly string[] {
    const names = [
      ...records.map(({ name }) => name),
      ...trips.map(({ agent }) => agent),
      ...AGENTS.map(({ name }) => name),
      ...loaded.policy.agents.map(({ agent }) => agent).filter((agent) => !/[*?[\]{}]/.test(agent)),
    ];
    return [...new Map(names.toReversed().map((name) => [agentId(name), name])).values()].toReversed();
  }
}

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };

function startOf(since: string, now: Date): Date | undefined {
  const [, count, unit] = /^(\d{1,6})([mhdw])$/.exec(since.trim()) ?? [];
  if (count !== undefined && unit !== undefined) return new Date(Math.max(0, now.getTime() - Number(count) * (UNITS[unit] ?? 0)));
  const time = /^\d{4}-\d\d-\d\d/.test(since) ? Date.parse(since) : Number.NaN;
  return Number.isNaN(time) ? undefined : new Date(time);
}
