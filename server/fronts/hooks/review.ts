/** The warm path of the hooks: a path may be governed, so the engine is loaded and the gate asked. Bundled as hook-review.js. */
import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { assertNever } from '../../engine/assert-never.ts';
import { isWatchedByName, mayBeGoverned } from '../../engine/read/governed-path.ts';
import type { Edit, Provenance } from '../../engine/types.ts';
import { recordWritten } from '../../gate/decisions.ts';
import { openGate } from '../../gate/open.ts';
import { loadPolicy } from '../../gate/policy.ts';
import { judge, type Judgement } from '../../gate/judge.ts';
import { recordClosed, review } from '../../gate/review.ts';
import { realFolder, stateFolder, userPolicyFile } from '../../gate/state-folder.ts';
import type { GateContext, Outcome } from '../../gate/types.ts';
import { visibleText } from '../visible-text.ts';
import { afterText } from './after-text.ts';
import { commandEdits } from './command-edits.ts';
import { isHarmlessIn } from './harmless-task.ts';
import { isWithin, locate, type Located, type Surroundings } from './locate.ts';
import type { AgentHook, Answer, FileChange, ToolCall } from './tool-call.ts';
import { transcriptFacts } from './transcript.ts';

/** Bytes. A larger file cannot be judged in time, so a change to it closes the gate. */
const LARGEST_FILE = 32 * 1024 * 1024;

/** Characters of one call's texts: what is judged without a thread of its own is small enough never to want for memory. */
const SMALL = 512 * 1024;

export type Outside = { readonly env: NodeJS.ProcessEnv; readonly outOfTime: () => boolean };

/** Edits and what the gate says to them, under the policy of that digest. Plain data. */
export type Judged = { readonly edits: readonly Edit[]; readonly judgement: Judgement; readonly policy: string };

/**
 * Answers one tool call. `located[i]` is where `call.changes[i]` would be written. `judged`: what judgeEarly said of it.
 * Never throws for what an agent or a file can contain; the caller closes the gate on anything else.
 */
export async function reviewCall(
  agent: AgentHook,
  call: ToolCall,
  around: Surroundings,
  located: readonly Located[],
  outside: Outside,
  judged?: Judged,
): Promise<Answer> {
  const { workspace } = around;
  if (call.phase === 'after') return await record(agent, call, around, located, outside);
  if (judged !== undefined) {
    const opened = await open(agent, around, outside);
    if (!opened.ok) return agent.deny(closedSentence(opened.problem));
    return answerFor(agent, await review({ workspace, edits: judged.edits }, opened.gate, judged));
  }
  const planned = await withCommands(planEdits(agent, call, located, around, outside), agent, call, around, outside);
  if (planned.closed === undefined && planned.edits.length === 0) return agent.allow();
  const opened = await open(agent, around, outside);
  if (!opened.ok) return agent.deny(closedSentence(opened.problem));
  if (planned.closed === undefined) return answerFor(agent, await review({ workspace, edits: planned.edits }, opened.gate));
  const unrecorded = await recordUndecided(agent, call, planned.closed, around, located, outside);
  return agent.deny(closedSentence(unrecorded === undefined ? planned.closed : `${planned.closed} ${unrecorded}`));
}

/**
 * Judges a small edit before there is a thread and a log: the usual case needs neither. `pass`: it surely goes on and leaves no record.
 * Undefined says nothing. Writes nothing.
 */
export function judgeEarly(
  agent: AgentHook,
  call: ToolCall,
  around: Surroundings,
  located: readonly Located[],
  outside: Outside,
): 'pass' | Judged | undefined {
  if (call.phase === 'after' || call.commands.length > 0) return undefined;
  const { edits, closed } = planEdits(agent, call, located, around, outside);
  if (closed !== undefined) return undefined;
  if (edits.length === 0) return 'pass';
  if (edits.reduce((sum, { before, after }) => sum + before.length + after.length, 0) > SMALL) return undefined;
  const state = realFolder(stateFolder(outside.env, process.platform, around.home));
  const loaded = loadPolicy(around.workspace, userPolicyFile(outside.env, process.platform, around.home), { stateFolder: state });
  if (!loaded.ok) return undefined;
  const judgement = judge(
    { workspace: around.workspace, edits },
    { policy: loaded.policy, outOfTime: outside.outOfTime, now: () => new Date(), stateFolder: state },
  );
  if (judgement.verdict === 'allow' || judgement.verdict === 'note') return 'pass';
  // What was not worked out in this time may be in more.
  return judgement.verdict === 'closed' ? undefined : { edits, judgement, policy: loaded.policy.digest };
}

/** Records that a tool call was refused without a judgement. A sentence when it could not be. */
export async function recordUndecided(
  agent: AgentHook,
  call: ToolCall,
  cause: string,
  around: Surroundings,
  located: readonly Located[],
  outside: Outside,
): Promise<string | undefined> {
  const opened = await open(agent, around, outside);
  if (!opened.ok) return opened.problem;
  const closed = { workspace: around.workspace, paths: located.map(judgedPath), provenance: provenanceOf(agent, call), cause };
  return await recordClosed(closed, opened.gate);
}

/** Records that a payload was refused before there was a tool call to speak of. A sentence when it could not be. */
export async function recordRefusal(
  agent: AgentHook,
  cause: string,
  paths: readonly string[],
  around: Surroundings,
  outside: Outside,
): Promise<string | undefined> {
  const opened = await open(agent, around, outside);
  if (!opened.ok) return opened.problem;
  const provenance: Provenance = { channel: 'hook', certainty: 'attested', agent: { name: agent.name } };
  return await recordClosed({ workspace: around.workspace, paths, provenance, cause }, opened.gate);
}

async function open(agent: AgentHook, around: Surroundings, outside: Outside): Promise<Opened> {
  return await openGate({
    workspace: around.workspace,
    stateFolder: stateFolder(outside.env, process.platform, around.home),
    now: () => new Date(),
    actor: { user: userName(), host: hostname(), process: `countersign hook ${agent.id}` },
    outOfTime: outside.outOfTime,
  });
}

type Opened = { ok: true; gate: GateContext } | { ok: false; problem: string };
type Planned = { readonly edits: readonly Edit[]; readonly closed: string | undefined };

/** The edits this call would make, or why that cannot be told. */
function planEdits(agent: AgentHook, call: ToolCall, located: readonly Located[], around: Surroundings, outside: Outside): Planned {
  const state = stateFolder(outside.env, process.platform, around.home);
  const provenance = provenanceOf(agent, call);
  const edits: Edit[] = [];
  for (const [index, change] of call.changes.entries()) {
    const place = located[index];
    if (place === undefined) continue;
    const path = judgedPath(place);
    if (isWithin(__dirname, place.file)) {
      return { edits, closed: `${path} is part of Countersign itself, which only an update changes.` };
    }
    if (change.kind === 'unknown') {
      if (!mayBeGoverned(path) && !isWithin(state, place.file)) continue;
      return {
        edits,
        closed: `${call.tool} seems to write ${path}, and its input is not known here. Use the agent's own edit tool for this file.`,
      };
    }
    const read = readText(place.file);
    if (read.kind === 'folder') continue;
    if (read.kind === 'problem') return { edits, closed: `${path} ${read.cause}` };
    const before = read.kind === 'text' ? read.text : undefined;
    const after = afterText(change.kind === 'patch' ? sourceOf(change, before, around) : before, change);
    if (after.kind === 'text') edits.push({ path, before: before ?? '', after: after.text, provenance });
    // Elsewhere the tool's own refusal is answer enough; but a file that is not there for us may be there for the tool,
    // which reads the path in a way of its own.
    else if (after.kind === 'unclear' || isWatchedByName(path) || (before === undefined && mayBeGoverned(path))) {
      return { edits, closed: `this edit of ${path} cannot be worked out: ${after.why}. Read the file again and use its exact text.` };
    }
  }
  return { edits, closed: undefined };
}

/** The text that a patch is carried out on: that of another file when it moves one. */
function sourceOf(change: Extract<FileChange, { kind: 'patch' }>, before: string | undefined, around: Surroundings): string | undefined {
  if (change.from === change.path) return before;
  const read = readText(locate(change.from, around).file);
  return read.kind === 'text' ? read.text : undefined;
}

/** Command lines come to edits too. The grammar is loaded only for those that do not plainly change nothing. */
async function withCommands(planned: Planned, agent: AgentHook, call: ToolCall, around: Surroundings, outside: Outside): Promise<Planned> {
  const lines = call.commands.filter((line) => !isHarmlessIn(line, around.cwd));
  if (lines.length === 0 || planned.closed !== undefined) return planned;
  const read = await shell().loadShellGrammar(__dirname);
  const provenance = provenanceOf(agent, call);
  const edits = [...planned.edits];
  for (const line of lines) {
    const plan = commandEdits(line, around, provenance, read, [__dirname, stateFolder(outside.env, process.platform, around.home)]);
    if (plan.kind === 'refused') return { edits, closed: plan.cause };
    edits.push(...plan.edits);
  }
  return { edits, closed: undefined };
}

/** The grammar is a bundle of its own. A path in a variable keeps the bundler from taking it into this file. */
function shell(): typeof import('./shell-grammar.ts') {
  const file = join(__dirname, 'shell.js');
  const loaded: typeof import('./shell-grammar.ts') = require(file);
  return loaded;
}

/** The real file decides, unless only the name it was reached by is one to watch. */
function judgedPath({ path, named }: Located): string {
  return mayBeGoverned(path) || !mayBeGoverned(named) ? path : named;
}

type FileText =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'folder' }
  | { readonly kind: 'problem'; readonly cause: string };

function readText(file: string): FileText {
  let handle: number;
  try {
    // A pipe of that name must not make the gate wait.
    handle = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') return { kind: 'absent' };
    return { kind: 'problem', cause: `cannot be read (${code}). Make it a readable file first.` };
  }
  try {
    const found = fstatSync(handle);
    if (found.isDirectory()) return { kind: 'folder' };
    if (!found.isFile()) return { kind: 'problem', cause: 'is not a plain file. Use a plain file.' };
    if (found.size > LARGEST_FILE)
      return { kind: 'problem', cause: 'is larger than 32 MB and cannot be judged. Split it, or edit it by hand in the editor.' };
    return { kind: 'text', text: decoded(readFileSync(handle)) };
  } catch (error) {
    return { kind: 'problem', cause: `cannot be read (${codeOf(error)}). Make it a readable file first.` };
  } finally {
    closeSync(handle);
  }
}

/** The byte order mark stays part of the text, as the agent's own tools keep it. */
function decoded(bytes: Buffer): string {
  return bytes[0] === 0xff && bytes[1] === 0xfe ? bytes.toString('utf16le') : bytes.toString('utf8');
}

function provenanceOf(agent: AgentHook, call: ToolCall): Provenance {
  const facts = transcriptFacts(call.transcript);
  const suggested = [...call.changes.map(suggestedText), ...call.commands].join('\n');
  return {
    channel: 'hook',
    certainty: 'attested',
    agent: {
      name: agent.name,
      version: call.version ?? facts.version,
      model: call.model ?? facts.model,
      session: call.session,
      toolCall: call.id,
      tool: call.tool,
    },
    digests: { prompt: facts.prompt, output: createHash('sha256').update(suggested).digest('hex') },
  };
}

function suggestedText(change: FileChange): string {
  switch (change.kind) {
    case 'write':
      return change.content;
    case 'replace':
      return change.replacements.map(({ to }) => to).join('\n');
    case 'notebook':
      return change.source;
    case 'patch':
      return change.hunks.map(({ to }) => to.join('\n')).join('\n');
    case 'delete':
    case 'unknown':
      return '';
    default:
      return assertNever(change);
  }
}

function answerFor(agent: AgentHook, outcome: Outcome): Answer {
  switch (outcome.verdict) {
    case 'allow':
    case 'note':
      return agent.allow();
    case 'acknowledge':
      return agent.deny(
        `Held by Countersign as ${outcome.hold.id}: ${sentences(outcome)} A person must acknowledge it in the editor (or terminal). ` +
          `Do not work around it; retry the same edit after that.${trippedBy(outcome)}`,
      );
    case 'approve':
      return agent.deny(
        `Held by Countersign as ${outcome.hold.id}: ${sentences(outcome)} Policy asks that a second person approves it. ` +
          `Do not work around it; tell the person you work for.${trippedBy(outcome)}`,
      );
    case 'forbid': {
      const by = outcome.hold.forbiddenBy;
      const rule = by === undefined ? '' : ` by the rule ${by.pattern} (${by.source})`;
      return agent.deny(
        oneLine(
          `Forbidden by Countersign as ${outcome.hold.id}${rule}: ${sentences(outcome)} Nobody can acknowledge this. ` +
            `${by?.owner === undefined ? 'Whoever keeps the policy' : by.owner} can tell what to do instead. Do not work around it.${trippedBy(outcome)}`,
        ),
      );
    }
    case 'closed':
      return agent.deny(closedSentence(outcome.cause));
    default:
      return assertNever(outcome);
  }
}

/** The next call is stopped: the agent is told why at once, so that it can say so. */
function trippedBy({ tripped }: { readonly tripped?: string | undefined }): string {
  return tripped === undefined ? '' : oneLine(` Countersign's breaker has tripped: ${tripped}. Stop here and tell the person.`);
}

/** The worst consequence, and how many more there are. */
function sentences({ hold }: { readonly hold: { readonly edits: Extract<Outcome, { hold: unknown }>['hold']['edits'] } }): string {
  const findings = hold.edits.flatMap(({ assessment }) => assessment.findings);
  const worst = findings[0];
  if (worst === undefined) return `this edit touches ${hold.edits.map(({ path }) => path).join(', ')}.`;
  const more = findings.length === 1 ? '' : ` (and ${findings.length - 1} more ${findings.length === 2 ? 'finding' : 'findings'})`;
  return `${oneLine(worst.consequence)}${more}`;
}

/** After the tool has run: what was really written goes into the log. Never blocks: the text is already there. */
async function record(
  agent: AgentHook,
  call: ToolCall,
  around: Surroundings,
  located: readonly Located[],
  outside: Outside,
): Promise<Answer> {
  const provenance = provenanceOf(agent, call);
  const edits = located.flatMap((place, index): Edit[] => {
    const path = judgedPath(place);
    const read = readText(place.file);
    return read.kind === 'text' ? [{ path, before: textBefore(call, index, read.text), after: read.text, provenance }] : [];
  });
  if (edits.length === 0) return agent.allow();
  const opened = await open(agent, around, outside);
  if (!opened.ok) return tell(agent, `could not record this edit: ${opened.problem}`);
  const recorded = await recordWritten(edits, provenance, opened.gate, around.workspace);
  if (!recorded.ok) return tell(agent, `could not record this edit: ${recorded.problem}`);
  return recorded.unexpected === undefined ? agent.allow() : tell(agent, `recorded this edit. ${recorded.unexpected}`);
}

/** As the agent says; else the replacements taken back; else nothing is known to have changed. */
function textBefore(call: ToolCall, index: number, after: string): string {
  if (call.original !== undefined) return call.original;
  const change = call.changes[index];
  if (change?.kind !== 'replace') return after;
  const back = change.replacements.toReversed().map(({ from, to, all }) => ({ from: to, to: from, all }));
  const before = afterText(after, { ...change, replacements: back });
  return before.kind === 'text' ? before.text : after;
}

function tell(agent: AgentHook, what: string): Answer {
  return { ...agent.allow(), stderr: `Countersign ${visibleText(what)}\n` };
}

function closedSentence(cause: string): string {
  return oneLine(`Countersign closed the gate: ${cause} Nothing was written. Do not work around it.`);
}

/** Names in a file may hold anything; what reaches the model and the terminal is one printable line. */
function oneLine(text: string): string {
  return visibleText(text.slice(0, 2000));
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'unknown';
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
