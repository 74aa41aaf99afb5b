import { type JsonNode, type Member, membersOf } from '../../read/json.ts';
import { type Owner, ownerIn } from './owner.ts';

/** Where a node stands in its document. Worked out only for those that hold a policy. */
export type Where = {
  /** JSON pointer (RFC 6901). */
  readonly pointer: string;
  /** The pointer with named list items by their name and others without their number. */
  readonly identity: string;
  /** The file's path and the keys on the way down: what a policy is for is often only said there. */
  readonly names: readonly string[];
  /** Whose policy it is, as far as the objects on the way down say. */
  readonly owner: Owner | undefined;
};

/** A document's root. `pointer` is '' where it is the only one. */
export class Top implements Where {
  readonly pointer: string;
  readonly names: readonly string[];
  readonly owner = undefined;

  constructor(pointer: string, path: string) {
    this.pointer = pointer;
    this.names = [path];
  }

  get identity(): string {
    return this.pointer;
  }
}

/** The value of a member of an object. */
export class Below implements Where {
  readonly #above: Where;
  readonly #object: JsonNode;
  readonly #key: string;

  constructor(above: Where, object: JsonNode, key: string) {
    this.#above = above;
    this.#object = object;
    this.#key = key;
  }

  get pointer(): string {
    return `${this.#above.pointer}/${escapePointer(this.#key)}`;
  }

  get identity(): string {
    return `${this.#above.identity}/${escapePointer(this.#key)}`;
  }

  get names(): readonly string[] {
    const own = nameOf(membersOf(this.#object));
    return own === undefined ? [...this.#above.names, this.#key] : [...this.#above.names, own, this.#key];
  }

  get owner(): Owner | undefined {
    return ownerIn(membersOf(this.#object), this.#above.pointer, this.#above.owner);
  }
}

/** An item of a list. */
export class Item implements Where {
  readonly #above: Where;
  readonly #item: JsonNode;
  readonly #index: number;

  constructor(above: Where, item: JsonNode, index: number) {
    this.#above = above;
    this.#item = item;
    this.#index = index;
  }

  get pointer(): string {
    return `${this.#above.pointer}/${this.#index}`;
  }

  get identity(): string {
    const name = nameOf(membersOf(this.#item));
    return `${this.#above.identity}/${name === undefined ? '*' : `[${escapePointer(name)}]`}`;
  }

  get names(): readonly string[] {
    return this.#above.names;
  }

  get owner(): Owner | undefined {
    return this.#above.owner;
  }
}

/** A sibling that names the thing: {"PolicyName": "DeveloperBoundary", "PolicyDocument": …}. */
function nameOf(members: readonly Member[]): string | undefined {
  const found = members.find(({ key, value }) => /^(policy|scp|resource)?_?(name|type)$/i.test(key) && value.type === 'string');
  return found === undefined ? undefined : String(found.value.value);
}

/** A key as a step of a JSON Pointer (RFC 6901). */
export function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
