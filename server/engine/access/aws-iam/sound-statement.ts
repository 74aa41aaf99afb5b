import type { JsonNode } from '../../read/json.ts';
import type { Place } from '../../types.ts';
import type { Condition, PrincipalValue, Statement, Value } from './statement.ts';
import {
  LONGEST,
  MOST_CONDITIONS,
  PRINCIPAL_TYPES,
  readConditions,
  readPrincipals,
  readValues,
  type Surroundings,
  textOf,
  withoutAlternatives,
} from './statement-values.ts';

/**
 * A statement that nothing can be said against, as most are: its parts are taken out of the tree when they are first asked for.
 * Undefined for every other, which `readStatement` reads and tells what is wrong with it.
 */
export function soundStatement(node: JsonNode, pointer: () => string, around: Surroundings): Statement | undefined {
  const parts: Parts = { node, around, pointer };
  for (const { children } of node.children ?? []) {
    const value = children?.[1];
    // A key twice, or one that is half typed, is looked at more closely.
    if (value === undefined || !take(parts, children?.[0]?.value, value)) return undefined;
  }
  const { effect, action, resource, principal, condition } = parts;
  if (effect === undefined || (effect.value !== 'Allow' && effect.value !== 'Deny') || action === undefined || !areTexts(action))
    return undefined;
  if (resource !== undefined && !areTexts(resource)) return undefined;
  if (principal !== undefined && !arePrincipals(principal)) return undefined;
  if (condition !== undefined && !areConditions(condition)) return undefined;
  return new SoundStatement(parts, effect.value, effect);
}

type Parts = {
  readonly node: JsonNode;
  readonly around: Surroundings;
  readonly pointer: () => string;
  sid?: JsonNode;
  effect?: JsonNode;
  action?: JsonNode;
  notAction?: boolean;
  resource?: JsonNode;
  notResource?: boolean;
  principal?: JsonNode;
  notPrincipal?: boolean;
  condition?: JsonNode;
};

/** False where the element is there already, or excludes one that is, or is none. */
function take(parts: Parts, key: JsonNode['value'], value: JsonNode): boolean {
  switch (key) {
    case 'Sid':
      if (parts.sid !== undefined) return false;
      parts.sid = value;
      return true;
    case 'Effect':
      if (parts.effect !== undefined) return false;
      parts.effect = value;
      return true;
    case 'Action':
    case 'NotAction':
      if (parts.action !== undefined) return false;
      parts.action = value;
      parts.notAction = key === 'NotAction';
      return true;
    case 'Resource':
    case 'NotResource':
      if (parts.resource !== undefined) return false;
      parts.resource = value;
      parts.notResource = key === 'NotResource';
      return true;
    case 'Principal':
    case 'NotPrincipal':
      if (parts.principal !== undefined) return false;
      parts.principal = value;
      parts.notPrincipal = key === 'NotPrincipal';
      return true;
    case 'Condition':
      if (parts.condition !== undefined) return false;
      parts.condition = value;
      return true;
    default:
      return false;
  }
}

function areTexts(node: JsonNode): boolean {
  return node.type === 'array' ? (node.children ?? []).every(isText) : isText(node);
}

function isText(node: JsonNode): boolean {
  if (node.type === 'string' && typeof node.value === 'string') return node.value.length <= LONGEST;
  const text = textOf(node);
  return text !== undefined && text.length <= LONGEST;
}

function arePrincipals(node: JsonNode): boolean {
  if (node.type !== 'object') return node.type === 'string' && node.value === '*';
  return (node.children ?? []).every(({ children }) => {
    const [key, value] = children ?? [];
    return PRINCIPAL_TYPES.some((each) => each === key?.value) && value !== undefined && areTexts(value);
  });
}

function areConditions(node: JsonNode): boolean {
  const operators = node.children ?? [];
  if (node.type !== 'object' || operators.length > MOST_CONDITIONS) return false;
  return operators.every(({ children }) => {
    const tests = children?.[1];
    if (tests?.type !== 'object') return false;
    return (tests.children ?? []).every((test) => test.children?.[1] !== undefined && areTexts(test.children[1]));
  });
}

/** Nothing is wrong with what was looked at before. */
const nothingWrong = (): void => undefined;

/** Where a sound statement stands. */
export function standingOf(statement: Statement): Pick<Parts, 'node' | 'around'> | undefined {
  return SoundStatement.partsOf(statement);
}

class SoundStatement implements Statement {
  readonly effect: Statement['effect'];
  readonly notPrincipal: boolean;
  readonly notAction: boolean;
  readonly notResource: boolean;
  readonly #parts: Parts;
  readonly #effect: JsonNode;
  #principals: readonly PrincipalValue[] | undefined;
  #actions: readonly Value[] | undefined;
  #resources: readonly Value[] | undefined;
  #conditions: readonly Condition[] | undefined;

  constructor(parts: Parts, effect: Statement['effect'], effectNode: JsonNode) {
    this.effect = effect;
    this.notPrincipal = parts.notPrincipal === true;
    this.notAction = parts.notAction === true;
    this.notResource = parts.notResource === true;
    // What a denial may deny is not known to be denied.
    this.#parts =
      effect === 'Allow' || parts.around.alternatives === undefined ? parts : { ...parts, around: withoutAlternatives(parts.around) };
    this.#effect = effectNode;
  }

  static partsOf(statement: Statement): Parts | undefined {
    return #parts in statement ? statement.#parts : undefined;
  }

  get sid(): string | undefined {
    const sid = this.#parts.sid?.value;
    return typeof sid === 'string' ? sid : undefined;
  }

  get principals(): readonly PrincipalValue[] | undefined {
    const { principal, around } = this.#parts;
    if (principal === undefined) return undefined;
    return (this.#principals ??= readPrincipals(principal, this.notPrincipal ? withoutAlternatives(around) : around, nothingWrong));
  }

  get actions(): readonly Value[] {
    return (this.#actions ??= readValues(
      this.#parts.action,
      this.notAction ? withoutAlternatives(this.#parts.around) : this.#parts.around,
      nothingWrong,
    ));
  }

  get resources(): readonly Value[] {
    const { resource, around } = this.#parts;
    return (this.#resources ??=
      resource === undefined
        ? [{ text: '*', place: this.place }]
        : readValues(resource, this.notResource ? withoutAlternatives(around) : around, nothingWrong));
  }

  get conditions(): readonly Condition[] {
    return (this.#conditions ??= readConditions(this.#parts.condition, this.#parts.around, nothingWrong));
  }

  get pointer(): string {
    return this.#parts.pointer();
  }

  get place(): Place {
    const { node, around } = this.#parts;
    return around.placeOf(node.offset, node.offset + node.length);
  }

  get effectPlace(): Place {
    const { offset, length } = this.#effect;
    return this.#parts.around.placeOf(offset, offset + length);
  }
}
