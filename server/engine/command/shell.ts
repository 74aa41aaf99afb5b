/** What a shell command line runs, from its syntax tree: simple commands in order, with what is known of each word. */
import { outputOf } from './output.ts';
import { builtIn, namesOf } from './shell-builtins.ts';
import { setArguments, type State } from './shell-state.ts';
import { ALONE, type Around, assigned, built, redirect, wordOf, wordsBehind, wordsOf } from './shell-words.ts';
import { type Redirect, type SimpleCommand, UNKNOWN, type Word } from './simple-command.ts';
import { LISTS } from './substituted.ts';
import { named, type SyntaxNode } from './syntax-node.ts';

export type ShellReading = {
  readonly commands: readonly SimpleCommand[];
  /** True when a part could not be read: what it runs is not known. */
  readonly broken: boolean;
};

/**
 * @param root the `program` node of tree-sitter-bash
 * @param args what `$1` and so on stand for, where that is known
 * @param name what `$0` stands for
 */
export function readShell(root: SyntaxNode, args: readonly string[] = [], name?: string): ShellReading {
  const state: State = {
    commands: [],
    broken: root.hasError,
    folder: '',
    variables: new Map(),
    lists: new Map(),
    aliases: new Map(),
    exported: new Map(),
    functions: new Map(),
    depth: 0,
    substituted: (node) => substitutions(node, state),
  };
  setArguments(args, state);
  if (name !== undefined) state.variables.set('0', name);
  visit(root, ALONE, state);
  // A function that is only made here may be called later, with anything.
  for (const made of state.functions.values()) if (made.calls === 0) visit(made.body, ALONE, state);
  return { commands: state.commands, broken: state.broken };
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
      // The shell itself expands these when it shows them.
      if (/^(PS\d|PROMPT_COMMAND)=/.test(node.text))
        add(
          {
            words: [],
            assignments: Object.fromEntries([assigned(node, state)]),
            redirects: [],
            input: around.input,
            piped: false,
            source: node.text,
          },
          state,
        );
      return undefined;
    case 'declaration_command': {
      const made = named(node).filter(({ type }) => type === 'variable_assignment');
      for (const child of made) assign(child, state);
      substitutions(node, state);
      // `declare -n`: a name for another variable, whatever that comes to hold.
      if (/^(declare|typeset|local)\s+-[a-zA-Z]*n/.test(node.text))
        for (const child of made) state.variables.set(assigned(child, state)[0], UNKNOWN);
      // What is exported may say what programs run.
      const assignments = Object.fromEntries(made.map((child) => assigned(child, state)));
      if (assignments['PATH'] !== undefined) state.exported.set('PATH', assignments['PATH']);
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

function add(found: Omit<SimpleCommand, 'folder'>, state: State): SimpleCommand {
  const path = state.exported.get('PATH');
  const assignments = path === undefined || found.words.length === 0 ? found.assignments : { PATH: path, ...found.assignments };
  const made: SimpleCommand = { ...withoutAlias({ ...found, assignments }, state), folder: state.folder };
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

function redirected(node: SyntaxNode, around: Around, state: State): SimpleCommand | undefined {
  const redirects: Redirect[] = [];
  let input = around.input;
  let here: SyntaxNode | undefined;
  const behind: Word[] = [];
  for (const child of named(node).filter(({ type }) => type.endsWith('_redirect'))) {
    input = redirect(child, redirects, state) ?? input;
    behind.push(...wordsBehind(child, state));
    if (child.type === 'heredoc_redirect') here = child;
  }
  const body = node.childForFieldName('body');
  const inner: Around = { redirects: [...redirects, ...around.redirects], input, piped: around.piped || hasPipe(here), words: behind };
  const last =
    body === null ? add({ assignments: {}, ...inner, words: behind, source: node.text }, state) : visitBody(body, inner, around, state);
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
    const before = state.commands.length;
    const printed = visit(
      part,
      { redirects: last ? around.redirects : [], input: i === 0 ? around.input : { kind: 'pipe', from }, piped: !last || around.piped },
      state,
    );
    from = /^(compound_statement|subshell|list|\w+_statement)$/.test(part.type) ? together(state.commands.slice(before), printed) : printed;
  });
  return from;
}

/** Several commands print into one pipe: one that prints what they do, where that is known. */
function together(commands: readonly SimpleCommand[], last: SimpleCommand | undefined): SimpleCommand | undefined {
  if (commands.length < 2 || last === undefined) return last;
  const texts = commands.map((each) => (each.redirects.some(({ kind }) => kind !== 'read') ? '' : outputOf(each)));
  if (texts.some((text) => text === undefined)) {
    // One that fetches tells where from; else nobody knows what comes.
    return (
      commands.find(({ words }) => /^(\S*\/)?(curl|wget|http|fetch)$/.test(words[0]?.text ?? '')) ?? {
        ...last,
        words: [{ text: UNKNOWN, glob: false }],
      }
    );
  }
  const word = (text: string): Word => ({ text, glob: false });
  return { ...last, words: [word('printf'), word('%s'), word(texts.join(''))], redirects: [] };
}

function hasPipe(here: SyntaxNode | undefined): boolean {
  return here !== undefined && named(here).some(({ type }) => type === 'pipeline');
}

function loop(node: SyntaxNode, around: Around, state: State): SimpleCommand | undefined {
  const variable = node.childForFieldName('variable')?.text;
  const values = node.childrenForFieldName('value').flatMap((value) => (value === null ? [] : [wordOf(value, state)]));
  const body = node.childForFieldName('body');
  if (variable === undefined || body === null) return visitAll(node, around, state);
  const list = /^\$\(\s*([^)]*)\)$|^`([^`]*)`$/.exec(node.childForFieldName('value')?.text ?? '')?.[1];
  if (list !== undefined && LISTS.test(list) && /\b(sed|perl|yq|tee)\b/.test(body.text))
    values.splice(0, values.length, { text: namesOf(list.split(/\s+/)), glob: true });
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
  // In the text of a heredoc the grammar leaves backticks as they are.
  for (const [, line = ''] of node.type === 'heredoc_body' ? node.text.matchAll(/(?<!\\)`([^`]*)`/g) : []) {
    const words = ['bash', '-c', line].map((text) => ({ text, glob: false }));
    add({ assignments: {}, ...ALONE, piped: true, words, source: line }, state);
  }
  for (const child of named(node)) {
    if (child.type === 'command_substitution' || child.type === 'process_substitution') {
      const folder = state.folder;
      visitAll(child, { ...ALONE, piped: true }, state);
      state.folder = folder;
    } else substitutions(child, state);
  }
  // So it does in what a parameter is replaced by.
  if (node.type === 'expansion' && !/\$\(/.test(node.text))
    for (const [, line = ''] of node.text.matchAll(/(?<!\\)`([^`]*)`/g)) {
      const words = ['bash', '-c', line].map((text) => ({ text, glob: false }));
      add({ assignments: {}, ...ALONE, piped: true, words, source: line }, state);
    }
  if (node.type === 'command_substitution' || node.type === 'process_substitution') visitAll(node, { ...ALONE, piped: true }, state);
}
