import type { Severity } from '../types.ts';

/** What is the same for every finding of a rule. The id is also the name of its fixture and its anchor in the documentation. */
export type Rule = {
  readonly id: string;
  /** In a few words, for the rating: "read data". */
  readonly gain: string;
  /** Before what it reaches, and what limits it, move it. */
  readonly base: Severity;
  readonly fix: string;
  readonly failureMode: string;
  readonly unchecked: readonly string[];
  readonly references: readonly string[];
};
