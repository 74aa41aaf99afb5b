import { isAlias, isMap, isNode, isPair, isSeq, type Node, parseDocument } from 'yaml';
import { NO_PROPS, type Part, type Props, type Style, type YamlBuilder, yamlBuilder } from './yaml-build.ts';
import type { TreeNode } from './tree.ts';

/** What a reader that forgives makes of a broken document. Undefined when it makes nothing of it. */
export function recoverYaml(part: Part): TreeNode | undefined {
  const faults = part.problems.length;
  try {
    return readTolerantly(part);
  } catch {
    // Nested too deep for a reader that recurses, or a fault in it: as good as unreadable.
    part.problems.length = faults;
    return undefined;
  }
}

function readTolerantly(part: Part): TreeNode | undefined {
  const document = parseDocument(part.text, { strict: false, uniqueKeys: false, prettyErrors: false, logLevel: 'silent' });
  const builder = yamlBuilder(part);
  // What mending added stands nowhere.
  walk(document.contents, builder, part.text.slice(0, part.whole.length - part.base));
  const root = builder.finish();
  return root === undefined || root.type === 'null' ? undefined : root;
}

/** The items of collections are typed as anything at all: what is no node is as if it were not there. */
function walk(node: unknown, builder: YamlBuilder, text: string): void {
  if (!isNode(node)) {
    builder.empty(NO_PROPS);
    return;
  }
  const [start, end] = rangeOf(node, text);
  if (isAlias(node)) {
    builder.alias(node.source, start, end);
    return;
  }
  const props = propsOf(node.anchor, start, text);
  if (isMap(node)) {
    builder.mapping(start, node.flow === true, props);
    for (const { key, value } of node.items) {
      walk(key, builder, text);
      walk(value, builder, text);
    }
    builder.pop(end);
  } else if (isSeq(node)) {
    builder.sequence(start, node.flow === true, props);
    for (const item of node.items) {
      if (isPair(item)) {
        builder.mapping(isNode(item.key) ? rangeOf(item.key, text)[0] : start, true, NO_PROPS);
        walk(item.key, builder, text);
        walk(item.value, builder, text);
        builder.pop();
      } else walk(item, builder, text);
    }
    builder.pop(end);
  } else if (node.type === 'PLAIN' && start === end) {
    builder.empty(props);
  } else {
    const value = typeof node.value === 'string' ? node.value : (node.source ?? '');
    builder.scalar(value, styleOf(node.type), start, endOfContent(text, start, end), props);
  }
}

/** What is missing at the end has its place there, not behind it. */
function rangeOf({ range }: Node, { length }: string): readonly [start: number, end: number] {
  const [start, end] = range ?? [0, 0];
  return [Math.min(start, length), Math.min(end, length)];
}

function styleOf(type: string | null | undefined): Style {
  if (type === 'PLAIN') return 'plain';
  return type === 'BLOCK_LITERAL' || type === 'BLOCK_FOLDED' ? { indent: undefined } : 'quoted';
}

function endOfContent(text: string, start: number, end: number): number {
  let last = end;
  while (last > start && /\s/.test(text.charAt(last - 1))) last--;
  return last;
}

function propsOf(anchor: string | undefined, start: number, text: string): Props {
  const before = text.slice(Math.max(0, start - 200), start);
  // Only tags that are written: the reader sets some itself.
  const written = /(![^\s,[\]{}]*)(?:\s+&[^\s]+)?\s*$/.exec(before);
  if (anchor === undefined && written === null) return NO_PROPS;
  return {
    ...(anchor === undefined ? {} : { anchor }),
    ...(written?.[1] === undefined ? {} : { tag: written[1] }),
    tagStart: written === null ? -1 : Math.max(0, start - 200) + written.index,
    end: start,
  };
}
