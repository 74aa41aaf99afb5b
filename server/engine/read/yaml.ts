import { type Event, EVENT_ID, getScalarValue, parseEvents, SCALAR_STYLE, type ScalarEvent, YAMLException } from 'js-yaml';
import type { Place, Problem } from '../types.ts';
import { DEEPEST, LARGEST_TEXT, MOST_PROBLEMS } from './limits.ts';
import { type Positions, positionsOf } from './positions.ts';
import type { TextTree, TreeNode } from './tree.ts';
import { NO_PROPS, type Part, type Props, skipSpace, type Style, type YamlBuilder, yamlBuilder } from './yaml-build.ts';
import { mendYaml } from './yaml-mend.ts';
import { type Masked, maskTemplates, NOTHING_MASKED } from './yaml-template.ts';

/**
 * Reads YAML of one or many documents, half-typed or whole. A document that cannot be read does not take the others down.
 * Anchors, merge keys and CloudFormation's short forms are followed; Helm and Jinja templates are read around. Never throws.
 */
export function readYaml(text: string, side: Place['side']): TextTree {
  const positions = positionsOf(text, side);
  const problems: Problem[] = [];
  const documents: TreeNode[] = [];
  const tree: TextTree = { format: 'yaml', text, side, documents, problems, ...positions };
  if (text.length > LARGEST_TEXT) {
    const message = `This file has ${text.length} characters; at most ${LARGEST_TEXT} are read. Split it.`;
    problems.push({ kind: 'too-large', message, blinds: side === 'after' });
    return tree;
  }
  const reading: Reading = { text, side, positions, problems, patience: PATIENCE, sharesNodes: false };
  const whole = eventsOf(text);
  const parts = whole.ok
    ? [documentsIn(reading, 0, text, whole.events, NOTHING_MASKED)]
    : piecesOf(text).map((piece) => readPiece(reading, piece));
  documents.push(...parts.flat());
  if (whole.ok && !reading.sharesNodes) readPlainly.add(tree);
  return tree;
}

const readPlainly = new WeakSet<TextTree>();

/** Is every node of it made from where it stands alone: no templates to read around, no anchors, nothing merged in? */
export function isReadPlainly(tree: TextTree): boolean {
  return readPlainly.has(tree);
}

/**
 * The documents of a stretch that begins and ends where documents do, or members of a mapping; undefined where anything can be said
 * against one, or where it is no plain YAML. `depth`: mappings around the stretch.
 */
export function readYamlDocuments(
  text: string,
  side: Place['side'],
  start: number,
  end: number,
  depth = 0,
): readonly TreeNode[] | undefined {
  const piece = text.slice(start, end);
  const read = eventsOf(piece, DEEPEST - depth);
  if (!read.ok) return undefined;
  const reading: Reading = { text, side, positions: positionsOf(text, side), problems: [], patience: 0, sharesNodes: false };
  const documents = documentsIn(reading, start, piece, read.events, NOTHING_MASKED);
  return reading.problems.length === 0 && !reading.sharesNodes ? documents : undefined;
}

type Reading = {
  readonly text: string;
  readonly side: Place['side'];
  readonly positions: Positions;
  readonly problems: Problem[];
  patience: number;
  /** Something goes by an anchor or is merged in, so that it may stand in several places. */
  sharesNodes: boolean;
};
/** What was masked in a part. */
type Marks = Pick<Part, 'actions' | 'filled'> & { readonly mended?: boolean };
type Piece = { readonly base: number; readonly text: string };

/** One document of a text that could not be read as a whole: as it stands, else as a template, else as far as it goes. */
function readPiece(reading: Reading, piece: Piece): readonly TreeNode[] {
  const plain = eventsOf(piece.text);
  if (plain.ok) return documentsIn(reading, piece.base, piece.text, plain.events, NOTHING_MASKED);
  const templated = /\{[{%]/.test(piece.text);
  const masked = templated ? maskTemplates(piece.text) : { ...NOTHING_MASKED, text: piece.text };
  const second = templated ? eventsOf(masked.text) : plain;
  if (second.ok) return documentsIn(reading, piece.base, masked.text, second.events, masked);

  const at = piece.base + second.at;
  const place = reading.positions.placeOf(at, at + 1);
  const blinds = reading.side === 'after';
  if (second.tooDeep) {
    const message = `Line ${place.start.line} is nested more than ${DEEPEST} levels deep. Flatten it.`;
    reading.problems.push({ kind: 'too-deep', message, place, blinds });
    return [];
  }
  const roots = recovered(reading, piece, masked, second.at);
  const message = `Line ${place.start.line} is not valid YAML (${second.reason}). Correct it; what follows may not have been seen.`;
  if (reading.problems.length < MOST_PROBLEMS) {
    reading.problems.push({ kind: roots.length === 0 ? 'unreadable' : 'partly-read', message, place, blinds });
  }
  return roots;
}

/** A broken document: with its open quotes closed, else by the reader that forgives, else what stands before the fault. */
function recovered(reading: Reading, piece: Piece, masked: Masked, at: number): readonly TreeNode[] {
  const mended = mendYaml(masked.text);
  const events = mended === undefined ? undefined : eventsOf(mended);
  if (mended !== undefined && events?.ok === true)
    return documentsIn(reading, piece.base, mended, events.events, { ...masked, mended: true });
  const text = mended ?? masked.text;
  if (text.length <= reading.patience) {
    // Many small ones cost more than one large one.
    reading.patience -= text.length + 1000;
    const { recoverYaml }: typeof import('./yaml-recover.ts') = require('./yaml-recover.ts');
    const root = recoverYaml(partOf(reading, piece.base, text, { ...masked, mended: mended !== undefined }));
    if (root !== undefined) return [root];
  }
  const head = text.slice(0, Math.max(text.lastIndexOf('\n', at), text.lastIndexOf('\r', at)) + 1);
  const headEvents = eventsOf(head);
  return headEvents.ok ? documentsIn(reading, piece.base, head, headEvents.events, { ...masked, mended: mended !== undefined }) : [];
}

/** Characters of broken documents that are read by the reader that forgives: it is ten times slower. */
const PATIENCE = 100_000;

/** A line that starts with three dashes or dots ends a document whatever stands before it, even an open quote. */
function piecesOf(text: string): readonly Piece[] {
  const starts = [0];
  for (const { index } of text.matchAll(/^(?:---|\.\.\.)(?=[ \t\r\n]|$)/gm)) if (index > 0) starts.push(index);
  return starts.map((base, i) => ({ base, text: text.slice(base, starts[i + 1] ?? text.length) }));
}

type Events =
  | { readonly ok: true; readonly events: readonly Event[] }
  | { readonly ok: false; readonly at: number; readonly reason: string; readonly tooDeep: boolean };

function eventsOf(text: string, maxDepth = DEEPEST): Events {
  try {
    return { ok: true, events: parseEvents(text, { maxDepth }) };
  } catch (error) {
    if (!(error instanceof YAMLException))
      return { ok: false, at: 0, reason: 'it cannot be followed', tooDeep: error instanceof RangeError };
    const reason = error.reason.replace(/\s+/g, ' ').slice(0, 120);
    return { ok: false, at: error.mark?.position ?? 0, reason, tooDeep: reason.startsWith('nesting exceeded') };
  }
}

function partOf(reading: Reading, base: number, text: string, masked: Marks): Part {
  const { problems, side, positions } = reading;
  const { actions, filled, mended = false } = masked;
  return { whole: reading.text, base, text, actions, filled, mended, problems, blinds: side === 'after', placeOf: positions.placeOf };
}

function documentsIn(reading: Reading, base: number, text: string, events: readonly Event[], masked: Marks): readonly TreeNode[] {
  const part = partOf(reading, base, text, masked);
  const documents: TreeNode[] = [];
  let builder: YamlBuilder | undefined;
  let depth = 0;
  let lastEnd = 0;
  for (const event of events) {
    if ('anchorStart' in event && event.anchorStart >= 0) reading.sharesNodes = true;
    switch (event.type) {
      case EVENT_ID.DOCUMENT:
        builder = yamlBuilder(part);
        depth = 0;
        break;
      case EVENT_ID.MAPPING:
        depth++;
        builder?.mapping(event.start, event.style === FLOW, propsOf(text, event));
        lastEnd = Math.max(lastEnd, event.start);
        break;
      case EVENT_ID.SEQUENCE:
        depth++;
        builder?.sequence(event.start, event.style === FLOW, propsOf(text, event));
        lastEnd = Math.max(lastEnd, event.start);
        break;
      case EVENT_ID.SCALAR: {
        const props = propsOf(text, event);
        if (event.valueStart < 0) builder?.empty(props);
        else {
          const [start, end] = rangeOf(text, event, Math.max(lastEnd, props.end));
          const value = getScalarValue(text, event);
          if (value === MERGE) reading.sharesNodes = true;
          builder?.scalar(value, styleOf(event), start, end, props);
          lastEnd = end;
        }
        break;
      }
      case EVENT_ID.ALIAS:
        builder?.alias(text.slice(event.anchorStart, event.anchorEnd), event.anchorStart - 1, event.anchorEnd);
        lastEnd = event.anchorEnd;
        break;
      case EVENT_ID.POP:
        if (depth-- > 0) builder?.pop();
        else {
          const root = builder?.finish();
          // `---` alone opens a document that has nothing in it.
          if (root !== undefined && (root.type !== 'null' || root.length > 0)) documents.push(root);
          builder = undefined;
        }
        break;
      default:
    }
  }
  return documents;
}

const FLOW = 2;
/** A key that puts in the members of another mapping. */
const MERGE = '<<';

function styleOf({ style, indent }: ScalarEvent): Style {
  if (style === SCALAR_STYLE.PLAIN) return 'plain';
  return style === SCALAR_STYLE.SINGLE_QUOTED || style === SCALAR_STYLE.DOUBLE_QUOTED ? 'quoted' : { indent: indent < 0 ? 0 : indent };
}

function propsOf(
  text: string,
  event: { readonly anchorStart: number; readonly anchorEnd: number; readonly tagStart: number; readonly tagEnd: number },
): Props {
  if (event.anchorStart < 0 && event.tagStart < 0) return NO_PROPS;
  return {
    ...(event.anchorStart < 0 ? {} : { anchor: text.slice(event.anchorStart, event.anchorEnd) }),
    ...(event.tagStart < 0 ? {} : { tag: text.slice(event.tagStart, event.tagEnd) }),
    tagStart: event.tagStart,
    end: Math.max(event.anchorEnd, event.tagEnd),
  };
}

/** Quotes and the header of a block belong to the node; the empty lines after a block do not. */
function rangeOf(text: string, event: ScalarEvent, from: number): readonly [number, number] {
  const { valueStart, valueEnd, style } = event;
  if (style === SCALAR_STYLE.PLAIN) return [valueStart, valueEnd];
  if (style === SCALAR_STYLE.SINGLE_QUOTED || style === SCALAR_STYLE.DOUBLE_QUOTED) return [valueStart - 1, valueEnd + 1];
  let start = from;
  while (start < valueStart) {
    start = skipSpace(text, start);
    const c = text.charAt(start);
    if (c === '|' || c === '>') break;
    start++;
  }
  let end = valueEnd;
  while (end > valueStart && /\s/.test(text.charAt(end - 1))) end--;
  return [Math.min(start, valueStart), end > valueStart ? end : valueStart];
}
