import type { Problem } from '../types.ts';
import type { Stretch } from './changed-part.ts';
import type { TextTree, TreeNode } from './tree.ts';

/**
 * What an edit writes in characters that pass for others: letters of another script within a Latin word, full-width forms, characters
 * that nobody sees, and line ends that only some readers see. What such a text means to the program that reads it, nobody can say here:
 * each is a problem that blinds. Texts of other scripts, and comments, are none.
 */
export function disguises(tree: TextTree, changed: Stretch): readonly Problem[] {
  if (tree.format === 'lines') return [];
  const problems: Problem[] = [];
  const say = (start: number, end: number, what: string): void => {
    const place = tree.placeOf(start, end);
    if (problems.length < MOST && !problems.some(({ message }) => message.startsWith(`Line ${place.start.line} `)))
      problems.push({ kind: 'partly-read', message: `Line ${place.start.line} ${what}`, place, blinds: tree.side === 'after' });
  };
  const breaks = tree.format === 'yaml' ? SOME_SEE_IN_YAML : tree.format === 'json' ? undefined : SOME_SEE;
  for (const { index } of breaks === undefined ? [] : tree.text.slice(changed.start, changed.end + 1).matchAll(breaks))
    say(changed.start + index, changed.start + index + 1, 'holds a line end that only some readers see. Write an ordinary one.');
  for (const root of tree.documents) visit(root, changed, say);
  return problems;
}

const MOST = 5;

const SOME_SEE = /\r(?!\n)/g;
/** Line ends to YAML 1.1, not to 1.2. */
const SOME_SEE_IN_YAML = /[\u0085\u2028\u2029]/g;

type Say = (start: number, end: number, what: string) => void;

function visit(node: TreeNode, changed: Stretch, say: Say): void {
  if (node.offset > changed.end || node.offset + node.length < changed.start) return;
  for (const child of node.children ?? []) visit(child, changed, say);
  const texts = [...(node.labels ?? []), ...(typeof node.value === 'string' ? [node.value] : [])];
  for (const text of texts) {
    const found = NOT_ASCII.test(text) ? text.split(/["\n]/).find(isDisguised) : undefined;
    if (found === undefined) continue;
    say(
      node.offset,
      node.offset + node.length,
      `writes ${JSON.stringify(shown(found))} with characters that pass for others or cannot be seen. Write it in plain ones.`,
    );
    return;
  }
}

const NOT_ASCII = /[^ -~\s]|[\u00a0\u2028\u2029\ufeff]/;

function isDisguised(piece: string): boolean {
  const spaced = piece.replaceAll('\u00a0', ' ');
  // A space that does not break is one in prose, and no space to a program.
  if (!NOT_ASCII.test(spaced)) return piece !== spaced && (/^ *[!-~]+ *$/.test(spaced) || /^\w+[:=]\u00a0/.test(piece));
  const seen = spaced.replace(INVISIBLE, '').replace(WIDE, (wide) => wide.normalize('NFKC'));
  const plain = seen.replace(WORD, (word) => (/[A-Za-z]/.test(word) ? word.replace(/[^\0-\x7f]/g, (c) => LOOK_ALIKES.get(c) ?? c) : word));
  return !NOT_ASCII.test(plain);
}

function shown(text: string): string {
  return text
    .trim()
    .slice(0, 40)
    .replace(INVISIBLE, (c) => `<U+${(c.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}>`);
}

const INVISIBLE = /[\p{Cf}\p{Variation_Selector}\u3164\uffa0]|\u034f|\u115f|\u1160|\0/gu;
/** Full-width forms and the alphabets of mathematics. */
const WIDE = /[\uff01-\uff5e\u{1d400}-\u{1d7ff}]/gu;
const WORD = /[\p{L}\p{N}]+/gu;

/** Cyrillic, Greek and Armenian letters that look like the Latin one below them. */
const LOOK_ALIKES: ReadonlyMap<string, string> = pairs(
  'авсԁеһніјкӏморԛѕтѵԝхуАВСЕНІЈКМОРЅТХУԚԜαικνορτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧɡɑօոսհı',
  'abcdehhijklmopqstvwxyABCEHIJKMOPSTXYQWaiknopuuxABEZHIKMNOPTYXgaonuhi',
);

function pairs(like: string, latin: string): ReadonlyMap<string, string> {
  return new Map(Array.from(like, (letter, i) => [letter, latin.charAt(i)]));
}
