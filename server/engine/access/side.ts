import type { TextTree, TreeNode } from '../read/tree.ts';
import type { Declaration, SystemId } from '../systems/declaration.ts';
import type { Rule } from '../rules/rule.ts';
import type { Place } from '../types.ts';
import type { Likeness } from './cover.ts';
import type { TwinOf } from './unchanged.ts';
import type { AccessFinding, Grant, GrantExpansion } from './grant.ts';

/** One of the two texts of an edit and what it declares; a text that is not there declares nothing. */
export type AccessSide = { readonly tree: TextTree; readonly declarations: readonly Declaration[] };

/** A side as an access system sees it. */
export type ReadSide = AccessSide & {
  /** What the other text declares. */
  readonly other: AccessSide;
  /** The declaration's identity on both sides: one that was only renamed keeps it. */
  readonly identityOf: (declaration: Declaration) => string;
  /** Its like in the other text, where the edit left it as it is. */
  readonly twinOf: TwinOf;
  /**
   * What the edit changed, of both texts, where both declare things of the same names in the same order: then whatever else is
   * declared means the same on both sides. Undefined where that does not hold.
   */
  readonly changed: readonly Declaration[] | undefined;
  readonly placeOf: (node: TreeNode) => Place;
};

/** What the findings are told against. */
export type Compared = { readonly before: readonly Grant[]; readonly after: readonly Grant[] };

/** What every access system exports. */
export type AccessSystem = {
  readonly id: string;
  readonly systems: readonly SystemId[];
  /** What a declaration must be to matter here, so that a file without any costs nothing. */
  readonly concerns: (declaration: Declaration) => boolean;
  /**
   * Every grant of this text; what nothing that was changed can have a part in may be left out on both sides alike.
   * A generator, so that a text that multiplies out without end can be cut off. Never throws.
   */
  readonly grants: (side: ReadSide) => Iterable<Grant>;
  /** One finding for all expansions that say the same. Every expansion is in one finding at least, or is told to be no loss. */
  readonly findings: (expansions: readonly GrantExpansion[], compared: Compared) => readonly AccessFinding[];
  /** What a grant of before must share with one of after to be told beside it; the same subject or the same thing where that is absent. */
  readonly likeness?: Likeness;
  /** Whose access a grant is part of: what one edit takes from it and gives to it is a trade. */
  readonly subjectOf: (grant: Grant) => string;
  readonly rules: Readonly<Record<string, Rule>>;
};
