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
 * that run something: `\gexec`, `\!`, `\copy`, `\o` and `\i` are statements of two tokens, the command and the rest of its line.
 * A line with nothing but `GO` ends a statement, as SQL Server's clients have it.
 */
export function statementsOf(text: string, from: number, to: number): readonly Statement[] {
  const statements: Token[][] = [];
  let current: Token[] = [];
  let atomic = 0;
  let conditional = false;
  let at = from;
  const close = (): void => {
    if (current.length > 0) statements.push(current);
    current = [];
    atomic = 0;
  };
  const add = (token: Token): void => {
    if (token.kind === 'word' && BATCH.has(token.text)) {
      if (token.text === 'go' && isAlone(text, token)) {
        at = token.end;
        close();
        return;
      }
      if (beginsAnew(text, token, current)) close();
    }
    // A body `begin atomic … end` holds semicolons of its own.
    if (token.text === 'atomic' && current.at(-1)?.text === 'begin') atomic = 1;
    else if (atomic > 0 && token.kind === 'word' && token.text === 'case') atomic++;
    else if (atomic > 0 && token.kind === 'word' && token.text === 'end') atomic--;
    current.push(token);
    at = token.end;
  };
  while (at < to) {
    if (text.charCodeAt(at) <= 32) {
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
      at += found.length;
      continue;
    }
    if (found.startsWith('/*')) {
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
    if (found === '\\' && (current.length === 0 || GO_ON.test(text.slice(at, at + 5)))) {
      const end = text.indexOf('\n', at);
      const command = clientCommand(text, at, end === -1 || end > to ? to : end);
      close();
      if (command !== undefined) statements.push([...command]);
      at = end === -1 ? to : end + 1;
      continue;
    }
    if (found === ';' && atomic === 0) {
      at++;
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
const BATCH: ReadonlySet<string> = new Set(['go', 'grant', 'revoke', 'deny', 'exec', 'execute', 'use', 'reconfigure']);
const BATCHED: ReadonlySet<string> = new Set(['grant', 'revoke', 'deny', 'exec', 'execute', 'use', 'reconfigure']);

function isAlone(text: string, { start, end }: Token): boolean {
  const from = text.lastIndexOf('\n', start - 1) + 1;
  const stop = text.indexOf('\n', end);
  return text.slice(from, start).trim() === '' && /^[ \t]*\d{0,6}[ \t\r]*$/.test(text.slice(end, stop === -1 ? undefined : stop));
}

function beginsAnew(text: string, { start, end }: Token, statement: Statement): boolean {
  const [first] = statement;
  if (first === undefined || !BATCHED.has(first.text) || (statement.length < 2 && first.text !== 'reconfigure')) return false;
  const from = text.lastIndexOf('\n', start - 1) + 1;
  return text.slice(from, start).trim() === '' && !/^\s+option\b/i.test(text.slice(end, end + 40));
}

/** Commands of psql that end a statement: `SELECT … \gexec`. */
const GO_ON = /^\\g/;

/** Undefined for those that run nothing. */
function clientCommand(text: string, start: number, end: number): Statement | undefined {
  const line = text.slice(start, end).trimEnd();
  const match = /^\\(gexec|!|copy|o|out|i|ir|include|include_relative)(?![\w])[ \t]*/.exec(line);
  if (match?.[1] === undefined) return undefined;
  const inner = start + match[0].length;
  const stop = start + line.length;
  const command: Token = { kind: 'word', text: `\\${match[1]}`, start, end: start + match[1].length + 1, inner: start };
  return [command, { kind: 'string', text: text.slice(inner, stop), start: inner, end: stop, inner }];
}

const CONDITIONAL = /\/\*M?!\d*/y;

const TOKEN =
  /(?<space>[\s\uFEFF]+|--[^\n]*)|\/\*|(?<escaped>[eE]'(?:[^'\\]|''|\\[^])*'?)|(?<string>'(?:[^']|'')*'?)|(?<name>(?:[uU]&)?"(?:[^"]|"")*"?|`[^`]*`?|(?<![\w\])"'`])\[[A-Za-z_#@][^\][\n]*\])|(?<dollar>\$(?:[\p{ID_Start}_][\p{ID_Continue}]*)?\$)|(?<word>[\p{ID_Start}_][\p{ID_Continue}$]*)|(?<number>\d+(?:\.\d+)?)|[^]/uy;

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
