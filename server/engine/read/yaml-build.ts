import type { Problem } from '../types.ts';
import { DEEPEST, MOST_PROBLEMS } from './limits.ts';
import type { Positions } from './positions.ts';
import type { TreeNode } from './tree.ts';
import { coreTagged, locallyTagged } from './yaml-tags.ts';
import { plainScalar } from './yaml-scalar.ts';
import type { Action } from './yaml-template.ts';
import { MASKED_QUOTE } from './yaml-mend.ts';
import { blockRuns, quotedRuns } from './yaml-runs.ts';
import { controlled, expressionOf, withExpressions } from './yaml-template.ts';

/** What stands before a node: `&anchor !tag`. Offsets are of the part of the text that is read. */
export type Props = { readonly anchor?: string; readonly tag?: string; readonly tagStart: number; readonly end: number };

/** `plain` decides whether `true` is a boolean. A block's indentation is a number where the parser knows it. */
export type Style = 'plain' | 'quoted' | { readonly indent: number | undefined };

export const NO_PROPS: Props = { tagStart: -1, end: -1 };

/** Takes what a parser sees, in order, and makes the tree. Offsets are of the part; the tree has those of the whole text. */
export type YamlBuilder = {
  readonly mapping: (start: number, flow: boolean, props: Props) => void;
  readonly sequence: (start: number, flow: boolean, props: Props) => void;
  readonly scalar: (value: string, style: Style, start: number, end: number, props: Props) => void;
  readonly empty: (props: Props) => void;
  readonly alias: (name: string, start: number, end: number) => void;
  /** Closes a mapping or a sequence; `end` where the parser knows it. */
  readonly pop: (end?: number) => void;
  /** The document is over. */
  readonly finish: () => TreeNode | undefined;
};

export type Part = {
  /** The whole text before any masking, and where this part of it starts. */
  readonly whole: string;
  readonly base: number;
  /** The part, with templates masked when it could not be read otherwise. */
  readonly text: string;
  readonly actions: readonly Action[];
  /** Keys (offset after the colon) whose value is only what a template puts there. */
  readonly filled: ReadonlyMap<number, Action>;
  /** Quotes that nothing closes were masked; see yaml-mend.ts. */
  readonly mended: boolean;
  readonly blinds: boolean;
  readonly placeOf: Positions['placeOf'];
  readonly problems: Problem[];
};

/** What all aliases of one document together may stand for. */
const MOST_COPIED = 200_000;

type Frame = {
  readonly map: boolean;
  readonly flow: boolean;
  readonly start: number;
  readonly props: Props;
  readonly children: TreeNode[];
  readonly madeBefore: number;
  key: TreeNode | undefined;
  merging: boolean;
  merges: TreeNode[] | undefined;
  seen: Map<string, number> | undefined;
  height: number;
};

type Anchored = { readonly node: TreeNode; readonly size: number; readonly height: number } | 'open';

/** Makes the tree of one part of a text. What it cannot follow is a problem of the part. */
export function yamlBuilder(part: Part): YamlBuilder {
  const { text, base } = part;
  const templated = part.whole.includes('{{') || part.whole.includes('{%');
  const frames: Frame[] = [];
  const anchors = new Map<string, Anchored>();
  let root: TreeNode | undefined;
  let made = 0;
  let copied = 0;
  let lastEnd = 0;

  const problem = (kind: Problem['kind'], start: number, end: number, message: (line: number) => string): void => {
    if (part.problems.length >= MOST_PROBLEMS) return;
    const place = part.placeOf(base + start, base + end);
    part.problems.push({ kind, message: message(place.start.line), place, blinds: part.blinds });
  };

  /** Puts a finished node where it belongs. `end`: where its own text ends here, which for an alias is not where its value stands. */
  const add = (node: TreeNode, start: number, end: number, height: number): void => {
    const top = frames.at(-1);
    if (top === undefined) {
      root = node;
      return;
    }
    if (height >= top.height) top.height = height + 1;
    if (!top.map) {
      top.children.push(node);
    } else if (top.key === undefined) {
      top.key = node.type === 'string' ? node : complexKey(node, start, end);
    } else {
      addPair(top, top.key, node, end);
      top.key = undefined;
    }
  };

  const addPair = (top: Frame, key: TreeNode, node: TreeNode, end: number): void => {
    if (top.merging) {
      top.merging = false;
      top.merges ??= [];
      top.merges.push(node);
      const sources = node.type === 'array' ? (node.children ?? []) : [node];
      if (node.unresolved !== true && sources.some((each) => each.type !== 'object'))
        problem('partly-read', key.offset - base, end, (line) => `Line ${line} merges what is no mapping. Merge only mappings.`);
      return;
    }
    const name = String(key.value);
    top.seen ??= new Map();
    const first = top.seen.get(name);
    if (first === undefined) top.seen.set(name, key.offset);
    else if (part.problems.length < MOST_PROBLEMS && !controlled(part.actions, first - base, key.offset - base))
      problem(
        'duplicate-key',
        key.offset - base,
        key.offset - base + key.length,
        (line) => `Line ${line} repeats the key "${name.slice(0, 80)}"; readers differ in which one counts. Keep one.`,
      );
    top.children.push({
      type: 'property',
      offset: key.offset,
      length: Math.max(base + end - key.offset, key.length),
      children: [key, node],
    });
  };

  const complexKey = (node: TreeNode, start: number, end: number): TreeNode => {
    const simple = node.type !== 'object' && node.type !== 'array';
    const value = simple ? String(node.value ?? '') : text.slice(start, Math.min(end, start + 200));
    return { type: 'string', offset: base + start, length: Math.max(0, end - start), value };
  };

  const keyExpected = (): boolean => {
    const top = frames.at(-1);
    return top !== undefined && top.map && top.key === undefined;
  };

  const complete = (node: TreeNode, props: Props, start: number, end: number, size: number, height: number): void => {
    const done = props.tag === undefined || keyExpected() ? node : locallyTagged(props.tag, node, base + props.tagStart);
    if (props.anchor !== undefined) anchors.set(props.anchor, { node: done, size, height });
    add(done, start, end, height);
  };

  const open = (map: boolean, start: number, flow: boolean, props: Props): void => {
    made++;
    if (props.anchor !== undefined) anchors.set(props.anchor, 'open');
    frames.push({
      map,
      flow,
      start,
      props,
      children: [],
      madeBefore: made - 1,
      key: undefined,
      merging: false,
      merges: undefined,
      seen: undefined,
      height: 0,
    });
    lastEnd = flow ? start + 1 : start;
  };

  const scalar = (read: string, style: Style, start: number, end: number, props: Props): void => {
    made++;
    const value = part.mended && read.startsWith(MASKED_QUOTE) ? read.slice(1) : read;
    const plain = style === 'plain';
    lastEnd = end;
    const offset = base + start;
    const length = end - start;
    if (keyExpected()) {
      const top = frames.at(-1);
      // Some readers merge where the key stands in quotes, too.
      if (top !== undefined && value === '<<') top.merging = true;
      const node: TreeNode = { type: 'string', offset, length, value: templated ? textOf(value, start, end).value : value };
      complete(node, props, start, end, 1, 0);
      return;
    }
    if (templated) {
      const found = textOf(value, start, end);
      if (found.unresolved) {
        complete({ type: 'string', offset, length, value: found.value, unresolved: true }, props, start, end, 1, 0);
        return;
      }
    }
    const tagged = props.tag === undefined ? undefined : coreTagged(props.tag, value, offset, length);
    const bare = plain && props.tag === undefined ? plainScalar(value, offset, length) : undefined;
    const typed = tagged ?? (bare?.type === 'string' ? undefined : bare);
    complete(typed ?? stringNode(value, style, start, end), props, start, end, 1, 0);
  };

  const stringNode = (value: string, style: Style, start: number, end: number): TreeNode => {
    const offset = base + start;
    const length = end - start;
    const runs =
      typeof style === 'object'
        ? blockRuns(part.whole, offset, base + end, style.indent)
        : length === value.length + (style === 'plain' ? 0 : 2)
          ? undefined
          : quotedRuns(part.whole, offset, base + end);
    return runs === undefined ? { type: 'string', offset, length, value } : { type: 'string', offset, length, value, runs };
  };

  /** The text of a scalar with its template expressions, also those that were masked. */
  const textOf = (value: string, start: number, end: number): { readonly value: string; readonly unresolved: boolean } =>
    withExpressions(value, part.actions, start, end);

  const empty = (props: Props): void => {
    made++;
    const top = frames.at(-1);
    // What mending added stands nowhere.
    const at = Math.min(props.end >= 0 ? props.end : emptyAt(top), part.whole.length - base);
    lastEnd = Math.max(lastEnd, at);
    const filler = part.filled.get(at);
    if (filler !== undefined && !keyExpected()) {
      const offset = base + filler.start;
      const value = expressionOf(filler);
      complete({ type: 'string', offset, length: filler.end - filler.start, value, unresolved: true }, props, at, at, 1, 0);
      return;
    }
    if (props.tag !== undefined) {
      const node = coreTagged(props.tag, '', base + at, 0) ?? { type: 'string', offset: base + at, length: 0, value: '' };
      complete(node, props, at, at, 1, 0);
    } else if (keyExpected()) {
      complete({ type: 'string', offset: base + at, length: 0, value: '' }, props, at, at, 1, 0);
    } else {
      complete({ type: 'null', offset: base + at, length: 0, value: null }, props, at, at, 1, 0);
    }
  };

  const emptyAt = (top: Frame | undefined): number => {
    if (top === undefined) return lastEnd;
    if (top.map) return top.key === undefined ? lastEnd : after(lastEnd, COLON);
    return after(lastEnd, DASH);
  };

  /** The offset after the next indicator, when nothing but space and comments stands before it; else where it started. */
  const after = (from: number, indicator: number): number => {
    const at = skipSpace(text, from);
    return text.charCodeAt(at) === indicator ? at + 1 : from;
  };

  const unreadAlias = (start: number, end: number, why: (line: number) => string, kind: Problem['kind']): void => {
    problem(kind, start, end, why);
    add(
      { type: 'string', offset: base + start, length: end - start, value: `\${${text.slice(start, end)}}`, unresolved: true },
      start,
      end,
      0,
    );
  };

  const alias = (name: string, start: number, end: number): void => {
    lastEnd = end;
    const found = anchors.get(name);
    if (found === undefined)
      return unreadAlias(
        start,
        end,
        (line) => `Line ${line} uses the anchor "${name}", which is not defined before. Define it.`,
        'partly-read',
      );
    if (found === 'open')
      return unreadAlias(start, end, (line) => `Line ${line} puts the anchor "${name}" into itself. Write the value out.`, 'partly-read');
    if (frames.length + found.height > DEEPEST)
      return unreadAlias(start, end, (line) => `Line ${line} is nested more than ${DEEPEST} levels deep. Flatten it.`, 'too-deep');
    copied += found.size;
    if (copied > MOST_COPIED)
      return unreadAlias(
        start,
        end,
        (line) => `Line ${line}: the aliases stand for more than ${MOST_COPIED} values. Write fewer.`,
        'too-large',
      );
    made += found.size;
    add(found.node, start, end, found.height);
  };

  const pop = (known?: number): void => {
    const frame = frames.pop();
    if (frame === undefined) return;
    const end = known ?? (frame.flow ? closing(frame) : Math.max(lastEnd, frame.start));
    lastEnd = end;
    const offset = base + frame.start;
    const length = end - frame.start;
    if (frame.map && frame.flow && templated && text.startsWith('{{', frame.start) && text.startsWith('}}', end - 2)) {
      // `key: {{ .Values.x }}`: to YAML a mapping in a mapping, to everyone else a template.
      const value = withExpressions(text.slice(frame.start, end), [], frame.start, end).value;
      complete({ type: 'string', offset, length, value, unresolved: true }, frame.props, frame.start, end, 1, 0);
      return;
    }
    if (frame.merges !== undefined) mergeInto(frame);
    const node: TreeNode = { type: frame.map ? 'object' : 'array', offset, length, children: frame.children };
    complete(node, frame.props, frame.start, end, made - frame.madeBefore, frame.height);
  };

  /** Keys of the mapping itself win, then those of the first source that has them. */
  const mergeInto = (frame: Frame): void => {
    const seen = frame.seen ?? new Map<string, number>();
    for (const merged of frame.merges ?? []) {
      for (const source of merged.type === 'array' ? (merged.children ?? []) : [merged]) {
        if (source.type !== 'object') continue;
        for (const property of source.children ?? []) {
          const name = String(property.children?.[0]?.value);
          if (seen.has(name)) continue;
          seen.set(name, property.offset);
          frame.children.push(property);
        }
      }
    }
  };

  /** The end of a flow collection: its bracket. The single pair of `[a: b]` has none. */
  const closing = (frame: Frame): number => {
    const opened = text.charCodeAt(frame.start);
    const wanted = frame.map ? CLOSE_BRACE : CLOSE_BRACKET;
    if (opened !== (frame.map ? OPEN_BRACE : OPEN_BRACKET)) return lastEnd;
    let at = lastEnd;
    for (;;) {
      at = skipSpace(text, at);
      const c = text.charCodeAt(at);
      if (c === wanted) return at + 1;
      if (c !== COMMA && c !== COLON && c !== QUESTION) return lastEnd;
      at++;
    }
  };

  return {
    mapping: (start, flow, props) => open(true, start, flow, props),
    sequence: (start, flow, props) => open(false, start, flow, props),
    scalar,
    empty,
    alias,
    pop,
    finish: () => {
      while (frames.length > 0) pop();
      return root;
    },
  };
}

const [COLON, DASH, COMMA, QUESTION, HASH] = [58, 45, 44, 63, 35];
const [OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [123, 125, 91, 93];

/** Over space, line breaks and comments. */
export function skipSpace(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at++) {
    const c = text.charCodeAt(at);
    if (c === HASH && (at === 0 || isSpace(text.charCodeAt(at - 1)))) {
      while (at + 1 < text.length && !isBreak(text.charCodeAt(at + 1))) at++;
    } else if (!isSpace(c)) break;
  }
  return at;
}

function isSpace(c: number): boolean {
  return c === 32 || c === 9 || isBreak(c) || c === 0xfeff;
}

function isBreak(c: number): boolean {
  return c === 10 || c === 13;
}
