import { skipText } from './bicep-skip.ts';
import { type Part, templateNode } from './deferred.ts';
import { type Draft, textNode } from './draft.ts';
import { type Cursor, enter, NEWLINE, skip, wrong } from './hcl-cursor.ts';

/** A text from its quote on: in one line with `${…}` in it, or between three quotes. */
export function readText(c: Cursor): Draft {
  const start = c.at;
  const { text } = c;
  if (text.startsWith("'''", start)) {
    skipText(c);
    const closed = c.at - start >= 6 && text.startsWith("'''", c.at - 3);
    if (!closed) unclosed(c, start);
    const from = /^'''\r?\n?/.exec(text.slice(start, start + 5))?.[0].length ?? 3;
    const value = text.slice(start + from, closed ? c.at - 3 : c.at);
    return { ...textNode(value, start, c.at), runs: [[0, start + from]] };
  }
  PLAIN.lastIndex = start;
  const plain = PLAIN.exec(text);
  if (plain !== null) {
    c.at += plain[0].length;
    return textNode(plain[1] ?? '', start, c.at);
  }
  c.at++;
  const parts: Part[] = [];
  let from = c.at;
  const flush = (): void => {
    if (c.at > from) parts.push({ text: text.slice(from, c.at), offset: from });
  };
  while (c.at < text.length) {
    const code = text.charCodeAt(c.at);
    if (code === 39 || code === NEWLINE) break;
    if (code === 92) {
      flush();
      ESCAPE.lastIndex = c.at;
      const match = ESCAPE.exec(text);
      const whole = match?.[0] ?? text.charAt(c.at);
      const point = Number.parseInt(match?.[1] ?? '', 16);
      const letter = whole.charAt(1);
      const decoded = point <= 0x10ffff ? String.fromCodePoint(point) : ({ n: '\n', r: '\r', t: '\t' }[letter] ?? letter);
      parts.push({ text: decoded, offset: c.at });
      c.at += whole.length;
      from = c.at;
    } else if (code === 36 && text.charCodeAt(c.at + 1) === 123) {
      flush();
      const open = c.at;
      c.at += 2;
      const inner = c.at;
      const entered = enter(c);
      const node = entered ? c.readExpression(c, 'bracket') : textNode('', open, c.at);
      c.depth--;
      skip(c, 'bracket');
      if (text.charAt(c.at) === '}') c.at++;
      else if (!c.tooDeep) {
        wrong(c, open, open + 2, 'a ${ that is not closed');
        // Read again as text, but not more than twice over the whole file.
        c.wasted += c.at - inner;
        if (c.wasted <= 2 * text.length) c.at = inner;
        while (c.at < text.length && !"'\n".includes(text.charAt(c.at))) c.at++;
      }
      parts.push({ node });
      from = c.at;
    } else c.at++;
  }
  flush();
  if (text.charAt(c.at) === "'") c.at++;
  else if (!c.tooDeep) wrong(c, start, c.at, 'a text without its closing quote');
  const draft = templateNode(parts, start, c.at);
  if (parts.some((part) => 'node' in part && c.deferred.later.has(part.node))) c.deferred.later.set(draft, { kind: 'template', parts });
  return draft;
}

const PLAIN = /'(?!'')([^'\\\n$]*)'/y;
const ESCAPE = /\\(?:u\{([\da-fA-F]{1,6})\}|.)/y;

/** What began at `start` is open at its end. */
export function unclosed(c: Cursor, start: number): void {
  c.unclosed = true;
  if (!c.tooDeep) wrong(c, start, start + 1, 'a bracket that is not closed');
}
