import type { Statement, Token } from './sql-tokens.ts';

/** Walks over the tokens of one statement. */
export class TokenReader {
  readonly #tokens: Statement;
  #at: number;

  constructor(tokens: Statement, at = 0) {
    this.#tokens = tokens;
    this.#at = at;
  }

  get done(): boolean {
    return this.#at >= this.#tokens.length;
  }

  get last(): Token | undefined {
    return this.#tokens.at(-1);
  }

  peek(): Token | undefined {
    return this.#tokens[this.#at];
  }

  next(): Token | undefined {
    return this.#tokens[this.#at++];
  }

  /** The text of the next token, which is passed. */
  word(): string | undefined {
    return this.next()?.text;
  }

  is(text: string): boolean {
    const token = this.peek();
    return token !== undefined && token.text === text && (token.kind === 'word' || token.kind === 'sign');
  }

  isAny(...words: readonly string[]): boolean {
    return words.some((word) => this.is(word));
  }

  take(text: string): Token | undefined {
    return this.is(text) ? this.next() : undefined;
  }

  /** All of the words, or none; what they span. */
  takeAll(...words: readonly string[]): Token | undefined {
    const found = this.#spanAt(this.#at, words);
    if (found !== undefined) this.#at += words.length;
    return found;
  }

  until(stops: (token: Token) => boolean): readonly Token[] {
    const start = this.#at;
    while (!this.done) {
      const token = this.peek();
      if (token === undefined || stops(token)) break;
      this.#at++;
    }
    return this.#tokens.slice(start, this.#at);
  }

  /** A word anywhere ahead, outside of brackets. */
  find(word: string): Token | undefined {
    return this.findAll(word);
  }

  findAll(...words: readonly string[]): Token | undefined {
    let open = 0;
    for (let i = this.#at; i < this.#tokens.length; i++) {
      const token = this.#tokens[i];
      if (token?.kind === 'sign' && token.text === '(') open++;
      if (token?.kind === 'sign' && token.text === ')') open--;
      // Options stand in brackets: with (security_invoker = true).
      if (open > 0 && words[0] !== 'security_invoker') continue;
      const found = this.#spanAt(i, words);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** A reader of what follows a span. */
  after({ end }: { readonly end: number }): TokenReader {
    const index = this.#tokens.findIndex(({ start }) => start >= end);
    return new TokenReader(this.#tokens, index === -1 ? this.#tokens.length : index);
  }

  /** A reader behind each occurrence of a word. */
  everyAfter(word: string): readonly TokenReader[] {
    return this.#tokens.flatMap((token, i) =>
      i >= this.#at && token.kind === 'word' && token.text === word ? [new TokenReader(this.#tokens, i + 1)] : [],
    );
  }

  /** Names with commas between: a name may have dots, an `@` host, or arguments in brackets. */
  names(): readonly Token[] {
    const found: Token[] = [];
    for (;;) {
      this.take('group');
      const name = this.#name();
      if (name === undefined) return found;
      found.push(name);
      if (this.take(',') === undefined) return found;
    }
  }

  /** What stands in the brackets that open here. */
  parentheses(): readonly Token[] {
    if (!this.is('(')) return [];
    const start = this.#at + 1;
    let open = 0;
    for (; !this.done; this.#at++) {
      const token = this.peek();
      if (token?.kind !== 'sign') continue;
      if (token.text === '(') open++;
      else if (token.text === ')' && --open === 0) {
        this.#at++;
        return this.#tokens.slice(start, this.#at - 1);
      }
    }
    return this.#tokens.slice(start);
  }

  /** The names in brackets. */
  parenthesized(): readonly Token[] {
    return new TokenReader(this.parentheses()).names();
  }

  /** "TABLE", "ALL TABLES" (of the schemas that follow), "FOREIGN SERVER"; undefined when a name follows at once. */
  objectType(): Token | undefined {
    const all = this.peek();
    if (all?.text === 'all' && all.kind === 'word') {
      const span = this.#spanAt(this.#at, ['all', this.#tokens[this.#at + 1]?.text ?? '', 'in', 'schema']);
      if (span !== undefined) {
        const end = this.#tokens[this.#at + 1];
        this.#at += 4;
        return { ...span, text: `ALL ${(end?.text ?? '').toUpperCase()}`, end: span.end };
      }
    }
    for (const words of OBJECT_TYPES) {
      const span = this.#spanAt(this.#at, words);
      const next = this.#tokens[this.#at + words.length];
      // `grant select on schema to x` names a table "schema".
      if (
        span !== undefined &&
        next !== undefined &&
        !(next.kind === 'sign' && next.text !== '*') &&
        !(next.kind === 'word' && next.text === 'to' && words.length === 1 && !PLURALS.has(words[0] ?? ''))
      ) {
        this.#at += words.length;
        return { ...span, text: span.text.toUpperCase() };
      }
    }
    return undefined;
  }

  #name(): Token | undefined {
    const first = this.peek();
    if (first === undefined || (first.kind === 'sign' && first.text !== '*' && first.text !== '$') || first.kind === 'number')
      return undefined;
    if (first.kind === 'word' && STOPS.has(first.text)) return undefined;
    this.#at++;
    let text = first.text;
    let end = first.end;
    for (;;) {
      const sign = this.peek();
      const next = this.#tokens[this.#at + 1];
      if (sign?.kind === 'sign' && (sign.text === '.' || sign.text === '@') && next !== undefined && sign.start === end) {
        this.#at += 2;
        text += sign.text + next.text;
        end = next.end;
      } else break;
    }
    if (this.is('(')) {
      const open = this.#at;
      this.parentheses();
      const inside = this.#tokens.slice(open, this.#at);
      text += inside
        .map((token, i) => (i > 1 && token.kind !== 'sign' && inside[i - 1]?.kind !== 'sign' ? ` ${token.text}` : token.text))
        .join('');
      end = inside.at(-1)?.end ?? end;
    }
    return { ...first, text, end };
  }

  #spanAt(at: number, words: readonly string[]): Token | undefined {
    const first = this.#tokens[at];
    const last = this.#tokens[at + words.length - 1];
    if (first === undefined || last === undefined) return undefined;
    const all = words.every((word, i) => {
      const token = this.#tokens[at + i];
      return token?.text === word && (token.kind === 'word' || token.kind === 'sign');
    });
    return all ? { kind: 'word', text: words.join(' '), start: first.start, end: last.end, inner: first.start } : undefined;
  }
}

/** Words that end a list of names. */
const STOPS = new Set([
  'to',
  'from',
  'with',
  'on',
  'where',
  'set',
  'as',
  'using',
  'cascade',
  'restrict',
  'granted',
  'in',
  'for',
  'enable',
  'disable',
]);

const OBJECT_TYPES = [
  ['foreign', 'data', 'wrapper'],
  ['foreign', 'server'],
  ['foreign', 'table'],
  ['large', 'object'],
  ['materialized', 'view'],
  ['event', 'trigger'],
  ...[
    'table',
    'tables',
    'sequence',
    'sequences',
    'database',
    'domain',
    'function',
    'functions',
    'procedure',
    'procedures',
    'routine',
    'routines',
    'language',
    'schema',
    'schemas',
    'tablespace',
    'type',
    'types',
    'parameter',
    'view',
    'role',
    'user',
    'group',
    'extension',
    'index',
    'trigger',
    'rule',
    'owned',
    'column',
    'server',
    'publication',
    'subscription',
  ].map((word) => [word]),
];

/** In default privileges the objects have no names. */
const PLURALS = new Set(['tables', 'sequences', 'functions', 'routines', 'types', 'schemas', 'procedures']);
