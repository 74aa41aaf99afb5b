/** One simple command as the syntax tree has it: its words with what is known of them, its redirections and its input. Runs nothing. */
import { ansiC, bracesOf, escapes, parameter, type Variables } from './expansion.ts';
import { outputOf } from './output.ts';
import { type Input, type Redirect, type SimpleCommand, UNKNOWN, type Word } from './simple-command.ts';
import { named, type SyntaxNode } from './syntax-node.ts';

/** What surrounds a command: of a group, a loop or a pipe it stands in. */
export type Around = {
  readonly redirects: readonly Redirect[];
  readonly input: Input;
  readonly piped: boolean;
  /** Words that stand behind a redirection: `tee < from to`. */
  readonly words?: readonly Word[];
};

export const ALONE: Around = { redirects: [], input: { kind: 'terminal' }, piped: false };

/** What is known where a command stands. */
export type Known = Variables & {
  readonly folder: string;
  /** Runs what is substituted in a word. */
  readonly substituted: (node: SyntaxNode) => void;
};

/** The command alone: what is substituted in its words is not run. */
export function built(node: SyntaxNode, around: Around, known: Known): Omit<SimpleCommand, 'folder'> {
  const assignments: Record<string, string> = {};
  const words: Word[] = [];
  const redirects: Redirect[] = [];
  let input = around.input;
  for (const child of named(node)) {
    if (child.type === 'variable_assignment') {
      const [name, value] = assigned(child, known);
      assignments[name] = value;
    } else if (child.type === 'file_redirect' || child.type === 'herestring_redirect' || child.type === 'heredoc_redirect') {
      input = redirect(child, redirects, known) ?? input;
      words.push(...wordsBehind(child, known));
    } else words.push(...wordsOf(child, known));
  }
  words.push(...(around.words ?? []));
  return { words, assignments, redirects: [...redirects, ...around.redirects], input, piped: around.piped, source: node.text };
}

/** Name and value of an assignment. */
export function assigned(node: SyntaxNode, known: Known): readonly [string, string] {
  const value = node.childForFieldName('value');
  return [node.childForFieldName('name')?.text ?? '', value === null ? '' : wordOf(value, known).text];
}

/** Answers the input when the redirection is one. */
export function redirect(node: SyntaxNode, into: Redirect[], known: Known): Input | undefined {
  if (node.type === 'heredoc_redirect') {
    for (const inner of named(node).filter(({ type }) => type === 'file_redirect')) redirect(inner, into, known);
    const body = isLiteral(node) ? undefined : named(node).find(({ type }) => type === 'heredoc_body');
    if (body !== undefined) known.substituted(body);
    return { kind: 'text', text: heredoc(node, known) };
  }
  const parts = destinationOf(node);
  if (parts.length === 0) return undefined;
  for (const part of parts) known.substituted(part);
  const [only] = parts;
  if (only?.type === 'process_substitution' && parts.length === 1 && /^\d*<\s/.test(node.text)) {
    const read = readFrom(only, known);
    return read === undefined ? { kind: 'pipe', from: lastOf(only, known) } : { kind: 'file', path: read };
  }
  const target = joinedWord(parts, node, known);
  if (node.type === 'herestring_redirect') return { kind: 'text', text: `${target.text}\n` };
  const operator = (node.children.find((child) => child !== null && /^[0-9&]*[<>]/.test(child.type))?.type ?? node.text).replace(
    /^\d+/,
    '',
  );
  if (operator.startsWith('<') && !operator.startsWith('<>')) {
    into.push({ kind: 'read', target });
    return { kind: 'file', path: target };
  }
  // `2>&1` joins descriptors.
  if (/^(>&|<&)/.test(operator) && /^(\d+|-)$/.test(target.text)) return undefined;
  into.push({ kind: operator.includes('>>') ? 'append' : 'write', target });
  return undefined;
}

function joinedWord(parts: readonly SyntaxNode[], around: SyntaxNode, known: Known): Word {
  const [first, last] = [parts[0], parts.at(-1)];
  if (parts.length > 1 && first !== undefined && last !== undefined) {
    const raw = around.text.slice(first.startIndex - around.startIndex, last.endIndex - around.startIndex);
    if (/^[\w./$~-]+$/.test(raw)) return { text: expanded(raw, known), glob: false };
  }
  const words = parts.map((part) => wordOf(part, known));
  return { text: words.map(({ text }) => text).join(''), glob: words.some(({ glob }) => glob) };
}

/** The grammar cuts some words in two: what touches belongs together. */
function destinationOf(node: SyntaxNode): readonly SyntaxNode[] {
  const given = node.childrenForFieldName('destination').filter((child): child is SyntaxNode => child !== null);
  const all = given.length > 0 ? given : named(node).slice(-1);
  const apart = all.findIndex((part, i) => i > 0 && part.startIndex !== all[i - 1]?.endIndex);
  return apart === -1 ? all : all.slice(0, apart);
}

/** The grammar takes the words behind a redirection for more of its targets. */
export function wordsBehind(node: SyntaxNode, known: Known): readonly Word[] {
  if (node.type === 'heredoc_redirect') return [];
  const given = node.childrenForFieldName('destination').filter((child): child is SyntaxNode => child !== null);
  return given.slice(destinationOf(node).length).flatMap((word) => wordsOf(word, known));
}

function heredoc(node: SyntaxNode, known: Known): string {
  const body = named(node).find(({ type }) => type === 'heredoc_body');
  if (body === undefined) return '';
  const text = isLiteral(node) ? body.text : body.namedChildren.length === 0 ? escapes(body.text, /\\([$`\\\n])/g) : spliced(body, known);
  return node.text.trimStart().startsWith('<<-') ? text.replace(/^\t+/gm, '') : text;
}

/** Quoted in any part, the delimiter makes the text stand as it is. */
function isLiteral(node: SyntaxNode): boolean {
  return /['"\\]/.test(named(node).find(({ type }) => type === 'heredoc_start')?.text ?? '');
}

/** A word may become several: braces, lists, and variables that hold spaces. */
export function wordsOf(node: SyntaxNode, known: Known): readonly Word[] {
  const [only, ...others] = node.type === 'command_name' ? named(node) : [];
  if (only !== undefined && others.length === 0) return wordsOf(only, known);
  const list = /^"?\$(?:\{(\w+|@)\[[@*]\]\}|\{?([@*])\}?)"?$/.exec(node.text);
  if (list !== null) {
    const items = known.lists.get((list[1] ?? list[2] ?? '').replace('*', '@'));
    return items === undefined ? [{ text: UNKNOWN, glob: false }] : items.map((text) => ({ text, glob: false }));
  }
  if (/^(word|concatenation|brace_expression)$/.test(node.type) && /\{[^{}"'$]*,[^{}"'$]*\}/.test(node.text) && !/["'`]/.test(node.text)) {
    return bracesOf(node.text).map((text) => ({ text: escapes(expanded(text, known), /\\(.)/gs), glob: /[*?[]/.test(text) }));
  }
  const word = wordOf(node, known);
  const between = known.variables.get('IFS');
  const separator = between === undefined || between === '' ? /\s+/ : new RegExp(`[${between.replace(/[\]\\^-]/g, '\\$&')}]+`);
  if (/^((simple_)?expansion|command_substitution)$/.test(node.type) && separator.test(word.text)) {
    return word.text
      .trim()
      .split(separator)
      .map((text) => ({ text, glob: false }));
  }
  return [word];
}

export function wordOf(node: SyntaxNode, known: Known): Word {
  switch (node.type) {
    case 'command_name':
    case 'concatenation': {
      const parts = named(node);
      if (parts.length === 0) return { text: escapes(node.text, /\\(.)/gs), glob: false };
      // Text between the parts, such as the bare `$` of a regular expression, belongs to the word.
      const words = parts.map((part) => wordOf(part, known));
      return { text: words.map(({ text }) => text).join(''), glob: words.some(({ glob }) => glob) };
    }
    case 'word':
    case 'number':
    case 'extglob_pattern':
    case 'regex':
    case 'variable_name':
      // `~-` is where the line came from.
      return {
        text: escapes(expanded(node.text.replace(/\\\n/g, '').replace(/^~-(?=\/|$)/, UNKNOWN), known), /\\(.)/gs),
        glob: /(^|[^\\])[*?[]/.test(node.text),
      };
    case 'raw_string':
      return { text: node.text.slice(1, -1), glob: false };
    case 'ansi_c_string':
      return { text: ansiC(node.text.slice(2, -1)), glob: false };
    case 'string':
    case 'translated_string':
      return { text: quoted(node, known), glob: false };
    case 'string_content':
      return { text: escapes(node.text, /\\([$`"\\\n])/g), glob: false };
    case 'simple_expansion':
      return { text: known.variables.get(node.text.slice(1)) ?? UNKNOWN, glob: false };
    case 'expansion': {
      return { text: parameter(node.text, known) ?? UNKNOWN, glob: false };
    }
    case 'process_substitution': {
      const from = node.text.startsWith('<') ? lastOf(node, known) : undefined;
      return readFrom(node, known) ?? { text: UNKNOWN, glob: false, ...(from === undefined ? {} : { printedBy: from }) };
    }
    case 'command_substitution':
      return { text: printedBy(node, known) ?? UNKNOWN, glob: false };
    default:
      return { text: UNKNOWN, glob: false };
  }
}

/** Variables that the grammar left inside a word. */
function expanded(text: string, known: Known): string {
  return text.includes('$') ? text.replace(/(?<!\\)\$(\w+)/g, (_, name: string) => known.variables.get(name) ?? UNKNOWN) : text;
}

/** A double-quoted string: the grammar leaves some of its text out of the tree. */
function quoted(node: SyntaxNode, known: Known): string {
  const start = node.text.indexOf('"') + 1;
  return spliced(node, known, node.startIndex + start, node.endIndex - 1);
}

function spliced(node: SyntaxNode, known: Known, from = node.startIndex, to = node.endIndex): string {
  let text = '';
  let at = from;
  const between = (end: number): string => escapes(node.text.slice(at - node.startIndex, end - node.startIndex), /\\([$`"\\\n])/g);
  for (const child of named(node)) {
    if (child.type === 'string_content' || child.startIndex < at) continue;
    text += between(child.startIndex) + wordOf(child, known).text;
    at = child.endIndex;
  }
  return text + between(to);
}

/** What a substituted command prints, where the command line tells it. */
function printedBy(node: SyntaxNode, known: Known): string | undefined {
  return outputOf(lastOf(node, known))?.replace(/\n+$/, '');
}

/** `<(cat file)` reads that file. */
function readFrom(node: SyntaxNode, known: Known): Word | undefined {
  if (!node.text.startsWith('<')) return undefined;
  const [program, file, ...others] = lastOf(node, known)?.words ?? [];
  const isFile = program?.text === 'cat' && file !== undefined && others.length === 0 && !file.text.startsWith('-');
  return isFile && !file.text.includes(UNKNOWN) ? file : undefined;
}

/** The command whose output a substitution takes. Undefined where several print, or a compound one does. */
function lastOf(node: SyntaxNode, known: Known): SimpleCommand | undefined {
  const [only, ...others] = named(node);
  if (only === undefined || others.length > 0) return undefined;
  let from: SimpleCommand | undefined;
  for (const part of only.type === 'pipeline' ? named(only) : [only]) {
    const body = part.type === 'redirected_statement' ? part.childForFieldName('body') : part;
    if (body?.type !== 'command') return undefined;
    const redirects: Redirect[] = [];
    let input: Input = from === undefined ? ALONE.input : { kind: 'pipe', from };
    if (body !== part)
      for (const child of named(part).filter(({ type }) => type.endsWith('_redirect'))) input = redirect(child, redirects, known) ?? input;
    from = { ...built(body, { ...ALONE, input, redirects }, known), folder: known.folder };
  }
  return from;
}
