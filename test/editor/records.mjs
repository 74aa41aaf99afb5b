// Countersign as other processes see it: the agent's hook, the command line, the state folder.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './vsix.mjs';

/** Runs the hook as Claude Code does. `decision` is 'deny', 'allow', 'ask' or 'none' (the agent goes on as it would without). */
export async function runHook(workbench, payload) {
  const { code, stdout, stderr } = await run(workbench, 'dist/hook.js', ['claude-code'], JSON.stringify(payload));
  const answer = stdout.trim() === '' ? {} : JSON.parse(stdout);
  const { permissionDecision = code === 2 ? 'deny' : 'none', permissionDecisionReason: reason = stderr } = answer.hookSpecificOutput ?? {};
  return { code, decision: permissionDecision, reason, stdout, stderr };
}

/** The command line, in the workspace, with the editor's own state. */
export function countersign(workbench, ...args) {
  return run(workbench, 'dist/cli.js', args, '');
}

/** Every record of the log, oldest first, as `log show --json` prints them. */
export async function logRecords(workbench) {
  const { code, stdout, stderr } = await countersign(workbench, 'log', 'show', '--json');
  if (code !== 0) throw new Error(`"countersign log show --json" ended with ${code}: ${stderr}`);
  const text = stdout.trim();
  return text.startsWith('[')
    ? JSON.parse(text)
    : text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line));
}

/** Records of one kind that speak of a text, wherever they name it. */
export async function recordsOf(workbench, kind, about) {
  const records = await logRecords(workbench);
  return records.filter((record) => JSON.stringify(record).includes(`"${kind}"`) && JSON.stringify(record).includes(about));
}

/** The holds on disk now. */
export function holdsOnDisk({ env }) {
  const folder = join(env.XDG_STATE_HOME, 'countersign/holds');
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}

function run({ env, workspace }, script, args, input) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(ROOT, script), ...args], { cwd: workspace, env, timeout: 20_000 });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) {
      child[name].setEncoding('utf8');
      child[name].on('data', (chunk) => {
        output[name] += chunk;
      });
    }
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...output }));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}
