import type { JsonNode } from '../../read/json.ts';
import { standingOf } from './sound-statement.ts';
import type { Surroundings } from './statement-values.ts';
import type { Statement } from './statement.ts';

/** Each statement's node, in their order, and the text that all of them stand in. */
export type Standings = { readonly source: string; readonly nodes: readonly JsonNode[] };

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

/** Where the statements of a policy stand in its text; undefined in formats where the text around counts. */
export function standingsIn(statements: readonly Statement[]): Standings | undefined {
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
