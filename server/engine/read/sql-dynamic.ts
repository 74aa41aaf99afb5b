import type { Token } from './sql-tokens.ts';

/** A text that a statement runs, as far as it is known: what is not stands in it under its own name, or as `unknown`. */
export type Dynamic = { readonly text: string; readonly startsKnown: boolean };

/** Texts by the name of the variable that was given them. */
export type Variables = ReadonlyMap<string, Dynamic>;

/**
 * What an expression of texts comes to: literals, `||`, `format`, `concat`, `chr`, and variables that were given such a text.
 * Ends at `into` and `using`.
 */
export function dynamicText(tokens: readonly Token[], variables: Variables): Dynamic {
  const end = tokens.findIndex(({ kind, text }) => kind === 'word' && (text === 'into' || text === 'using'));
  const parts = split(end === -1 ? tokens : tokens.slice(0, end), (i, all) => all[i]?.text === '|' && all[i + 1]?.text === '|', 2);
  const texts = parts.map((part) => partText(part, variables));
  return { text: texts.map(({ text }) => text).join(''), startsKnown: texts[0]?.startsKnown === true };
}

/** `name := 'text'`, and in a declaration `name text := 'text'`. */
export function assigned(tokens: readonly Token[], variables: Map<string, Dynamic>): void {
  const at = tokens.findIndex(({ text, kind }, i) => kind === 'sign' && ((text === ':' && tokens[i + 1]?.text === '=') || text === '='));
  const name = tokens[0];
  if (at < 1 || at > 6 || name === undefined || name.kind === 'string') return;
  variables.set(name.text, dynamicText(tokens.slice(tokens[at]?.text === ':' ? at + 2 : at + 1), variables));
}

const UNKNOWN: Dynamic = { text: 'unknown', startsKnown: false };

function partText(tokens: readonly Token[], variables: Variables): Dynamic {
  const [first, second] = tokens;
  if (first === undefined) return UNKNOWN;
  if (first.kind === 'string') return { text: unescaped(first), startsKnown: true };
  if (first.kind === 'number') return { text: first.text, startsKnown: true };
  if (first.text === '(') return dynamicText(tokens.slice(1, -1), variables);
  // `N'…'` of SQL Server.
  if (first.text === 'n' && second?.kind === 'string') return { text: second.text, startsKnown: true };
  if (second?.text !== '(') return variables.get(first.text) ?? { text: tokens.map(({ text }) => text).join(''), startsKnown: false };
  const given = split(tokens.slice(2, -1), (i, all) => all[i]?.text === ',', 1).map((each) => dynamicText(each, variables));
  switch (first.text) {
    case 'format':
      return formatted(given);
    case 'concat':
      return { text: given.map(({ text }) => text).join(''), startsKnown: given[0]?.startsKnown === true };
    case 'chr':
    case 'char':
      return { text: String.fromCodePoint(Math.min(Number(given[0]?.text) || 63, 0x10ffff)), startsKnown: true };
    case 'quote_ident':
    case 'quote_literal':
    case 'upper':
    case 'lower':
    case 'trim':
      return given[0] ?? UNKNOWN;
    default:
      return UNKNOWN;
  }
}

function formatted([pattern, ...given]: readonly Dynamic[]): Dynamic {
  if (pattern === undefined) return UNKNOWN;
  let next = 0;
  const text = pattern.text.replace(/%(?:(\d+)\$)?-?\d*([sIL%])/g, (_, position: string | undefined, verb: string) => {
    if (verb === '%') return '%';
    const value = given[position === undefined ? next++ : Number(position) - 1]?.text ?? 'unknown';
    return verb === 'L' ? `'${value.replaceAll("'", "''")}'` : value;
  });
  return { text, startsKnown: pattern.startsKnown && (!text.startsWith('unknown') || pattern.text.startsWith('unknown')) };
}

/** `E'…'` has escapes. */
function unescaped({ text, start, inner }: Token): string {
  if (inner - start !== 2) return text;
  return text.replace(
    /\\(?:x([\da-fA-F]{1,2})|u([\da-fA-F]{4})|([0-7]{1,3})|([^]))/g,
    (_, hex?: string, wide?: string, octal?: string, other?: string) =>
      other === undefined
        ? String.fromCodePoint(octal === undefined ? Number.parseInt(hex ?? wide ?? '3f', 16) : Number.parseInt(octal, 8))
        : other === 'n'
          ? '\n'
          : other,
  );
}

/** Outside of brackets. */
function split(
  tokens: readonly Token[],
  divides: (index: number, all: readonly Token[]) => boolean,
  length: number,
): readonly (readonly Token[])[] {
  const parts: Token[][] = [[]];
  let open = 0;
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    if (token === undefined) continue;
    if (token.kind === 'sign' && token.text === '(') open++;
    if (token.kind === 'sign' && token.text === ')') open--;
    if (open === 0 && token.kind === 'sign' && divides(i, tokens)) {
      parts.push([]);
      i += length - 1;
    } else parts.at(-1)?.push(token);
  }
  return parts;
}
