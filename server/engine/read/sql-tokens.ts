/** A token of SQL. `text` of a bare word is in lower case, of anything quoted its content. */
export type Token = {
  readonly kind: 'word' | 'name' | 'string' | 'number' | 'sign';
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Of a string: where its content starts in the text. */
  readonly inner: number;
};

/** One statement: its tokens without the semicolon. */
export type Statement = readonly Token[];

/**
 * The statements between two places of a text. Comments, client commands (`\connect`) and copied data are left out, but for the commands
 * that run something: `\gexec`, `\!`, `\copy`, `\o` and `\i` are statements of two tokens, the command and the rest of its line. Those in
 * the midst of a statement stand behind it.
 * A line with nothing but `GO` ends a statement, as SQL Server's clients have it.
 */
export function statementsOf(text: string, from: number, to: number): readonly Statement[] {
  const statements: Statement[] = [];
  let current: Token[] = [];
  let atomic = 0;
  let conditional = false;
  let at = from;
  /** Has nothing but space stood on the line so far? */
  let isFresh = true;
  let hasGrantee = false;
  let aside: Statement[] = [];
  const close = (command: readonly Statement[] = []): void => {
    if (current.length > 0) statements.push(current);
    statements.push(...command, ...aside);
    current = [];
    aside = [];
    atomic = 0;
    hasGrantee = false;
  };
  const add = (token: Token): void => {
    if (isFresh && token.kind === 'word') {
      if (token.text === 'go' && endsLine(text, token)) {
        at = token.end;
        isFresh = false;
        close();
        return;
      }
      if (BATCHED.has(token.text) && beginsAnew(text, token, current, hasGrantee)) close();
    }
    isFresh = false;
    if (token.kind === 'word' && (token.text === 'to' || token.text === 'from')) hasGrantee = true;
    // A body `begin atomic … end` holds semicolons of its own.
    if (token.text === 'atomic' && current.at(-1)?.text === 'begin') atomic = 1;
    else if (atomic > 0 && token.kind === 'word' && token.text === 'case') atomic++;
    else if (atomic > 0 && token.kind === 'word' && token.text === 'end') atomic--;
    current.push(token);
    at = token.end;
  };
  while (at < to) {
    const code = text.charCodeAt(at);
    if (code <= 32) {
      if (code === NEWLINE) isFresh = true;
      at++;
      continue;
    }
    if (conditional && text.startsWith('*/', at)) {
      conditional = false;
      at += 2;
      continue;
    }
    const plain = plainToken(text, at, to);
    if (plain !== undefined) {
      add(plain);
      continue;
    }
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    const found = match?.[0] ?? text.charAt(at);
    if (match?.groups?.['space'] !== undefined) {
      if (found.includes('\n')) isFresh = true;
      at += found.length;
      continue;
    }
    if (found.startsWith('/*')) {
      isFresh = false;
      // MySQL runs what stands in such a comment.
      CONDITIONAL.lastIndex = at;
      const opening = CONDITIONAL.exec(text)?.[0];
      if (opening !== undefined) {
        conditional = true;
        at += opening.length;
        continue;
      }
      at = endOfComment(text, at, to);
      continue;
    }
    if (found === '\\' && (current.length === 0 || isClientCommand(text, at))) {
      const end = text.indexOf('\n', at);
      const { runs, next } = clientLine(text, at, end === -1 || end > to ? to : end);
      if (current.length === 0 || endsStatement(text, at)) close(runs);
      else aside.push(...runs);
      at = next;
      isFresh = false;
      continue;
    }
    if (found === ';' && atomic === 0) {
      at++;
      isFresh = false;
      const isCopy = current[0]?.text === 'copy' && current.some(({ kind, text: word }) => kind === 'word' && word === 'stdin');
      close();
      if (isCopy) at = endOfCopy(text, at, to);
      continue;
    }
    add(tokenOf(text, at, to, found, match?.groups ?? {}));
  }
  close();
  return statements;
}

/** Words that begin a statement of SQL Server, where no semicolon ends the one before. */
const BATCHED: ReadonlySet<string> = new Set(['grant', 'revoke', 'deny', 'exec', 'execute', 'use', 'reconfigure']);

const NEWLINE = 10;

/** Behind GO may stand how many times. */
function endsLine(text: string, { end }: Token): boolean {
  GO_END.lastIndex = end;
  return GO_END.test(text);
}

const GO_END = /[ \t]*(?:\d{1,6}[ \t]*)?\r?(?:\n|$)/y;

/** For a word at the start of its line. `hasGrantee`: a `to` or `from` stands in the statement. */
function beginsAnew(text: string, { end }: Token, statement: Statement, hasGrantee: boolean): boolean {
  const [first] = statement;
  if (first === undefined || !BATCHED.has(first.text) || (statement.length < 2 && first.text !== 'reconfigure')) return false;
  // A list of privileges that goes on.
  if (statement.at(-1)?.text === ',' || (/^(grant|revoke|deny)$/.test(first.text) && !hasGrantee)) return false;
  return !/^\s+option\b/i.test(text.slice(end, end + 40));
}

/** A command of psql in the midst of a statement, or `\G` of MySQL; not its `\N`. */
function isClientCommand(text: string, at: number): boolean {
  return /^\\(?:[a-z!]|G\b)/.test(text.slice(at, at + 3));
}

/** Commands that send off the statement ahead of them: `SELECT … \gexec`. */
function endsStatement(text: string, at: number): boolean {
  return /^\\(?:g|crosstabview|watch)/i.test(text.slice(at, at + 13));
}

/** What the commands from a backslash to the end of the line run, and where SQL goes on: behind the line, or behind `\\`. */
function clientLine(text: string, start: number, end: number): { readonly runs: readonly Statement[]; readonly next: number } {
  const line = text.slice(start, end);
  const runs: Statement[] = [];
  let next = Math.min(end + 1, text.length);
  for (const match of line.matchAll(CLIENT_PART)) {
    const from = start + match.index;
    const [whole] = match;
    if (whole === '\\\\' || whole === '\\G') {
      next = from + 2;
      break;
    }
    if (match[1] !== undefined) runs.push(commandOf(text, '\\!', from, from + 1, from + 1 + match[1].length));
    if (match[2] === undefined) continue;
    const rest = line.slice(match.index + whole.length).replace(/^\([^)]*\)[ \t]*/, '');
    if (!RUNS.test(match[2]) && !(PIPES.test(match[2]) && rest.startsWith('|'))) continue;
    const stop = start + line.trimEnd().length;
    runs.push(commandOf(text, PIPES.test(match[2]) ? '\\o' : `\\${match[2]}`, from, Math.min(stop, end - rest.length), stop));
    if (!/^(i|include)/.test(match[2])) break;
  }
  return { runs, next };
}

function commandOf(text: string, word: string, start: number, inner: number, end: number): Statement {
  const command: Token = { kind: 'word', text: word, start, end: inner, inner: start };
  return [command, { kind: 'string', text: text.slice(inner, end), start: inner, end, inner }];
}

/** Quoted texts, what a shell is asked for (in backticks), and commands with the space behind them. */
const CLIENT_PART = /'(?:[^'\\]|\\.)*'?|"[^"]*"?|`([^`]*)`?|\\\\|\\G(?!\w)|\\(!|\w+)[ \t]*/g;
const RUNS = /^(gexec|!|copy|i|ir|include|include_relative)$/;
/** Commands that write to a program where it stands behind a bar. */
const PIPES = /^(gx?|o|out|w|write)$/;

const CONDITIONAL = /\/\*M?!\d*/y;

const TOKEN =
  /(?<space>[\s\uFEFF]+|--[^\n]*)|\/\*|(?<escaped>[eE]'(?:[^'\\]|''|\\[^])*'?)|(?<string>[nN]?'(?:[^']|'')*'?)|(?<name>(?:[uU]&)?"(?:[^"]|"")*"?|`[^`]*`?|(?<![\w\])"'`])\[[A-Za-z_#@][^\][\n]*\])|(?<dollar>\$(?:[\p{ID_Start}_][\p{ID_Continue}]*)?\$)|(?<word>[\p{ID_Start}_][\p{ID_Continue}$]*)|(?<number>\d+(?:\.\d+)?)|[^]/uy;

/** Words and signs that need no second look; undefined for everything else. */
function plainToken(text: string, start: number, to: number): Token | undefined {
  const sign = text.charAt(start);
  if ('(),.=*'.includes(sign)) return { kind: 'sign', text: sign, start, end: start + 1, inner: start };
  PLAIN_WORD.lastIndex = start;
  const word = PLAIN_WORD.exec(text)?.[0];
  if (word === undefined || start + word.length > to) return undefined;
  return { kind: 'word', text: word.toLowerCase(), start, end: start + word.length, inner: start };
}

/** Neither the start of `E'…'` or `U&"…"`, nor a word that goes on in another script. */
const PLAIN_WORD = /[A-Za-z_][\w$]*(?!['"&\w$\u0080-\uffff])/y;

function tokenOf(text: string, start: number, to: number, found: string, groups: Readonly<Record<string, string | undefined>>): Token {
  const whole = found.slice(0, to - start);
  const end = start + whole.length;
  if (groups['dollar'] !== undefined) {
    const close = text.indexOf(found, end);
    const stop = close === -1 || close >= to ? to : close;
    return { kind: 'string', text: text.slice(end, stop), start, end: Math.min(to, stop + found.length), inner: end };
  }
  if (groups['word'] !== undefined) return { kind: 'word', text: whole.toLowerCase(), start, end, inner: start };
  if (groups['number'] !== undefined) return { kind: 'number', text: whole, start, end, inner: start };
  if (groups['name'] !== undefined) {
    if (whole.startsWith('[')) return { kind: 'name', text: whole.slice(1, -1), start, end, inner: start + 1 };
    const quote = whole.endsWith('`') ? '`' : '"';
    const inner = start + whole.indexOf(quote) + 1;
    return { kind: 'name', text: text.slice(inner, Math.max(inner, end - 1)).replaceAll(quote + quote, quote), start, end, inner };
  }
  if (groups['string'] !== undefined || groups['escaped'] !== undefined) {
    const inner = start + whole.indexOf("'") + 1;
    const content = text.slice(inner, Math.max(inner, whole.endsWith("'") ? end - 1 : end));
    return { kind: 'string', text: content.replaceAll("''", "'"), start, end, inner };
  }
  return { kind: 'sign', text: whole, start, end, inner: start };
}

/** Comments nest in PostgreSQL. */
function endOfComment(text: string, from: number, to: number): number {
  const edge = /\/\*|\*\//g;
  edge.lastIndex = from;
  let depth = 0;
  for (let match = edge.exec(text); match !== null && match.index < to; match = edge.exec(text)) {
    depth += match[0] === '/*' ? 1 : -1;
    if (depth === 0) return match.index + 2;
  }
  return to;
}

function endOfCopy(text: string, from: number, to: number): number {
  const end = /^\\\.[ \t]*\r?$/gm;
  end.lastIndex = from;
  const match = end.exec(text);
  return match === null || match.index >= to ? to : match.index + match[0].length;
}
