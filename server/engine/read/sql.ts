import type { Place } from '../types.ts';
import { arrayNode, type Draft, field, isTooLarge, objectNode, report, type Source, sourceOf, textNode, treeOf } from './draft.ts';
import { assigned, type Dynamic, dynamicText } from './sql-dynamic.ts';
import { procedureParts } from './sql-server.ts';
import { partsOf } from './sql-statements.ts';
import { type Statement, statementsOf, type Token } from './sql-tokens.ts';
import type { TextTree } from './tree.ts';

/**
 * Reads SQL as its statements: {"statement": [{"verb": "GRANT", …}, …]}, in order, also those that a `DO` block or `\gexec` runs, that
 * stand in an `EXECUTE '…'` of it, or in the body of a function (`within` names it). What each verb has is said in sql-statements.ts; names are as the database folds them, with dots between.
 */
export function readSql(text: string, side: Place['side']): TextTree {
  const source = sourceOf('sql', text, side);
  if (isTooLarge(source)) return treeOf(source, undefined);
  const nodes: Draft[] = [];
  let last: Statement = [];
  for (const statement of statementsOf(text, 0, text.length)) {
    if (statement[0]?.text === '\\gexec') nodes.push(...asked(last));
    last = statement;
    nodes.push(...nodesOf(text, statement, { depth: 0, source, variables: new Map() }));
    const unclosed = statement.find((token) => isUnclosed(text, token));
    if (unclosed !== undefined) {
      const what = 'is not valid SQL (a quote that is not closed). Correct it; what follows may not have been seen.';
      report(source, 'partly-read', unclosed.start, unclosed.start + 1, what);
      // What the quote swallowed: every later line that starts a statement of its own.
      nodes.push(...swallowed(text, unclosed));
    }
  }
  return treeOf(source, objectNode([field('statement', arrayNode(nodes, 0, text.length))], 0, text.length));
}

type Around = {
  readonly depth: number;
  /** Absent in a text that is put together. */
  readonly source?: Source | undefined;
  readonly variables: Map<string, Dynamic>;
};

function nodesOf(text: string, statement: Statement, around: Around): readonly Draft[] {
  const { depth } = around;
  const [first] = statement;
  const last = statement.at(-1);
  if (first === undefined || last === undefined) return [];
  if (first.kind === 'word' && first.text === 'do' && depth < 3) {
    const body = statement.find(({ kind }) => kind === 'string');
    const own = objectNode([verbField('DO', first)], first.start, last.end);
    return [own, ...(body === undefined ? [] : innerStatements(text, body.inner, body.inner + body.text.length, below(around)))];
  }
  if (first.kind === 'word' && (first.text === 'exec' || first.text === 'execute') && depth < 3) {
    const { verb, parts } = procedureParts(statement) ?? { verb: 'EXECUTE', parts: [] };
    const own = objectNode([verbField(verb, first), ...parts], first.start, last.end);
    return [own, ...executed(text, statement, around, 'may be')];
  }
  const known = partsOf(statement);
  if (known !== undefined && first.text === 'create' && known.verb === 'CREATE FUNCTION' && depth < 3) {
    const own = objectNode([verbField(known.verb, first), ...known.parts], first.start, last.end);
    return [own, ...bodyOf(text, statement, around).map((each) => within(each, known.parts))];
  }
  if (known === undefined) {
    if (first.kind !== 'word' || first.text.startsWith('\\')) return [];
    return [objectNode([verbField(first.text.toUpperCase(), first)], first.start, last.end)];
  }
  return [objectNode([verbField(known.verb, first), ...known.parts], first.start, last.end)];
}

/** What a function does when it is called. Of what it puts together itself, only what is written out is told. */
function bodyOf(text: string, statement: Statement, around: Around): readonly Draft[] {
  const inside: Around = { ...below(around), source: undefined, variables: new Map() };
  const atomic = statement.find(({ kind, text: word }, i) => kind === 'word' && word === 'atomic' && statement[i - 1]?.text === 'begin');
  const last = statement.at(-1);
  if (atomic !== undefined && last !== undefined) return innerStatements(text, atomic.end, last.end, inside);
  const body = statement.find(({ kind }, i) => kind === 'string' && statement[i - 1]?.text === 'as');
  const language = statement.findIndex(({ kind, text: word }) => kind === 'word' && word === 'language');
  if (body === undefined || !/^(sql|plpgsql)$/i.test(statement[language + 1]?.text ?? 'plpgsql')) return [];
  const end = body.inner + body.text.length;
  if (text.slice(body.inner, end) === body.text) return innerStatements(text, body.inner, end, inside);
  const found = innerStatements(body.text, 0, body.text.length, inside);
  return found.map((node) => placedAt(node, body.start, body.end - body.start));
}

function within(node: Draft, parts: readonly Draft[]): Draft {
  const name = parts.find((each) => each.children?.[0]?.value === 'name')?.children?.[1];
  const value = textNode(String(name?.value ?? ''), node.offset, node.offset + node.length);
  return { ...node, children: [...(node.children ?? []), field('within', value)] };
}

/** psql runs every text that a query answers: what can be told of it is what the query writes out. */
function asked(query: Statement): readonly Draft[] {
  const [first, ...rest] = query;
  const last = query.at(-1);
  if (first?.text !== 'select' || last === undefined) return [];
  const end = rest.findIndex(({ kind, text: word }) => kind === 'word' && (word === 'from' || word === 'where'));
  const dynamic = dynamicText(end === -1 ? rest : rest.slice(0, end), new Map());
  const inside = innerStatements(dynamic.text, 0, dynamic.text.length, { depth: 1, source: undefined, variables: new Map() });
  return inside.map((node) => placedAt(node, first.start, last.end - first.start));
}

function below({ depth, source, variables }: Around): Around {
  return { depth: depth + 1, source, variables };
}

function verbField(verb: string, at: Token): Draft {
  return field('verb', textNode(verb, at.start, at.end));
}

/** Statements in the body of a block, behind its `begin`, `then`, `else` and `loop`. */
function innerStatements(text: string, from: number, to: number, around: Around): readonly Draft[] {
  return statementsOf(text, from, to).flatMap((statement) => {
    const start = statement.findLastIndex(({ kind, text: word }, i) => kind === 'word' && OPENERS.has(word) && i < 200) + 1;
    const inner = statement.slice(start);
    const [first] = inner;
    if (first?.text === 'end') return [];
    if (first?.text !== 'execute') {
      assigned(inner, around.variables);
      return nodesOf(text, inner, around);
    }
    return executed(text, inner, around, 'is');
  });
}

/** What `execute` runs. `is`: a text for sure; `may be`: or the name of something prepared. */
function executed(text: string, statement: Statement, around: Around, sure: 'is' | 'may be'): readonly Draft[] {
  const [first] = statement;
  const last = statement.at(-1);
  if (first === undefined || last === undefined || around.depth >= 3) return [];
  const named = statement[1]?.text === 'sp_executesql' || statement[1]?.text === 'immediate' ? 2 : 1;
  const given = statement.slice(named);
  const [literal] = given;
  if (sure === 'may be' && literal?.kind !== 'string' && literal?.text !== '(' && named === 1) return [];
  const end = literal === undefined ? 0 : literal.inner + literal.text.length;
  // With escapes or doubled quotes the places inside would be wrong.
  if (
    given.length === 1 &&
    literal?.kind === 'string' &&
    !/^e/i.test(text.slice(literal.start)) &&
    text.slice(literal.inner, end) === literal.text
  )
    return innerStatements(text, literal.inner, end, below(around));
  const dynamic = dynamicText(given, around.variables);
  if (!dynamic.startsKnown && around.source !== undefined && sure === 'is') {
    const what = 'runs a text that stands elsewhere or is put together from what is not known. Write the statement out.';
    report(around.source, 'partly-read', first.start, last.end, what);
  }
  // Of a text that is put together, every part stands where the statement stands.
  const inside = innerStatements(dynamic.text, 0, dynamic.text.length, { ...below(around), source: undefined });
  return inside.map((node) => placedAt(node, first.start, last.end - first.start));
}

function placedAt(node: Draft, offset: number, length: number): Draft {
  const { runs: _, ...rest } = node;
  const children = node.children?.map((each) => placedAt(each, offset, length));
  return { ...rest, offset, length, ...(children === undefined ? {} : { children }) };
}

const OPENERS = new Set(['begin', 'then', 'else', 'loop', 'declare']);

function isUnclosed(text: string, { kind, start, end, inner }: Token): boolean {
  if (kind !== 'string' && kind !== 'name') return false;
  const open = text.slice(start, inner);
  const mark = open.startsWith('$') ? open : open === '[' ? ']' : open.slice(-1);
  return end - inner < mark.length || !text.slice(inner, end).endsWith(mark);
}

function swallowed(text: string, token: Token): readonly Draft[] {
  const next = /^[ \t]*(?:grant|revoke|alter|create|drop|truncate|delete|insert|update|select|do)\b/gim;
  next.lastIndex = text.indexOf('\n', token.start) + 1 || text.length;
  const match = next.exec(text.slice(0, token.end));
  if (match === null) return [];
  return statementsOf(text, match.index, token.end).flatMap((statement) => nodesOf(text, statement, { depth: 2, variables: new Map() }));
}
