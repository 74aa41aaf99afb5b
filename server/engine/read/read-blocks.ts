import type { Place } from '../types.ts';
import { type Deferred, deferredOf, settleAll } from './deferred.ts';
import { type Draft, type Entry, isTooLarge, objectNode, report, type Source, sourceOf, treeOf } from './draft.ts';
import { type Cursor, skip } from './hcl-cursor.ts';
import type { Format, TextTree } from './tree.ts';

/** What is particular about a language of blocks and expressions. */
export type BlockLanguage = Pick<Cursor, 'language' | 'topLevel' | 'readExpression'> & {
  readonly format: Format;
  /** What stands at the top of the document from here on; moves forward in any case. It hangs on nothing that was read before. */
  readonly readNext: (c: Cursor) => Entry | undefined;
  /** The members of the whole document. */
  readonly gathered: (entries: readonly Entry[], source: Source) => Draft[];
  /** May other places use a value of this one by name? */
  readonly defines: (entry: Entry) => boolean;
  /** Works a function out over what is known. */
  readonly fold: Parameters<typeof settleAll>[2];
};

/** Something that stands at the top of a document, and from where to where it was read. */
export type Piece = { readonly start: number; readonly end: number; readonly entry: Entry | undefined };

/** How a document was read that nothing can be said against, so that another like it need not be read whole. */
export type Reading = {
  readonly pieces: readonly Piece[];
  readonly deferred: Deferred;
  /** What gives names a value says it in its own words alone, and nothing at the top is itself put in for a name. */
  readonly isFlat: boolean;
};

/** Reads a text of such a language: once as it is written; once more where its brackets do not match; then follows its references. */
export function readBlocks(text: string, side: Place['side'], language: BlockLanguage): TextTree {
  const source = sourceOf(language.format, text, side);
  if (isTooLarge(source)) return treeOf(source, undefined);
  const first = readOnce(source, 'as-written', language);
  // Braces that do not match would put every later block inside the one that is open.
  const read = first.unclosed ? readOnce(cleared(source), 'recovering', language) : first;
  if (read.tooDeep) return treeOf(source, undefined);
  if (settleAll(read.deferred, read.root, language.fold)) {
    const hangsTogether = first.unclosed || first.hasOpenHeredoc || source.problems.length > 0;
    return hangsTogether ? treeOf(source, read.root) : { ...treeOf(source, read.root), reading: read };
  }
  const plain = readOnce(cleared(source), read.recovering ? 'recovering' : 'as-written', language);
  report(source, 'partly-read', 0, 1, 'and further: values refer to each other without end. Write them out; they were not followed.');
  return treeOf(source, plain.root);
}

type Read = Cursor & Reading & { readonly root: Draft };

function readOnce(source: Source, how: 'as-written' | 'recovering', language: BlockLanguage): Read {
  const c = cursorOf(source, how, language);
  const pieces: Piece[] = [];
  let isFlat = true;
  for (;;) {
    const known = c.deferred.later.size;
    const piece = readPiece(c, language);
    if (piece === undefined) break;
    pieces.push(piece);
    isFlat &&= piece.entry === undefined || isWritten(piece.entry, c.deferred, known, language);
  }
  return Object.assign(c, { root: rootOf(pieces, source, language), pieces, isFlat });
}

/** `known`: values that wait for others from what stands ahead. */
function isWritten(entry: Entry, { later }: Deferred, known: number, { defines }: BlockLanguage): boolean {
  if (later.size === known) return true;
  return !defines(entry) && !later.has(entry.key) && !later.has(entry.value);
}

/** At the top of the document; undefined at its end. */
export function readPiece(c: Cursor, language: BlockLanguage): Piece | undefined {
  skip(c, 'bracket');
  if (c.at >= c.text.length) return undefined;
  const start = c.at;
  const entry = language.readNext(c);
  return { start, end: c.at, entry };
}

export function rootOf(pieces: readonly Piece[], source: Source, { gathered }: BlockLanguage): Draft {
  const entries = pieces.flatMap(({ entry }) => (entry === undefined ? [] : [entry]));
  return objectNode(gathered(entries, source), 0, source.text.length);
}

export function cursorOf(
  source: Source,
  how: 'as-written' | 'recovering',
  { language, topLevel, readExpression }: Pick<BlockLanguage, 'language' | 'topLevel' | 'readExpression'>,
): Cursor {
  return {
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
    hasOpenHeredoc: false,
    readExpression,
    language,
    topLevel,
  };
}

function cleared(source: Source): Source {
  source.problems.length = 0;
  return source;
}
