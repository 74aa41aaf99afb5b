import { type SimpleCommand, UNKNOWN } from './simple-command.ts';

/** What a command prints, where the command line alone tells it: echo, printf, cat of a heredoc. Undefined otherwise. */
export function outputOf(command: SimpleCommand | undefined): string | undefined {
  if (command === undefined) return undefined;
  const [program, ...args] = command.words.map(({ text }) => text);
  if (command.words.slice(1).some(({ glob, text }) => glob || text.includes(UNKNOWN))) return undefined;
  switch (program?.replace(/^.*\//, '')) {
    case 'echo':
      return echoed(args);
    case 'true':
    case ':':
    case 'cd':
    case 'sleep':
    case 'test':
    case '[':
    case 'mkdir':
    case 'export':
    case 'set':
      return '';
    case 'printf':
      return printed(args);
    case 'cat':
      return args.every((arg) => arg === '-') ? inputOf(command) : undefined;
    case 'tee':
      return inputOf(command);
    case 'base64':
      return args.length === 1 && /^(-d|-D|--decode)$/.test(args[0] ?? '') ? decoded(inputOf(command), 'base64') : undefined;
    case 'xxd':
      return args.includes('-r') && args.includes('-p') ? decoded(inputOf(command), 'hex') : undefined;
    case 'rev':
      return args.length === 0
        ? inputOf(command)
            ?.split('\n')
            .map((line) => Array.from(line).toReversed().join(''))
            .join('\n')
        : undefined;
    default:
      return undefined;
  }
}

/** What a command reads, where the command line alone tells it. */
export function inputOf({ input }: SimpleCommand): string | undefined {
  const text = input.kind === 'text' ? input.text : input.kind === 'pipe' ? outputOf(input.from) : undefined;
  return text?.includes(UNKNOWN) === true ? undefined : text;
}

function decoded(text: string | undefined, encoding: 'base64' | 'hex'): string | undefined {
  return text === undefined ? undefined : Buffer.from(text.replace(/\s/g, ''), encoding).toString('utf8');
}

function echoed(args: readonly string[]): string {
  let rest = args;
  let [newline, escapes] = ['\n', false];
  for (let flags = /^-([neE]+)$/.exec(rest[0] ?? ''); flags !== null; flags = /^-([neE]+)$/.exec(rest[0] ?? '')) {
    if (flags[1]?.includes('n')) newline = '';
    if (flags[1]?.includes('e')) escapes = true;
    rest = rest.slice(1);
  }
  const text = rest.join(' ');
  return (escapes ? unescaped(text) : text) + newline;
}

/** `%s`, `%b` and `%%` only; anything else is not worked out. */
function printed(args: readonly string[]): string | undefined {
  const [format, ...values] = args[0] === '--' ? args.slice(1) : args;
  if (format === undefined || /%(?![sb])/.test(format.replaceAll('%%', ''))) return undefined;
  // The format is used again until all values are.
  const slots = (format.replaceAll('%%', '').match(/%[sb]/g) ?? []).length;
  const rounds = slots === 0 ? 1 : Math.max(1, Math.ceil(values.length / slots));
  const rest = [...values];
  let text = '';
  for (let round = 0; round < rounds; round++) {
    text += unescaped(format).replace(/%[sb%]/g, (found) => {
      if (found === '%%') return '%';
      const value = rest.shift() ?? '';
      return found === '%b' ? unescaped(value) : value;
    });
  }
  return text;
}

function unescaped(text: string): string {
  return text.replace(/\\(n|t|r|\\|"|x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{1,4}|0?[0-7]{1,3})/g, (_, code: string) => {
    if (code === 'n') return '\n';
    if (code === 't') return '\t';
    if (code === 'r') return '\r';
    if (/^[xu]/.test(code)) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    return /^\d/.test(code) ? String.fromCharCode(Number.parseInt(code, 8)) : code;
  });
}
