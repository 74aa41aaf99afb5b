import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import * as v from 'valibot';
import { acknowledge } from '../../gate/decisions.ts';
import { listHolds } from '../../gate/holds.ts';
import { openGate } from '../../gate/open.ts';
import type { AcknowledgementInput, GateContext, Hold } from '../../gate/types.ts';
import { newPersonKey, personSigner, trustedKeys, trustKey } from '../../ledger/keys.ts';
import type { Reason, Signer } from '../../ledger/types.ts';
import { reviewModel } from '../review-model.ts';
import { reviewText } from '../review-text.ts';
import { actorOf } from '../actor.ts';
import { DEMO_FILE, DEMO_STORY, demoEdit, demoTranscript } from './demo-story.ts';
import { parseFlags } from './arguments.ts';
import { type CliIo, fail } from './io.ts';
import { logCommand } from './log.ts';

const HELP = `countersign demo [--reason TEXT] [--keep]

Retells one incident from the agent's advice to the checked log, on real input through the real hook and gate.
Uses throw-away folders; your own log and settings are not touched.

  --reason TEXT   acknowledge with this reason instead of asking (for a run without a terminal)
  --keep          leave the throw-away folder, so that you can look around in it

Exit codes: 0 the story went as it must, 1 it did not, 3 it could not be told.
`;

/** Exit codes: 0 the story went as it must, 1 it did not, 3 it could not be told. */
export async function demoCommand(args: readonly string[], io: CliIo): Promise<number> {
  const parsed = parseFlags('demo', args, {
    reason: { type: 'string' },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  });
  if (!parsed.ok) return fail(io, parsed.problem);
  const { values } = parsed;
  if (values.help) {
    io.stdout.write(HELP);
    return 0;
  }
  if (values.reason === undefined && !process.stdin.isTTY) {
    io.stderr.write('There is no terminal to ask for a reason in. Give one: npm run demo -- --reason "why this must be open"\n');
    return 3;
  }
  const folder = mkdtempSync(join(tmpdir(), 'countersign-demo-'));
  try {
    return await tell(folder, values.reason, io);
  } finally {
    if (values.keep) io.stdout.write(`\nLeft for you to look at: ${folder}\n`);
    else rmSync(folder, { recursive: true, force: true });
  }
}

async function tell(folder: string, givenReason: string | undefined, io: CliIo): Promise<number> {
  const scene = await setScene(folder, io);
  const say = (text: string): void => void io.stdout.write(`${text}\n`);
  const chapter = (number: number, text: string): void => say(`\n${bold(io, `${number}. ${text}`)}\n`);
  const check = (as: string, held: boolean): void => {
    say(`   ${held ? '✓' : '✗'} ${as}`);
    if (!held) scene.failures.push(as);
  };

  say(`${bold(io, 'Countersign, on one real kind of incident.')} Throw-away folder: ${folder}`);

  chapter(1, 'An engineer asks why an export cannot be downloaded. An agent answers.');
  say(indent(DEMO_STORY.question));
  say('');
  say(indent(DEMO_STORY.answer));

  chapter(2, 'The engineer’s coding agent follows the answer. Its hook asks Countersign first.');
  const first = runHook(scene, 'PreToolUse', 'toolu_demo_1');
  say(indent(`Edit ${DEMO_FILE}\n${first.reason || '(allowed)'}`));
  check('denied and held: the file is as it was', first.denied && readFileSync(scene.file, 'utf8') === DEMO_STORY.before);

  chapter(3, 'What the person sees.');
  const hold = listHolds(scene.stateFolder)[0];
  if (!hold) {
    say('   ✗ no hold was written; the story cannot go on.');
    return 1;
  }
  const review = reviewModel(hold, [], scene.gate.policy, 'demo', io.now());
  say(indent(reviewText(review, { color: colors(io), width: 96 })));

  chapter(4, 'Put your name to it.');
  const answered = await askReason(scene, hold, givenReason, io);
  if (answered === undefined) return 1;
  check(`refused while something is missing: ${answered.refusals.join(' / ')}`, answered.refusals.length > 0);
  check(`acknowledged, signed and logged as ${answered.id.slice(0, 12)}…`, true);

  chapter(5, 'The agent tries again.');
  const second = runHook(scene, 'PreToolUse', 'toolu_demo_2');
  check('the same edit is let through, once', !second.denied);
  if (!second.denied) writeFileSync(scene.file, DEMO_STORY.after);
  runHook(scene, 'PostToolUse', 'toolu_demo_2');
  writeFileSync(scene.file, DEMO_STORY.before);
  const third = runHook(scene, 'PreToolUse', 'toolu_demo_3');
  check('put back by hand and suggested a third time: held again', third.denied);

  chapter(6, 'The log.');
  await logCommand(['show', '--state', scene.stateFolder], io);
  say('');
  const intact = await logCommand(['verify', '--state', scene.stateFolder], io);
  check('the log verifies', intact === 0);

  chapter(7, 'Somebody changes one byte of the record of the acknowledgement.');
  changeOneByte(join(scene.stateFolder, 'log'), answered.id);
  const broken = await logCommand(['verify', '--state', scene.stateFolder], io);
  check('verification fails and names the record', broken === 1);

  say('');
  say(
    scene.failures.length === 0
      ? bold(io, 'That is Countersign: nothing opened until someone saw what it opens.')
      : `Not as it must be: ${scene.failures.join('; ')}`,
  );
  return scene.failures.length === 0 ? 0 : 1;
}

type Scene = {
  readonly stateFolder: string;
  readonly workspace: string;
  readonly file: string;
  readonly transcript: string;
  readonly gate: GateContext;
  readonly signer: Signer;
  readonly failures: string[];
};

async function setScene(folder: string, io: CliIo): Promise<Scene> {
  const workspace = join(folder, 'workspace');
  const stateFolder = join(folder, 'state');
  const file = join(workspace, ...DEMO_FILE.split('/'));
  mkdirSync(join(workspace, '.git'), { recursive: true });
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, DEMO_STORY.before);
  const transcript = join(folder, 'transcript.jsonl');
  writeFileSync(transcript, demoTranscript());
  const opening = {
    workspace,
    stateFolder,
    now: io.now,
    actor: actorOf('countersign demo'),
    outOfTime: () => false,
  };
  const opened = await openGate(opening);
  if (!opened.ok) throw new Error(opened.problem);
  // In the editor this key is held by secret storage; here it lives as long as the story.
  const key = newPersonKey();
  const keys = join(stateFolder, 'keys');
  const trusted = await trustKey(opened.gate.ledger, keys, key.publicKeyPem);
  if (!trusted.ok) throw new Error(trusted.problem.message);
  const gate = { ...opened.gate, trustedKeys: trustedKeys(keys) };
  return { stateFolder, workspace, file, transcript, gate, signer: personSigner(key.privateKeyPem), failures: [] };
}

/** Runs the real hook as the agent would: a process of its own, a payload on standard input. */
function runHook(
  scene: Scene,
  event: 'PreToolUse' | 'PostToolUse',
  toolCall: string,
): { readonly denied: boolean; readonly reason: string } {
  const payload = {
    session_id: 'demo-4f2c',
    transcript_path: scene.transcript,
    cwd: scene.workspace,
    permission_mode: 'default',
    hook_event_name: event,
    tool_name: 'Edit',
    tool_input: demoEdit(scene.file),
    ...(event === 'PostToolUse' ? { tool_response: { filePath: scene.file, success: true } } : {}),
    tool_use_id: toolCall,
  };
  const result = spawnSync(process.execPath, [join(__dirname, 'hook.js'), 'claude-code'], {
    input: JSON.stringify(payload),
    encoding: 'utf8',
    cwd: scene.workspace,
    env: { ...process.env, COUNTERSIGN_STATE: scene.stateFolder },
  });
  if (result.status !== 0) return { denied: true, reason: result.stderr };
  if (result.stdout === '') return { denied: false, reason: '' };
  const answer = v.parse(HOOK_ANSWER, JSON.parse(result.stdout)).hookSpecificOutput;
  return { denied: answer.permissionDecision === 'deny', reason: answer.permissionDecisionReason };
}

const HOOK_ANSWER = v.object({ hookSpecificOutput: v.object({ permissionDecision: v.string(), permissionDecisionReason: v.string() }) });

const CATEGORIES: readonly { readonly id: Reason['category']; readonly label: string }[] = [
  { id: 'intended', label: 'It is meant to be this open' },
  { id: 'temporary', label: 'Temporary, I will undo it' },
  { id: 'mitigated', label: 'Something else prevents the harm' },
  { id: 'wrong', label: 'The finding is wrong' },
  { id: 'incident', label: 'Incident in progress' },
];

/** First offers "ok", which the gate refuses; then what the person says, until it is taken. */
async function askReason(
  scene: Scene,
  hold: Hold,
  given: string | undefined,
  io: CliIo,
): Promise<{ readonly id: string; readonly refusals: readonly string[] } | undefined> {
  const refusals: string[] = [];
  const opened = hold.edits[0]?.assessment.findings[0]?.opened.name ?? '';
  const offer = async (input: AcknowledgementInput): Promise<string | undefined> => {
    const result = await acknowledge(hold.id, input, scene.gate, scene.signer);
    if (result.ok) return result.id;
    refusals.push('missing' in result ? `still needed: ${result.missing.map(({ what }) => what).join(', ')}` : result.problem);
    io.stdout.write(`   ${refusals.at(-1)}.\n`);
    return undefined;
  };
  const input = (category: Reason['category'], text: string, name: string): AcknowledgementInput => ({
    reason: { category, text },
    hours: 24,
    confirmation: { text: name, how: 'typed' },
    rollBackLater: true,
  });

  io.stdout.write('   Reason offered first: “ok”\n');
  await offer(input('temporary', 'ok', opened));
  if (given !== undefined) {
    io.stdout.write(`   Reason: “${given}” (temporary), and the name typed: ${opened}\n`);
    const id = await offer(input('temporary', given, opened));
    return id === undefined ? undefined : { id, refusals };
  }

  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    for (;;) {
      CATEGORIES.forEach(({ label }, index) => void io.stdout.write(`   ${index + 1}  ${label}\n`));
      const category = CATEGORIES[Number(await terminal.question('   Why is this needed? (1 to 5) ')) - 1];
      if (!category) continue;
      const text = await terminal.question('   Reason, in a sentence someone else will understand: ');
      const name = await terminal.question('   Type the name of what you are opening: ');
      const id = await offer(input(category.id, text, name));
      if (id !== undefined) return { id, refusals };
    }
  } catch {
    io.stderr.write('\nNothing was acknowledged; nothing was written.\n');
    return undefined;
  } finally {
    terminal.close();
  }
}

/** Finds the record by its id, the hash of its stored bytes, and changes one letter in the middle of it. */
function changeOneByte(logFolder: string, id: string): void {
  const path = readdirSync(logFolder)
    .map((name) => join(logFolder, name))
    .filter((candidate) => candidate.endsWith('.json'))
    .find((candidate) => createHash('sha256').update(readFileSync(candidate)).digest('hex') === id);
  if (path === undefined) throw new Error(`record ${id} is not in ${logFolder}`);
  const bytes = readFileSync(path);
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = bytes[middle] === 0x41 ? 0x42 : 0x41;
  rmSync(path);
  writeFileSync(path, bytes);
}

function indent(text: string): string {
  return text.replace(/^/gm, '   ');
}

function colors(io: CliIo): boolean {
  return process.stdout.isTTY && io.env['NO_COLOR'] === undefined;
}

function bold(io: CliIo, text: string): string {
  return colors(io) ? `\u001b[1m${text}\u001b[0m` : text;
}
