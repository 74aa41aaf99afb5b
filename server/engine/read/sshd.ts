import type { Place } from '../types.ts';
import { type Draft, isTooLarge, objectNode, sourceOf, textNode, treeOf } from './draft.ts';
import { gathered, type Occurrence } from './gather.ts';
import type { TextTree } from './tree.ts';
import { linesOf, type Word, wordNode, wordsOf } from './words.ts';

/**
 * Reads sshd_config: {"permitrootlogin": ["no"], "match": [{"passwordauthentication": ["yes"]}]}.
 * Keywords are in lower case; each has the list of its arguments: of its first line, which is the one that counts, or of all where they
 * add up. A `Match` is an object with its criteria as labels, which ends at the next one.
 */
export function readSshd(text: string, side: Place['side']): TextTree {
  const source = sourceOf('sshd', text, side);
  if (isTooLarge(source)) return treeOf(source, undefined);
  const top: Occurrence[] = [];
  const matches: {
    readonly key: Draft;
    readonly labels: readonly string[];
    readonly inside: Occurrence[];
    end: number;
    readonly firsts: Set<string>;
  }[] = [];
  const firsts = new Set<string>();
  for (const line of linesOf(text)) {
    const words = wordsOf(text, line).flatMap(splitAtEquals);
    const [keyword, ...values] = words;
    if (keyword === undefined) continue;
    const key = textNode(keyword.text.toLowerCase(), keyword.start, keyword.end);
    if (key.value === 'match') {
      matches.push({ key, labels: values.map((each) => each.text), inside: [], end: line.end, firsts: new Set() });
      continue;
    }
    const block = matches.at(-1);
    // Of most settings the first line counts.
    const set = block === undefined ? firsts : block.firsts;
    if (!MANY.has(String(key.value))) {
      if (set.has(String(key.value))) continue;
      set.add(String(key.value));
    }
    if (block !== undefined) block.end = values.at(-1)?.end ?? keyword.end;
    const into = block?.inside ?? top;
    if (values.length === 0) into.push({ key, value: textNode('', keyword.start, keyword.end) });
    for (const value of values) into.push({ key, value: wordNode(value) });
  }
  for (const { key, labels, inside, end } of matches) {
    top.push({ key, value: { ...objectNode(gathered(inside), key.offset, end), labels } });
  }
  return treeOf(source, objectNode(gathered(top), 0, text.length));
}

/** Settings whose lines add up. */
const MANY: ReadonlySet<string> = new Set([
  'acceptenv',
  'allowgroups',
  'allowusers',
  'denygroups',
  'denyusers',
  'hostcertificate',
  'hostkey',
  'include',
  'listenaddress',
  'logverbose',
  'port',
  'setenv',
  'subsystem',
]);

/** `PermitRootLogin=yes` is `PermitRootLogin yes`. Only the first word of a line can hold the sign, or be followed by one alone. */
function splitAtEquals(word: Word, index: number): readonly Word[] {
  if (index === 1 && word.text === '=') return [];
  if (index === 1 && word.text.startsWith('=') && !word.quoted) return [{ ...word, text: word.text.slice(1), start: word.start + 1 }];
  const sign = word.text.indexOf('=');
  if (index !== 0 || sign <= 0 || word.quoted) return [word];
  const key = { text: word.text.slice(0, sign), start: word.start, end: word.start + sign, quoted: false };
  if (sign === word.text.length - 1) return [key];
  return [key, { text: word.text.slice(sign + 1), start: word.start + sign + 1, end: word.end, quoted: false }];
}
