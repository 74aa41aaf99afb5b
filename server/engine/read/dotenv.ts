import type { Place } from '../types.ts';
import { type Draft, isTooLarge, objectNode, propertyNode, report, reportDuplicate, sourceOf, textNode, treeOf } from './draft.ts';
import type { TextTree } from './tree.ts';
import { quotedRuns } from './yaml-runs.ts';

/** Reads files of environment variables: an object of names and texts. `${NAME}`, `$NAME` and `$(…)` are unresolved, but not in single quotes. */
export function readDotenv(text: string, side: Place['side']): TextTree {
  const source = sourceOf('dotenv', text, side);
  if (isTooLarge(source)) return treeOf(source, undefined);
  const root = objectNode([], 0, text.length);
  const seen = new Set<string>();
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  while (at < text.length) {
    const lineEnd = endOfLine(text, at);
    const pair = PAIR.exec(text.slice(at, lineEnd));
    if (pair === null) {
      const content = text.slice(at, lineEnd).trim();
      if (content !== '' && !content.startsWith('#') && /^[A-Za-z_][\w.]*$/.test(content))
        root.children?.push(propertyNode(textNode(content, at, lineEnd), undefined));
      at = lineEnd + 1;
      continue;
    }
    const [, before = '', name = '', between = ''] = pair;
    const key = textNode(name, at + before.length, at + before.length + name.length);
    if (seen.has(name)) reportDuplicate(source, key);
    seen.add(name);
    const start = at + before.length + name.length + between.length;
    const value = valueAt(text, start, lineEnd);
    if (value === undefined) {
      report(source, 'partly-read', start, lineEnd, 'opens a quote that is not closed. Close it.');
      root.children?.push(propertyNode(key, plainValue(text, start, lineEnd)));
      at = lineEnd + 1;
    } else {
      root.children?.push(propertyNode(key, value));
      at = endOfLine(text, value.offset + value.length) + 1;
    }
  }
  return treeOf(source, root);
}

const PAIR = /^(\s*(?:export\s+)?)([\w.-]+)(\s*[=]\s*|:\s+)/;

/** Undefined when a quote is open to the end of the text. */
function valueAt(text: string, start: number, lineEnd: number): Draft | undefined {
  const quote = text.charAt(start);
  if (start >= lineEnd || (quote !== '"' && quote !== "'" && quote !== '`')) return plainValue(text, start, lineEnd);
  let close = start + 1;
  while (close < text.length && text.charAt(close) !== quote) close += quote === '"' && text.charAt(close) === '\\' ? 2 : 1;
  if (close >= text.length) return undefined;
  const inner = text.slice(start + 1, close);
  if (quote === "'") return textNode(inner, start, close + 1);
  const value = quote === '"' ? inner.replace(/\\([nrt"\\$])/g, (_, c: string) => ESCAPES[c] ?? c) : inner;
  const node = marked(textNode(value, start, close + 1));
  const runs = value === inner || inner.includes('\n') ? undefined : quotedRuns(text, start, close + 1);
  return runs === undefined ? node : { ...node, runs };
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

function plainValue(text: string, start: number, lineEnd: number): Draft {
  const value = text
    .slice(start, lineEnd)
    .replace(/(^|\s)#.*$/s, '')
    .trimEnd();
  return marked(textNode(value, start, start + value.length));
}

function marked(node: Draft): Draft {
  return /\$(\{|\(|[A-Za-z_])|`/.test(String(node.value)) ? { ...node, unresolved: true } : node;
}

function endOfLine(text: string, from: number): number {
  const newline = text.indexOf('\n', from);
  const end = newline === -1 ? text.length : newline;
  return end > from && text.charAt(end - 1) === '\r' ? end - 1 : end;
}
