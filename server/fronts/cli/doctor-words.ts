import { version } from '../../../package.json';
import { visibleText } from '../visible-text.ts';

/** `fine`: as it should be. `look`: works, and deserves a look. `wrong`: something is not covered, or refused, until it is mended. */
export type Mark = 'fine' | 'look' | 'wrong';

/** One thing that was looked at: a sentence, and what to do where it is not fine. */
export type Found = { readonly mark: Mark; readonly what: string; readonly remedy?: string | undefined };

export type AgentHealth = {
  /** As in `countersign hook <id>`. */
  readonly id: string;
  readonly name: string;
  /** A canary edit was held, and nothing switches the hook off. */
  readonly covered: boolean;
  readonly found: readonly Found[];
  /** What no hook of this agent sees; sentences. */
  readonly beyond: readonly string[];
};

export type Health = { readonly agents: readonly AgentHealth[]; readonly machine: readonly Found[] };

export const fine = (what: string): Found => ({ mark: 'fine', what });
export const look = (what: string, remedy: string): Found => ({ mark: 'look', what, remedy });
export const wrong = (what: string, remedy: string): Found => ({ mark: 'wrong', what, remedy });

/** True when nothing is wrong. */
export function isWell({ agents, machine }: Health): boolean {
  return [...machine, ...agents.flatMap(({ found }) => found)].every(({ mark }) => mark !== 'wrong');
}

export function healthText(health: Health, folder: string): string {
  const { agents, machine } = health;
  const lines = [
    `Countersign ${version} in ${folder}`,
    '',
    ...agents.flatMap(agentLines),
    'This machine',
    ...machine.flatMap(foundLines),
    '',
    sumOf(health),
  ];
  return lines.map((line) => `${visibleText(line)}\n`).join('');
}

/** Of fixed names: programs read it. */
export function healthJson(health: Health, folder: string): string {
  return `${JSON.stringify({ version, workspace: folder, ok: isWell(health), ...health })}\n`;
}

const MARKS: Readonly<Record<Mark, string>> = { fine: '✓ fine ', look: '! look ', wrong: '✗ wrong' };

function agentLines({ name, covered, found, beyond }: AgentHealth): readonly string[] {
  return [
    `${name}: ${covered ? 'covered' : 'not covered'}`,
    ...found.flatMap(foundLines),
    ...beyond.map((sentence, index) => `  ${index === 0 ? 'Not seen by its hook:' : '                     '} ${sentence}`),
    '',
  ];
}

function foundLines({ mark, what, remedy }: Found): readonly string[] {
  return [`  ${MARKS[mark]}  ${what}`, ...(remedy === undefined ? [] : [`             → ${remedy}`])];
}

function sumOf(health: Health): string {
  const { agents } = health;
  if (agents.length === 0) return 'No agent was found here. Name one: countersign doctor --agent claude-code';
  const open = agents.filter(({ covered }) => !covered);
  if (open.length > 0) return `${open.length} of ${agents.length} agents not covered: ${open.map(({ name }) => name).join(', ')}.`;
  const all = agents.length === 1 ? 'The agent is covered' : `All ${agents.length} agents are covered`;
  return isWell(health) ? `${all}.` : `${all}, but something else needs attention.`;
}
