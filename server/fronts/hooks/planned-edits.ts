/** What a tool call would make of the files it is for, as edits. Reads the files; writes nothing. */
import { createHash } from 'node:crypto';
import { assertNever } from '../../engine/assert-never.ts';
import { isWatchedByName, mayBeGoverned } from '../../engine/read/governed-path.ts';
import type { Edit, Provenance } from '../../engine/types.ts';
import { stateFolder } from '../../gate/state-folder.ts';
import { readPlainFile, textOf } from '../plain-file.ts';
import { afterText } from './after-text.ts';
import { isHarmlessIn } from './harmless-task.ts';
import { isWithin, judgedPath, locate, type Located, type Surroundings } from './locate.ts';
import type { ReadCommand } from './shell-grammar.ts';
import type { AgentHook, FileChange, ToolCall } from './tool-call.ts';
import { promptDigest, transcriptFacts } from './transcript.ts';

/** One tool call: who makes it, and where. `located[i]` is where `call.changes[i]` would be written. */
export type Asked = {
  readonly agent: AgentHook;
  readonly call: ToolCall;
  readonly around: Surroundings;
  readonly located: readonly Located[];
};

/** Bytes. A larger file cannot be judged in time, so a change to it closes the gate. */
const LARGEST_FILE = 32 * 1024 * 1024;

/** Edits, or a sentence: why they cannot be told. */
export type Planned = { readonly edits: readonly Edit[]; readonly closed: string | undefined };

/** The edits this call would make, or why that cannot be told. */
export function planEdits(asked: Asked, env: NodeJS.ProcessEnv, provenance: Provenance): Planned {
  const { call, located, around } = asked;
  const state = stateFolder(env, process.platform, around.home);
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

/** What reads the command lines of this call; undefined where they plainly change nothing. Rejects where the grammar cannot be loaded. */
export async function grammarFor({ call, around }: Pick<Asked, 'call' | 'around'>): Promise<ReadCommand | undefined> {
  if (call.commands.every((line) => isHarmlessIn(line, around.cwd))) return undefined;
  return await shell().loadShellGrammar(__dirname);
}

/** Command lines come to edits too. `read`: see grammarFor. */
export function withCommands(
  planned: Planned,
  asked: Asked,
  env: NodeJS.ProcessEnv,
  provenance: Provenance,
  read: ReadCommand | undefined,
): Planned {
  const { call, around } = asked;
  if (read === undefined || planned.closed !== undefined) return planned;
  const lines = call.commands.filter((line) => !isHarmlessIn(line, around.cwd));
  const own = [__dirname, stateFolder(env, process.platform, around.home)];
  // Most calls change files by the agent's own tool, and need none of this.
  const { commandEdits }: typeof import('./command-edits.ts') = require('./command-edits.ts');
  const edits = [...planned.edits];
  for (const line of lines) {
    const plan = commandEdits(line, provenance, { around, read, own });
    if (plan.kind === 'refused') return { edits, closed: plan.cause };
    edits.push(...plan.edits);
  }
  return { edits, closed: undefined };
}

/** The grammar is a bundle of its own. A path in a variable keeps the bundler from taking it into this file. */
function shell(): typeof import('./shell-grammar.ts') {
  const file = './shell.js';
  const loaded: typeof import('./shell-grammar.ts') = require(file);
  return loaded;
}

type FileText =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'folder' }
  | { readonly kind: 'problem'; readonly cause: string };

export function readText(file: string): FileText {
  const found = readPlainFile(file, LARGEST_FILE);
  switch (found.kind) {
    case 'file':
      return { kind: 'text', text: textOf(found.bytes) };
    case 'absent':
    case 'folder':
      return found;
    case 'special':
      return { kind: 'problem', cause: 'is not a plain file. Use a plain file.' };
    case 'large':
      return { kind: 'problem', cause: 'is larger than 32 MB and cannot be judged. Split it, or edit it by hand in the editor.' };
    case 'unreadable':
      return { kind: 'problem', cause: `cannot be read (${found.code}). Make it a readable file first.` };
    default:
      return assertNever(found);
  }
}

/** What an edit is judged by: `provenanceOf`, without what only the log wants and takes reading and digests to tell. */
export function quickProvenance({ agent, call }: Pick<Asked, 'agent' | 'call'>): Provenance {
  const { session, id: toolCall, tool } = call;
  return { channel: 'hook', certainty: 'attested', agent: { name: agent.name, session, toolCall, tool } };
}

export function provenanceOf({ agent, call }: Pick<Asked, 'agent' | 'call'>): Provenance {
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
    digests: {
      prompt: call.prompt === undefined ? facts.prompt : promptDigest(call.prompt),
      output: createHash('sha256').update(suggested).digest('hex'),
    },
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

/** The text before a call that is done. As the agent says; else the replacements taken back; else nothing is known to have changed. */
export function textBefore(call: ToolCall, index: number, after: string): string {
  if (call.original !== undefined) return call.original;
  const change = call.changes[index];
  if (change?.kind !== 'replace') return after;
  const back = change.replacements.toReversed().map(({ from, to, all }) => ({ from: to, to: from, all }));
  const before = afterText(after, { ...change, replacements: back });
  return before.kind === 'text' ? before.text : after;
}
