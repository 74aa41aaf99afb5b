/** The part of the hooks' warm path that records: the log is opened, and what is held is written. Few calls come to it. */
import type { Edit, Provenance } from '../../engine/types.ts';
import { areRulesRecorded } from '../../gate/accepted-rules.ts';
import { mayBeReleased } from '../../gate/acknowledgements.ts';
import { prepareDigestKey } from '../../gate/digest-key.ts';
import { openGate } from '../../gate/open.ts';
import { isRemembered } from '../../gate/policy-memory.ts';
import { recordClosed, review } from '../../gate/review.ts';
import { realFolder, stateFolder } from '../../gate/state-folder.ts';
import type { GateContext, Policy } from '../../gate/types.ts';
import { recordWritten } from '../../gate/written.ts';
import { actorOf } from '../actor.ts';
import { judgedPath } from './locate.ts';
import { type Asked, grammarFor, planEdits, provenanceOf, readText, textBefore, withCommands } from './planned-edits.ts';
import type { Early, Judged, Outside } from './review.ts';
import type { AgentHook, Answer } from './tool-call.ts';
import { answerFor, closedSentence, tell } from './verdict-answer.ts';
import { writtenLines } from './written-lines.ts';

/**
 * Answers one tool call. `judged`: what judgeEarly said of it.
 * Never throws for what an agent or a file can contain; the caller closes the gate on anything else.
 */
export async function reviewCall(asked: Asked, outside: Outside, judged?: Judged): Promise<Answer> {
  const { agent, around } = asked;
  const { workspace } = around;
  if (asked.call.phase === 'after') return await record(asked, outside);
  if (judged !== undefined) {
    const opened = await open(agent, around, outside);
    if (!opened.ok) return agent.deny(closedSentence(opened.problem));
    return answerFor(agent, await review({ workspace, edits: judged.edits }, opened.gate, judged));
  }
  const provenance = provenanceOf(asked);
  const planned = withCommands(planEdits(asked, outside.env, provenance), asked, outside.env, provenance, await grammarFor(asked));
  if (planned.closed === undefined && planned.edits.length === 0) return agent.allow();
  const opened = await open(agent, around, outside);
  if (!opened.ok) return agent.deny(closedSentence(opened.problem));
  if (planned.closed === undefined) return answerFor(agent, await review({ workspace, edits: planned.edits }, opened.gate));
  const unrecorded = await recordUndecided(asked, planned.closed, outside);
  return agent.deny(closedSentence(unrecorded === undefined ? planned.closed : `${planned.closed} ${unrecorded}`));
}

/**
 * Holds what was judged early, where that is all there is to do. Undefined: there may be an acknowledgement to use up, or something
 * else to record, and nothing was done. Whatever it writes it waits for aside, so that the timers of this thread run meanwhile.
 */
export async function holdEarly(asked: Asked, outside: Outside, { judged, policy }: Early): Promise<Answer | undefined> {
  const { agent, around } = asked;
  const { verdict } = judged.judgement;
  if (verdict !== 'acknowledge' && verdict !== 'approve' && verdict !== 'forbid') return undefined;
  const state = realFolder(stateFolder(outside.env, process.platform, around.home));
  if (!isRemembered(policy, state) || mayBeReleased(state, new Date()) || !areRulesRecorded(policy, state)) return undefined;
  const opened = await open(agent, around, outside, { policy, aside: true });
  if (!opened.ok) return undefined;
  await prepareDigestKey(state);
  return answerFor(agent, await review({ workspace: around.workspace, edits: judged.edits }, opened.gate, judged));
}

/** Records that a tool call was refused without a judgement. A sentence when it could not be. */
export async function recordUndecided(asked: Asked, cause: string, outside: Outside): Promise<string | undefined> {
  const { agent, around, located } = asked;
  const opened = await open(agent, around, outside);
  if (!opened.ok) return opened.problem;
  const closed = { workspace: around.workspace, paths: located.map(judgedPath), provenance: provenanceOf(asked), cause };
  return await recordClosed(closed, opened.gate);
}

/** Records that a payload was refused before there was a tool call to speak of. A sentence when it could not be. */
export async function recordRefusal(
  { agent, cause, paths, around }: Omit<Asked, 'call' | 'located'> & { readonly cause: string; readonly paths: readonly string[] },
  outside: Outside,
): Promise<string | undefined> {
  const opened = await open(agent, around, outside);
  if (!opened.ok) return opened.problem;
  const provenance: Provenance = { channel: 'hook', certainty: 'attested', agent: { name: agent.name } };
  return await recordClosed({ workspace: around.workspace, paths, provenance, cause }, opened.gate);
}

async function open(
  agent: AgentHook,
  around: Asked['around'],
  outside: Outside,
  more: { readonly policy?: Policy; readonly aside?: boolean } = {},
): Promise<Opened> {
  return await openGate({
    workspace: around.workspace,
    stateFolder: stateFolder(outside.env, process.platform, around.home),
    now: () => new Date(),
    actor: actorOf(`countersign hook ${agent.id}`),
    outOfTime: outside.outOfTime,
    ...more,
  });
}

type Opened = { ok: true; gate: GateContext } | { ok: false; problem: string };

/** After the tool has run: what was really written goes into the log. Never blocks: the text is already there. */
async function record(asked: Asked, outside: Outside): Promise<Answer> {
  const { agent, call, around, located } = asked;
  const provenance = provenanceOf(asked);
  const written = located.flatMap((place, index) => {
    const path = judgedPath(place);
    const read = readText(place.file);
    if (read.kind !== 'text') return [];
    const edit: Edit = { path, before: textBefore(call, index, read.text), after: read.text, provenance };
    return [{ edit, lines: writtenLines(call.changes[index], read.text) }];
  });
  const edits = written.map(({ edit }) => edit);
  if (edits.length === 0) return agent.allow();
  const opened = await open(agent, around, outside);
  if (!opened.ok) return tell(agent, `could not record this edit: ${opened.problem}`);
  const recorded = await recordWritten(
    edits,
    provenance,
    opened.gate,
    around.workspace,
    written.map(({ lines }) => lines),
  );
  if (!recorded.ok) return tell(agent, `could not record this edit: ${recorded.problem}`);
  return recorded.unexpected === undefined ? agent.allow() : tell(agent, `recorded this edit. ${recorded.unexpected}`);
}
