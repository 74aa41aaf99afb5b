import { createHash } from 'node:crypto';
import type { Assessment, Edit, Finding, Provenance } from '../../engine/types.ts';
import { isWatched } from '../../gate/decide.ts';
import { recordWritten } from '../../gate/written.ts';
import { type Judgement, judge } from '../../gate/judge.ts';
import { recordClosed, review } from '../../gate/review.ts';
import type { GateContext, Hold, Suggestion } from '../../gate/types.ts';
import { findingsOf, headlineOf, plainText, waitsForWords } from '../hold-words.ts';
import { visibleText } from '../visible-text.ts';
import { withinTime } from '../within-time.ts';
import { stoppedBecause } from './stopped.ts';
import { type Place, planProposal, type PlannedFile } from './plan.ts';
import { type ProposedInput, readProposal } from './proposal.ts';
import { type Ask, editAnswer, type EditResult, refusedAnswer, type ToolAnswer, toolFindings } from './tool-answer.ts';

/** Who asks, as their own program says. */
export type Asker = {
  readonly name: string;
  readonly version?: string | undefined;
  /** Of this one conversation or process: an acknowledgement counts for it alone. */
  readonly session: string;
  /** Never the same twice in a session. */
  readonly toolCall: string;
};

export type Host = {
  readonly place: Place;
  readonly stateFolder: string;
  readonly openGate: (
    workspace: string,
  ) => Promise<{ readonly ok: true; readonly gate: GateContext } | { readonly ok: false; readonly problem: string }>;
  /** A sentence when a file is no longer as it was judged. */
  readonly changedSince: (files: readonly PlannedFile[]) => string | undefined;
  /** Puts the texts in place, all or none. A sentence when it could not. */
  readonly write: (files: readonly PlannedFile[]) => string | undefined;
};

/** Milliseconds for judging one proposal; then it is refused. */
const JUDGING = 6_000;

/** Judges an edit through the one door, and writes it when nothing speaks against it. Whatever fails refuses. Never throws for what an agent can hand in. */
export async function proposeEdit(input: ProposedInput, asker: Asker, host: Host): Promise<ToolAnswer> {
  const stopped = stoppedAnswer(asker.name, host.stateFolder);
  if (stopped !== undefined) return stopped;
  const asked = await prepare(input, asker, 'propose_edit', host);
  if (asked.kind === 'answer') return asked.answer;
  const { files, suggestion, gate, paths } = asked;
  const outcome = await review(suggestion, gate, { judgement: asked.judgement, policy: gate.policy.digest });
  if ('hold' in outcome) return holdAnswer(outcome.verdict, outcome.hold, outcome.tripped, gate);
  if (outcome.verdict === 'closed') return refusedAnswer(outcome.cause, paths);

  const refuse = async (cause: string): Promise<ToolAnswer> => {
    const unrecorded = await recordClosed({ workspace: suggestion.workspace, paths, provenance: provenanceOf(suggestion), cause }, gate);
    return refusedAnswer(unrecorded === undefined ? cause : `${cause} ${unrecorded}`, paths);
  };
  const changed = host.changedSince(files);
  if (changed !== undefined) return await refuse(changed);
  // Append before apply: what cannot be recorded is not written.
  const recorded = await recordWritten(suggestion.edits, provenanceOf(suggestion), gate, suggestion.workspace);
  if (!recorded.ok) return refusedAnswer(recorded.problem, paths);
  const late = stoppedAnswer(asker.name, host.stateFolder);
  if (late !== undefined) return late;
  const unwritten = host.write(files);
  if (unwritten !== undefined) return await refuse(unwritten);
  const findings = findingsIn(outcome.assessments, paths);
  const released = outcome.released === undefined ? '' : ' It was acknowledged by a person, and the acknowledgement is used up.';
  const next = findings.length === 0 ? 'Nothing more to do.' : 'Tell the person what it opens.';
  return editAnswer({ outcome: 'written', written: true, files: paths, findings, next }, `Written: ${paths.join(', ')}.${released}`, false);
}

/** What the gate would say. Writes nothing, anywhere. */
export async function checkEdit(input: ProposedInput, asker: Asker, host: Host): Promise<ToolAnswer> {
  const stopped = stoppedAnswer(asker.name, host.stateFolder);
  if (stopped !== undefined) return stopped;
  const asked = await prepare(input, asker, 'check_edit', host);
  if (asked.kind === 'answer') return asked.answer;
  const { judgement, suggestion, gate, paths } = asked;
  const findings = findingsIn(judgement.assessments, paths);
  const answer = (outcome: EditResult['outcome'], first: string, next: string): ToolAnswer =>
    editAnswer({ outcome, written: false, files: paths, findings, next }, first, false);
  if (judgement.verdict === 'forbid') {
    const by = judgement.forbiddenBy;
    return answer(
      'would-be-forbidden',
      `The policy forbids this edit${by === undefined ? '' : ` (${by.pattern}, ${by.source})`}. Nothing was written.`,
      'Nobody can acknowledge it. Ask whoever keeps the policy what to do instead.',
    );
  }
  const closed = closedFor(suggestion, judgement, gate);
  if (closed !== undefined) return refusedAnswer(closed, paths);
  if (judgement.verdict === 'allow' || judgement.verdict === 'note') {
    return answer('passes', 'This edit would go through. Nothing was written.', 'Propose it with propose_edit.');
  }
  return answer(
    'would-be-held',
    'This edit would be held for a person. Nothing was written.',
    'Propose a narrower edit, or propose this one and tell the person.',
  );
}

type Prepared =
  | { readonly kind: 'answer'; readonly answer: ToolAnswer }
  | {
      readonly kind: 'judged';
      readonly files: readonly PlannedFile[];
      readonly suggestion: Suggestion;
      readonly judgement: Judgement;
      readonly gate: GateContext;
      readonly paths: readonly string[];
    };

/** Up to the judgement both tools do the same; only `propose_edit` records what it refuses. */
async function prepare(input: ProposedInput, asker: Asker, tool: 'propose_edit' | 'check_edit', host: Host): Promise<Prepared> {
  // Stopped from outside, like the judging below: whatever the texts are, the answer comes, and it is no.
  const read = withinTime(() => {
    const proposal = readProposal(input);
    return { proposal, plan: proposal.ok ? planProposal(proposal.changes, host.place) : undefined };
  }, JUDGING);
  if (read.late)
    return { kind: 'answer', answer: refusedAnswer('Carrying this edit out took longer than 6 seconds. Make it in smaller steps.') };
  const { proposal, plan } = read.value;
  if (!proposal.ok || plan === undefined) return { kind: 'answer', answer: refusedAnswer(proposal.ok ? '' : proposal.problem) };
  const provenance = provenanceFor(input, proposal.suggested, asker, tool);
  const refuse = async (cause: string, workspace: string, paths: readonly string[], gate: GateContext | undefined): Promise<Prepared> => {
    const opened = gate === undefined && tool === 'propose_edit' ? await host.openGate(workspace) : undefined;
    const context = gate ?? (opened?.ok === true ? opened.gate : undefined);
    const recording = tool === 'propose_edit' && context !== undefined;
    const unrecorded = recording ? await recordClosed({ workspace, paths, provenance, cause }, context) : undefined;
    return { kind: 'answer', answer: refusedAnswer(unrecorded === undefined ? cause : `${cause} ${unrecorded}`, paths) };
  };

  if (!plan.ok) {
    if (plan.place === undefined) return { kind: 'answer', answer: refusedAnswer(plan.problem) };
    return await refuse(plan.problem, plan.place.workspace, plan.place.paths, undefined);
  }
  const { workspace } = plan;
  const files = plan.files.filter(({ before, after, found }) => after !== before || found.kind === 'absent');
  const paths = plan.files.map(({ path }) => path);
  if (files.length === 0) {
    const next = 'Nothing to do.';
    const result: EditResult = { outcome: 'unchanged', written: false, files: paths, findings: [], next };
    return { kind: 'answer', answer: editAnswer(result, `${paths.join(', ')} has this text already.`, false) };
  }
  const opened = await host.openGate(workspace);
  if (!opened.ok) return { kind: 'answer', answer: refusedAnswer(opened.problem, paths) };
  const { gate } = opened;
  const edits = files.map(({ path, before, after }): Edit => ({ path, before, after: after ?? '', provenance }));
  const suggestion = { workspace, edits };
  const judged = withinTime(() => judge(suggestion, gate), JUDGING);
  if (judged.late) {
    return await refuse('judging this edit took longer than 6 seconds. Make it in smaller steps.', workspace, paths, gate);
  }
  return { kind: 'judged', files, suggestion, judgement: judged.value, gate, paths: files.map(({ path }) => path) };
}

function provenanceFor(input: ProposedInput, suggested: string, { name, version, session, toolCall }: Asker, tool: string): Provenance {
  return {
    channel: 'tool',
    certainty: 'attested',
    agent: { name, ...(version === undefined ? {} : { version }), session, toolCall, tool },
    digests: { ...(input.prompt === undefined ? {} : { prompt: digest(input.prompt) }), output: digest(suggested) },
  };
}

function provenanceOf({ edits }: Suggestion): Provenance {
  return edits[0]?.provenance ?? { channel: 'tool', certainty: 'attested' };
}

function holdAnswer(verdict: string, hold: Hold, tripped: string | undefined, gate: GateContext): ToolAnswer {
  const stopped = tripped === undefined ? '' : ` Countersign's breaker has stopped you: ${tripped}. Stop here and tell the person.`;
  const files = hold.edits.map(({ path }) => path);
  const findings = toolFindings(
    hold.edits.flatMap(({ path, assessment }) => assessment.findings.map((finding) => [path, finding] as const)),
  );
  if (verdict === 'forbid') {
    const by = hold.forbiddenBy;
    return editAnswer(
      {
        outcome: 'forbidden',
        written: false,
        hold: hold.id,
        files,
        findings,
        next: `Nobody can acknowledge this. ${by?.owner ?? 'Whoever keeps the policy'} can tell what to do instead. Do not work around it.${stopped}`,
      },
      `Forbidden by Countersign as ${hold.id}${by === undefined ? '' : ` (${by.pattern}, ${by.source})`}. Nothing was written.`,
      true,
    );
  }
  const answer = editAnswer(
    {
      outcome: 'held',
      written: false,
      hold: hold.id,
      files,
      findings,
      next: `${waitsForWords(verdict)} Then propose the same edit again: it goes through once. Ask hold_status; do not work around it.${stopped}`,
    },
    `Held by Countersign as ${hold.id}. Nothing was written.`,
    true,
  );
  return { ...answer, ask: askFor(hold, gate) };
}

function askFor(hold: Hold, { policy }: GateContext): Ask {
  const more = findingsOf(hold).length - 1;
  const others = more > 0 ? ` (and ${more} more ${more === 1 ? 'finding' : 'findings'})` : '';
  return {
    hold: hold.id,
    workspace: hold.workspace,
    message: visibleText(
      `Held as ${hold.id}: ${plainText(headlineOf(hold))}${others} Why is this needed? Your answer is kept with the hold; ` +
        "you sign for it in the editor's review. Nothing is let through by answering here.",
    ),
    minimumReason: policy.reason.minimumLength,
    ticket: policy.reason.ticketRequired ? 'required' : 'optional',
  };
}

/** As the door closes: what could not be judged, and watched files while the policy cannot be used. */
function closedFor(suggestion: Suggestion, judgement: Judgement, gate: GateContext): string | undefined {
  if (judgement.verdict === 'closed') return judgement.cause ?? 'The edit could not be worked out.';
  if (gate.closedBecause === undefined) return undefined;
  const watched = suggestion.edits.some((edit, index) => {
    const assessment = judgement.assessments[index];
    return assessment !== undefined && isWatched({ edit, assessment }, suggestion.workspace, gate.policy);
  });
  return watched ? gate.closedBecause : undefined;
}

function findingsIn(assessments: readonly Assessment[], paths: readonly string[]): EditResult['findings'] {
  return toolFindings(
    assessments.flatMap(({ path, findings }, index) => findings.map((finding): [string, Finding] => [paths[index] ?? path, finding])),
  );
}

/** Every agent was stopped by a person, or this one by the breaker. */
function stoppedAnswer(agent: string, stateFolder: string): ToolAnswer | undefined {
  const cause = stoppedBecause(agent, stateFolder);
  if (cause === undefined) return undefined;
  const next = 'Nothing was written.';
  return editAnswer({ outcome: 'halted', written: false, files: [], findings: [], cause, next }, cause, true);
}

function digest(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
