import type { Place } from '../types.ts';
import { arrayNode, type Draft, field, isTooLarge, objectNode, report, sourceOf, treeOf } from './draft.ts';
import type { TextTree } from './tree.ts';
import { commaParts, joinedLines, type Line, type Word, wordNode, wordsOf } from './words.ts';

/**
 * Reads pg_hba.conf: {"entry": [{"type", "database": […], "user": […], "address", "mask", "method", "options": […]}]}, in the order
 * in which PostgreSQL tries them. `local` entries have no address; `include` lines are {"include": [path]}.
 */
export function readPgHba(text: string, side: Place['side']): TextTree {
  const source = sourceOf('pg-hba', text, side);
  if (isTooLarge(source)) return treeOf(source, undefined);
  const entries: Draft[] = [];
  const includes: Draft[] = [];
  for (const line of joinedLines(text)) {
    const words = wordsOf(text, line);
    const [type] = words;
    if (type === undefined) continue;
    if (/^include(_if_exists|_dir)?$/i.test(type.text)) includes.push(...words.slice(1).map(wordNode));
    else {
      const entry = entryOf(words, line);
      if (entry === undefined) {
        const what = 'is not an entry of pg_hba.conf (too few fields, or an unknown type). Correct it; the line was not read.';
        report(source, 'partly-read', type.start, line.end, what);
      } else entries.push(entry);
    }
  }
  const root = [field('entry', arrayNode(entries, 0, text.length))];
  if (includes.length > 0) root.push(field('include', arrayNode(includes, includes[0]?.offset ?? 0, text.length)));
  return treeOf(source, objectNode(root, 0, text.length));
}

const TYPES = /^(local|host|hostssl|hostnossl|hostgssenc|hostnogssenc)$/i;

function entryOf(words: readonly Word[], line: Line): Draft | undefined {
  const fields = [...columns(words)];
  const type = fields.shift();
  const [database, user] = [fields.shift(), fields.shift()];
  const first = type?.[0];
  if (first === undefined || database === undefined || user === undefined || !TYPES.test(first.text)) return undefined;
  const list = (name: string, parts: readonly Word[]): Draft => {
    const items = commaParts(parts).map(wordNode);
    return field(name, arrayNode(items, parts[0]?.start ?? line.start, parts.at(-1)?.end ?? line.end));
  };
  const single = (name: string, parts: readonly Word[] | undefined): Draft[] => {
    const word = parts?.[0];
    return word === undefined ? [] : [field(name, wordNode(word))];
  };
  const properties = [...single('type', type), list('database', database), list('user', user)];
  if (first.text.toLowerCase() !== 'local') {
    const address = fields.shift();
    properties.push(...single('address', address));
    if (/^[\d.]+$|^[\da-f:]+$/i.test(address?.[0]?.text ?? '') && /^[\d.]+$|^[\da-f]*:[\da-f:]*$/i.test(fields[0]?.[0]?.text ?? '')) {
      properties.push(...single('mask', fields.shift()));
    }
  }
  const method = fields.shift();
  if (method === undefined) return undefined;
  properties.push(...single('method', method));
  const options = fields.flat();
  if (options.length > 0) properties.push(field('options', arrayNode(options.map(wordNode), options[0]?.start ?? 0, line.end)));
  return objectNode(properties, first.start, words.at(-1)?.end ?? line.end);
}

/** Words are fields; a comma joins the next word to the same one. */
function columns(words: readonly Word[]): readonly (readonly Word[])[] {
  const result: Word[][] = [];
  let goesOn = false;
  for (const word of words) {
    if ((goesOn || word.text.startsWith(',')) && result.length > 0) result.at(-1)?.push(word);
    else result.push([word]);
    goesOn = !word.quoted && word.text.endsWith(',');
  }
  return result;
}
