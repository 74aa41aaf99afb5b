import type { Place } from '../../types.ts';
import type { PolicyKind, Principal, Statement } from './statement.ts';

export type ConditionText = { readonly key: string; readonly operator: string; readonly values: readonly string[] };

/** What one statement newly lets someone do: the unit that is rated, shown and acknowledged. */
export type Expansion = {
  readonly cause: 'allow-added' | 'deny-removed';
  /** `proved`: the witness follows from the text. `possible`: it hangs on something not modelled. `undecided`: too much to work out, taken as an expansion. */
  readonly certainty: 'proved' | 'possible' | 'undecided';
  readonly policy: { readonly kind: PolicyKind; readonly pointer: string };
  /** The Allow after the edit that newly allows, or the Deny before it that is gone or narrower. */
  readonly statement: Statement;
  /** The statement of the other side it is most like, if any: what was there before (or what is left of the Deny). */
  readonly counterpart: Statement | undefined;
  /** For a Deny that went: one Allow of the text after that now takes effect. Absent where only other policies can allow. */
  readonly allowedBy: Statement | undefined;
  /** True: this policy allows nothing itself, so the removed Deny matters only if another policy allows. Then certainty is `possible`. */
  readonly assumesOtherAllow: boolean;
  /** Who newly gets it. */
  readonly principals: readonly Principal[];
  /** True: these principals could have had it before through policies of their own account, and now need none. */
  readonly onlyWithoutOwnPolicy: boolean;
  /** Newly allowed, as the catalogue spells them, sorted. */
  readonly actions: readonly string[];
  /** Action patterns that newly match actions the catalogue does not list: AWS may add such, or it is misspelt. Sorted. */
  readonly futureActions: readonly string[];
  /** Patterns of the newly allowed part, sorted; what NotResource leaves out is told by `statement`. */
  readonly resources: readonly string[];
  /** What still limits it. */
  readonly conditions: readonly ConditionText[];
  /** Limits of the counterpart that are gone. */
  readonly weakened: readonly ConditionText[];
  /** The narrowest values that do it. */
  readonly places: readonly Place[];
  readonly witness: {
    /** "*" when anonymous, '' when the policy's holder. */
    readonly principal: string;
    readonly action: string;
    readonly resource: string;
    readonly context: Readonly<Record<string, string | readonly string[]>>;
  };
  /**
   * A request for this one of the newly allowed actions; undefined when it is none of them, or when the expansion is proved and
   * no such request can be checked. Cheap, unlike comparing anew. Of the resources that are `liked`, the first that will do is taken.
   */
  readonly witnessOf: (action: string, liked?: readonly string[]) => Expansion['witness'] | undefined;
  /** Independent of order, spelling and Sids; different for any widening. The fingerprint is its hash. */
  readonly canonical: Canonical;
};

/** Plain JSON with every list sorted. */
export type Canonical = {
  readonly cause: Expansion['cause'];
  readonly kind: PolicyKind;
  readonly principals: readonly string[];
  readonly direct: boolean;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly not: readonly string[];
  readonly conditions: readonly (readonly [key: string, operator: string, values: readonly string[]])[];
  /** The statements that cut into it. */
  readonly limits: readonly string[];
};
