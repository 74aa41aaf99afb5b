import type { Assessment, Edit, Finding } from '../engine/types.ts';
import { newerRules } from './accepted-rules.ts';
import { policyForAgents } from './agent-limits.ts';
import { verdictOf } from './decide.ts';
import { ladderOf } from './ladder.ts';
import type { GateContext, Verdict } from './types.ts';

export type FindingVerdicts = {
  readonly verdictOf: (finding: Finding) => Verdict;
  readonly isNewer: (rule: string) => boolean;
};

/** What the gate says to each finding of an edit, as its decision weighs them: by environment, agent, and rules that nobody accepted yet. */
export function gateVerdicts(edit: Edit, assessment: Assessment, workspace: string, { policy, stateFolder }: GateContext): FindingVerdicts {
  // Which rules are new is read from disk: only where something was found.
  const newer = assessment.findings.length === 0 ? new Map() : newerRules(policy, stateFolder);
  const ladder = ladderOf(policyForAgents([edit], [assessment], policy), edit, workspace);
  return {
    verdictOf: (finding) => verdictOf(finding, ladder(finding), newer),
    isNewer: (rule) => newer.has(rule),
  };
}
