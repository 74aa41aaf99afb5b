import type { Place } from '../types.ts';
import { arrayNode, type Draft, field, isTooLarge, objectNode, report, sourceOf, textNode, treeOf } from './draft.ts';
import { partsOf } from './sql-statements.ts';
import { type Statement, statementsOf, type Token } from './sql-tokens.ts';
import type { TextTree } from './tree.ts';

/**
 * Reads SQL as its statements: {"statement": [{"verb": "GRANT", …}, …]}, in order, also those that a `DO` block runs or that stand in
 * an `EXECUTE '…'` of it. What each verb has is said in sql-statements.ts; names are as the database folds them, with dots between.
 */
export function readSql(text: string, side: Place['side']): TextTree {
  const source = sourceOf('sql', text, side);
  if (isTooLarge(source)) return treeOf(source, undefined);
  const nodes: Draft[] = [];
  for (const statement of statementsOf(text, 0, text.length)) {
    nodes.push(...nodesOf(text, statement, 0));
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

function nodesOf(text: string, statement: Statement, depth: number): readonly Draft[] {
  const [first] = statement;
  const last = statement.at(-1);
  if (first === undefined || last === undefined) return [];
  if (first.kind === 'word' && first.text === 'do' && depth < 3) {
    const body = statement.find(({ kind }) => kind === 'string');
    const own = objectNode([verbField('DO', first)], first.start, last.end);
    return [own, ...(body === undefined ? [] : innerStatements(text, body.inner, body.inner + body.text.length, depth + 1))];
  }
  const known = partsOf(statement);
  if (known === undefined) {
    if (first.kind !== 'word') return [];
    return [objectNode([verbField(first.text.toUpperCase(), first)], first.start, last.end)];
  }
  return [objectNode([verbField(known.verb, first), ...known.parts], first.start, last.end)];
}

function verbField(verb: string, at: Token): Draft {
  return field('verb', textNode(verb, at.start, at.end));
}

/** Statements in the body of a block, behind its `begin`, `then`, `else` and `loop`. */
function innerStatements(text: string, from: number, to: number, depth: number): readonly Draft[] {
  return statementsOf(text, from, to).flatMap((statement) => {
    const start = statement.findLastIndex(({ kind, text: word }, i) => kind === 'word' && OPENERS.has(word) && i < 200) + 1;
    const inner = statement.slice(start);
    const [first] = inner;
    if (first?.text === 'end') return [];
    if (first?.text !== 'execute') return nodesOf(text, inner, depth);
    const literal = inner.find(({ kind }) => kind === 'string');
    if (literal === undefined) return [];
    const whole = text.slice(literal.inner, literal.inner + literal.text.length) === literal.text;
    // With doubled quotes the places inside would be wrong.
    return whole && depth < 3
      ? innerStatements(text, literal.inner, literal.inner + literal.text.length, depth + 1)
      : nodesOf(text, inner, depth);
  });
}

const OPENERS = new Set(['begin', 'then', 'else', 'loop', 'declare']);

function isUnclosed(text: string, { kind, start, end, inner }: Token): boolean {
  if (kind !== 'string' && kind !== 'name') return false;
  const open = text.slice(start, inner);
  const mark = open.startsWith('$') ? open : open.slice(-1);
  return end - inner < mark.length || !text.slice(inner, end).endsWith(mark);
}

function swallowed(text: string, token: Token): readonly Draft[] {
  const next = /^[ \t]*(?:grant|revoke|alter|create|drop|truncate|delete|insert|update|select|do)\b/gim;
  next.lastIndex = text.indexOf('\n', token.start) + 1 || text.length;
  const match = next.exec(text.slice(0, token.end));
  if (match === null) return [];
  return statementsOf(text, match.index, token.end).flatMap((statement) => nodesOf(text, statement, 2));
}
