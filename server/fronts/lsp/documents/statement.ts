import { findNodeAtOffset, parseTree, type Node } from 'jsonc-parser';

export type Span = { readonly start: number; readonly end: number };

/** Above this many characters no tree is built for a lens: the line is near enough. */
const LARGEST = 1_000_000;

/** Of other formats the line is what is marked. */
const JSON_START = /^(?:\s|\uFEFF|\/\/[^\n]*\n|\/\*[^*]*\*\/)*[[{]/;

/** Finds the policy statement around an offset, else the nearest object, else the line. Offsets in UTF-16 units. */
export function statementsOf(text: string): (offset: number) => Span {
  const tree = text.length > LARGEST || !JSON_START.test(text) ? undefined : treeOf(text);
  return (offset) => {
    const innermost = tree && findNodeAtOffset(tree, offset, true);
    const objects = innermost === undefined ? [] : enclosing(innermost).filter(({ type }) => type === 'object');
    const chosen = objects.find(isStatement) ?? objects[0];
    return chosen === undefined ? lineAt(text, offset) : { start: chosen.offset, end: chosen.offset + chosen.length };
  };
}

function treeOf(text: string): Node | undefined {
  try {
    return parseTree(text);
  } catch {
    // Nested deeper than the stack goes.
    return undefined;
  }
}

/** Itself and its parents, innermost first. */
function enclosing(node: Node): readonly Node[] {
  const found: Node[] = [];
  for (let at: Node | undefined = node; at !== undefined; at = at.parent) found.push(at);
  return found;
}

function isStatement(node: Node): boolean {
  const holder = node.parent?.type === 'array' ? node.parent.parent : node.parent;
  return holder?.type === 'property' && holder.children?.[0]?.value === 'Statement';
}

function lineAt(text: string, offset: number): Span {
  const start = text.lastIndexOf('\n', Math.max(0, offset - 1)) + 1;
  const newline = text.indexOf('\n', offset);
  const end = newline === -1 ? text.length : newline;
  return { start: start + (/^\s*/.exec(text.slice(start, Math.min(end, start + 500)))?.[0].length ?? 0), end };
}
