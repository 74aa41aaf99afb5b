import type { Line } from './words.ts';

/** A word or a sign of sudoers. */
export type Piece = { readonly text: string; readonly start: number; readonly end: number };

/** Words, and the signs `=`, `,`, `:`, `(`, `)` and `!` where they are not part of a word. Backslashes make any character part of one. */
export function piecesOf(text: string, { start, end }: Line): readonly Piece[] {
  const pieces: Piece[] = [];
  PIECE.lastIndex = start;
  for (let match = PIECE.exec(text); match !== null && match.index < end; match = PIECE.exec(text)) {
    const [whole] = match;
    // "#1000" is a user by number; anything else after "#" is a comment.
    if (whole.startsWith('#') && !/^#\d/.test(whole)) break;
    if (whole.trim() !== '' && !/^\\\r?\n$/.test(whole)) {
      const value = whole.startsWith('"') ? whole.replace(/^"|"$/g, '') : whole.replace(/\\(?=[=:,\\#])/g, '');
      pieces.push({ text: value, start: match.index, end: match.index + whole.length });
    }
    if (PIECE.lastIndex >= end) break;
  }
  return pieces;
}

const PIECE =
  /"[^"\n]*"?|\\\r?\n|[=,:()!]|#[^\s,=:()]*|Defaults[:@>!][^\s]+|(?:\\[^\n]|[^\s=,:()!\\"]|(?<=[^\s=,:()!\\])!)+|\\|[^\S\n]+|\n/gy;

/** Pieces between signs of one kind. */
export function splitPieces(
  pieces: readonly Piece[],
  sign: ',' | ':',
  where: 'anywhere' | 'outside-parentheses' = 'anywhere',
): readonly (readonly Piece[])[] {
  const parts: Piece[][] = [[]];
  let inside = false;
  pieces.forEach((piece, i) => {
    if (where === 'outside-parentheses' && piece.text === '(') inside = true;
    if (piece.text === ')') inside = false;
    // A colon after a tag belongs to the tag; one that parts rules is followed by hosts and "=".
    const parting = piece.text === sign && !inside && (where === 'anywhere' || sign !== ':' || startsRule(pieces, i));
    if (parting) parts.push([]);
    else parts.at(-1)?.push(piece);
  });
  return parts.filter((part) => part.length > 0);
}

function startsRule(pieces: readonly Piece[], colon: number): boolean {
  if (/^(NO)?(PASSWD|EXEC|SETENV|LOG_INPUT|LOG_OUTPUT|MAIL|FOLLOW|INTERCEPT)$/.test(pieces[colon - 1]?.text ?? '')) return false;
  for (let i = colon + 1; i < Math.min(pieces.length, colon + 40); i++) {
    const text = pieces[i]?.text;
    if (text === '=') return i > colon + 1;
    if (text === ':' || text === '(' || text === ')') return false;
  }
  return false;
}

/** Pieces as one text; words have a space between them, signs none. */
export function trimmed(pieces: readonly Piece[], start: number, end: number): Piece {
  let text = '';
  let before: Piece | undefined;
  for (const piece of pieces) {
    text += before === undefined || before.end === piece.start ? piece.text : ` ${piece.text}`;
    before = piece;
  }
  return { text, start, end };
}
