import { commandLine } from '../../engine/command/words.ts';
import { type Fields, isFields } from './fields.ts';

/**
 * Command lines that a tool which is not known, of an MCP server perhaps, seems to run, wherever in its input they stand; statements
 * for a database as the line that asks them.
 */
export function commandsIn(tool: string, input: Fields): readonly string[] {
  return within(tool, input, 0).slice(0, MOST);
}

const MOST = 50;
const DEEPEST = 6;

function within(tool: string, input: Fields, depth: number): readonly string[] {
  // Some agents hand over a server's call as one of their own: its name and its input are fields.
  const inner = ['mcp_tool_name', 'tool_name', 'toolName'].map((key) => input[key]).find((name) => typeof name === 'string');
  const name = typeof inner === 'string' ? inner : tool;
  const parts = depth >= DEEPEST ? [] : Object.entries(input).filter(([key]) => !WRITTEN.test(key));
  const nested = parts.flatMap(([, value]) => fieldsOf(value)).flatMap((fields) => within(name, fields, depth + 1));
  return [...linesOf(name, input), ...nested];
}

/** What is put into a file runs nothing yet. */
const WRITTEN = /^(contents?|text|data|body|(new|old)_?\w*|patch|diff|edits|replacements?|file_?text|source)$/i;

/** Objects, lists of them, and texts that hold them. */
function fieldsOf(value: unknown): readonly Fields[] {
  if (Array.isArray(value)) return value.slice(0, MOST).filter(isFields);
  if (isFields(value)) return [value];
  if (typeof value !== 'string' || !/^\s*\{/.test(value)) return [];
  try {
    const parsed: unknown = JSON.parse(value);
    return isFields(parsed) ? [parsed] : [];
  } catch {
    return [];
  }
}

function linesOf(tool: string, input: Fields): readonly string[] {
  const name = (tool.split('__').at(-1) ?? tool).replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase();
  const program = PROGRAM.exec(name)?.[1];
  const lines = Object.entries(input).flatMap(([key, value]): readonly string[] => {
    if (STATEMENT.test(key))
      return [value]
        .flat()
        .flatMap((text) => (typeof text === 'string' && CHANGES.test(uncommented(text)) ? [commandLine(['psql', '-c', text])] : []));
    if (!COMMAND.test(key) && !(TYPED.test(key) && TERMINAL.test(name))) return [];
    const args = input['args'] ?? input['arguments'];
    if (typeof value === 'string' && isWords(args)) return [commandLine([value, ...args])];
    if (typeof value === 'string') return program === undefined && !/[\s/]/.test(value.trim()) ? [] : [value.trim()];
    if (!isWords(value)) return [];
    return /s$/i.test(key) ? value : [commandLine(value)];
  });
  // Which shell is to run it is no command.
  const own = lines.filter((line) => line !== '' && !(lines.length > 1 && SHELL.test(line)));
  if (program === undefined || own.some((line) => line.startsWith(`${program} `))) return own;
  return [...own.filter((line) => /\s/.test(line)), asLine(program, name, input)];
}

const COMMAND = /command(_?lines?)?s?$|^(cmd|cmds|cmd_?line|shell|bash|script|argv|exec)$/i;
const SHELL = /^\S*\b(ba|z|da|k|fi|pw)?sh(\.exe)?$|^\S*\b(cmd|powershell)(\.exe)?$/i;
const STATEMENT = /^(sql|sql_?query|query|queries|statements?)$/i;
const CHANGES =
  /^\s*(?:grant\s|revoke\s|(?:alter|create|drop)\s+(?:\w+\s+){0,3}(?:table|user|role|policy|database|schema|view|function|extension|index|publication|trigger|default|system|server)\b|truncate\s|delete\s+from\b|update\s+\S+\s+set\b|do\s+(?:language\s+\w+\s+)?['$]|copy\s+\S+\s+(?:to|from)\b|with\b[^]*\b(?:delete\s+from|update\s+\S+\s+set)\b|begin\b|set\s+role\b)/i;
/** What is typed into a program that runs already. */
const TYPED = /^(keys|keystrokes|input|text|chars|line|lines|data)$/i;
const TERMINAL = /term|shell|tmux|screen|process|console|stdin|pty|repl|ssh|send_?keys/;
/** A tool that is named after the program it runs: `kubectl_delete`, `ExecuteTerraformCommand`. */
const PROGRAM = /(?:^|_)(kubectl|helm|terraform|tofu|gcloud|aws|az|gh|docker)(?:_|$)/;

/** `kubectl_delete {resourceType, name}`: the verb is in the tool's name, or in a field of its own. */
function asLine(program: string, name: string, input: Fields): string {
  const verb = name.replace(new RegExp(`^.*?${program}_?`), '').replace(/^(command|cli|run|generic|execute|call)(_(command|cli))?$/, '');
  const args = input['args'] ?? input['arguments'];
  const texts = Object.values(input).filter((value): value is string => typeof value === 'string');
  const rest = isWords(args) ? args : texts.filter((text) => /^[\w./:-]{1,80}$/.test(text));
  const manifest = program === 'kubectl' ? texts.find((text) => /^\s*(\{|apiVersion:|kind:|---)/.test(text)) : undefined;
  const line = commandLine([program, ...(verb === '' ? [] : verb.split('_')), ...rest]);
  return manifest === undefined ? line : `${line} -f - <<'END_OF_MANIFEST'\n${manifest.trimEnd()}\nEND_OF_MANIFEST\n`;
}

/** Without what SQL leaves out. */
function uncommented(text: string): string {
  return text.slice(0, LONGEST).replace(/--[^\n]*|\/\*[^]*?\*\//g, ' ');
}

const LONGEST = 20_000;

function isWords(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((word) => typeof word === 'string');
}
