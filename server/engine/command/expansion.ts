/** What a shell makes of parts of a word. */

export type Variables = { readonly variables: Map<string, string>; readonly lists: Map<string, readonly string[]> };

/** `${NAME}` and its forms, where the variable is known; undefined otherwise. */
export function parameter(text: string, { variables, lists }: Variables): string | undefined {
  const inner = text.slice(2, -1);
  const [, pointer] = /^!(\w+)$/.exec(inner) ?? [];
  if (pointer !== undefined) return variables.get(variables.get(pointer) ?? '');
  const [, list, index] = /^(\w+)\[(\d+)\]$/.exec(inner) ?? [];
  if (list !== undefined) return lists.get(list)?.[Number(index)];
  const [, name = '', operator = '', rest = ''] = /^(\w+)(:?[-=+?]|%%?|##?|\/\/?|,,?|\^\^?|:)?(.*)$/s.exec(inner) ?? [];
  const value = variables.get(name);
  // Not set here, it may be set outside: what the line says itself is what it can be held to.
  if (/^:?[-=]$/.test(operator)) return value === undefined || value === '' ? plain(rest) : value;
  if (value === undefined) return undefined;
  switch (operator) {
    case '':
      return rest === '' ? value : undefined;
    case '%':
    case '%%':
    case '#':
    case '##':
      return cut(value, rest, operator);
    case '/':
    case '//': {
      const [, from = '', to = ''] = /^([^/]*)\/?(.*)$/s.exec(rest) ?? [];
      if (plain(from) === undefined || plain(to) === undefined || /[*?[]/.test(from)) return undefined;
      return operator === '//' ? value.replaceAll(from, () => to) : value.replace(from, () => to);
    }
    case ',,':
      return value.toLowerCase();
    case '^^':
      return value.toUpperCase();
    case ':': {
      const [, start, length] = /^\s*(\d+)(?::(\d+))?$/.exec(rest) ?? [];
      return start === undefined
        ? undefined
        : value.slice(Number(start), length === undefined ? undefined : Number(start) + Number(length));
    }
    default:
      return undefined;
  }
}

function plain(text: string): string | undefined {
  return /[$`\\]/.test(text) ? undefined : text.replace(/["']/g, '');
}

/** `%` and `#` take the shortest match from the end or the start, doubled the longest. */
function cut(value: string, pattern: string, operator: string): string | undefined {
  if (/[$`\\?[]/.test(pattern)) return undefined;
  const bare = pattern.replace(/["']/g, '');
  const fromEnd = operator.startsWith('%');
  const star = fromEnd ? /^([^*]*)\*$/.exec(bare) : /^\*([^*]*)$/.exec(bare);
  if (star === null) {
    if (bare.includes('*')) return undefined;
    if (fromEnd) return value.endsWith(bare) ? value.slice(0, value.length - bare.length) : value;
    return value.startsWith(bare) ? value.slice(bare.length) : value;
  }
  const part = star[1] ?? '';
  const longest = operator.length === 2;
  const at = fromEnd === longest ? value.indexOf(part) : value.lastIndexOf(part);
  if (at === -1) return value;
  return fromEnd ? value.slice(0, at) : value.slice(at + part.length);
}

const MOST_WORDS = 64;

/** `a{b,c}` is `ab` and `ac`. At most 64 words. */
export function bracesOf(text: string): readonly string[] {
  const found = /^(.*?)\{([^{}]*,[^{}]*)\}(.*)$/s.exec(text);
  if (found === null) return [text];
  const [, before = '', inside = '', after = ''] = found;
  return inside
    .split(',')
    .flatMap((choice) => bracesOf(`${before}${choice}${after}`))
    .slice(0, MOST_WORDS);
}

export function escapes(text: string, pattern: RegExp): string {
  return text.includes('\\') ? text.replace(pattern, (_, letter: string) => (letter === '\n' ? '' : letter)) : text;
}

const ANSI: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', e: '\x1b', E: '\x1b', f: '\f', v: '\v' };

export function ansiC(text: string): string {
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
