import { type JsonNode, type Member, membersOf } from '../../read/json.ts';
import { ownText } from '../../read/own-text.ts';
import type { Statement } from './statement.ts';
import { noteWritten } from './written.ts';
import { readConditions, readPrincipals, readValues, type Surroundings, withoutAlternatives } from './statement-values.ts';

/** An object with an effect, or with something that can be done and something it can be done to. */
export function isStatement(node: JsonNode): boolean {
  if (node.type !== 'object') return false;
  let effect = false;
  let doing = false;
  let subject = false;
  let permission = false;
  for (const { children } of node.children ?? []) {
    if (children?.[1] === undefined) continue;
    const key = String(children[0]?.value);
    const name = elementOf(key);
    if (name === undefined && NOT_OF_STATEMENTS.test(key)) permission = true;
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
export function readStatement(node: JsonNode, pointer: string, surroundings: Surroundings): Statement | undefined {
  // A misspelt statement is told as a problem in any case.
  const around = withoutAlternatives(surroundings);
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
  const whole = around.placeOf(node.offset, node.offset + node.length);
  const statement: Statement = {
    sid: sidOf(elements.get('Sid')),
    effect,
    principals: principal.member === undefined ? undefined : readPrincipals(principal.member.value, around, wrong),
    notPrincipal: principal.not,
    actions: readValues(action.member?.value, around, wrong),
    notAction: action.not,
    resources: resource.member === undefined ? [{ text: '*', place: whole }] : readValues(resource.member.value, around, wrong),
    notResource: resource.not,
    conditions: readConditions(elements.get('Condition')?.value, around, wrong),
    pointer,
    place: whole,
    effectPlace:
      effectNode === undefined
        ? around.placeOf(node.offset, node.offset + 1)
        : around.placeOf(effectNode.offset, effectNode.offset + effectNode.length),
  };
  noteWritten(statement, node, around);
  if (sound) return statement;
  return around.side === 'after' && effect === 'Allow' ? statement : undefined;
}

const ELEMENTS = ['Sid', 'Effect', 'Principal', 'NotPrincipal', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition'];

/** The element a key stands for, also when its case is wrong or some of its letters only look alike. */
function elementOf(key: string): string | undefined {
  if (EXACT.has(key)) return key;
  let name = known.get(key);
  if (name === undefined) {
    if (known.size > MOST_KEPT) known.clear();
    name = BY_SKELETON.get(skeleton(key)) ?? '';
    known.set(ownText(key), name);
  }
  return name === '' ? undefined : name;
}

/** Keys repeat within a file. '' is no element. */
const known = new Map<string, string>();
const MOST_KEPT = 2_000;

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
