import type { Place, Confidence, BlastRadius, Severity } from '../types.ts';
import type { Declaration } from '../systems/declaration.ts';
import type { Witness } from '../types.ts';
import type { Box } from './box.ts';

/** Who: a name and how wide it is. `*` in the name of a `group` stands for everyone in it. */
export type GrantPrincipal = {
  readonly kind: 'anyone' | 'anyone-signed-in' | 'organization' | 'group' | 'user' | 'workload' | 'service' | 'network' | 'unknown';
  /** Exact, as the system spells it: "system:anonymous", "allUsers", "0.0.0.0/0", "ServiceAccount shop/web". */
  readonly name: string;
  /** As a person would say it, to begin a sentence: "Anyone on the internet", "`shop/web`". */
  readonly label: string;
};

/**
 * Principal may do action on resource under condition. Actions and resources may end in or be `*`, which covers every one.
 * `scope` goes from the widest to the narrowest ("organizations/1", "projects/shop", "buckets/exports"): a grant at a scope covers all below.
 */
export type Grant = {
  readonly system: string;
  readonly principal: GrantPrincipal;
  readonly action: string;
  readonly resource: string;
  readonly scope: readonly string[];
  /** Canonical text of what limits it; undefined: nothing. An unconditioned grant covers a conditioned one. */
  readonly condition?: string | undefined;
  /** True where a part is not in this text: it covers nothing but its equal, and lowers confidence. */
  readonly unresolved?: boolean | undefined;
  /** What exactly is allowed, where the texts above do not say it all; the axes are the system's own. Absent: made from the texts. */
  readonly boxes?: readonly Box[] | undefined;
  /** What gives it, and where. */
  readonly declaration: Declaration;
  readonly places: readonly Place[];
};

/** A grant of after that the grants of before, taken together, do not cover. */
export type GrantExpansion = {
  readonly grant: Grant;
  /** The grant of before that is most like it. */
  readonly nearest: Grant | undefined;
  /** What of it is new; never empty. */
  readonly left: readonly Box[];
  /** False when it could not be worked out within its limits: it is then taken as an expansion. */
  readonly decided: boolean;
};

/** What an access system makes of one expansion, or of several that say the same. */
export type AccessFinding = {
  readonly rule: string;
  readonly severity: Severity;
  readonly confidence: Confidence;
  readonly blastRadius: { readonly level: BlastRadius; readonly what: string };
  readonly gain: string;
  readonly consequence: string;
  readonly previously: string;
  readonly opened: { readonly name: string; readonly kind: string };
  readonly expansions: readonly GrantExpansion[];
  /** The example request; made from the first expansion when absent. */
  readonly witness?: Witness | undefined;
};
