import type { Place, Problem } from '../../types.ts';
import { type JsonNode, type Member, membersOf } from '../../read/json.ts';
import type { Condition, PrincipalType, PrincipalValue, Value } from './statement.ts';

/** What reading needs to know of the text around, and where it puts what it could not read. */
export type Surroundings = {
  readonly side: Place['side'];
  readonly placeOf: (start: number, end: number) => Place;
  readonly problems: Problem[];
  /** Offset in the file of every character of a string's value, and of its end. */
  readonly rawOffsets?: (node: JsonNode) => readonly number[];
  /** The text that the nodes stand in, in formats where a node's own characters say what it means. */
  readonly source?: string;
  /** Of a value that is worked out elsewhere: what the text itself says that it may be. */
  readonly alternatives?: (node: JsonNode) => readonly JsonNode[];
  /** Where a string's value starts and ends, in formats whose strings need no quotes. */
  readonly inside?: (node: JsonNode) => readonly [start: number, end: number];
};

export type Wrong = (at: JsonNode, what: string) => void;

/** Longer than any name or pattern that AWS takes. */
export const LONGEST = 2_048;

/** The texts of a value or of a list of them, with where each stands. */
export function readValues(node: JsonNode | undefined, around: Surroundings, wrong: Wrong): readonly Value[] {
  if (node === undefined) return [];
  const values: Value[] = [];
  for (const item of mayBe(node, around)) {
    const text = textOf(item);
    if (text === undefined) wrong(item, 'text is expected here');
    else if (text.length > LONGEST) wrong(item, `this text has ${text.length} characters, and at most ${LONGEST} are read`);
    else values.push(new Text(text, item, around));
  }
  return values;
}

export function withoutAlternatives(around: Surroundings): Surroundings {
  if (around.alternatives === undefined) return around;
  const { alternatives: _, ...rest } = around;
  return rest;
}

/** The values that stand here, each with the others that it may be where it is worked out elsewhere. */
function mayBe(node: JsonNode, around: Surroundings): readonly JsonNode[] {
  const items = node.type === 'array' ? (node.children ?? []) : [node];
  if (around.alternatives === undefined || !items.some(isWorkedOut)) return items;
  return items.flatMap((item) => (isWorkedOut(item) ? [...(around.alternatives?.(item) ?? []), item] : [item]));
}

function isWorkedOut({ type, unresolved, value }: JsonNode & { readonly unresolved?: boolean }): boolean {
  return unresolved === true || type === 'object' || (typeof value === 'string' && /\$\{(if|for) /.test(value));
}

/**
 * Most places are never shown: each is worked out when it is asked for. A class, because an object literal with a getter gets a shape of
 * its own, and shapes keep what the getter closes over alive until a full collection of garbage.
 */
class Text implements Value {
  readonly text: string;
  readonly #node: JsonNode;
  readonly #around: Surroundings;

  constructor(text: string, node: JsonNode, around: Surroundings) {
    this.text = text;
    this.#node = node;
    this.#around = around;
  }

  get place(): Place {
    return placeOfValue(this.#node, this.#around);
  }
}

class PrincipalText implements PrincipalValue {
  readonly text: string;
  readonly type: PrincipalType;
  readonly #value: Value;

  constructor(type: PrincipalType, value: Value) {
    this.text = value.text;
    this.type = type;
    this.#value = value;
  }

  get place(): Place {
    return this.#value.place;
  }
}

/** Inside the quotes: what a person would mark. */
function placeOfValue(node: JsonNode, around: Surroundings): Place {
  if (node.type === 'string' && around.inside !== undefined) return around.placeOf(...around.inside(node));
  return node.type === 'string' && node.length >= 2
    ? around.placeOf(node.offset + 1, node.offset + node.length - 1)
    : around.placeOf(node.offset, node.offset + node.length);
}

/** Text of a value; functions of CloudFormation become text with `${…}` where the value is not known here. */
export function textOf(node: JsonNode): string | undefined {
  if (node.type === 'string' || node.type === 'number' || node.type === 'boolean') return String(node.value);
  const [only, ...more] = membersOf(node);
  if (only === undefined || more.length > 0) return undefined;
  const { key, value } = only;
  const parts = value.type === 'array' ? (value.children ?? []) : [value];
  const [first, second] = parts;
  if (key === 'Ref') return `\${${String(value.value)}}`;
  if (key === 'Fn::GetAtt') return `\${${parts.map((part) => String(part.value)).join('.')}}`;
  if (key === 'Fn::Sub' && first !== undefined) return typeof first.value === 'string' ? first.value.replace(/\$\{!/g, '${') : undefined;
  if (key === 'Fn::Join' && second !== undefined) {
    const texts = (second.children ?? []).map(textOf);
    return texts.every((each) => each !== undefined) ? texts.join(String(first?.value ?? '')) : undefined;
  }
  return key.startsWith('Fn::')
    ? `\${${key.replaceAll(':', '')}.${parts.map((part) => textOf(part)?.replace(/[${}:]/g, '') ?? '').join('.')}}`
    : undefined;
}

/** A `Principal`: a text, or lists of texts by kind. */
export function readPrincipals(node: JsonNode, around: Surroundings, wrong: Wrong): readonly PrincipalValue[] {
  if (node.type === 'string') {
    const [value] = readValues(node, around, wrong);
    if (value === undefined) return [];
    if (value.text !== '*') wrong(node, 'a principal is "*" or an object such as {"AWS": …}');
    return [new PrincipalText(value.text === '*' ? '*' : 'AWS', value)];
  }
  if (node.type !== 'object') {
    wrong(node, 'a principal is "*" or an object such as {"AWS": …}');
    return [];
  }
  return membersOf(node).flatMap(({ key, keyNode, value }) => {
    const type =
      PRINCIPAL_TYPES.find((each) => each === key) ?? PRINCIPAL_TYPES.find((each) => each.toLowerCase() === key.trim().toLowerCase());
    if (type !== key) wrong(keyNode, `"${key}" is no kind of principal`);
    return readValues(value, around, wrong).map((each) => new PrincipalText(type ?? 'AWS', each));
  });
}

/** There are not nearly as many operators. */
export const MOST_CONDITIONS = 200;

export const PRINCIPAL_TYPES: readonly PrincipalType[] = ['AWS', 'Service', 'Federated', 'CanonicalUser'];

/** A `Condition`: operator → key → values. */
export function readConditions(node: JsonNode | undefined, around: Surroundings, wrong: Wrong): readonly Condition[] {
  if (node === undefined) return [];
  if (node.type !== 'object') {
    wrong(node, 'a condition is an object');
    return [];
  }
  let count = 0;
  return membersOf(node).flatMap(({ key: operator, value: tests }) => {
    if (++count > MOST_CONDITIONS) {
      if (count === MOST_CONDITIONS + 1) wrong(tests, `only ${MOST_CONDITIONS} kinds of conditions are read`);
      return [];
    }
    if (tests.type !== 'object') {
      wrong(tests, `"${operator}" takes an object of condition keys`);
      return [];
    }
    return membersOf(tests).map((member) => new Test(operator, member, readValues(member.value, around, wrong), around));
  });
}

class Test implements Condition {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly Value[];
  readonly #member: Member;
  readonly #around: Surroundings;

  constructor(operator: string, member: Member, values: readonly Value[], around: Surroundings) {
    this.operator = operator;
    this.key = member.key;
    this.values = values;
    this.#member = member;
    this.#around = around;
  }

  get place(): Place {
    const { keyNode, value } = this.#member;
    return this.#around.placeOf(keyNode.offset, value.offset + value.length);
  }
}
