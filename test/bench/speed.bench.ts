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
import type { Edit } from '../../server/engine/types.ts';
import { REPOSITORY } from '../support/repository.ts';
import { interleaved, median, quantile } from './timing.ts';

type Figure = { readonly name: string; readonly value: string; readonly target?: string; readonly met?: boolean };

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 25);
const figures: Figure[] = [];

await benchAssess('20-line edit', policyOf(2));
await benchAssess('1,000-line edit', policyOf(100));
await benchAssess('10,000-line edit', policyOf(1_000));
await benchHook();
benchCatalogue();
benchPackage();
report();

async function benchAssess(name: string, before: string): Promise<void> {
  const after = before.replace('"s3:GetObject"', '"s3:PutObject"');
  const edit: Edit = {
    path: 'infra/policy.json',
    before,
    after,
    provenance: { channel: 'hook', certainty: 'attested', agent: { name: 'Claude Code' } },
  };
  const times = await interleaved(ROUNDS, {
    parse: () => void [parseTree(before), parseTree(after)],
    assess: () => void assess(edit, DEFAULT_SETTINGS),
  });
  ratio(`assess / parse, ${name}`, median(times.assess), median(times.parse), 2);
}

async function benchHook(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'));
  try {
    mkdirSync(join(folder, 'workspace', '.git'), { recursive: true });
    const workspace = join(folder, 'workspace');
    const plain = join(workspace, 'main.ts');
    const policy = join(workspace, 'policy.json');
    writeFileSync(plain, 'export const one = 1;\n');
    writeFileSync(policy, policyOf(100));
    const env = { PATH: process.env['PATH'] ?? '', HOME: folder, COUNTERSIGN_STATE: join(folder, 'state') };
    const run = (args: readonly string[], input: string) => () => {
      const result = spawnSync(process.execPath, args, { input, env, cwd: workspace, encoding: 'utf8' });
      if (result.status !== 0) throw new Error(`${args.join(' ')} ended with ${result.status}: ${result.stderr}`);
    };
    const hook = [join(REPOSITORY, 'dist', 'hook.js'), 'claude-code'];
    const times = await interleaved(ROUNDS, {
      node: run(['-e', '0'], ''),
      unwatched: run(hook, payload(workspace, plain, 'export const one = 1;', 'export const one = 2;')),
      // An edit that is judged in full and allowed: the usual case on a watched file.
      watched: run(hook, payload(workspace, policy, '"s3:GetObject"', '"s3:GetObjectTagging"')),
      held: run(hook, payload(workspace, policy, '"s3:GetObject"', '"iam:*"')),
    });
    ratio('hook / node -e 0, unwatched file', median(times.unwatched), median(times.node), 2);
    ratio('hook / node -e 0, watched 1,000-line file', median(times.watched), median(times.node), 3);
    ratio('hook / node -e 0, watched 1,000-line file, held', median(times.held), median(times.node), 3);
    figures.push({ name: 'node -e 0, p50 / p95', value: `${median(times.node).toFixed(0)} / ${quantile(times.node, 0.95).toFixed(0)} ms` });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
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

function ratio(name: string, time: number, base: number, target: number): void {
  const value = time / base;
  figures.push({
    name,
    value: `${value.toFixed(2)} × (${time.toFixed(1)} / ${base.toFixed(1)} ms)`,
    target: `≤ ${target} ×`,
    met: value <= target,
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
function policyOf(statements: number): string {
  const Statement = Array.from({ length: statements }, (_, index) => ({
    Sid: `Read${index}`,
    Effect: 'Allow',
    Action: ['s3:GetObject', 's3:ListBucket'],
    Resource: `arn:aws:s3:::team-${index}-reports/*`,
  }));
  return `${JSON.stringify({ Version: '2012-10-17', Statement }, null, 2)}\n`;
}

function payload(cwd: string, file: string, oldText: string, newText: string): string {
  return JSON.stringify({
    session_id: 'bench',
    transcript_path: '',
    cwd,
    permission_mode: 'default',
    hook_event_name: 'PreToolUse',
    tool_name: 'Edit',
    tool_input: { file_path: file, old_string: oldText, new_string: newText, replace_all: true },
    tool_use_id: `toolu_${newText.length}`,
  });
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(0)} KB`;
}
