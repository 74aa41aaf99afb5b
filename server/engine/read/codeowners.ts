import type { Place } from '../types.ts';
import { arrayNode, type Draft, field, isTooLarge, objectNode, sourceOf, textNode, treeOf } from './draft.ts';
import type { TextTree } from './tree.ts';
import { linesOf, wordNode, type Word } from './words.ts';

/**
 * Reads CODEOWNERS: {"entry": [{"pattern": "/infra/", "owners": ["@org/ops"], "section": "Docs"}]}, in order; the last that matches counts.
 * `section` is GitLab's; the owners of a section's head are those of its entries that name none.
 */
export function readCodeowners(text: string, side: Place['side']): TextTree {
  const source = sourceOf('codeowners', text, side);
  if (isTooLarge(source)) return treeOf(source, undefined);
  const entries: Draft[] = [];
  let section: { readonly name: Draft; readonly owners: readonly Word[] } | undefined;
  for (const line of linesOf(text)) {
    const head = HEAD.exec(text.slice(line.start, line.end));
    if (head?.[1] !== undefined) {
      const start = line.start + head[0].indexOf('[') + 1;
      section = { name: textNode(head[1], start, start + head[1].length), owners: words(text, line.start + head[0].length, line.end) };
      continue;
    }
    const [pattern, ...owners] = words(text, line.start, line.end);
    if (pattern === undefined) continue;
    const named = owners.length > 0 ? owners : (section?.owners ?? []);
    const end = owners.at(-1)?.end ?? pattern.end;
    const list =
      owners.length > 0
        ? arrayNode(named.map(wordNode), owners[0]?.start ?? 0, end)
        : arrayNode(named.map(wordNode), pattern.end, pattern.end);
    const properties = [field('pattern', wordNode(pattern)), field('owners', list)];
    if (section !== undefined) properties.push(field('section', section.name));
    entries.push(objectNode(properties, pattern.start, end));
  }
  return treeOf(source, objectNode([field('entry', arrayNode(entries, 0, text.length))], 0, text.length));
}

const HEAD = /^[ \t]*\^?\[([^\]\n]+)\](?:\[\d+\])?/;

/** Words up to a comment; "\ " and "\#" are part of a word. */
function words(text: string, from: number, end: number): readonly Word[] {
  const found: Word[] = [];
  for (const match of text.slice(from, end).matchAll(/(?:\\.|[^\s\\])+|\\$/g)) {
    if (match[0].startsWith('#')) break;
    const start = from + match.index;
    found.push({ text: match[0].replace(/\\(.)/g, '$1'), start, end: start + match[0].length, quoted: false });
  }
  return found;
}
