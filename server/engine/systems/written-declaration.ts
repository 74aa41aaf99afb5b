import type { TreeNode } from '../read/tree.ts';
import type { Declaration, SystemId } from './declaration.ts';

/** What the bodies of a text's declarations are made from beside their own words: equal texts make equal bodies of equal words. */
export type Surrounding = { readonly text: string };

/** What people call it, and how its body is made. */
type Written = Omit<Declaration, 'node'> & {
  /** All of its own that its body is made from. */
  readonly words: () => string;
  readonly around: Surrounding;
  readonly body: () => TreeNode;
};

/**
 * A declaration whose body is worked out when it is first asked for: most are left as they are, which their words tell. Only where its
 * body hangs on nothing else, so not on a text whose format gives other places a say (anchors, references).
 */
export class WrittenDeclaration implements Declaration {
  readonly system: SystemId;
  readonly type: string;
  readonly key: string;
  readonly name: string;
  readonly #written: Written;
  #node: TreeNode | undefined;

  constructor(written: Written) {
    this.system = written.system;
    this.type = written.type;
    this.key = written.key;
    this.name = written.name;
    this.#written = written;
  }

  get node(): TreeNode {
    return (this.#node ??= this.#written.body());
  }

  static areAlike(one: Declaration, other: Declaration): boolean {
    if (!(#written in one) || !(#written in other)) return false;
    const [a, b] = [one.#written, other.#written];
    return isSameAround(a.around, b.around) && a.words() === b.words();
  }
}

/** Are two declarations written in the same characters, and all that counts around them too? False is not sure. */
export function writtenAlike(one: Declaration | undefined, other: Declaration): boolean {
  return one !== undefined && WrittenDeclaration.areAlike(one, other);
}

/** All declarations of a text share one: asked for each of them, answered once. */
function isSameAround(one: Surrounding, other: Surrounding): boolean {
  if (last?.one === one && last.other === other) return last.same;
  const same = one.text === other.text;
  last = { one, other, same };
  return same;
}

let last: { readonly one: Surrounding; readonly other: Surrounding; readonly same: boolean } | undefined;
