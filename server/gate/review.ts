import { assertNever } from '../engine/assert-never.ts';
import type { Assessment, Provenance } from '../engine/types.ts';
import type { EventKind } from '../ledger/types.ts';
import { useUp } from './acknowledgements.ts';
import { isWatched } from './decide.ts';
import { isHoldRecorded } from './hold-record.ts';
import { createHoldAside, digestOfHold, holdIdOf, readHold, removeHold, writeHoldAside } from './holds.ts';
import { type Judgement, judge, paired } from './judge.ts';
import { recordable, recordedFiles, recordedProvenance } from './recorded.ts';
import { systemWords } from '../ledger/system-words.ts';
import { readTrip, trippedSentence } from './tripped.ts';
import type { GateContext, Hold, Outcome, Suggestion } from './types.ts';

/**
 * THE ONE DOOR. Every front asks here whether a suggestion may be applied, and gets a verdict only after what must be
 * recorded is recorded: `allow` after an acknowledgement is used up, `acknowledge` and `forbid` with the hold written.
 * `judged`: what `judge` said of this very suggestion a moment ago, under the policy of that digest.
 */
export async function review(
  suggestion: Suggestion,
  context: GateContext,
  judged?: { readonly judgement: Judgement; readonly policy: string },
): Promise<Outcome> {
  // A policy that was changed meanwhile judges anew.
  const judgement = judged !== undefined && judged.policy === context.policy.digest ? judged.judgement : judge(suggestion, context);
  const { assessments } = judgement;
  const stopped = stoppedTool(suggestion, context);
  if (stopped !== undefined) return close(suggestion, assessments, stopped, context);
  keepRules(assessments, context);
  if (mustCloseFor(context.closedBecause, suggestion, judgement, context)) {
    return close(suggestion, assessments, context.closedBecause ?? '', context);
  }
  switch (judgement.verdict) {
    case 'allow':
    case 'note':
      if (judgement.ignored.length > 0) await tellSilenced(suggestion, judgement, context);
      return { verdict: judgement.verdict, assessments };
    case 'closed':
      return close(suggestion, assessments, judgement.cause ?? 'The edit could not be worked out.', context);
    case 'forbid':
      return hold(suggestion, judgement, context, 'forbid');
    case 'acknowledge':
    case 'approve': {
      const release = await useUp(suggestion, assessments, judgement, context);
      if (release.kind === 'released') return { verdict: 'allow', assessments, released: release.acknowledgement };
      if (release.kind === 'closed') return { verdict: 'closed', assessments, cause: release.cause };
      return hold(suggestion, judgement, context, judgement.verdict);
    }
    default:
      return assertNever(judgement.verdict);
  }
}

/**
 * Records that a front closed the gate before there was an edit to judge: a tool of unknown shape, a file that cannot be read.
 * A sentence when the log would not take it.
 */
export async function recordClosed(
  closed: { readonly workspace: string; readonly paths: readonly string[]; readonly provenance: Provenance; readonly cause: string },
  context: GateContext,
): Promise<string | undefined> {
  const appended = await context.ledger.append({
    kind: 'closed',
    workspace: recordable(closed.workspace),
    files: closed.paths.map((path) => ({ path: recordable(path), findings: [] })),
    provenance: recordedProvenance(closed.provenance, context.stateFolder),
    policy: context.policy.digest,
    verdict: 'closed',
    cause: recordable(closed.cause),
  });
  return appended.ok ? undefined : `The log could not be written. ${appended.problem.message}`;
}

/** An ignore had a say in this: what would have been held without it is recorded. */
async function tellSilenced(suggestion: Suggestion, judgement: Judgement, context: GateContext): Promise<void> {
  const { newlySilenced, recordSilenced }: typeof import('./ignored-record.ts') = require('./ignored-record.ts');
  await recordSilenced(newlySilenced(suggestion, judgement, context), suggestion.workspace, context);
}

/** What is in force is written down once, so that an upgrade can be told from it. A folder that cannot be written keeps nothing back. */
function keepRules(assessments: readonly Assessment[], { policy, stateFolder }: GateContext): void {
  if (assessments.every(({ kind }) => kind === 'none')) return;
  const { recordRules }: typeof import('./accepted-rules.ts') = require('./accepted-rules.ts');
  try {
    recordRules(policy, stateFolder);
  } catch {
    // Without a record every rule counts in full.
  }
}

async function hold(suggestion: Suggestion, judgement: Judgement, context: GateContext, verdict: Hold['verdict']): Promise<Outcome> {
  const { assessments } = judgement;
  const [first] = suggestion.edits;
  if (first === undefined) return { verdict: 'allow', assessments };
  const now = context.now().toISOString();
  const fresh: Hold = {
    schema: 'countersign.hold/1',
    id: holdIdOf(suggestion, assessments),
    workspace: suggestion.workspace,
    created: now,
    updated: now,
    times: 1,
    verdict,
    ...(judgement.forbiddenBy === undefined ? {} : { forbiddenBy: judgement.forbiddenBy }),
    ...(judgement.sign === undefined ? {} : { sign: judgement.sign }),
    provenance: first.provenance,
    policyDigest: context.policy.digest,
    ...(suggestion.disk === undefined ? {} : { disk: suggestion.disk }),
    edits: paired(suggestion, assessments).map(({ edit, assessment }) => ({
      path: edit.path,
      before: edit.before,
      after: edit.after,
      ...(edit.command === undefined ? {} : { command: edit.command }),
      assessment,
    })),
  };
  try {
    const written = (await createHoldAside(context.stateFolder, fresh)) ? { hold: fresh, isNew: true } : await repeat(fresh, context);
    if (!written.isNew) return held(verdict, assessments, written.hold, await tripped(written.hold, context));
    const cause = await record(verdict === 'forbid' ? 'forbidden' : 'held', suggestion, assessments, context, { hold: fresh.id, verdict });
    if (cause === undefined) return held(verdict, assessments, written.hold, await tripped(written.hold, context));
    // A hold that no record speaks of must not wait for a person.
    removeHold(context.stateFolder, fresh.id);
    return { verdict: 'closed', assessments, cause };
  } catch (error) {
    return { verdict: 'closed', assessments, cause: `The suggestion could not be held, so it was refused: ${systemWords(error)}` };
  }
}

/** Hooks look for themselves before they read anything; a tool of ours that an agent calls is stopped here. */
function stoppedTool({ edits }: Suggestion, { stateFolder }: GateContext): string | undefined {
  const { channel, agent } = edits[0]?.provenance ?? {};
  const trip = channel === 'tool' && agent !== undefined ? readTrip(stateFolder, agent.name) : undefined;
  return trip === undefined ? undefined : trippedSentence(trip);
}

/** Only what is held or forbidden can make the breaker trip. */
async function tripped(hold: Hold, context: GateContext): Promise<string | undefined> {
  const { afterRefusal }: typeof import('./breaker.ts') = require('./breaker.ts');
  return afterRefusal(hold, context);
}

/** The same suggestion again: one hold, counted. A tool call that asks twice is one. */
async function repeat(fresh: Hold, context: GateContext): Promise<{ hold: Hold; isNew: boolean }> {
  const { stateFolder } = context;
  const known = readHold(stateFolder, fresh.id);
  // What stood in its place was no hold, or one of another verdict.
  if (known === undefined || known.verdict !== fresh.verdict) {
    await writeHoldAside(stateFolder, fresh);
    return { hold: fresh, isNew: true };
  }
  const toolCall = fresh.provenance.agent?.toolCall;
  const sameCall = toolCall !== undefined && toolCall === known.provenance.agent?.toolCall;
  // Whoever held it the first time may have been killed before it was recorded.
  if (known.times === 1 && !(await isHoldRecorded(known, context))) return { hold: known, isNew: true };
  if (sameCall && digestOfHold(known) === digestOfHold(fresh)) return { hold: known, isNew: false };
  const hold = { ...fresh, created: known.created, times: known.times + (sameCall ? 0 : 1) };
  await writeHoldAside(stateFolder, hold);
  return { hold, isNew: false };
}

async function close(suggestion: Suggestion, assessments: readonly Assessment[], cause: string, context: GateContext): Promise<Outcome> {
  const unrecorded = await record('closed', suggestion, assessments, context, { cause: recordable(cause), verdict: 'closed' });
  return { verdict: 'closed', assessments, cause: unrecorded === undefined ? cause : `${cause} ${unrecorded}` };
}

/** Appends what happened; a sentence when the log would not take it. */
async function record(
  kind: EventKind,
  suggestion: Suggestion,
  assessments: readonly Assessment[],
  context: GateContext,
  more: { hold?: string; cause?: string; verdict: string },
): Promise<string | undefined> {
  const provenance = suggestion.edits[0]?.provenance;
  const appended = await context.ledger.append({
    kind,
    workspace: recordable(suggestion.workspace),
    files: recordedFiles(suggestion.edits, assessments, context.stateFolder),
    ...(provenance === undefined ? {} : { provenance: recordedProvenance(provenance, context.stateFolder) }),
    policy: context.policy.digest,
    ...more,
  });
  return appended.ok ? undefined : `The log could not be written, so nothing was applied. ${appended.problem.message}`;
}

/** Without a usable policy nobody can say what an agent may do to a watched file. What a person types, and other files, go on. */
function mustCloseFor(cause: string | undefined, suggestion: Suggestion, judgement: Judgement, context: GateContext): boolean {
  if (cause === undefined || judgement.verdict === 'forbid') return false;
  return paired(suggestion, judgement.assessments).some(
    (one) => one.edit.provenance.certainty !== 'human' && isWatched(one, suggestion.workspace, context.policy),
  );
}

function held(verdict: Hold['verdict'], assessments: readonly Assessment[], hold: Hold, tripped: string | undefined): Outcome {
  const told = { assessments, hold, ...(tripped === undefined ? {} : { tripped }) };
  return verdict === 'forbid' ? { verdict, ...told } : { verdict, ...told };
}
