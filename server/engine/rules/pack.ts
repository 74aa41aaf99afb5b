import type { SystemId } from '../systems/declaration.ts';
import type { BlastRadius, Severity } from '../types.ts';

/**
 * The pack language: data only. What is written here as types is written in pack-schema.ts as the JSON Schema that
 * editors complete with and that packs are checked against; a test holds the two together.
 */
export type Pack = {
  /** Kebab-case name. */
  readonly pack: string;
  readonly version: string;
  readonly title: string;
  readonly description?: string;
  readonly rules: readonly PackRule[];
};

export type PackRule = {
  /** Kebab-case, unique over all packs. */
  readonly id: string;
  readonly title: string;
  /** For built-in packs: numbers of the list of risky-edit classes. */
  readonly classes?: readonly number[];
  readonly severity: Severity;
  /** The first whose predicate holds for the item gives the severity instead. */
  readonly levels?: readonly { readonly severity: Severity; readonly when: Predicate }[];
  readonly confidence?: 'proved' | 'likely';
  readonly on: readonly RuleTarget[];
  /** Path to the items of a declaration; without it the declaration itself is the item. */
  readonly each?: string;
  /** The risky state of an item. Without it every item is in it. */
  readonly when?: Predicate;
  /** What the item must have been before; an item that was not there before never was it. */
  readonly was?: Predicate;
  readonly alarm?: Alarm;
  /**
   * Whether an item that was not there before alarms. `written`: only where a value stands at `at`, not where a default makes the state.
   * `first`: only beside others that were there before, none of them in the state.
   */
  readonly new?: 'alarm' | 'quiet' | 'written' | 'first';
  /** `risky`: an item that is no longer there, in a declaration that still is, counts as in the state. For `becomes`. */
  readonly missing?: 'safe' | 'risky';
  /** `loose` (default): a thing that vanished and one that appeared in its place are the same, renamed. `strict`: they are two. */
  readonly pairing?: 'loose' | 'strict';
  /** Path within the item: what to mark, and what `lowered`, `raised` and `changed` compare. */
  readonly at?: string;
  /** What a missing value at `at` means. */
  readonly default?: Scalar;
  /** From lowest to highest, where the values at `at` are words. */
  readonly order?: readonly Scalar[];
  readonly blastRadius: BlastRadius;
  /** What is gained, in a few words. */
  readonly gain: string;
  /** Templates: `{name}`, `{type}`, `{item}`, `{value}`, `{before}`, `{path}`, or a path within the item, each with `|` and words for when there is none. */
  readonly consequence: string;
  readonly previously?: string;
  readonly opened?: { readonly name: string; readonly kind: string };
  readonly fix: string;
  readonly failureMode: string;
  readonly unchecked?: readonly string[];
  readonly references: readonly string[];
  /** One level up when the edit comes from the agent that the file governs. */
  readonly governsAgent?: boolean;
  readonly ignorable?: boolean;
  readonly tests?: readonly PackTest[];
};

export type RuleTarget = {
  readonly system: SystemId | '*';
  /** Names of types, with `*`. Without it: every type. */
  readonly type?: string | readonly string[];
};

/**
 * - `becomes`: in the state after, not in it before.
 * - `gone`: in the state before, and no longer there after.
 * - `lost`: in the state before, still there after, and no longer in the state.
 * - `lowered`, `raised`, `changed`: there on both sides, in the state after, and the value at `at` differs that way.
 */
export type Alarm = 'becomes' | 'gone' | 'lost' | 'lowered' | 'raised' | 'changed';

export type Scalar = string | number | boolean | null;

/** All keys must hold. A key that is none of the words here is a path, and its value a matcher. */
export type Predicate = {
  readonly all?: readonly Predicate[];
  readonly any?: readonly Predicate[];
  readonly none?: readonly Predicate[];
  readonly some?: ItemPredicate;
  readonly no?: ItemPredicate;
  readonly cel?: string;
  readonly [path: string]: Matcher | readonly Predicate[] | ItemPredicate | string | undefined;
};

export type ItemPredicate = { readonly each: string; readonly when?: Predicate };

/** A scalar is equal to it, a list holds it, a map of tests holds whole. */
export type Matcher = Scalar | readonly Scalar[] | MatcherTests;

export type MatcherTests = {
  readonly is?: Scalar;
  readonly in?: readonly Scalar[];
  /** RE2, anywhere in the text. */
  readonly matches?: string;
  /** Glob over the whole text, without case. */
  readonly like?: string | readonly string[];
  readonly contains?: Matcher;
  readonly every?: Matcher;
  readonly absent?: true;
  readonly present?: true;
  readonly empty?: boolean;
  readonly above?: number;
  readonly below?: number;
  /** How many items it has. */
  readonly size?: { readonly above?: number; readonly below?: number };
  readonly not?: Matcher;
  readonly any?: readonly Matcher[];
  readonly openRange?: boolean;
  readonly publicRange?: boolean;
  readonly literal?: boolean;
  readonly secretLike?: boolean;
  /** What a missing value means to the other tests. */
  readonly default?: Scalar;
};

export type PackTest = {
  /** What the case shows, when it is not plain. */
  readonly title?: string;
  readonly path: string;
  readonly before: string;
  readonly after: string;
  /** Findings of this rule. Empty: a neutral case. */
  readonly alarms: readonly { readonly severity: Severity; readonly lines?: readonly number[] }[];
  /** `alarms`: the reverse is no hardening either, so it is not tried. */
  readonly reverse?: 'quiet' | 'alarms';
  /** The agent that makes the edit. */
  readonly agent?: string;
};

/** Words of a predicate that are no paths. */
export const PREDICATE_WORDS: ReadonlySet<string> = new Set(['all', 'any', 'none', 'some', 'no', 'cel']);
