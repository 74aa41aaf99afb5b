import { assess } from '../engine/assess.ts';
import { mayBeGoverned } from '../engine/read/governed-path.ts';
import type { Assessment, Edit, EngineSettings, Finding } from '../engine/types.ts';
import { isNewAck, isTravelling } from './ack-file.ts';
import { policyForAgents, withLimits } from './agent-limits.ts';
import { decide, isWatched, type Needed, type NewerByRule } from './decide.ts';
import { type Ignored, withoutIgnored } from './ignores.ts';
import { opaqueCause } from './opaque-text.ts';
import { checkRemoved, packChanged, policyLoosened, policyTargetChanged, unreadableOnDisk } from './own-findings.ts';
import { mayBePolicyText } from './policy-text.ts';
import type { GateContext, Hold, Policy, Signing, Suggestion, Verdict } from './types.ts';

export type Judgement = {
  readonly verdict: Verdict | 'closed';
  /** One for each edit, in order. */
  readonly assessments: readonly Assessment[];
  /** For `closed`: a sentence. */
  readonly cause?: string | undefined;
  readonly forbiddenBy?: Hold['forbiddenBy'];
  /** For `acknowledge` and `approve`: the expansions a person must accept, and who must sign for them. */
  readonly needed: readonly Needed[];
  readonly sign?: Signing | undefined;
  /** Findings that an ignore lets pass; they are in no assessment. */
  readonly ignored: readonly Ignored[];
  /** Ids of rules that found something and are only shown until `countersign pack accept`. */
  readonly newer: readonly string[];
};

/** What judging needs; a GateContext has it all. */
export type Judging = Pick<GateContext, 'policy' | 'outOfTime' | 'now'> & {
  /** No agent may write into it, and it knows which rules were accepted. Without one, every rule counts in full. */
  readonly stateFolder?: string | undefined;
};

/** What would the gate say? Writes nothing. */
export function judge(suggestion: Suggestion, { policy, outOfTime, now, stateFolder }: Judging): Judgement {
  const settled = suggestion.edits.map((edit) => {
    const found = withOwn(edit, assessed(edit, { ...policy.engine, outOfTime }), suggestion.workspace, policy);
    const assessment = withLimits(edit, onDisk(edit, found, suggestion.workspace, policy), suggestion.workspace, policy);
    return withoutIgnored(edit, assessment, suggestion.workspace, policy, now);
  });
  const assessments = settled.map(({ assessment }) => assessment);
  const newer = newerOf(assessments, policy, stateFolder);
  const limited = policyForAgents(suggestion.edits, assessments, policy);
  const decision = decide(paired(suggestion, assessments), suggestion.workspace, limited, stateFolder, newer);
  return {
    needed: [],
    ...decision,
    assessments,
    ignored: settled.flatMap(({ ignored }) => ignored),
    newer: [...newer.keys()],
  };
}

/** Closing the gate keeps nothing off a disk that it is on already: what cannot be read there is held, and a person looks at it. */
function onDisk(edit: Edit, assessment: Assessment, workspace: string, policy: Policy): Assessment {
  if (edit.provenance.channel !== 'disk' || !isWatched({ edit, assessment }, workspace, policy)) return assessment;
  const opaque = opaqueCause(edit.after);
  const cause = opaque === undefined ? assessment.problems.find(({ blinds }) => blinds)?.message : `It ${opaque}.`;
  if (cause === undefined) return assessment;
  const problems = opaque === undefined ? assessment.problems.map((problem) => ({ ...problem, blinds: false })) : [];
  return { ...assessment, findings: [...assessment.findings, unreadableOnDisk(edit, cause)], problems };
}

/** What Countersign finds about its own controls: a pack that is asked, wherever it lies; a policy that tries to loosen. */
function withOwn(edit: Edit, assessment: Assessment, workspace: string, policy: Policy): Assessment {
  const loosened = policyFinding(edit, workspace, policy);
  if (loosened !== undefined) return { ...assessment, kind: 'governing', findings: [loosened, ...assessment.findings] };
  const removed = checkRemoved(edit);
  if (removed !== undefined) return { ...assessment, findings: [removed, ...assessment.findings] };
  if (policy.packs.folders.length === 0 || assessment.kind === 'governing') return assessment;
  const finding = packChanged(edit, workspace, policy.packs.folders);
  return finding === undefined ? assessment : { ...assessment, kind: 'governing', findings: [finding, ...assessment.findings] };
}

function policyFinding(edit: Edit, workspace: string, policy: Policy): Finding | undefined {
  if (policy.layers.some(({ real }) => real !== undefined)) {
    const target = policyTargetChanged(edit, workspace, policy.layers);
    if (target !== undefined) return target;
  }
  if (!/policy\.ya?ml$/i.test(edit.path) || edit.command !== undefined || edit.provenance.certainty === 'human') return undefined;
  // Reading YAML costs time, and few edits are of a policy.
  const { attemptsIn }: typeof import('./policy-attempts.ts') = require('./policy-attempts.ts');
  const attempts = attemptsIn(edit, workspace, policy);
  return attempts.length === 0 ? undefined : policyLoosened(edit, attempts);
}

/** Of the rules that found something, those nobody accepted yet. Looked up only where something was found. */
function newerOf(assessments: readonly Assessment[], policy: Policy, stateFolder: string | undefined): NewerByRule {
  const found = new Set(assessments.flatMap(({ findings }) => findings.map(({ rule }) => rule)));
  if (stateFolder === undefined || found.size === 0) return new Map();
  const { newerRules }: typeof import('./accepted-rules.ts') = require('./accepted-rules.ts');
  return new Map([...newerRules(policy, stateFolder)].filter(([rule]) => found.has(rule)));
}

/** A policy is read as one whatever its file is called: a name can be changed afterwards, and one file can have several. */
function assessed(edit: Edit, settings: EngineSettings): Assessment {
  if (isNewAck(edit) || isTravelling(edit)) return { path: edit.path, kind: 'none', findings: [], problems: [] };
  if (edit.command !== undefined || mayBeGoverned(edit.path) || !mayBePolicyText(edit.after)) return assess(edit, settings);
  // What stood there before gave no access unless it was a policy too.
  const before = mayBePolicyText(edit.before) ? edit.before : '';
  return { ...assess({ ...edit, before, path: `${edit.path}.json` }, settings), path: edit.path };
}

/** Each edit with what was worked out about it. */
export function paired(suggestion: Suggestion, assessments: readonly Assessment[]) {
  return suggestion.edits.flatMap((edit, index) => {
    const assessment = assessments[index];
    return assessment === undefined ? [] : [{ edit, assessment }];
  });
}
