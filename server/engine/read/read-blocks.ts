import type { Place } from '../types.ts';
import { deferredOf, settleAll } from './deferred.ts';
import { type Draft, isTooLarge, objectNode, report, type Source, sourceOf, treeOf } from './draft.ts';
import type { Cursor } from './hcl-cursor.ts';
import type { Format, TextTree } from './tree.ts';

/** What is particular about a language of blocks and expressions. */
export type BlockLanguage = Pick<Cursor, 'language' | 'topLevel' | 'readExpression'> & {
  readonly format: Format;
  /** The members of the whole document. */
  readonly readDocument: (c: Cursor) => Draft[];
  /** Works a function out over what is known. */
  readonly fold: Parameters<typeof settleAll>[2];
};

/** Reads a text of such a language: once as it is written; once more where its brackets do not match; then follows its references. */
export function readBlocks(text: string, side: Place['side'], language: BlockLanguage): TextTree {
  const source = sourceOf(language.format, text, side);
  if (isTooLarge(source)) return treeOf(source, undefined);
  const first = readOnce(source, 'as-written', language);
  // Braces that do not match would put every later block inside the one that is open.
  const read = first.unclosed ? readOnce(cleared(source), 'recovering', language) : first;
  if (read.tooDeep) return treeOf(source, undefined);
  if (settleAll(read.deferred, read.root, language.fold)) return treeOf(source, read.root);
  const plain = readOnce(cleared(source), read.recovering ? 'recovering' : 'as-written', language);
  report(source, 'partly-read', 0, 1, 'and further: values refer to each other without end. Write them out; they were not followed.');
  return treeOf(source, plain.root);
}

type Read = Cursor & { readonly root: Draft };

function readOnce(
  source: Source,
  how: 'as-written' | 'recovering',
  { language, topLevel, readExpression, readDocument }: BlockLanguage,
): Read {
  const c: Cursor = {
    source,
    text: source.text,
    at: 0,
    depth: 0,
    recovering: how === 'recovering',
    deferred: deferredOf(),
    tooDeep: false,
    wasted: 0,
    unclosed: false,
    closers: undefined,
    readExpression,
    language,
    topLevel,
  };
  const root = objectNode(readDocument(c), 0, source.text.length);
  return Object.assign(c, { root });
}

function cleared(source: Source): Source {
  source.problems.length = 0;
  return source;
}
