import { type Cursor, type Mode, NEWLINE, skip, startsBlock } from './hcl-cursor.ts';

/** The rest of a value, up to where it ends. An operator at a line's end or start carries it on. Returns the end of what is not space or comment. */
export function skipValue(c: Cursor, mode: Mode, until: 'end' | 'until-equals' = 'end'): number {
  const { text } = c;
  const open: number[] = [];
  for (;;) {
    const end = c.at;
    skip(c, open.length === 0 ? mode : 'bracket');
    if (c.at >= text.length || startsBlock(c)) {
      if (open.length > 0) c.unclosed = true;
      return end;
    }
    const code = text.charCodeAt(c.at);
    if (code === 39) skipText(c);
    else if (code === 40 || code === 91 || code === 123) {
      open.push(code === 40 ? 41 : code + 2);
      c.at++;
    } else if (code === 41 || code === 93 || code === 125) {
      if (open.at(-1) !== code) return end;
      open.pop();
      c.at++;
    } else if (open.length === 0 && code === NEWLINE && mode === 'line') {
      if (!goesOn(c)) return end;
      c.at++;
    } else if (open.length === 0 && code === 44) return end;
    else if (open.length === 0 && until === 'until-equals' && code === 61) return end;
    else c.at++;
  }
}

function goesOn(c: Cursor): boolean {
  MORE.lastIndex = c.at;
  return MORE.test(c.text);
}

const MORE = /\n[ \t]*(?:\?|:|&&|\|\||==|!=|[+*%.](?!\.)|[<>])/y;

/** From an opening quote to behind the closing one, or the end of the line. */
export function skipText(c: Cursor): void {
  const { text } = c;
  if (text.startsWith("'''", c.at)) {
    const end = text.indexOf("'''", c.at + 3);
    c.at = end === -1 ? text.length : end + 3;
    return;
  }
  const braces: number[] = [];
  let quoted = true;
  for (c.at++; c.at < text.length; c.at++) {
    const code = text.charCodeAt(c.at);
    if (code === NEWLINE && (quoted || c.recovering)) return;
    if (quoted) {
      if (code === 92) c.at++;
      else if (code === 39) {
        if (braces.length === 0) {
          c.at++;
          return;
        }
        quoted = false;
      } else if (code === 36 && text.charCodeAt(c.at + 1) === 123) {
        braces.push(0);
        quoted = false;
        c.at++;
      }
    } else if (code === 39) quoted = true;
    else if (code === 123) braces.push((braces.pop() ?? 0) + 1);
    else if (code === 125) {
      const inner = braces.pop() ?? 0;
      if (inner === 0) quoted = true;
      else braces.push(inner - 1);
    }
  }
  c.at = text.length;
}
