/** What a shell command line runs, from its syntax tree: simple commands in order, with what is known of each word. */

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

/** Stands for what is not in the command line: `$HOME`, `$(…)`. */
export const UNKNOWN = '\uFFFC';

/** One word after quotes and known variables; what is not known is UNKNOWN in it. */
export type Word = {
  readonly text: string;
  /** Unquoted `*`, `?` or `[`: the shell puts the names of files here. */
  readonly glob: boolean;
};

export type Redirect = {
  readonly kind: 'write' | 'append' | 'read';
  readonly target: Word;
};

/** Where a command's standard input comes from. `text`: it is in the command line. `pipe`: the command before. `terminal`: nobody says. */
export type Input =
  | { readonly kind: 'terminal' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'file'; readonly path: Word }
  | { readonly kind: 'pipe'; readonly from: SimpleCommand | undefined };

export type SimpleCommand = {
  /** Program and arguments; empty for a bare redirection. */
  readonly words: readonly Word[];
  /** `A=b` before the program. */
  readonly assignments: Readonly<Record<string, string>>;
  readonly redirects: readonly Redirect[];
  readonly input: Input;
  /** Its output goes to the next command of a pipe. */
  readonly piped: boolean;
  /** Folder in which it runs, relative to the start, as far as `cd` says; UNKNOWN when it does not. */
  readonly folder: string;
  /** As written. */
  readonly source: string;
};

export type ShellReading = {
  readonly commands: readonly SimpleCommand[];
  /** True when a part could not be read: what it runs is not known. */
  readonly broken: boolean;
};

type State = { readonly commands: SimpleCommand[]; broken: boolean; folder: string; readonly variables: Map<string, string> };
type Around = {
  readonly redirects: readonly Redirect[];
  readonly input: Input;
  readonly piped: boolean;
};

const ALONE: Around = { redirects: [], input: { kind: 'terminal' }, piped: false };

/** @param root the `program` node of tree-sitter-bash */
export function readShell(root: SyntaxNode): ShellReading {
  const state: State = { commands: [], broken: root.hasError, folder: '', variables: new Map() };
  visit(root, ALONE, state);
  return { commands: state.commands, broken: state.broken };
}

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
    case 'declaration_command':
      for (const child of named(node)) if (child.type === 'variable_assignment') assign(child, state);
      substitutions(node, state);
      return undefined;
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
    case 'function_definition':
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
  const assignments: Record<string, string> = {};
  const words: Word[] = [];
  const redirects: Redirect[] = [];
  let input = around.input;
  for (const child of named(node)) {
    if (child.type === 'variable_assignment') {
      const name = child.childForFieldName('name')?.text ?? '';
      const value = child.childForFieldName('value');
      assignments[name] = value === null ? '' : wordOf(value, state).text;
      if (value !== null) substitutions(value, state);
    } else if (child.type === 'file_redirect' || child.type === 'herestring_redirect' || child.type === 'heredoc_redirect') {
      input = redirect(child, redirects, state) ?? input;
    } else {
      words.push(wordOf(child, state));
      substitutions(child, state);
    }
  }
  return add({ words, assignments, redirects: [...redirects, ...around.redirects], input, piped: around.piped, source: node.text }, state);
}

function add(found: Omit<SimpleCommand, 'folder'>, state: State): SimpleCommand {
  const made: SimpleCommand = { ...found, folder: state.folder };
  state.commands.push(made);
  const [program, target] = found.words;
  if (program?.text === 'cd' || program?.text === 'pushd') state.folder = joined(state.folder, target?.text ?? UNKNOWN);
  return made;
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
  const name = node.childForFieldName('name')?.text;
  const value = node.childForFieldName('value');
  if (value !== null) substitutions(value, state);
  if (name !== undefined) state.variables.set(name, value === null ? '' : wordOf(value, state).text);
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
      const plain = /^\$\{(\w+)\}$/.exec(node.text)?.[1];
      return { text: (plain === undefined ? undefined : state.variables.get(plain)) ?? UNKNOWN, glob: false };
    }
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

function escapes(text: string, pattern: RegExp): string {
  return text.includes('\\') ? text.replace(pattern, (_, letter: string) => (letter === '\n' ? '' : letter)) : text;
}

const ANSI: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', e: '\x1b', E: '\x1b', f: '\f', v: '\v' };

function ansiC(text: string): string {
  return text.replace(
    /\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|([0-7]{1,3})|c(.)|(.))/gs,
    (_, hex?: string, short?: string, long?: string, octal?: string, control?: string, letter?: string) => {
      const code = hex ?? short ?? long;
      if (code !== undefined) return codePoint(Number.parseInt(code, 16));
      if (octal !== undefined) return codePoint(Number.parseInt(octal, 8));
      if (control !== undefined) return codePoint(control.charCodeAt(0) & 31);
      return ANSI[letter ?? ''] ?? letter ?? '';
    },
  );
}

function codePoint(code: number): string {
  return code <= 0x10ffff ? String.fromCodePoint(code) : '\uFFFD';
}

function joined(folder: string, next: string): string {
  if (next.startsWith('/') || next.startsWith('~')) return next;
  if (next === '-' || next.includes(UNKNOWN)) return UNKNOWN;
  return folder === '' ? next : `${folder}/${next}`;
}

function named(node: SyntaxNode): readonly SyntaxNode[] {
  return node.namedChildren.filter((child): child is SyntaxNode => child !== null);
}
