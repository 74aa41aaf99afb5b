/**
 * What sed and the like make of a text, for scripts so plain that nothing is left open: then the text is judged as it will be,
 * and a harmless substitution is no question. Anything else is undefined. POSIX takes the longest match and these patterns have
 * no alternatives and repeat single characters only, so both kinds of engine match the same.
 */

/** `script` is sed's, or a perl expression of substitutions alone. */
export type LineEdit = {
  readonly script: string;
  readonly dialect: 'basic' | 'extended' | 'perl';
  /** sed -n: only what `p` says is printed. */
  readonly quiet: boolean;
};

/** Characters of a line, and of a text, up to which this is worked out in time. */
const LONGEST_LINE = 5_000;
const LONGEST_TEXT = 2_000_000;
const MOST_COMMANDS = 20;

/** The text after the edit; undefined when it cannot be told. */
export function lineEdited(text: string, { script, dialect, quiet }: LineEdit): string | undefined {
  if (text.length > LONGEST_TEXT || text.includes('\r')) return undefined;
  const commands = commandsIn(script, dialect);
  if (commands === undefined || commands.length > MOST_COMMANDS) return undefined;
  if (text === '') return '';
  const ends = text.endsWith('\n');
  const lines = (ends ? text.slice(0, -1) : text).split('\n');
  if (lines.some((line) => line.length > LONGEST_LINE)) return undefined;
  const printed = lines.flatMap((line, index) => cycle(line, index + 1, lines.length, commands, quiet));
  return printed.length === 0 ? '' : printed.join('\n') + (ends ? '\n' : '');
}

type Address = { readonly line: number } | { readonly last: true } | { readonly pattern: RegExp };

type LineCommand = {
  readonly addresses: readonly Address[];
  readonly negated: boolean;
  readonly does:
    | { readonly kind: 'delete' }
    | { readonly kind: 'print' }
    | {
        readonly kind: 'substitute';
        readonly pattern: RegExp;
        readonly to: readonly (string | number)[];
        readonly print: boolean;
      };
};

function cycle(line: string, number: number, count: number, commands: readonly LineCommand[], quiet: boolean): readonly string[] {
  let held = line;
  const printed: string[] = [];
  for (const { addresses, negated, does } of commands) {
    if (isAddressed(addresses, held, number, count) === negated) continue;
    if (does.kind === 'delete') return printed;
    if (does.kind === 'print') printed.push(held);
    else {
      does.pattern.lastIndex = 0;
      if (!does.pattern.test(held)) continue;
      does.pattern.lastIndex = 0;
      held = held.replace(does.pattern, (...found: readonly (string | undefined)[]) =>
        does.to.map((part) => (typeof part === 'string' ? part : (found[part] ?? ''))).join(''),
      );
      if (does.print) printed.push(held);
    }
  }
  return quiet ? printed : [...printed, held];
}

/** Ranges are of line numbers only: one that begins at a pattern has a memory. */
function isAddressed(addresses: readonly Address[], line: string, number: number, count: number): boolean {
  const [first, second] = addresses;
  if (first === undefined) return true;
  if (second === undefined) return 'pattern' in first ? first.pattern.test(line) : number === numberOf(first, count);
  const from = numberOf(first, count);
  return number === from || (number >= from && number <= numberOf(second, count));
}

function numberOf(address: Address, count: number): number {
  if ('line' in address) return address.line;
  return 'last' in address ? count : -1;
}

function commandsIn(script: string, dialect: LineEdit['dialect']): readonly LineCommand[] | undefined {
  const found: LineCommand[] = [];
  let rest = script.replace(/^[\s;]+/, '');
  while (rest !== '') {
    const read = commandIn(rest, dialect);
    if (read === undefined) return undefined;
    found.push(read.command);
    const after = /^[ \t]*(?:[;\n][\s;]*|$)/.exec(read.rest);
    if (after === null) return undefined;
    rest = read.rest.slice(after[0].length);
  }
  return found.length === 0 ? undefined : found;
}

function commandIn(text: string, dialect: LineEdit['dialect']): { readonly command: LineCommand; readonly rest: string } | undefined {
  const read = dialect === 'perl' ? { addresses: [], rest: text } : addressesIn(text, dialect);
  if (read === undefined) return undefined;
  const [, mark = '', name = '', rest = ''] = /^\s*(!?)\s*([sdp])(.*)$/s.exec(read.rest) ?? [];
  if (name === '' || (dialect === 'perl' && (name !== 's' || mark !== ''))) return undefined;
  const around = { addresses: read.addresses, negated: mark === '!' };
  if (name === 'd' || name === 'p') return { command: { ...around, does: { kind: name === 'd' ? 'delete' : 'print' } }, rest };
  const mark_ = rest[0] ?? '';
  if (!/[/|#,@:!~%+]/.test(mark_) || (dialect === 'perl' && !/[/|#,!~%]/.test(mark_))) return undefined;
  const from = upTo(rest, 1, mark_);
  const to = from === undefined ? undefined : upTo(rest, from.next, mark_);
  if (from === undefined || to === undefined) return undefined;
  const [flags = ''] = /^[a-zA-Z\d]*/.exec(rest.slice(to.next)) ?? [];
  if (!/^[gipI]*$/.test(flags) || (dialect === 'perl' && /[pI]/.test(flags))) return undefined;
  const pattern = patternOf(from.text, dialect, `${flags.includes('g') ? 'g' : ''}${/i/i.test(flags) ? 'i' : ''}`);
  const parts = replacementOf(to.text, dialect);
  if (pattern === undefined || parts === undefined) return undefined;
  return {
    command: { ...around, does: { kind: 'substitute', pattern, to: parts, print: flags.includes('p') } },
    rest: rest.slice(to.next + flags.length),
  };
}

function addressesIn(
  text: string,
  dialect: LineEdit['dialect'],
): { readonly addresses: readonly Address[]; readonly rest: string } | undefined {
  const [, one, two, after = ''] = /^(\d+|\$)(?:,(\d+|\$))?(.*)$/s.exec(text) ?? [];
  const address = (word: string): Address => (word === '$' ? { last: true } : { line: Number(word) });
  if (one !== undefined) return { addresses: [one, two].flatMap((word) => (word === undefined ? [] : [address(word)])), rest: after };
  if (!text.startsWith('/')) return { addresses: [], rest: text };
  const found = upTo(text, 1, '/');
  const pattern = found === undefined ? undefined : patternOf(found.text, dialect, '');
  // `/a/,/b/` and `/a/I`.
  if (found === undefined || pattern === undefined || /^\s*[,I]/.test(text.slice(found.next))) return undefined;
  return { addresses: [{ pattern }], rest: text.slice(found.next) };
}

/** What stands before the next unescaped mark; the mark itself may be escaped. */
function upTo(text: string, from: number, mark: string): { readonly text: string; readonly next: number } | undefined {
  let found = '';
  for (let i = from; i < text.length; i++) {
    const letter = text[i] ?? '';
    if (letter === mark) return { text: found, next: i + 1 };
    if (letter === '\n' || (letter === '[' && text.indexOf(mark, i) < text.indexOf(']', i) && text.indexOf(mark, i) !== -1))
      return undefined;
    if (letter !== '\\') found += letter;
    else {
      const next = text[++i] ?? '';
      // An escaped mark that means something in a pattern is read one way here and another there.
      if (next === mark && /[|+]/.test(mark)) return undefined;
      found += next === mark ? mark : `\\${next}`;
    }
  }
  return undefined;
}

const ATOM =
  /^(?:\\([.*[\]^$/&+?(){}|\-"'#@:%,~!=<> ])|(\[\^?(?:\[:(?:space|digit|alpha|alnum|upper|lower):\]|[^\][\\])+\])|(\.)|([^\\[\].*^$+?(){}|\n]))/;
const CLASSES: Readonly<Record<string, string>> = {
  space: '\\s',
  digit: '0-9',
  alpha: 'A-Za-z',
  alnum: 'A-Za-z0-9',
  upper: 'A-Z',
  lower: 'a-z',
};

/** Literals, `.`, classes, `*`, anchors and groups that are not repeated; in the extended dialects also `+` and `?`. */
function patternOf(text: string, dialect: LineEdit['dialect'], flags: string): RegExp | undefined {
  if (text === '') return undefined;
  const [open, close] = dialect === 'basic' ? ['\\(', '\\)'] : ['(', ')'];
  let [built, rest, stars, depth] = ['', text, 0, 0];
  if (rest.startsWith('^')) [built, rest] = ['^', rest.slice(1)];
  while (rest !== '') {
    if (rest === '$') return finished(`${built}$`, depth, flags);
    if (rest.startsWith(open)) [built, rest, depth] = [`${built}(`, rest.slice(open.length), depth + 1];
    else if (rest.startsWith(close)) {
      [built, rest, depth] = [`${built})`, rest.slice(close.length), depth - 1];
      if (depth < 0 || /^([*+?{]|\\[{+?])/.test(rest)) return undefined;
    } else {
      const [whole = '', escaped, set, dot, plain] = ATOM.exec(rest) ?? [];
      // What basic patterns escape to make it special.
      if (whole === '' || (dialect === 'basic' && escaped !== undefined && /[+?(){}|<>]/.test(escaped))) {
        // In a basic pattern these stand for themselves.
        if (dialect !== 'basic' || !/^(?:[+?(){}|]|\$(?!\\[)|]))/.test(rest)) return undefined;
        [built, rest] = [`${built}\\${rest[0] ?? ''}`, rest.slice(1)];
      } else {
        const atom =
          dot ??
          (set === undefined
            ? (escaped ?? plain ?? '').replace(/[\\^$.*+?()[\]{}|/]/, '\\$&')
            : set.replace(/\[:(\w+):\]/g, (_, name: string) => CLASSES[name] ?? ''));
        [built, rest] = [built + atom, rest.slice(whole.length)];
      }
      const repeat = rest.startsWith('*') ? '*' : dialect !== 'basic' && /^[+?]/.test(rest) ? (rest[0] ?? '') : '';
      if (repeat !== '') {
        [built, rest] = [built + repeat, rest.slice(1)];
        if (++stars > 3 || /^[*+?{]/.test(rest)) return undefined;
      }
      if (dialect === 'basic' && /^\\[{+?|]/.test(rest)) return undefined;
    }
  }
  return finished(built, depth, flags);
}

function finished(built: string, depth: number, flags: string): RegExp | undefined {
  if (depth !== 0) return undefined;
  try {
    return new RegExp(built, `${flags}u`);
  } catch {
    return undefined;
  }
}

/** Text, and the numbers of groups; 0 is the whole match. */
function replacementOf(text: string, dialect: LineEdit['dialect']): readonly (string | number)[] | undefined {
  const parts: (string | number)[] = [];
  for (const [whole, escaped, other] of text.matchAll(/\\(.)|([^\\]+)/gs)) {
    if (other !== undefined) {
      if (dialect === 'perl') {
        if (/[@$]/.test(other.replace(/\$\d/g, ''))) return undefined;
        for (const [piece, group] of other.matchAll(/\$(\d)|[^$]+/g)) parts.push(group === undefined ? piece : Number(group));
      } else for (const [index, piece] of other.split('&').entries()) parts.push(...(index === 0 ? [piece] : [0, piece]));
    } else if (/\d/.test(escaped ?? '')) parts.push(Number(escaped));
    else if (escaped === 'n') parts.push('\n');
    else if (/[A-Za-z]/.test(escaped ?? '')) return undefined;
    else parts.push(whole.slice(1));
  }
  return parts;
}
