import type { InferOutput } from 'valibot';
import { readDecided } from '../../gate/decided.ts';
import { judgeRollBack, recordNotRolledBack, recordRolledBack, rollBackTexts } from '../../gate/rollback.ts';
import type { GateContext, Hold } from '../../gate/types.ts';
import type { NotRolledBackResult, RollBackFilesResult, RollBackResult } from '../../protocol.ts';
import { fileOf, placeOf, sameFile, uriOfPath } from './documents/places.ts';
import type { Gates } from './gates.ts';
import type { NotRolledBack, RollBack } from './requests.ts';

export type RollbacksOptions = { readonly stateFolder: string; readonly gates: Gates };

/**
 * The texts that take an acknowledged change back, judged like any other edit. Recorded before they are given: no record, no
 * rollback. Where later edits are in the way, what a person must decide.
 */
export async function rollBack(params: InferOutput<typeof RollBack>, options: RollbacksOptions): Promise<RollBackResult> {
  const { id, current, reason, resolved = [] } = params;
  const opened = await gateOfDecided(id, options);
  if (!opened.ok) return opened;
  const { gate, hold } = opened;
  const { workspace } = hold;
  const found = rollBackTexts(id, byPath(current, hold), gate, byPath(resolved, hold));
  if (!found.ok) {
    const conflicts = found.conflicts?.map((conflict) => ({ ...conflict, uri: uriOfPath(workspace, conflict.path) }));
    return { ok: false, problem: found.problem, ...(conflicts === undefined ? {} : { conflicts }) };
  }
  const judged = await judgeRollBack(id, found.texts, gate);
  if (!judged.ok) return judged;
  const recorded = await recordRolledBack(id, gate, { texts: found.texts, reason: reason?.trim() || undefined });
  if (!recorded.ok) return recorded;
  return { ok: true, apply: found.texts.map(({ path, before, after }) => ({ uri: uriOfPath(workspace, path), before, after })) };
}

function byPath(texts: readonly { readonly uri: string; readonly text: string }[], hold: Hold): ReadonlyMap<string, string> {
  return namedAsHeld(new Map(texts.map(({ uri, text }) => [placeOf(uri, [hold.workspace])?.path ?? uri, text])), hold);
}

/** The editor could not put the texts in place. */
export async function notRolledBack(
  { id, cause }: InferOutput<typeof NotRolledBack>,
  options: RollbacksOptions,
): Promise<NotRolledBackResult> {
  const opened = await gateOfDecided(id, options);
  return opened.ok ? recordNotRolledBack(id, cause, opened.gate) : opened;
}

export function rollBackFiles(id: string, { stateFolder }: RollbacksOptions): RollBackFilesResult {
  const hold = readDecided(stateFolder, id)?.hold;
  return { uris: hold?.edits.map(({ path }) => uriOfPath(hold.workspace, path)) ?? [] };
}

export async function gateOfDecided(
  id: string,
  { stateFolder, gates }: RollbacksOptions,
): Promise<{ readonly ok: true; readonly gate: GateContext; readonly hold: Hold } | { readonly ok: false; readonly problem: string }> {
  const hold = readDecided(stateFolder, id)?.hold;
  if (hold === undefined) return { ok: false, problem: 'This decision is not known here any more.' };
  const opened = await gates.of(hold.workspace);
  return opened.ok ? { ...opened, hold } : opened;
}

/** Texts under the paths that the hold has, whatever the editor calls the files. */
function namedAsHeld(texts: ReadonlyMap<string, string>, { edits, workspace }: Hold): ReadonlyMap<string, string> {
  const same = (a: string, b: string): boolean => {
    const [left, right] = [fileOf(uriOfPath(workspace, a)), fileOf(uriOfPath(workspace, b))];
    return a === b || (left !== undefined && right !== undefined && sameFile(left, right));
  };
  return new Map([...texts].map(([path, text]) => [edits.find((edit) => same(edit.path, path))?.path ?? path, text]));
}
