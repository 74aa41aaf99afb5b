/**
 * `npm run bench`: what the design promises, measured in ratios, because milliseconds on a shared machine say little.
 * Prints one line a figure with its target, and exits 1 where a target is missed only with --strict.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseTree } from 'jsonc-parser';
import { loadCatalogue } from '../../server/engine/access/aws-iam/catalogue.ts';
import { assess, DEFAULT_SETTINGS } from '../../server/engine/assess.ts';
import { readText } from '../../server/engine/read/format.ts';
import type { Edit } from '../../server/engine/types.ts';
import { entangled } from '../support/entangled-policy.ts';
import { Scene } from '../fronts/hook-scene.ts';
import { REPOSITORY } from '../support/repository.ts';
import { crowd } from './crowd.ts';
import { interleaved, median, processorTime, quantile } from './timing.ts';

type Figure = { readonly name: string; readonly value: string; readonly target?: string; readonly met?: boolean };

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 25);
const COLD_ROUNDS = Math.min(ROUNDS, 7);
const figures: Figure[] = [];

const READS = '"s3:GetObject"';
const WRITES = '"s3:PutObject"';
/** Text that stands once in the file: an edit tool changes that and no other. */
const STATEMENT = '"Sid": "Read50",\n      "Effect": "Allow",\n      "Action": [\n        "s3:GetObject"';

for (const [lines, statements] of [
  ['20', 2],
  ['1,000', 100],
  ['10,000', 1_000],
] as const) {
  benchAssess(`${lines} lines, one statement changed`, statements, oneChanged);
  benchAssess(`${lines} lines, every statement changed`, statements, allChanged);
}
benchCold();
benchEntangled();
await benchHook();
await benchCrowd();
benchBacktest();
benchCatalogue();
benchPackage();
report();

/**
 * Against jsonc-parser, which any text may need and with which the target was set, and against the product's own strict reader, which
 * most texts are read with and which is several times as fast. Every text is another, so that nothing is known from the one before.
 * Processor time, lower quartile.
 */
function benchAssess(name: string, statements: number, change: (before: string) => string): void {
  let fresh = 0;
  const text = (): string => policyOf(statements, `team${'abcdefghijklmnopqrstuvwxyz'.charAt(fresh % 26)}${fresh++ % 100}`);
  const batch = statements > 500 ? 3 : 4;
  const texts = Array.from({ length: batch }, text);
  const times = processorTime(ROUNDS, batch, {
    // Made apart, so that it counts for neither.
    ready: () => texts.push(text()),
    parse: () => {
      const before = ` ${texts.at(-1 - (fresh % batch)) ?? ''}`;
      readText('json', before, 'before');
      readText('json', change(before), 'after');
      fresh++;
    },
    tolerant: () => {
      const before = ` ${texts.at(-1 - (fresh % batch)) ?? ''}`;
      parseTree(before);
      parseTree(change(before));
      fresh++;
    },
    assess: () => {
      const before = texts.at(-1 - (fresh % batch)) ?? '';
      assess(editOf(before, change(before)), DEFAULT_SETTINGS);
      fresh++;
    },
  });
  const target = change === oneChanged && statements > 10 ? 2 : undefined;
  ratio(`assess / parse, ${name}`, quantile(times.assess, 0.25), quantile(times.tolerant, 0.25), target);
  ratio(`assess / own strict reader, ${name}`, quantile(times.assess, 0.25), quantile(times.parse, 0.25));
}

/** The first of a process, as a hook sees it: the catalogue is read, and no code is compiled yet. */
function benchCold(): void {
  const script = join(REPOSITORY, 'out', 'test', 'bench', 'cold.process.mjs');
  for (const [name, change] of [
    ['one statement changed', oneChanged],
    ['every statement changed', allChanged],
  ] as const) {
    const before = policyOf(100, 'cold');
    const times = { parse: [] as number[], assess: [] as number[] };
    for (let round = 0; round < COLD_ROUNDS; round++) {
      for (const what of ['parse', 'assess'] as const) {
        const { stdout } = spawnSync(process.execPath, [script, what], {
          input: JSON.stringify([before, change(before)]),
          encoding: 'utf8',
        });
        times[what].push(Number(stdout));
      }
    }
    const sorted = (sample: number[]): number => median(sample.sort((a, b) => a - b));
    ratio(`assess / parse, 1,000 lines, ${name}, first of a process`, sorted(times.assess), sorted(times.parse));
  }
}

function benchEntangled(): void {
  const [before, after] = entangled(200);
  const start = performance.now();
  const { problems } = assess(editOf(before, after), DEFAULT_SETTINGS);
  const took = performance.now() - start;
  figures.push({
    name: 'assess, 200 entangled statements, all changed',
    value: `${took.toFixed(0)} ms, ${problems.length} problems`,
    target: '< 3,000 ms',
    met: took < 3_000 && problems.length === 0,
  });
}

function editOf(before: string, after: string): Edit {
  return {
    path: 'infra/policy.json',
    before,
    after,
    provenance: { channel: 'hook', certainty: 'attested', agent: { name: 'Claude Code' } },
  };
}

/** The statement in the middle. */
function oneChanged(before: string): string {
  const at = before.indexOf(READS, Math.floor(before.length / 2));
  const start = at === -1 ? before.indexOf(READS) : at;
  return before.slice(0, start) + WRITES + before.slice(start + READS.length);
}

function allChanged(before: string): string {
  return before.replaceAll(READS, WRITES);
}

async function benchHook(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'));
  try {
    mkdirSync(join(folder, 'workspace', '.git'), { recursive: true });
    const workspace = join(folder, 'workspace');
    const plain = join(workspace, 'main.ts');
    const policy = join(workspace, 'policy.json');
    writeFileSync(plain, 'export const one = 1;\n');
    writeFileSync(policy, policyOf(100, 'team'));
    const env = { PATH: process.env['PATH'] ?? '', HOME: folder, COUNTERSIGN_STATE: join(folder, 'state') };
    const run = (args: readonly string[], input: string) => () => {
      const result = spawnSync(process.execPath, args, { input, env, cwd: workspace, encoding: 'utf8' });
      if (result.status !== 0) throw new Error(`${args.join(' ')} ended with ${result.status}: ${result.stderr}`);
    };
    const hook = [join(REPOSITORY, 'dist', 'hook.js'), 'claude-code'];
    const times = await interleaved(ROUNDS, {
      node: run(['-e', '0'], ''),
      unwatched: run(hook, payload(workspace, plain, 'export const one = 1;', 'export const one = 2;')),
      // An edit of one statement that is judged in full and allowed: the usual case on a watched file.
      watched: run(hook, payload(workspace, policy, STATEMENT, STATEMENT.replace('GetObject', 'GetObjectTagging'))),
      every: run(hook, payload(workspace, policy, READS, '"s3:GetObjectTagging"', 'everywhere')),
      held: () => {
        // The same again and again would trip the breaker.
        for (const room of ['log', 'holds', 'breaker']) rmSync(join(folder, 'state', room), { recursive: true, force: true });
        rmSync(join(folder, 'state', 'keys'), { recursive: true, force: true });
        run(hook, payload(workspace, policy, STATEMENT, STATEMENT.replace('s3:GetObject', 's3:*')))();
      },
      harmless: run(hook, command(workspace, 'git status && ls -la')),
      command: run(hook, command(workspace, 'mkdir -p build && cp main.ts build/main.ts')),
    });
    ratio('hook / node -e 0, unwatched file', median(times.unwatched), median(times.node), 2);
    ratio('hook / node -e 0, watched 1,000 lines, one statement', median(times.watched), median(times.node), 3);
    ratio('hook / node -e 0, watched 1,000 lines, one statement, held', median(times.held), median(times.node), 3);
    ratio('hook / node -e 0, watched 1,000 lines, every statement', median(times.every), median(times.node));
    ratio('hook / node -e 0, harmless shell command', median(times.harmless), median(times.node), 2);
    ratio('hook / node -e 0, shell command read with the grammar', median(times.command), median(times.node));
    figures.push({ name: 'node -e 0, p50 / p95', value: `${median(times.node).toFixed(0)} / ${quantile(times.node, 0.95).toFixed(0)} ms` });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function benchCrowd(): Promise<void> {
  const scene = new Scene();
  try {
    const answers = await crowd(scene, 200, 8);
    const times = answers.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b);
    const wrong = answers.filter((answer) => answer.wrong !== undefined).length;
    figures.push({
      name: '200 hook calls by 8 agents at once',
      value: `${wrong} wrong or late; p50 / longest ${median(times).toFixed(0)} / ${quantile(times, 1).toFixed(0)} ms`,
      target: 'none wrong or late',
      met: wrong === 0,
    });
  } finally {
    scene.remove();
  }
}

/** A history of 300 commits over 2,000 files, all of them config. */
function benchBacktest(): void {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-history-'));
  try {
    const git = (args: readonly string[], input?: string): void => {
      const { status, stderr } = spawnSync('git', args, { cwd: folder, input, encoding: 'utf8' });
      if (status !== 0) throw new Error(stderr);
    };
    git(['init', '-q', '-b', 'main']);
    git(['fast-import', '--quiet'], historyOf(300, 2_000));
    const started = performance.now();
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(REPOSITORY, 'dist', 'cli.js'), 'backtest', 'main', '--json'], {
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    const seconds = (performance.now() - started) / 1000;
    if (status !== 0) throw new Error(stderr);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the command prints
    const { files } = JSON.parse(stdout) as { readonly files: number };
    const speed = files / seconds;
    figures.push({
      name: 'backtest, 300 commits over 2,000 files',
      value: `${speed.toFixed(0)} files a second (${files} in ${seconds.toFixed(1)} s)`,
      target: '≥ 200 a second',
      met: speed >= 200,
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** For `git fast-import`: the first commit writes every file, each of the others changes ten. */
function historyOf(commits: number, files: number): string {
  const text = (file: number, commit: number): string =>
    file % 2 === 0
      ? policyOf(5, `file${file}-${commit}`)
      : `apiVersion: v1\nkind: Service\nmetadata:\n  name: web-${file}\n  labels:\n    release: r${commit}\nspec:\n  type: ClusterIP\n  ports:\n    - port: ${8000 + commit}\n`;
  const path = (file: number): string => `team-${file % 40}/file-${file}.${file % 2 === 0 ? 'json' : 'yaml'}`;
  let stream = '';
  for (let commit = 0; commit < commits; commit++) {
    stream += `commit refs/heads/main\ncommitter Bench <bench@example.com> ${1_700_000_000 + commit} +0000\ndata 1\nx\n`;
    const changed =
      commit === 0
        ? Array.from({ length: files }, (_, file) => file)
        : Array.from({ length: 10 }, (_, i) => (commit * 37 + i * 191) % files);
    for (const file of new Set(changed)) {
      const body = text(file, commit);
      stream += `M 100644 inline ${path(file)}\ndata ${Buffer.byteLength(body)}\n${body}\n`;
    }
  }
  return stream;
}

function benchCatalogue(): void {
  const start = performance.now();
  loadCatalogue();
  figures.push({ name: 'catalogue load, warm process', value: `${(performance.now() - start).toFixed(1)} ms` });
}

function benchPackage(): void {
  const dist = join(REPOSITORY, 'dist');
  for (const file of readdirSync(dist).filter((name) => statSync(join(dist, name)).isFile())) {
    figures.push({ name: `dist/${file}`, value: kilobytes(statSync(join(dist, file)).size) });
  }
  const vsix = join(REPOSITORY, 'out', 'countersign.vsix');
  if (!existsSync(vsix)) {
    figures.push({ name: 'packaged extension', value: 'not packaged; run `npm run package` first' });
    return;
  }
  const size = statSync(vsix).size;
  figures.push({ name: 'packaged extension', value: kilobytes(size), target: '< 3,072 KB', met: size < 3 * 1024 * 1024 });
}

/** Without a target the figure is only told. */
function ratio(name: string, time: number, base: number, target?: number): void {
  const value = time / base;
  const digits = base < 10 ? 2 : 1;
  figures.push({
    name,
    value: `${value.toFixed(2)} × (${time.toFixed(digits)} / ${base.toFixed(digits)} ms)`,
    ...(target === undefined ? {} : { target: `≤ ${target} ×`, met: value <= target }),
  });
}

function report(): void {
  const width = Math.max(...figures.map(({ name }) => name.length));
  for (const { name, value, target, met } of figures) {
    const verdict = met === undefined ? '' : `  target ${target}  ${met ? 'met' : 'MISSED'}`;
    console.log(`${name.padEnd(width)}  ${value}${verdict}`);
  }
  if (process.argv.includes('--strict') && figures.some(({ met }) => met === false)) process.exitCode = 1;
}

/** About ten lines a statement. */
function policyOf(statements: number, team: string): string {
  const Statement = Array.from({ length: statements }, (_, index) => ({
    Sid: `Read${index}`,
    Effect: 'Allow',
    Action: ['s3:GetObject', 's3:ListBucket'],
    Resource: `arn:aws:s3:::${team}-${index}-reports/*`,
  }));
  return `${JSON.stringify({ Version: '2012-10-17', Statement }, null, 2)}\n`;
}

function payload(cwd: string, file: string, oldText: string, newText: string, scope: 'once' | 'everywhere' = 'once'): string {
  return JSON.stringify({
    session_id: 'bench',
    transcript_path: '',
    cwd,
    permission_mode: 'default',
    hook_event_name: 'PreToolUse',
    tool_name: 'Edit',
    tool_input: { file_path: file, old_string: oldText, new_string: newText, replace_all: scope === 'everywhere' },
    tool_use_id: `toolu_${newText.length}`,
  });
}

function command(cwd: string, line: string): string {
  return JSON.stringify({
    session_id: 'bench',
    transcript_path: '',
    cwd,
    permission_mode: 'default',
    hook_event_name: 'PreToolUse',
    tool_name: 'Bash',
    tool_input: { command: line },
    tool_use_id: 'toolu_command',
  });
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(0)} KB`;
}
