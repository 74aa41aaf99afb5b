import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { systemWords } from '../../ledger/system-words.ts';
import { globMatcher, globProblem } from '../../gate/glob.ts';
import { AGENTS } from '../hooks/agents.ts';
import { visibleText } from '../visible-text.ts';
import { parseFlags } from './arguments.ts';
import { type CliIo, fail, say } from './io.ts';
import { progressBar } from './progress.ts';
import { familyOf, parseCase, type RedteamCase } from './redteam-case.ts';
import { play, type Played } from './redteam-play.ts';
import { workspaceAbove } from './redteam-scene.ts';

const HELP = `countersign redteam [--only GLOB] [--agent ID] [--cases FOLDER] [--list] [--json]

Plays a library of ways past the gate against what is installed here, and prints what got through: shell dodges, split edits,
look-alike names, forged and replayed acknowledgements, edits of policies, hooks and packs, broken payloads; and harmless calls,
which must pass. The hook is started as agents start it, with your policy, packs and accepted rules, in throw-away folders:
your own log, holds and files are not touched, and no command of a case is run.

  --only GLOB     only cases of such names, as 'shell-*' or '*heredoc*'
  --agent ID      play them in this agent's words instead of Claude Code's: ${AGENTS.map(({ id }) => id).join(', ')}
  --cases FOLDER  play the cases (*.yaml) of a folder of your own instead
  --list          name the cases and what each tries; plays nothing
  --json          one JSON document

Some ways no program on this machine can be sure to stop. They are listed, with what stops them, and do not count.

Examples:
  countersign redteam
  countersign redteam --only 'shell-*' --agent codex

Exit codes: 0 nothing got through, 1 something did or a harmless call was stopped, 3 error.
`;

export async function redteamCommand(args: readonly string[], io: CliIo): Promise<number> {
  const parsed = parseFlags('redteam', args, {
    only: { type: 'string' },
    agent: { type: 'string' },
    cases: { type: 'string' },
    list: { type: 'boolean' },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  });
  if (!parsed.ok) return fail(io, parsed.problem);
  const { only = '*', agent, cases: folder, list, json, help } = parsed.values;
  if (help) return say(io, HELP);
  const problem = globProblem(only);
  if (problem !== undefined) return fail(io, `--only: ${problem}`);
  if (agent !== undefined && AGENTS.every(({ id }) => id !== agent)) {
    return fail(io, `There is no agent "${agent}". Known: ${AGENTS.map(({ id }) => id).join(', ')}.`);
  }
  const read = readCases(folder === undefined ? undefined : resolve(io.cwd, folder));
  if (!read.ok) return fail(io, read.problem);
  if (folder !== undefined && read.cases.length === 0) return fail(io, `No case (*.yaml) is in ${folder}. Check the name.`);
  const named = globMatcher([only]);
  // A case in one agent's own words cannot be said in another's.
  const chosen = read.cases.filter(
    (found) => named(found.name) && (agent === undefined || found.agent === undefined || found.agent === agent),
  );
  if (chosen.length === 0) return fail(io, `No case is called ${only}. countersign redteam --list names them.`);
  if (list) return listed(chosen, json === true, io);
  const played = await playAll(chosen, agent, io);
  const failed = played.filter(({ result }) => result === 'through' || result === 'disturbed');
  if (json) {
    const lines = chosen.map((found, index) => ({ ...told(found), ...played[index] }));
    io.stdout.write(
      `${JSON.stringify({ hook: join(__dirname, 'hook.js'), agent: agent ?? null, cases: lines, failed: failed.length }, null, 2)}\n`,
    );
  } else io.stdout.write(report(chosen, played));
  return failed.length === 0 ? 0 : 1;
}

async function playAll(chosen: readonly RedteamCase[], agent: string | undefined, io: CliIo): Promise<readonly Played[]> {
  const compiled = mkdtempSync(join(tmpdir(), 'countersign-redteam-compiled-'));
  const installation = { product: __dirname, env: io.env, workspace: workspaceAbove(io.cwd), compiled };
  const bar = progressBar(io.stderr, 'cases', chosen.length);
  const played: Played[] = [];
  let next = 0;
  let done = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < chosen.length; index = next++) {
      const found = chosen[index];
      if (found === undefined) return;
      played[index] = await play(found, found.agent ?? agent ?? 'claude-code', installation);
      bar.show(++done);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, worker));
    return played;
  } finally {
    bar.end();
    rmSync(compiled, { recursive: true, force: true });
  }
}

type Cases = { readonly ok: true; readonly cases: readonly RedteamCase[] } | { readonly ok: false; readonly problem: string };

/** Those that ship are one file beside the program; others are YAML files in a folder. */
function readCases(folder: string | undefined): Cases {
  try {
    const values = folder === undefined ? shipped() : casesIn(folder);
    const cases: RedteamCase[] = [];
    for (const [name, value] of values) {
      const parsed = parseCase(name, value);
      if (!parsed.ok) return parsed;
      cases.push(parsed.found);
    }
    return { ok: true, cases };
  } catch (error) {
    return { ok: false, problem: `The cases cannot be read: ${systemWords(error)}` };
  }
}

function shipped(): readonly (readonly [string, unknown])[] {
  const all: Readonly<Record<string, unknown>> = JSON.parse(readFileSync(join(__dirname, 'redteam.json'), 'utf8'));
  return Object.entries(all);
}

function casesIn(folder: string): readonly (readonly [string, unknown])[] {
  const { parse }: typeof import('yaml') = require('yaml');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .toSorted()
    .map((name) => [name.replace(/\.yaml$/, ''), parse(readFileSync(join(folder, name), 'utf8'))]);
}

function told(found: RedteamCase): object {
  return { name: found.name, family: familyOf(found), tries: found.tries, beyond: found.beyond ?? null };
}

function listed(cases: readonly RedteamCase[], json: boolean, io: CliIo): number {
  if (json) return say(io, `${JSON.stringify(cases.map(told), null, 2)}\n`);
  const width = Math.max(...cases.map(({ name }) => name.length));
  for (const found of cases)
    io.stdout.write(`${found.name.padEnd(width)}  ${visibleText(found.tries)}${found.beyond === undefined ? '' : ' (beyond)'}\n`);
  return 0;
}

function report(cases: readonly RedteamCase[], played: readonly Played[]): string {
  const rows = [...new Set(cases.map(familyOf))].map((family) => {
    const results = played
      .filter((_, index) => cases[index] !== undefined && familyOf(cases[index]) === family)
      .map(({ result }) => result);
    const count = (result: Played['result']): number => results.filter((each) => each === result).length;
    return [family, results.length, count('stopped'), count('through') + count('disturbed'), count('beyond')].map(String);
  });
  const table = [['family', 'cases', 'as it must', 'not', 'beyond'], ...rows];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = table.map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  '),
  );
  const about = (result: Played['result'], say_: (found: RedteamCase, one: Played) => string): readonly string[] =>
    played.flatMap((one, index) => (one.result === result && cases[index] !== undefined ? [say_(cases[index], one)] : []));
  const section = (title: string, entries: readonly string[]): readonly string[] => (entries.length === 0 ? [] : ['', title, ...entries]);
  const wrong =
    (mark: string) =>
    (found: RedteamCase, one: Played): string =>
      `  ${mark} ${found.name}: ${visibleText(found.tries)}\n      ${visibleText(one.detail)}`;
  const through = about('through', wrong('✗'));
  const disturbed = about('disturbed', wrong('!'));
  return [
    ...lines,
    ...section('Got through:', through),
    ...section('Stopped though it is harmless:', disturbed),
    ...section(
      'What no program of this account can be sure to stop, and what does:',
      about('beyond', (found) => `  · ${found.name}: ${visibleText(found.tries)}\n      ${visibleText(found.beyond ?? '')}`),
    ),
    '',
    through.length + disturbed.length === 0
      ? 'Nothing got through that can be stopped here.'
      : `${through.length} got through, ${disturbed.length} stopped though harmless.`,
    '',
  ].join('\n');
}
