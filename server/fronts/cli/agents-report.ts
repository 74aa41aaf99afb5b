import { commandMatches, type Limits } from '../../gate/agent-limits.ts';
import { globMatcher } from '../../gate/glob.ts';
import type { Trip } from '../../gate/tripped.ts';
import type { Tier } from '../../gate/types.ts';
import { visibleText } from '../visible-text.ts';
import type { Connection } from './agent-settings.ts';
import type { AgentRecord } from './agents-record.ts';

/** Everything that is said of one agent. */
export type AgentReport = {
  readonly id: string;
  readonly name: string;
  /** Absent where no policy declares it. */
  readonly tier?: Tier | undefined;
  readonly declared: Limits['declarations'];
  readonly record?: AgentRecord | undefined;
  readonly connections: readonly Connection[];
  /** Of `connections`, those that no declaration speaks of, or that it does not let through. */
  readonly exceeding: readonly Connection[];
  readonly stopped?: Trip | undefined;
  readonly suggestion?: string | undefined;
};

/** Connections that go beyond what is declared. What is not declared at all exceeds nothing: there is nothing to compare with. */
export function exceeding(connections: readonly Connection[], limits: Limits | undefined): readonly Connection[] {
  if (limits === undefined) return [];
  return connections.filter(({ kind, name }) =>
    limits.declarations.some(({ mcpServers, commands }) => {
      if (kind === 'mcp-server') return mcpServers !== undefined && !globMatcher(mcpServers)(name);
      if (commands === undefined) return false;
      // A rule such as "npm *" is covered by a declared pattern that says as much or more.
      return kind === 'mode' || !commands.some((pattern) => pattern === name || commandMatches(pattern, name));
    }),
  );
}

/** So few suggestions support no suggestion. */
const ENOUGH = 10;

/** What the record supports, a sentence; undefined where it supports nothing yet. */
export function suggestionFor(name: string, tier: Tier | undefined, record: AgentRecord | undefined): string | undefined {
  if (record === undefined) return undefined;
  const { held, forbidden, rolledBack, tripped, acknowledged, outside, acknowledgementRate = 1 } = record;
  if (tripped > 0 || forbidden > 0 || (acknowledged > 0 && rolledBack / acknowledged >= 0.2)) {
    const why = [
      ...(tripped > 0 ? [times(tripped, 'the breaker stopped it')] : []),
      ...(forbidden > 0 ? [`${forbidden} of its edits ${forbidden === 1 ? 'was' : 'were'} forbidden`] : []),
      ...(rolledBack > 0 ? [`${rolledBack} of ${acknowledged} acknowledged edits were rolled back`] : []),
    ].join(', ');
    if (tier === 'restricted') return `${name} is restricted, and still ${why}: consider to declare less that it may touch.`;
    return `Consider a narrower tier for ${name} (${tier === 'trusted' ? 'supervised' : 'restricted'}): ${why}.`;
  }
  if (held >= ENOUGH && acknowledgementRate < 0.5)
    return `Consider a narrower tier for ${name} (restricted): only ${acknowledged} of ${held} held edits were acknowledged.`;
  if (outside >= 3) return `${name} was outside its declaration ${outside} times: widen what it may touch, or give it other tasks.`;
  if (tier !== undefined && tier !== 'trusted' && held >= ENOUGH && acknowledgementRate >= 0.95 && rolledBack === 0) {
    const wider = tier === 'restricted' ? 'supervised' : 'trusted';
    return `The record supports a wider tier for ${name} (${wider}): ${acknowledged} of ${held} held edits were acknowledged, none rolled back.`;
  }
  if (tier === undefined && held > 0)
    return `Declare what ${name} may touch: no policy says anything of it. Add it below \`agents\` in ~/.config/countersign/policy.yaml or .countersign/policy.yaml.`;
  return undefined;
}

/** For a terminal. */
export function reportText(reports: readonly AgentReport[], since: string): string {
  if (reports.length === 0) return `No agent was seen ${since}, and none is declared.\n`;
  const rows = reports.map(({ name, tier, record, stopped }) => [
    `${name}${stopped === undefined ? '' : ' (stopped)'}`,
    tier ?? 'not declared',
    String(record?.held ?? 0),
    record?.acknowledgementRate === undefined ? '–' : `${record.acknowledged} (${Math.round(record.acknowledgementRate * 100)} %)`,
    String(record?.forbidden ?? 0),
    String(record?.discarded ?? 0),
    String(record?.rolledBack ?? 0),
    String(record?.outside ?? 0),
    String(record?.tripped ?? 0),
  ]);
  return [`Agents, ${since}:`, '', ...columns([HEAD, ...rows]), '', ...reports.flatMap(detailLines)].join('\n');
}

const HEAD = ['agent', 'tier', 'held', 'acknowledged', 'forbidden', 'discarded', 'rolled back', 'outside', 'breaker'];

function detailLines({ name, declared, record, connections, exceeding: beyond, stopped, suggestion }: AgentReport): readonly string[] {
  const tried = (record?.tried ?? []).slice(0, 5).map(({ what, times: n }) => `${plain(what)}${n > 1 ? ` (${n})` : ''}`);
  const more = (record?.tried.length ?? 0) - tried.length;
  const lines = [
    ...declared.flatMap(({ mayTouch, mayAct, mcpServers, commands, source }) => [
      ...(mayTouch === undefined ? [] : [`declared to touch ${listOf(mayTouch)} (${source})`]),
      ...(mayAct === undefined ? [] : [`declared to act ${actsOf(mayAct)} (${source})`]),
      ...(mcpServers === undefined ? [] : [`declared MCP servers ${listOf(mcpServers)} (${source})`]),
      ...(commands === undefined ? [] : [`declared commands ${listOf(commands)} (${source})`]),
    ]),
    ...(tried.length === 0 ? [] : [`tried ${tried.join(', ')}${more > 0 ? ` and ${more} more` : ''}`]),
    ...connectionLines(connections, beyond),
    ...(stopped === undefined ? [] : [`stopped since ${stopped.since}: ${stopped.cause}. Let it go on: countersign resume`]),
    ...(suggestion === undefined ? [] : [suggestion]),
  ];
  return lines.length === 0 ? [] : [plain(name), ...lines.map((line) => `  ${plain(line)}`), ''];
}

function connectionLines(connections: readonly Connection[], beyond: readonly Connection[]): readonly string[] {
  const words = ({ kind, name, file }: Connection) =>
    `${kind === 'mcp-server' ? `MCP server ${name}` : kind === 'command' ? `command ${name}` : name} (${file})`;
  const within = connections.filter((one) => !beyond.includes(one));
  return [
    ...(within.length === 0
      ? []
      : [`can use ${within.slice(0, 8).map(words).join(', ')}${within.length > 8 ? ` and ${within.length - 8} more` : ''}`]),
    ...beyond.map((one) => `BEYOND its declaration: ${words(one)}`),
  ];
}

function actsOf(acts: NonNullable<AgentReport['declared'][number]['mayAct']>): string {
  return Object.entries(acts)
    .map(([key, value]) => `${key} ${Array.isArray(value) ? listOf(value) : String(value)}`)
    .join(', ');
}

function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, index) => Math.max(...rows.map((row) => plain(row[index] ?? '').length)));
  return rows.map((row) => `  ${row.map((cell, index) => plain(cell).padEnd(widths[index] ?? 0)).join('  ')}`.trimEnd());
}

function times(count: number, what: string): string {
  return count === 1 ? `${what} once` : `${what} ${count} times`;
}

function listOf(patterns: readonly unknown[]): string {
  return patterns.length === 0 ? 'nothing' : patterns.map(String).join(', ');
}

function plain(text: string): string {
  return visibleText(text);
}
