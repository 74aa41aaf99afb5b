import type { Place, Problem } from '../../types.ts';
import { type JsonNode, type JsonText, membersOf, readJson } from '../../read/json.ts';
import type { TextTree } from '../../read/tree.ts';
import { valueOffset } from '../../read/value-offset.ts';
import { alternativesIn } from './alternatives.ts';
import type { Owner } from './owner.ts';
import { withPolicies } from '../../systems/terraform-policy.ts';
import { isStatement, readStatement } from './read-statement.ts';
import { soundStatement } from './sound-statement.ts';
import type { Surroundings } from './statement-values.ts';
import type { PolicyDocument, PolicyKind, Statement } from './statement.ts';
import { Below, escapePointer, Item, Top, type Where } from './where.ts';

/** Text alone: can it hold an AWS policy? Cheap; false is sure unless the words are written with escapes. */
export function mayHoldPolicies(text: string): boolean {
  return /effect|statement|\\u00|%22/i.test(text);
}

/**
 * Every AWS policy in a text of any format, wherever it stands: the whole file, below any key, in a list of bare statements,
 * or as JSON inside a string. The path of the file helps to tell what kind each one is.
 */
export function readPolicies(
  read: JsonText | TextTree,
  path: string,
): { readonly documents: readonly PolicyDocument[]; readonly problems: readonly Problem[] } {
  const documents: PolicyDocument[] = [];
  const problems: Problem[] = [];
  const roots = 'documents' in read ? withPolicies(read).documents : read.root === undefined ? [] : [read.root];
  const around = surroundingsOf(read, problems);
  roots.forEach((root, i) => {
    const pointer = roots.length > 1 ? `/${i}` : '';
    visit(root, new Top(pointer, path), around, documents, 0);
  });
  return { documents, problems };
}

function surroundingsOf(read: JsonText | TextTree, problems: Problem[]): Surroundings {
  const { side, placeOf, text } = read;
  const found = 'format' in read ? alternativesIn(read) : undefined;
  const alternatives = found === undefined ? {} : { alternatives: found.of };
  if (!('format' in read) || read.format === 'json') {
    const json = { side, placeOf, problems, rawOffsets: (node: JsonNode) => rawOffsets(text, node) };
    // Where a value stands elsewhere, the characters of a statement do not say what it means.
    return found?.standElsewhere === true ? { ...json, ...alternatives } : { ...json, ...alternatives, source: text };
  }
  const lengthOf = (node: JsonNode): number => String(node.value).length;
  return {
    side,
    placeOf,
    problems,
    ...alternatives,
    rawOffsets: (node) => Array.from({ length: lengthOf(node) + 1 }, (_, i) => valueOffset(node, i)),
    inside: (node) => [valueOffset(node, 0), valueOffset(node, lengthOf(node))],
  };
}

function visit(node: JsonNode, where: Where, around: Surroundings, into: PolicyDocument[], embedded: number): void {
  if (node.type === 'object') {
    const document = readDocument(node, where, around);
    if (document !== undefined) {
      into.push(document);
      return;
    }
    if (isStatement(node)) {
      into.push(bareStatements([node], node, where, around));
      return;
    }
    for (const { children } of node.children ?? []) {
      const [key, value] = children ?? [];
      if (key !== undefined && value !== undefined && mayHold(value))
        visit(value, new Below(where, node, String(key.value)), around, into, embedded);
    }
  } else if (node.type === 'array') {
    const items = node.children ?? [];
    if (items.some(isStatement)) {
      into.push(bareStatements(items.filter(isStatement), node, where, around));
      return;
    }
    items.forEach((item, i) => {
      if (mayHold(item)) visit(item, new Item(where, item, i), around, into, embedded);
    });
  } else if (node.type === 'string' && embedded < DEEPEST_EMBEDDING && typeof node.value === 'string') {
    visitEmbedded(node, node.value, where, around, into, embedded);
  }
}

/** Quick: most values are plain words. */
function mayHold({ type, value }: JsonNode): boolean {
  if (type !== 'string') return type === 'object' || type === 'array';
  if (typeof value !== 'string' || value.length < 2) return false;
  const first = value.charCodeAt(0);
  // A brace, a bracket, "%7B", or some space in front of one.
  return first === BRACE || first === BRACKET || first === PERCENT || first <= SPACE || first > ASCII;
}

const [SPACE, PERCENT, BRACKET, BRACE, ASCII] = [32, 37, 91, 123, 127];

const DEEPEST_EMBEDDING = 3;

function readDocument(node: JsonNode, where: Where, around: Surroundings): PolicyDocument | undefined {
  if (!(node.children ?? []).some(({ children }) => sameName(String(children?.[0]?.value), 'Statement'))) return undefined;
  const members = membersOf(node);
  const statement = members.findLast((each) => sameName(each.key, 'Statement'));
  if (statement === undefined) return undefined;
  const items = statement.value.type === 'array' ? (statement.value.children ?? []) : [statement.value];
  const version = members.findLast((each) => each.key === 'Version')?.value.value;
  const listed = statement.value.type === 'array';
  const pointerOf = (i: number): string => `${where.pointer}/${escapePointer(statement.key)}${listed ? `/${i}` : ''}`;
  const soundIn = soundStatements(items, pointerOf, around);
  // What nothing can be said against is one.
  const are = items.map((item, i) => soundIn[i] !== undefined || isStatement(item));
  const looksRight = are.includes(true) || (typeof version === 'string' && /^20(08|12)-/.test(version) && items.length === 0);
  if (!looksRight) return undefined;
  if (statement.key !== 'Statement') suspicious(statement.keyNode, `"${statement.key}" should read "Statement"`, around);
  for (const { key, keyNode } of members) {
    if (!DOCUMENT_ELEMENTS.has(key) && !sameName(key, 'Statement')) suspicious(keyNode, `"${key}" is no element of a policy`, around);
  }
  // Malformed members of the list are said, never skipped in silence.
  items.forEach((item, i) => {
    if (are[i] !== true) suspicious(item, 'this is no statement', around);
  });
  return documentOf(items, are, soundIn, pointerOf, node, where, typeof version === 'string' ? version : undefined, around);
}

/** Some tools keep statements without the policy around them; they wrap them as version 2012-10-17. */
function bareStatements(items: readonly JsonNode[], node: JsonNode, where: Where, around: Surroundings): PolicyDocument {
  const pointerOf = (i: number): string => {
    const item = items[i];
    return item === undefined || item === node ? where.pointer : `${where.pointer}/${(node.children ?? []).indexOf(item)}`;
  };
  const are = items.map(() => true);
  return documentOf(items, are, soundStatements(items, pointerOf, around), pointerOf, node, where, '2012-10-17', around);
}

type Sound = readonly (Statement | undefined)[];

function soundStatements(items: readonly JsonNode[], pointerOf: (i: number) => string, around: Surroundings): Sound {
  return items.map((item, i) => soundStatement(item, () => pointerOf(i), around));
}

/** `are`: which of the items are statements. */
function documentOf(
  items: readonly JsonNode[],
  are: readonly boolean[],
  soundIn: Sound,
  pointerOf: (i: number) => string,
  node: JsonNode,
  where: Where,
  version: string | undefined,
  around: Surroundings,
): PolicyDocument {
  const statements: Statement[] = [];
  items.forEach((item, i) => {
    if (are[i] !== true) return;
    const statement = soundIn[i] ?? readStatement(item, pointerOf(i), around);
    if (statement !== undefined) statements.push(statement);
  });
  return new ReadDocument(statements, node, where, version, around);
}

/** What is only asked of documents that were changed is worked out then. */
class ReadDocument implements PolicyDocument {
  readonly version: string | undefined;
  readonly statements: readonly Statement[];
  readonly #node: JsonNode;
  readonly #where: Where;
  readonly #around: Surroundings;
  #kind: PolicyKind | undefined;
  #owner: Owner | 'nobody' | undefined;

  constructor(statements: readonly Statement[], node: JsonNode, where: Where, version: string | undefined, around: Surroundings) {
    this.statements = statements;
    this.version = version;
    this.#node = node;
    this.#where = where;
    this.#around = around;
  }

  get kind(): PolicyKind {
    return (this.#kind ??= kindOf(this.statements, this.#where.names));
  }

  get pointer(): string {
    return this.#where.pointer;
  }

  get identity(): string {
    return this.#where.identity;
  }

  get owner(): Owner | undefined {
    this.#owner ??= this.#where.owner ?? 'nobody';
    return this.#owner === 'nobody' ? undefined : this.#owner;
  }

  get place(): Place {
    return this.#around.placeOf(this.#node.offset, this.#node.offset + this.#node.length);
  }
}

const DOCUMENT_ELEMENTS = new Set(['Version', 'Id', 'Statement']);

/** What the policy says of itself first (does it name principals? for which actions?), then what the path calls it. */
function kindOf(statements: readonly Statement[], names: readonly string[]): PolicyKind {
  // The nearest name counts: a trust policy in a file called "boundaries.json" is still a trust policy.
  const hint = names
    .toReversed()
    .map(hintOf)
    .find((each) => each !== undefined);
  if (statements.some((each) => each.principals !== undefined)) {
    if (hint === 'scp') return 'scp';
    const becoming = statements.every((each) => !each.notAction && each.actions.every(({ text }) => TRUST_ACTION.test(text)));
    return hint === 'trust' || becoming ? 'trust' : 'resource';
  }
  return hint === 'trust' ? 'identity' : (hint ?? 'identity');
}

const TRUST_ACTION = /^sts:(assumerole|tagsession|setsourceidentity|setcontext)/i;

function hintOf(name: string): 'scp' | 'boundary' | 'trust' | undefined {
  const words = name.replace(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase();
  if (/(^|[^a-z])[sr]cps?([^a-z]|$)|(service|resource)[-_ .]?control/.test(words)) return 'scp';
  if (/boundar(y|ies)/.test(words)) return 'boundary';
  if (/trust|assume[-_ .]?role/.test(words)) return 'trust';
  return undefined;
}

/** A policy written as a JSON string, plain or URL-encoded as some AWS answers have it. */
function visitEmbedded(node: JsonNode, value: string, where: Where, around: Surroundings, into: PolicyDocument[], embedded: number): void {
  const encoded = /^\s*%7B/i.test(value);
  const text = encoded ? decoded(value) : value;
  if (text === undefined || !/^\s*[{[]/.test(text) || !mayHoldPolicies(text)) return;
  const inner = readJson(text, around.side);
  const whole = around.placeOf(node.offset, node.offset + node.length);
  for (const problem of inner.problems) around.problems.push({ ...problem, place: whole });
  if (inner.root === undefined) return;
  const offsets = encoded ? undefined : around.rawOffsets?.(node);
  const placeOf = (start: number, end: number): Place =>
    offsets === undefined ? whole : around.placeOf(offsets[start] ?? node.offset, offsets[end] ?? node.offset + node.length);
  // What a template leaves open stands in the text as it is.
  const alternatives = around.alternatives === undefined || !text.includes('${') ? {} : { alternatives: around.alternatives };
  visit(inner.root, where, { side: around.side, placeOf, problems: around.problems, source: text, ...alternatives }, into, embedded + 1);
}

/** Where each character of a string's value stands in the file: escapes make the two differ. */
function rawOffsets(text: string, node: JsonNode): readonly number[] {
  const offsets: number[] = [];
  const end = node.offset + node.length - 1;
  for (let at = node.offset + 1; at < end; at += text[at] !== '\\' ? 1 : text[at + 1] === 'u' ? 6 : 2) offsets.push(at);
  return [...offsets, end];
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function suspicious(node: JsonNode, what: string, around: Surroundings): void {
  const place = around.placeOf(node.offset, node.offset + node.length);
  around.problems.push({
    kind: 'partly-read',
    message: `Line ${place.start.line}: ${what}; AWS would refuse or ignore it. Correct the spelling.`,
    place,
    blinds: around.side === 'after',
  });
}

function sameName(key: string, name: string): boolean {
  return key === name || (key.length >= name.length && key.trim().toLowerCase() === name.toLowerCase());
}
