import { type Fields, fieldsIn, inputIn, isFields, textIn } from './fields.ts';
import { asHeredoc, folderIn, shellPatch } from './shell-patch.ts';
import type { ParsedCall } from './tool-call.ts';
import { shapeOf } from './tool-shape.ts';
import { commandsIn } from './unknown-commands.ts';
import { isOwnTool, pathsIn, unknownChanges } from './unknown-tool.ts';

/** One tool call as an agent's payload has it, before its input is read. */
export type Envelope = {
  readonly phase: 'before' | 'after';
  readonly tool: string;
  readonly input: Fields | undefined;
  readonly id?: string | undefined;
  readonly session?: string | undefined;
  readonly model?: string | undefined;
  readonly version?: string | undefined;
  readonly cwd?: string | undefined;
  readonly transcript?: string | undefined;
  /** The person's last message, where the agent hands it over. */
  readonly prompt?: string | undefined;
  /** After the tool ran: the text before it, where the agent hands it over. */
  readonly original?: string | undefined;
};

/** What is particular about an agent's payloads. */
export type Dialect = {
  /** `undefined`: an event without a tool, which changes nothing. A text: what is wrong with the payload. */
  readonly envelope: (payload: Fields) => Envelope | string | undefined;
  /** Tools that change no file by themselves. Whatever is not listed is looked at as a tool that may. */
  readonly looks: ReadonlySet<string>;
  /** Tools whose input must have one of the known shapes. */
  readonly edits: ReadonlySet<string>;
  /** Tools that run a command line, and where in their input it is. */
  readonly shells: Readonly<Record<string, readonly string[]>>;
  /** Tools that type into a program which is running already: what they type is read as a command line too. */
  readonly typing?: Readonly<Record<string, readonly string[]>>;
};

/** Never throws, for any JSON. */
export function parserOf(dialect: Dialect): (payload: unknown) => ParsedCall {
  return (payload) => {
    if (!isFields(payload)) return problem('before', 'The hook payload is not a JSON object', {});
    const envelope = dialect.envelope(payload);
    if (envelope === undefined) return { kind: 'nothing' };
    if (typeof envelope === 'string') return problem('before', envelope, payload);
    const { phase, tool, input } = envelope;
    if (dialect.looks.has(tool)) return { kind: 'nothing' };
    if (input === undefined) return problem(phase, `The hook payload of ${plain(tool)} has no input that is an object`, payload);
    const call = { ...envelope, changes: [], commands: [], original: envelope.original };

    const command = commandIn(dialect, tool, input);
    if (command !== undefined) {
      if (command === '')
        return dialect.typing?.[tool] === undefined
          ? problem(phase, `The hook payload of ${plain(tool)} has no command`, payload)
          : { kind: 'nothing' };
      const patch = shellPatch(command, input);
      const { changes, folder, alone } = patch ?? { changes: [], folder: folderIn(input), alone: false };
      return { kind: 'call', call: { ...call, changes, commands: alone ? [] : [command], folder } };
    }
    if (dialect.edits.has(tool)) {
      if (MANY_IN_ONE.test(tool) && textIn(input, 'command') === 'view') return { kind: 'nothing' };
      const shape = shapeOf(input);
      if (typeof shape === 'object') return { kind: 'call', call: { ...call, changes: shape } };
      return problem(phase, `The hook payload of ${plain(tool)} ${shape ?? 'has no path and text that are known here'}`, payload);
    }
    const lines = (isOwnTool(tool) ? [] : commandsIn(tool, input)).map((line) => inShell(tool, line));
    const gone = DELETES.test(tool) ? textIn(input, 'path', 'file_path', 'filePath', 'target_file') : undefined;
    if (gone !== undefined && !gone.includes('\0')) return { kind: 'call', call: { ...call, changes: [{ kind: 'delete', path: gone }] } };
    const found = unknownChanges(tool, input);
    if (found.kind === 'problem') return problem(phase, `The hook payload of ${plain(tool)} ${found.cause}`, payload);
    return found.changes.length === 0 && lines.length === 0
      ? { kind: 'nothing' }
      : {
          kind: 'call',
          call: { ...call, changes: found.changes, commands: lines, folder: lines.length === 0 ? undefined : folderIn(input) },
        };
  };
}

/** One tool for looking and writing, whose `command` says which. Of any other tool such a field says nothing. */
const MANY_IN_ONE = /^(str_replace_editor|str_replace_based_edit_tool|editor)$/;

const DELETES = /^(delete|delete_?file|remove_?file)$/i;

/** A line for PowerShell is no line of the shell that is read here. */
function inShell(tool: string, line: string): string {
  return /power_?shell|pwsh/i.test(tool) && line !== '' ? `pwsh -Command '${line.replaceAll("'", `'\\''`)}'` : line;
}

/** Undefined when the tool is no shell; '' when its command is missing. */
function commandIn(dialect: Dialect, tool: string, input: Fields): string | undefined {
  const keys = dialect.shells[tool] ?? dialect.typing?.[tool];
  if (keys === undefined) return undefined;
  for (const key of keys) {
    const value = input[key];
    if (typeof value === 'string') return inShell(tool, value);
    // Some hand over the words one by one.
    if (Array.isArray(value) && value.every((word) => typeof word === 'string')) return commandLine(value);
  }
  const task = fieldsIn(input, 'task');
  return task === undefined ? '' : taskLine(tool, task);
}

/** A task of the editor: a program or a line of the shell, and words behind it. */
function taskLine(tool: string, task: Fields): string {
  const args: unknown = task['args'];
  const words = Array.isArray(args) ? args.filter((word): word is string => typeof word === 'string') : [];
  const line = textIn(task, 'command') ?? '';
  return line === '' || words.length === 0 ? inShell(tool, line) : `${line} ${commandLine(words)}`;
}

/** `["bash", "-lc", "rm x"]` is the command line it runs; other words are put together with quotes. */
function commandLine(words: readonly string[]): string {
  const [program, option, line] = words;
  if (words.length === 2 && option !== undefined && /^apply_?patch$/.test(program ?? '')) return asHeredoc(option);
  if (words.length === 3 && line !== undefined && /(^|\/)(ba|z|da|k)?sh$/.test(program ?? '') && /^-[a-z]*c$/.test(option ?? ''))
    return line;
  return words.map((word) => (/^[\w./:=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');
}

function problem(phase: 'before' | 'after', what: string, payload: Fields): ParsedCall {
  return {
    kind: 'problem',
    phase,
    // Arguments that are no JSON name nothing that could be trusted.
    paths: INPUTS.some((key) => isBroken(payload[key])) ? [] : (pathsIn(INPUTS.map((key) => payload[key])) ?? []),
    cwd: textIn(payload, 'cwd'),
    cause: `${what}, so the edit cannot be read. Update Countersign, or make this edit by hand in the editor.`,
  };
}

function isBroken(value: unknown): boolean {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return false;
  try {
    JSON.parse(value);
    return false;
  } catch {
    return true;
  }
}

const INPUTS = ['tool_input', 'toolInput', 'toolArgs', 'tool_info', 'preToolUse', 'postToolUse', 'args'] as const;

/** A tool's name goes into a sentence: one short line of it. */
function plain(name: string): string {
  return name.replace(/[^\w.-]/g, '?').slice(0, 60);
}

/** Words of a list written as one text. */
export function names(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/).filter((word) => word !== ''));
}

/** Payloads in the style of Claude Code, which several agents took over; both spellings, because vendors disagree. */
export function claudeLike(payload: Fields): Envelope | string | undefined {
  const event = textIn(payload, 'hook_event_name', 'hookEventName');
  const tool = textIn(payload, 'tool_name', 'toolName');
  // Events without a tool (session start, prompts) change no file.
  if (tool === undefined && event !== undefined && !/^(pre|post)tool|^(before|after)tool/i.test(event)) return undefined;
  if (tool === undefined) return 'The hook payload has no tool_name';
  return {
    phase: event !== undefined && /^(post|after)/i.test(event) ? 'after' : 'before',
    tool,
    input: inputIn(payload, 'tool_input', 'toolInput'),
    id: textIn(payload, 'tool_use_id', 'toolUseId', 'tool_call_id', 'turn_id'),
    session: textIn(payload, 'session_id', 'sessionId'),
    model: textIn(payload, 'model'),
    version: textIn(payload, 'cli_version', 'version'),
    cwd: textIn(payload, 'cwd'),
    transcript: textIn(payload, 'transcript_path', 'transcriptPath'),
  };
}
