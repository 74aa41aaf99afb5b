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
  const [start, otherStart, { length }] = [a.node.offset, b.node.offset, a.node];
  for (let i = 0; i < length; i++) if (own.charCodeAt(start + i) !== theirs.charCodeAt(otherStart + i)) return false;
  return true;
}

/** Where the statements of a policy stand in its text; undefined in formats where the text around counts. */
export function standingsIn(
  statements: readonly Statement[],
): { readonly source: string; readonly nodes: readonly JsonNode[] } | undefined {
  const nodes: JsonNode[] = [];
  let source: string | undefined;
  for (const statement of statements) {
    const standing = placed(statement);
    if (standing?.around.source === undefined) return undefined;
    // All statements of a policy stand in one text.
    source ??= standing.around.source;
    nodes.push(standing.node);
  }
  return source === undefined ? undefined : { source, nodes };
}

function placed(statement: Statement): Standing | undefined {
  return standingOf(statement) ?? standings.get(statement);
}
