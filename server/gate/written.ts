import { join } from 'node:path';
import type { Edit, Provenance } from '../engine/types.ts';
import { listDecided } from './decided.ts';
import { unrecorded } from './done.ts';
import { judge } from './judge.ts';
import { changedRange, type LineRange, recordable, recordedFiles, recordedProvenance } from './recorded.ts';
import { readWhole } from './small-file.ts';
import { ensureRoom } from './state-folder.ts';
import type { GateContext, Hold } from './types.ts';

/**
 * Records what an agent really wrote, where it concerns access or governs something. `unexpected`: a sentence when that opens
 * more than was let through.
 */
export async function recordWritten(
  edits: readonly Edit[],
  provenance: Provenance,
  context: GateContext,
  workspace = '',
  lines?: readonly (readonly LineRange[])[],
): Promise<{ ok: true; unexpected?: string } | { ok: false; problem: string }> {
  // Not every agent says what stood there before: of a released call its hold does.
  const isUnknown = edits.some(({ before, after }) => before === after);
  const early = isUnknown ? releasedTo(provenance, context) : undefined;
  const suggestion = { workspace, edits: edits.map((edit) => ({ ...withHeldBefore(edit, early?.hold), provenance })) };
  const judgement = judge(suggestion, context);
  const { assessments } = judgement;
  if (assessments.every(({ kind, findings, problems }) => kind === 'none' && findings.length + problems.length === 0)) return { ok: true };
  const release = isUnknown ? early : releasedTo(provenance, context);
  const covered = release?.hold.edits.flatMap(({ assessment }) => assessment.findings.map(({ fingerprint }) => fingerprint)) ?? [];
  const more = judgement.verdict === 'forbid' || judgement.needed.some(({ fingerprint }) => !covered.includes(fingerprint));
  const unexpected = more ? 'What was written opens more than anybody acknowledged. Review the file, or revert it.' : undefined;
  const appended = await context.ledger.append({
    kind: 'written',
    workspace: recordable(workspace),
    files: recordedFiles(suggestion.edits, assessments, context.stateFolder, lines ?? suggestion.edits.map(changedRange)),
    provenance: recordedProvenance(provenance, context.stateFolder),
    policy: context.policy.digest,
    verdict: judgement.verdict,
    ...(release === undefined ? {} : { acknowledgement: release.id, hold: release.hold.id }),
    ...(unexpected === undefined ? {} : { cause: unexpected }),
  });
  if (!appended.ok) return unrecorded(appended);
  return unexpected === undefined ? { ok: true } : { ok: true, unexpected };
}

function withHeldBefore(edit: Edit, hold: Hold | undefined): Edit {
  const held = edit.before === edit.after ? hold?.edits.find(({ path }) => path === edit.path) : undefined;
  return held === undefined ? edit : { ...edit, before: held.before };
}

/** The acknowledgement that let this very tool call through. */
function releasedTo(provenance: Provenance, context: GateContext) {
  const { session, toolCall } = provenance.agent ?? {};
  if (toolCall === undefined) return undefined;
  const mark = JSON.stringify({ toolCall: recordable(toolCall), session: recordable(session ?? '') });
  return listDecided(context.stateFolder).find((decided) => {
    if (decided.kind !== 'acknowledged') return false;
    try {
      return readWhole(join(ensureRoom(context.stateFolder, 'used'), decided.id))?.toString('utf8') === mark;
    } catch {
      return false;
    }
  });
}
