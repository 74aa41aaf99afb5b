import type { TreeNode } from '../read/tree.ts';
import type { Declaration, SystemId } from './declaration.ts';

/** What the bodies of a text's declarations are made from beside their own words: equal texts make equal bodies of equal words. */
export type Surrounding = { readonly text: string };

/** What people call it and where it stands, and how its body is made of that. */
type Written = Omit<Declaration, 'node'> & {
  /** In its characters. */
  readonly source: string;
  readonly at: TreeNode;
  readonly around: Surrounding;
  readonly body: () => TreeNode;
};

/**
 * A declaration whose body is worked out when it is first asked for: most are left as they are, which their characters tell.
 * Only of formats where a value means what its own characters say.
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
    return a.at.length === b.at.length && isSameAround(a.around, b.around) && wordsOf(a) === wordsOf(b);
  }
}

/** Are two declarations written in the same characters, and all that counts around them too? False is not sure. */
export function writtenAlike(one: Declaration | undefined, other: Declaration): boolean {
  return one !== undefined && WrittenDeclaration.areAlike(one, other);
}

function wordsOf({ source, at }: Written): string {
  return source.slice(at.offset, at.offset + at.length);
}

/** All declarations of a text share one: asked for each of them, answered once. */
function isSameAround(one: Surrounding, other: Surrounding): boolean {
  if (last?.one === one && last.other === other) return last.same;
  const same = one.text === other.text;
  last = { one, other, same };
  return same;
}

let last: { readonly one: Surrounding; readonly other: Surrounding; readonly same: boolean } | undefined;
