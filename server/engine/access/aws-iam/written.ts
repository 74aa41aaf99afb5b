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

/** Says whether a statement is written in the same characters as one of these, where characters alone say what they mean. False is not sure: other words may mean the same. */
export function writtenAsOneOf(statements: readonly Statement[]): (statement: Statement) => boolean {
  const texts = statements.flatMap((each) => sourceOf(each) ?? []);
  return (statement) => {
    const { node, around } = placed(statement) ?? {};
    const source = around?.source;
    return (
      node !== undefined &&
      source !== undefined &&
      texts.some((text) => text.length === node.length && source.startsWith(text, node.offset))
    );
  };
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
