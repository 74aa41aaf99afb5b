import type { Place, Problem } from '../../types.ts';
import { type JsonNode, type Member, membersOf } from '../../read/json.ts';
import type { Condition, PrincipalType, PrincipalValue, Statement, Value } from './statement.ts';

/** What reading needs to know of the text around, and where it puts what it could not read. */
export type Surroundings = {
  readonly side: Place['side'];
  readonly placeOf: (start: number, end: number) => Place;
  readonly problems: Problem[];
  /** Offset in the file of every character of a string's value, and of its end. */
  readonly rawOffsets?: (node: JsonNode) => readonly number[];
  /** The text of a node, in formats where it alone says what the node means. */
  readonly sourceOf?: (node: JsonNode) => string;
  /** Where a string's value starts and ends, in formats whose strings need no quotes. */
  readonly inside?: (node: JsonNode) => readonly [start: number, end: number];
};

/** An object with an effect, or with something that can be done and something it can be done to. */
export function isStatement(node: JsonNode): boolean {
  if (node.type !== 'object') return false;
  const known = statementNodes.get(node);
  if (known !== undefined) return known;
  const is = looksLikeStatement(node);
  statementNodes.set(node, is);
  return is;
}

/** Asked several times of each node. */
const statementNodes = new WeakMap<object, boolean>();

function looksLikeStatement(node: JsonNode): boolean {
  let [effect, doing, subject, permission] = [false, false, false, false];
  for (const { key } of membersOf(node)) {
    const name = elementOf(key);
    if (NOT_OF_STATEMENTS.test(key)) permission = true;
    if (name === 'Effect') effect = true;
    else if (name === 'Action' || name === 'NotAction') doing = true;
    else if (name !== undefined && SUBJECTS.has(name)) subject = true;
  }
  return effect ? doing || subject : doing && subject && !permission;
}

/** What a permission of one function, bus or layer has beside its action and principal: it is a resource of its own, not a statement. */
const NOT_OF_STATEMENTS = /^(function_?name|event_?bus_?name|layer_?version_?arn|layer_?name|statement_?id)$/i;

const SUBJECTS: ReadonlySet<string> = new Set(['Resource', 'NotResource', 'Principal', 'NotPrincipal']);

/**
 * AWS refuses a policy that is misspelt. A misspelt statement is therefore read as the worse of what it could mean:
 * before the edit as not there, after it as written correctly where it allows and as not there where it denies.
 * It is always a problem as well.
 */
export function readStatement(node: JsonNode, pointer: string, around: Surroundings): Statement | undefined {
  let sound = true;
  const elements = new Map<string, Member>();
  const wrong = (at: JsonNode, what: string): void => {
    sound = false;
    const place = around.placeOf(at.offset, at.offset + at.length);
    const message = `Line ${place.start.line}: ${what}; AWS refuses such a policy. Correct it.`;
    around.problems.push({ kind: 'partly-read', message, place, blinds: around.side === 'after' });
  };
  for (const each of membersOf(node)) {
    const name = elementOf(each.key);
    if (name === undefined) wrong(each.keyNode, `"${each.key}" is no element of a statement`);
    else if (name !== each.key) wrong(each.keyNode, `"${each.key}" should read "${name}"`);
    if (name !== undefined) elements.set(name, each);
  }
  for (const [one, other] of [
    ['Action', 'NotAction'],
    ['Resource', 'NotResource'],
    ['Principal', 'NotPrincipal'],
  ] as const) {
    const second = elements.get(other);
    if (elements.has(one) && second !== undefined) wrong(second.keyNode, `${one} and ${other} exclude each other`);
  }

  const effectNode = elements.get('Effect')?.value;
  const written = typeof effectNode?.value === 'string' ? effectNode.value : undefined;
  if (written !== 'Allow' && written !== 'Deny') wrong(effectNode ?? node, 'Effect must be "Allow" or "Deny"');
  const effect = /^\s*deny\s*$/i.test(written ?? '') ? 'Deny' : 'Allow';

  const pick = (name: 'Action' | 'Resource' | 'Principal'): { readonly member: Member | undefined; readonly not: boolean } => {
    const plain = elements.get(name);
    return plain === undefined ? { member: elements.get(`Not${name}`), not: elements.has(`Not${name}`) } : { member: plain, not: false };
  };
  const action = pick('Action');
  if (action.member === undefined) wrong(node, 'a statement needs Action or NotAction');
  const resource = pick('Resource');
  const principal = pick('Principal');
  const statement: Statement = {
    sid: sidOf(elements.get('Sid')),
    effect,
    principals: principal.member === undefined ? undefined : readPrincipals(principal.member.value, around, wrong),
    notPrincipal: principal.not,
    actions: readValues(action.member?.value, around, wrong),
    notAction: action.not,
    resources:
      resource.member === undefined
        ? [{ text: '*', place: around.placeOf(node.offset, node.offset + node.length) }]
        : readValues(resource.member.value, around, wrong),
    notResource: resource.not,
    conditions: readConditions(elements.get('Condition')?.value, around, wrong),
    pointer,
    get place() {
      return around.placeOf(node.offset, node.offset + node.length);
    },
    get effectPlace() {
      return effectNode === undefined
        ? around.placeOf(node.offset, node.offset + 1)
        : around.placeOf(effectNode.offset, effectNode.offset + effectNode.length);
    },
  };
  if (around.sourceOf !== undefined) sources.set(statement, around.sourceOf(node));
  if (sound) return statement;
  return around.side === 'after' && effect === 'Allow' ? statement : undefined;
}

/** A statement as it is written, in formats where its text alone says what it means: those of one text say the same. */
export function sourceOf(statement: Statement): string | undefined {
  return sources.get(statement);
}

const sources = new WeakMap<Statement, string>();

type Wrong = (at: JsonNode, what: string) => void;

const ELEMENTS = ['Sid', 'Effect', 'Principal', 'NotPrincipal', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition'];

/** The element a key stands for, also when its case is wrong or some of its letters only look alike. */
function elementOf(key: string): string | undefined {
  return EXACT.has(key) ? key : BY_SKELETON.get(skeleton(key));
}

/** Lower case, without spaces and invisible characters, and with Greek and Cyrillic look-alikes made Latin. */
function skeleton(key: string): string {
  return key
    .normalize('NFKD')
    .replace(/[\s\p{M}\p{Cf}_-]/gu, '')
    .toLowerCase()
    .split('')
    .map((c) => LOOKALIKES.get(c) ?? c)
    .join('');
}

const LOOKALIKES = new Map(
  Object.entries({
    а: 'a',
    α: 'a',
    с: 'c',
    ϲ: 'c',
    ԁ: 'd',
    е: 'e',
    ε: 'e',
    ѕ: 's',
    і: 'i',
    ι: 'i',
    ı: 'i',
    о: 'o',
    ο: 'o',
    р: 'p',
    ρ: 'p',
    т: 't',
    τ: 't',
    п: 'n',
    ո: 'n',
    г: 'r',
    ʀ: 'r',
    υ: 'u',
    ս: 'u',
    l: 'l',
    ӏ: 'l',
    ƒ: 'f',
  }),
);

const EXACT: ReadonlySet<string> = new Set(ELEMENTS);
// After the table it is made with.
const BY_SKELETON = new Map(ELEMENTS.map((name) => [skeleton(name), name]));

function sidOf(sid: Member | undefined): string | undefined {
  return typeof sid?.value.value === 'string' ? sid.value.value : undefined;
}

/** Longer than any name or pattern that AWS takes. */
const LONGEST = 2_048;

function readValues(node: JsonNode | undefined, around: Surroundings, wrong: Wrong): readonly Value[] {
  if (node === undefined) return [];
  const values: Value[] = [];
  for (const item of node.type === 'array' ? (node.children ?? []) : [node]) {
    const text = textOf(item);
    if (text === undefined) wrong(item, 'text is expected here');
    else if (text.length > LONGEST) wrong(item, `this text has ${text.length} characters, and at most ${LONGEST} are read`);
    else values.push(valueOf(text, item, around));
  }
  return values;
}

/** Most places are never shown: each is worked out when it is asked for. */
function valueOf(text: string, item: JsonNode, around: Surroundings): Value {
  return {
    text,
    get place() {
      return placeOfValue(item, around);
    },
  };
}

function principalOf(type: PrincipalType, value: Value): PrincipalValue {
  return {
    text: value.text,
    type,
    get place() {
      return value.place;
    },
  };
}

/** Inside the quotes: what a person would mark. */
function placeOfValue(node: JsonNode, around: Surroundings): Place {
  if (node.type === 'string' && around.inside !== undefined) return around.placeOf(...around.inside(node));
  return node.type === 'string' && node.length >= 2
    ? around.placeOf(node.offset + 1, node.offset + node.length - 1)
    : around.placeOf(node.offset, node.offset + node.length);
}

/** Text of a value; functions of CloudFormation become text with `${…}` where the value is not known here. */
function textOf(node: JsonNode): string | undefined {
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

function readPrincipals(node: JsonNode, around: Surroundings, wrong: Wrong): readonly PrincipalValue[] {
  if (node.type === 'string') {
    const [value] = readValues(node, around, wrong);
    if (value === undefined) return [];
    if (value.text !== '*') wrong(node, 'a principal is "*" or an object such as {"AWS": …}');
    return [principalOf(value.text === '*' ? '*' : 'AWS', value)];
  }
  if (node.type !== 'object') {
    wrong(node, 'a principal is "*" or an object such as {"AWS": …}');
    return [];
  }
  return membersOf(node).flatMap(({ key, keyNode, value }) => {
    const type =
      PRINCIPAL_TYPES.find((each) => each === key) ?? PRINCIPAL_TYPES.find((each) => each.toLowerCase() === key.trim().toLowerCase());
    if (type !== key) wrong(keyNode, `"${key}" is no kind of principal`);
    return readValues(value, around, wrong).map((each) => principalOf(type ?? 'AWS', each));
  });
}

/** There are not nearly as many operators. */
const MOST_CONDITIONS = 200;

const PRINCIPAL_TYPES: readonly PrincipalType[] = ['AWS', 'Service', 'Federated', 'CanonicalUser'];

function readConditions(node: JsonNode | undefined, around: Surroundings, wrong: Wrong): readonly Condition[] {
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
    return membersOf(tests).map(({ key, keyNode, value }) => ({
      operator,
      key,
      values: readValues(value, around, wrong),
      get place() {
        return around.placeOf(keyNode.offset, value.offset + value.length);
      },
    }));
  });
}
