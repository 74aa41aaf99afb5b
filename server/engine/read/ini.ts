import type { Place } from '../types.ts';
import { type Draft, isTooLarge, objectNode, propertyNode, report, sourceOf, textNode, treeOf } from './draft.ts';
import type { TextTree } from './tree.ts';

/**
 * Reads INI files, git's configuration and Java properties: an object of keys, and of sections that are objects of keys.
 * A section that comes twice is one; a key that comes twice stands twice, because many readers make a list of it.
 */
export function readIni(text: string, side: Place['side']): TextTree {
  const source = sourceOf('ini', text, side);
  if (isTooLarge(source)) return treeOf(source, undefined);
  const root = objectNode([], 0, text.length);
  const sections = new Map<string, Draft>();
  let section = root;
  let last: Draft | undefined;
  for (const { line, start } of linesOf(text)) {
    const content = line.trim();
    const from = start + line.indexOf(content);
    const end = from + content.length;
    if (content === '' || content.startsWith('#') || content.startsWith(';')) continue;
    const header = /^\[([^\]]*)\]?/.exec(content);
    if (header !== null) {
      if (!content.includes(']')) report(source, 'partly-read', from, end, 'opens a section that is not closed. Close it with "]".');
      const name = header[1] ?? '';
      const known = sections.get(name);
      section = known ?? objectNode([], from, content.length);
      sections.set(name, section);
      if (known === undefined) root.children?.push(propertyNode(textNode(name, from + 1, from + 1 + name.length), section));
      last = undefined;
    } else if (/^\s/.test(line) && last !== undefined && typeof last.value === 'string' && !/^[\w.-]+\s*[=:]/.test(content)) {
      // A line that is indented goes on with the value before.
      last.value += `\n${content}`;
      last.length = end - last.offset;
    } else {
      last = addPair(section, content, from);
    }
    section.length = Math.max(section.length, end - section.offset);
  }
  return treeOf(source, root);
}

function addPair(section: Draft, content: string, from: number): Draft {
  const [, rawKey = content, separator = ''] = /^((?:[^=:]|:(?!\s|$)(?=[^=]*=))*)([=:])?/.exec(content) ?? [];
  const key = rawKey.trim();
  const keyNode = textNode(key, from + rawKey.indexOf(key), from + rawKey.indexOf(key) + key.length);
  const rest = content.slice(rawKey.length + separator.length);
  const value = valueOf(rest, from + rawKey.length + separator.length, separator !== '');
  section.children?.push(propertyNode(keyNode, value));
  return value;
}

/** Quotes are taken off; a comment starts at a sign with space before it. A key alone, such as `skip-grant-tables`, has the value null. */
function valueOf(rest: string, at: number, given: boolean): Draft {
  if (!given) return { type: 'null', offset: at, length: 0, value: null };
  const lead = rest.length - rest.trimStart().length;
  const text = rest.trim();
  const quote = text.charAt(0);
  const close = quote === '"' || quote === "'" ? text.indexOf(quote, 1) : -1;
  if (close > 0 && /^\s*([#;].*)?$/.test(text.slice(close + 1))) return marked(text.slice(1, close), at + lead, at + lead + close + 1);
  const plain = text.replace(/(?<!\s)\s+[#;].*$/, '');
  return marked(plain, at + lead, at + lead + plain.length);
}

/** `${…}` and `%(…)s` name values that stand elsewhere. */
function marked(value: string, start: number, end: number): Draft {
  const node = textNode(value, start, end);
  return /\$\{[^}]*\}|%\([^)]*\)s|\$\w+/.test(value) && !/^\$\d/.test(value) ? { ...node, unresolved: true } : node;
}

function linesOf(text: string): readonly { readonly line: string; readonly start: number }[] {
  const lines: { readonly line: string; readonly start: number }[] = [];
  let start = text.startsWith('\uFEFF') ? 1 : 0;
  for (const line of text.slice(start).split(/\r\n|\n|\r/)) {
    lines.push({ line, start });
    start += line.length + (text.startsWith('\r\n', start + line.length) ? 2 : 1);
  }
  return lines;
}
