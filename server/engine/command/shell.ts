/** What a shell command line runs, from its syntax tree: simple commands in order, with what is known of each word. */
import { ansiC, bracesOf, escapes, parameter, type Variables } from './expansion.ts';
import { outputOf, inputOf } from './output.ts';
import { type Input, type Redirect, type SimpleCommand, UNKNOWN, type Word } from './simple-command.ts';

/** The part of a tree-sitter node that is looked at. */
export type SyntaxNode = {
  readonly type: string;
  readonly text: string;
  readonly startIndex: number;
  readonly endIndex: number;
  readonly hasError: boolean;
  readonly isMissing: boolean;
  readonly namedChildren: readonly (SyntaxNode | null)[];
  readonly children: readonly (SyntaxNode | null)[];
  readonly childForFieldName: (name: string) => SyntaxNode | null;
  readonly childrenForFieldName: (name: string) => readonly (SyntaxNode | null)[];
};

export type ShellReading = {
  readonly commands: readonly SimpleCommand[];
  /** True when a part could not be read: what it runs is not known. */
  readonly broken: boolean;
};

type State = Variables & {
  readonly commands: SimpleCommand[];
  broken: boolean;
  folder: string;
  readonly aliases: Map<string, string>;
  readonly functions: Map<string, { readonly body: SyntaxNode; calls: number }>;
  /** How deep calls of functions are nested. */
  depth: number;
};
type Around = {
  readonly redirects: readonly Redirect[];
  readonly input: Input;
  readonly piped: boolean;
};

const ALONE: Around = { redirects: [], input: { kind: 'terminal' }, piped: false };

/**
 * @param root the `program` node of tree-sitter-bash
 * @param args what `$1` and so on stand for, where that is known
 */
export function readShell(root: SyntaxNode, args: readonly string[] = []): ShellReading {
  const state: State = {
    commands: [],
    broken: root.hasError,
    folder: '',
    variables: new Map(),
    lists: new Map(),
    aliases: new Map(),
    functions: new Map(),
    depth: 0,
  };
  setArguments(args, state);
  visit(root, ALONE, state);
  // A function that is only made here may be called later, with anything.
  for (const made of state.functions.values()) if (made.calls === 0) visit(made.body, ALONE, state);
  return { commands: state.commands, broken: state.broken };
}

function setArguments(args: readonly string[], state: State): void {
  for (let i = 1; i <= 9; i++) state.variables.delete(String(i));
  args.forEach((arg, i) => state.variables.set(String(i + 1), arg));
  state.lists.set('@', args);
}

const MOST_CALLS = 50;

/** Runs through statements in order and answers the last command seen, for the pipe. */
function visit(node: SyntaxNode, around: Around, state: State): SimpleCommand | undefined {
  switch (node.type) {
    case 'command':
      return command(node, around, state);
    case 'redirected_statement':
      return redirected(node, around, state);
    case 'pipeline':
      return pipeline(node, around, state);
    case 'subshell': {
      const folder = state.folder;
      const last = visitAll(node, around, state);
      state.folder = folder;
      return last;
    }
    case 'variable_assignment':
      assign(node, state);
      return undefined;
    case 'declaration_command': {
      const made = named(node).filter(({ type }) => type === 'variable_assignment');
      for (const child of made) assign(child, state);
      substitutions(node, state);
      // What is exported may say what programs run.
      const assignments = Object.fromEntries(made.map((child) => assigned(child, state)));
      return node.text.startsWith('export') && made.length > 0
        ? add({ words: [], assignments, redirects: [], input: around.input, piped: false, source: node.text }, state)
        : undefined;
    }
    case 'function_definition': {
      const name = node.childForFieldName('name')?.text;
      const body = node.childForFieldName('body');
      if (name !== undefined && body !== null) state.functions.set(name, { body, calls: 0 });
      return undefined;
    }
    case 'for_statement':
      return loop(node, around, state);
    case 'while_statement':
    case 'if_statement':
    case 'elif_clause':
    case 'else_clause':
    case 'case_statement':
    case 'case_item':
    case 'do_group':
    case 'compound_statement':
    case 'c_style_for_statement':
    case 'negated_command':
    case 'list':
    case 'program':
    case 'variable_assignments':
      return visitAll(node, around, state);
    case 'ERROR':
      state.broken = true;
      return visitAll(node, around, state);
    default:
      // Words, tests and arithmetic run nothing but what is substituted in them.
      substitutions(node, state);
      return undefined;
  }
}

function visitAll(node: SyntaxNode, around: Around, state: State): SimpleCommand | undefined {
  let last: SimpleCommand | undefined;
  for (const child of named(node)) last = visit(child, around, state) ?? last;
  return last;
}

function command(node: SyntaxNode, around: Around, state: State): SimpleCommand {
  const found = built(node, around, state);
  for (const child of named(node)) {
    const value = child.type === 'variable_assignment' ? child.childForFieldName('value') : child;
    if (value !== null && !value.type.endsWith('_redirect')) substitutions(value, state);
  }
  return add(found, state);
}

/** The command alone: what is substituted in its words is not run. */
function built(node: SyntaxNode, around: Around, state: State): Omit<SimpleCommand, 'folder'> {
  const assignments: Record<string, string> = {};
  const words: Word[] = [];
  const redirects: Redirect[] = [];
  let input = around.input;
  for (const child of named(node)) {
    if (child.type === 'variable_assignment') {
      const [name, value] = assigned(child, state);
      assignments[name] = value;
    } else if (child.type === 'file_redirect' || child.type === 'herestring_redirect' || child.type === 'heredoc_redirect') {
      input = redirect(child, redirects, state) ?? input;
    } else words.push(...wordsOf(child, state));
  }
  return { words, assignments, redirects: [...redirects, ...around.redirects], input, piped: around.piped, source: node.text };
}

function assigned(node: SyntaxNode, state: State): readonly [string, string] {
  const value = node.childForFieldName('value');
  return [node.childForFieldName('name')?.text ?? '', value === null ? '' : wordOf(value, state).text];
}

function add(found: Omit<SimpleCommand, 'folder'>, state: State): SimpleCommand {
  const made: SimpleCommand = { ...withoutAlias(found, state), folder: state.folder };
  state.commands.push(made);
  builtIn(made, state);
  const called = state.functions.get(made.words[0]?.text ?? '');
  if (called !== undefined && state.depth < 5 && called.calls < MOST_CALLS) {
    called.calls++;
    const before = state.lists.get('@') ?? [];
    setArguments(
      made.words.slice(1).map(({ text }) => text),
      state,
    );
    state.depth++;
    visit(called.body, { redirects: found.redirects, input: found.input, piped: found.piped }, state);
    state.depth--;
    setArguments(before, state);
  }
  return made;
}

function withoutAlias(found: Omit<SimpleCommand, 'folder'>, state: State): Omit<SimpleCommand, 'folder'> {
  const [program, ...args] = found.words;
  const text = program === undefined ? undefined : state.aliases.get(program.text);
  if (text === undefined) return found;
  const word = (each: string): Word => ({ text: each, glob: false });
  if (/^[\w\s./=-]+$/.test(text)) return { ...found, words: [...text.trim().split(/\s+/).map(word), ...args] };
  return { ...found, words: [word('eval'), word(text), ...args] };
}

/** What a command of the shell itself changes for those after it. */
function builtIn(made: SimpleCommand, state: State): void {
  const [program, ...args] = made.words.map(({ text }) => text);
  switch (program) {
    case 'cd':
    case 'pushd':
      state.folder = joined(state.folder, args.find((arg) => arg !== '--') ?? UNKNOWN);
      return;
    case 'set':
      if (args[0] === '--') setArguments(args.slice(1), state);
      return;
    case 'alias':
      for (const arg of args) {
        const [, name, text] = /^([^=]+)=(.*)$/s.exec(arg) ?? [];
        if (name !== undefined && text !== undefined) state.aliases.set(name, text);
      }
      return;
    case 'printf': {
      const [flag, name, ...rest] = made.words;
      const text =
        args[0] === '-v'
          ? outputOf({ ...made, words: [flag, ...rest.slice(1)].flatMap((word) => (word === undefined ? [] : [word])) })
          : undefined;
      if (name?.text === '-v' && rest[0] !== undefined && text !== undefined) state.variables.set(rest[0].text, text);
      return;
    }
    case 'read': {
      const names = args.filter((arg) => /^[A-Za-z_]\w*$/.test(arg));
      const values = inputOf(made)?.split('\n', 1)[0]?.trim().split(/\s+/);
      if (values !== undefined)
        names.forEach((name, i) =>
          state.variables.set(name, (i === names.length - 1 ? values.slice(i) : values.slice(i, i + 1)).join(' ')),
        );
      return;
    }
    default:
  }
}

function redirected(node: SyntaxNode, around: Around, state: State): SimpleCommand | undefined {
  const redirects: Redirect[] = [];
  let input = around.input;
  let here: SyntaxNode | undefined;
  for (const child of named(node).filter(({ type }) => type.endsWith('_redirect'))) {
    input = redirect(child, redirects, state) ?? input;
    if (child.type === 'heredoc_redirect') here = child;
  }
  const body = node.childForFieldName('body');
  const inner: Around = { redirects: [...redirects, ...around.redirects], input, piped: around.piped || hasPipe(here) };
  const last =
    body === null ? add({ words: [], assignments: {}, ...inner, source: node.text }, state) : visitBody(body, inner, around, state);
  // `cat <<X | sh`: the grammar puts the rest of the line below the heredoc.
  if (here !== undefined) {
    for (const rest of named(here)) {
      if (rest.type === 'pipeline' || rest.type === 'command' || rest.type === 'redirected_statement' || rest.type === 'list') {
        visit(rest, { ...ALONE, input: { kind: 'pipe', from: last } }, state);
      }
    }
  }
  return last;
}

/** Redirections of `a && b > f` belong to the last command; those of `{ a; b; } > f` to each. */
function visitBody(body: SyntaxNode, inner: Around, around: Around, state: State): SimpleCommand | undefined {
  if (body.type !== 'list' && body.type !== 'pipeline') return visit(body, inner, state);
  if (body.type === 'pipeline') return pipeline(body, inner, state);
  const parts = named(body);
  let last: SimpleCommand | undefined;
  parts.forEach((part, i) => {
    last = visit(part, i === parts.length - 1 ? inner : around, state) ?? last;
  });
  return last;
}

function pipeline(node: SyntaxNode, around: Around, state: State): SimpleCommand | undefined {
  const parts = named(node);
  let from: SimpleCommand | undefined;
  parts.forEach((part, i) => {
    const last = i === parts.length - 1;
    from = visit(
      part,
      { redirects: last ? around.redirects : [], input: i === 0 ? around.input : { kind: 'pipe', from }, piped: !last || around.piped },
      state,
    );
  });
  return from;
}

function hasPipe(here: SyntaxNode | undefined): boolean {
  return here !== undefined && named(here).some(({ type }) => type === 'pipeline');
}

/** Answers the input when the redirection is one. */
function redirect(node: SyntaxNode, into: Redirect[], state: State): Input | undefined {
  if (node.type === 'heredoc_redirect') {
    for (const inner of named(node).filter(({ type }) => type === 'file_redirect')) redirect(inner, into, state);
    return { kind: 'text', text: heredoc(node, state) };
  }
  const parts = destinationOf(node);
  if (parts.length === 0) return undefined;
  for (const part of parts) substitutions(part, state);
  const target = joinedWord(parts, node, state);
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

function joinedWord(parts: readonly SyntaxNode[], around: SyntaxNode, state: State): Word {
  const [first, last] = [parts[0], parts.at(-1)];
  if (parts.length > 1 && first !== undefined && last !== undefined) {
    const raw = around.text.slice(first.startIndex - around.startIndex, last.endIndex - around.startIndex);
    if (/^[\w./$~-]+$/.test(raw)) return { text: expanded(raw, state), glob: false };
  }
  const words = parts.map((part) => wordOf(part, state));
  return { text: words.map(({ text }) => text).join(''), glob: words.some(({ glob }) => glob) };
}

/** The grammar cuts some words in two: what touches belongs together. */
function destinationOf(node: SyntaxNode): readonly SyntaxNode[] {
  const given = node.childrenForFieldName('destination').filter((child): child is SyntaxNode => child !== null);
  const all = given.length > 0 ? given : named(node).slice(-1);
  const apart = all.findIndex((part, i) => i > 0 && part.startIndex !== all[i - 1]?.endIndex);
  return apart === -1 ? all : all.slice(0, apart);
}

function heredoc(node: SyntaxNode, state: State): string {
  const start = named(node).find(({ type }) => type === 'heredoc_start')?.text ?? '';
  const body = named(node).find(({ type }) => type === 'heredoc_body');
  if (body === undefined) return '';
  const literal = /['"\\]/.test(start);
  const text = literal ? body.text : body.namedChildren.length === 0 ? escapes(body.text, /\\([$`\\\n])/g) : spliced(body, state);
  return node.text.trimStart().startsWith('<<-') ? text.replace(/^\t+/gm, '') : text;
}

function loop(node: SyntaxNode, around: Around, state: State): SimpleCommand | undefined {
  const variable = node.childForFieldName('variable')?.text;
  const values = node.childrenForFieldName('value').flatMap((value) => (value === null ? [] : [wordOf(value, state)]));
  const body = node.childForFieldName('body');
  if (variable === undefined || body === null) return visitAll(node, around, state);
  const rounds: readonly string[] = values.length === 0 || values.length > 20 ? [UNKNOWN] : values.map(({ text }) => text);
  let last: SimpleCommand | undefined;
  for (const round of rounds) {
    state.variables.set(variable, round);
    last = visit(body, around, state) ?? last;
  }
  return last;
}

function assign(node: SyntaxNode, state: State): void {
  const value = node.childForFieldName('value');
  if (value !== null) substitutions(value, state);
  const [name, text] = assigned(node, state);
  if (value?.type === 'array') {
    const items = named(value).flatMap((item) => wordsOf(item, state).map((word) => word.text));
    state.lists.set(name, items);
    state.variables.set(name, items[0] ?? '');
  } else state.variables.set(name, text);
}

/** Commands that run inside words: `$(…)`, backticks, `<(…)`. */
function substitutions(node: SyntaxNode, state: State): void {
  for (const child of named(node)) {
    if (child.type === 'command_substitution' || child.type === 'process_substitution') {
      const folder = state.folder;
      visitAll(child, { ...ALONE, piped: true }, state);
      state.folder = folder;
    } else substitutions(child, state);
  }
  if (node.type === 'command_substitution' || node.type === 'process_substitution') visitAll(node, { ...ALONE, piped: true }, state);
}

/** A word may become several: braces, lists, and variables that hold spaces. */
function wordsOf(node: SyntaxNode, state: State): readonly Word[] {
  const [only, ...others] = node.type === 'command_name' ? named(node) : [];
  if (only !== undefined && others.length === 0) return wordsOf(only, state);
  const list = /^"?\$(?:\{(\w+|@)\[[@*]\]\}|\{?([@*])\}?)"?$/.exec(node.text);
  if (list !== null) {
    const items = state.lists.get((list[1] ?? list[2] ?? '').replace('*', '@'));
    return items === undefined ? [{ text: UNKNOWN, glob: false }] : items.map((text) => ({ text, glob: false }));
  }
  if (/^(word|concatenation|brace_expression)$/.test(node.type) && /\{[^{}"'$]*,[^{}"'$]*\}/.test(node.text) && !/["'`]/.test(node.text)) {
    return bracesOf(node.text).map((text) => ({ text: escapes(expanded(text, state), /\\(.)/gs), glob: /[*?[]/.test(text) }));
  }
  const word = wordOf(node, state);
  if (/^((simple_)?expansion|command_substitution)$/.test(node.type) && /\s/.test(word.text)) {
    return word.text
      .trim()
      .split(/\s+/)
      .map((text) => ({ text, glob: false }));
  }
  return [word];
}

function wordOf(node: SyntaxNode, state: State): Word {
  switch (node.type) {
    case 'command_name':
    case 'concatenation': {
      const parts = named(node);
      if (parts.length === 0) return { text: escapes(node.text, /\\(.)/gs), glob: false };
      // Text between the parts, such as the bare `$` of a regular expression, belongs to the word.
      const words = parts.map((part) => wordOf(part, state));
      return { text: words.map(({ text }) => text).join(''), glob: words.some(({ glob }) => glob) };
    }
    case 'word':
    case 'number':
    case 'extglob_pattern':
    case 'regex':
    case 'variable_name':
      return { text: escapes(expanded(node.text.replace(/\\\n/g, ''), state), /\\(.)/gs), glob: /(^|[^\\])[*?[]/.test(node.text) };
    case 'raw_string':
      return { text: node.text.slice(1, -1), glob: false };
    case 'ansi_c_string':
      return { text: ansiC(node.text.slice(2, -1)), glob: false };
    case 'string':
    case 'translated_string':
      return { text: quoted(node, state), glob: false };
    case 'string_content':
      return { text: escapes(node.text, /\\([$`"\\\n])/g), glob: false };
    case 'simple_expansion':
      return { text: state.variables.get(node.text.slice(1)) ?? UNKNOWN, glob: false };
    case 'expansion': {
      return { text: parameter(node.text, state) ?? UNKNOWN, glob: false };
    }
    case 'command_substitution':
      return { text: printedBy(node, state) ?? UNKNOWN, glob: false };
    default:
      return { text: UNKNOWN, glob: false };
  }
}

/** Variables that the grammar left inside a word. */
function expanded(text: string, state: State): string {
  return text.includes('$') ? text.replace(/(?<!\\)\$(\w+)/g, (_, name: string) => state.variables.get(name) ?? UNKNOWN) : text;
}

/** A double-quoted string: the grammar leaves some of its text out of the tree. */
function quoted(node: SyntaxNode, state: State): string {
  const start = node.text.indexOf('"') + 1;
  return spliced(node, state, node.startIndex + start, node.endIndex - 1);
}

function spliced(node: SyntaxNode, state: State, from = node.startIndex, to = node.endIndex): string {
  let text = '';
  let at = from;
  const between = (end: number): string => escapes(node.text.slice(at - node.startIndex, end - node.startIndex), /\\([$`"\\\n])/g);
  for (const child of named(node)) {
    if (child.type === 'string_content' || child.startIndex < at) continue;
    text += between(child.startIndex) + wordOf(child, state).text;
    at = child.endIndex;
  }
  return text + between(to);
}

/** What a substituted command prints, where the command line tells it. */
function printedBy(node: SyntaxNode, state: State): string | undefined {
  const [only, ...others] = named(node);
  if (only === undefined || others.length > 0) return undefined;
  const parts = only.type === 'pipeline' ? named(only) : [only];
  let from: SimpleCommand | undefined;
  for (const part of parts) {
    if (part.type !== 'command') return undefined;
    const input: Input = from === undefined ? ALONE.input : { kind: 'pipe', from };
    from = { ...built(part, { ...ALONE, input }, state), folder: state.folder };
  }
  return outputOf(from)?.replace(/\n+$/, '');
}

function joined(folder: string, next: string): string {
  if (next.startsWith('/') || next.startsWith('~')) return next;
  if (next === '-' || next.includes(UNKNOWN)) return UNKNOWN;
  return folder === '' ? next : `${folder}/${next}`;
}

function named(node: SyntaxNode): readonly SyntaxNode[] {
  return node.namedChildren.filter((child): child is SyntaxNode => child !== null);
}
