import type { JsonNode } from '../../read/json.ts';
import { standingOf } from './sound-statement.ts';
import type { Surroundings } from './statement-values.ts';
import type { Statement } from './statement.ts';

type Standing = { readonly node: JsonNode; readonly around: Surroundings };

/** Of statements that are not sound. */
const standings = new WeakMap<Statement, Standing>();

/** Remembers where a statement stands. */
export function noteWritten(statement: Statement, node: JsonNode, around: Surroundings): void {
  standings.set(statement, { node, around });
}

/** A statement as it is written, in formats where its characters alone say what it means: those of one text say the same. */
export function sourceOf(statement: Statement): string | undefined {
  const { node, around } = placed(statement) ?? {};
  return node === undefined ? undefined : around?.source?.slice(node.offset, node.offset + node.length);
}

/** Are two statements written in the same characters, where these alone say what they mean? False is not sure: other words may mean the same. */
export function writtenAlike(one: Statement, other: Statement): boolean {
  const [a, b] = [placed(one), placed(other)];
  if (a === undefined || b === undefined || a.node.length !== b.node.length) return false;
  const [own, theirs] = [a.around.source, b.around.source];
  if (own === undefined || theirs === undefined) return false;
  return own.startsWith(theirs.slice(b.node.offset, b.node.offset + b.node.length), a.node.offset);
}

function placed(statement: Statement): Standing | undefined {
  return standingOf(statement) ?? standings.get(statement);
}
