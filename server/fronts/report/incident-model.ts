import type { Certainty, Reach } from '../../engine/types.ts';

/** One suggestion from the prompt to the commit, in the order in which it went, with what nobody recorded named. */
export type Incident = {
  readonly schema: 'countersign.incident/1';
  readonly hold: string;
  /** The name of what was opened, or the path. */
  readonly name: string;
  /** The worst finding's consequence, names in backticks. */
  readonly sentence: string;
  readonly severity: string;
  readonly path: string;
  readonly workspace: string;
  /** The acknowledgement that can be rolled back now, by the id of its record. */
  readonly canRollBack?: string | undefined;
  /** How far it reached, where the suggestion's texts are still kept. */
  readonly reach?: Reach | undefined;
  readonly steps: readonly Step[];
};

export type Step = {
  readonly kind: 'prompt' | 'tool call' | 'expansion' | 'decision' | 'release' | 'bytes' | 'commit' | 'rollback' | 'end';
  /** ISO 8601. Absent for what is known without a time, and for gaps. */
  readonly when?: string | undefined;
  /** One or two words: "Held". */
  readonly title: string;
  /** Sentences, names in backticks. */
  readonly sentence: string;
  /** `missing`: a gap. */
  readonly certainty: Certainty | 'missing';
  /** The record that says so. */
  readonly record?: { readonly seq: number; readonly id: string } | undefined;
  readonly details: readonly { readonly term: string; readonly value: string }[];
};
