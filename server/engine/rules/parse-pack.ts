import { type Document, isNode, isPair, isMap, LineCounter, parseDocument } from 'yaml';
import { checkSchema } from './check-schema.ts';
import { lintPack } from './lint-pack.ts';
import type { Pack } from './pack.ts';
import { PACK_SCHEMA } from './pack-schema.ts';

/** Something wrong in a pack: a sentence with the remedy, and where. Lines count from 1. */
export type PackProblem = { readonly file: string; readonly line: number; readonly message: string };

/** Where a value of a pack stands in its file; the nearest there is. */
export type LineOf = (at: readonly (string | number)[]) => number;

export type ParsedPack =
  | { readonly ok: true; readonly pack: Pack; readonly lineOf: LineOf }
  | { readonly ok: false; readonly problems: readonly PackProblem[] };

/** A larger text is no pack. */
const LARGEST_PACK = 4_000_000;

/** Reads a pack: YAML or JSON, data only, strict. Every path, pattern, expression and template in it is tried. Never throws. */
export function parsePack(file: string, text: string): ParsedPack {
  if (text.length > LARGEST_PACK)
    return refused(file, [{ line: 1, message: `The pack has ${text.length} characters; at most ${LARGEST_PACK} are read. Split it.` }]);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, merge: false });
  const errors = [...document.errors, ...document.warnings];
  if (errors.length > 0) {
    return refused(
      file,
      errors.slice(0, 5).map(({ pos, message }) => ({
        line: lines.linePos(pos[0]).line,
        message: `Not valid YAML: ${whatIsWrong(message)}. Mend this line.`,
      })),
    );
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    return refused(file, [{ line: 1, message: `Not read: ${error instanceof Error ? error.message : String(error)}` }]);
  }
  const lineOf: LineOf = (at) => lines.linePos(offsetOf(document, at)).line;
  const found = checkSchema(value, PACK_SCHEMA, PACK_SCHEMA.definitions);
  if (found.length > 0)
    return refused(
      file,
      found.map(({ at, message }) => ({ line: lineOf(at), message })),
    );
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the schema is the shape of the type; a test holds the two together
  const pack = value as Pack;
  const wrong = lintPack(pack).filter(({ grave }) => grave);
  if (wrong.length > 0)
    return refused(
      file,
      wrong.map(({ at, message }) => ({ line: lineOf(at), message })),
    );
  return { ok: true, pack, lineOf };
}

/** What the parser says, without the place that it adds: the line is told beside it. */
function whatIsWrong(message: string): string {
  return (message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '');
}

function refused(file: string, problems: readonly Omit<PackProblem, 'file'>[]): ParsedPack {
  return { ok: false, problems: problems.map((problem) => ({ file, ...problem })) };
}

/** Start of the key, or of the value, or of the nearest thing around it. */
function offsetOf(document: Document, at: readonly (string | number)[]): number {
  for (let length = at.length; length > 0; length--) {
    const keys = at.slice(0, length);
    const parent = document.getIn(keys.slice(0, -1), true);
    const last = keys.at(-1);
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isPair(item) && String(item.key) === String(last));
      if (pair !== undefined && isNode(pair.key) && pair.key.range != null) return pair.key.range[0];
    }
    const node = document.getIn(keys, true);
    if (isNode(node) && node.range != null) return node.range[0];
  }
  return 0;
}
