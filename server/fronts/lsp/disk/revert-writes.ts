import { revertHold, type Restoring } from '../../../gate/disk-holds.ts';
import type { Done } from '../../../gate/done.ts';
import { digestOf } from '../../../gate/recorded.ts';
import type { GateContext, Hold } from '../../../gate/types.ts';
import { textOf } from '../../plain-file.ts';
import { stampOf } from './disk-file.ts';
import type { KnownTexts } from './known-texts.ts';

/** A file that was reverted so often within a minute is only shown: two programs would go on for ever. */
const MOST_REVERTS = 5;
const MINUTE = 60_000;

/** Puts the texts of before back: all files of the hold, or none. `stays`: the hold is still shown afterwards. */
export async function revertWrites(
  hold: Hold,
  known: KnownTexts,
  gate: GateContext,
  how: { readonly stays: boolean; readonly cause: string },
): Promise<Done> {
  const restoring: Restoring[] = [];
  for (const { path, before } of hold.edits) {
    const base = known.baselines.of(path);
    if (base?.pending === undefined) return { ok: false, problem: `${path} is not as it was when this was held. Look at it again.` };
    if (!/^(?:[0-9a-f]{64})?$/.test(base.pending.digest))
      return { ok: false, problem: `${path} cannot be read here, so it is left alone. Look at it, and put it back by hand.` };
    const kept = await known.bytesOf(base, known.fileOf(path));
    const bytes = base.digest === '' ? undefined : kept !== undefined && textOf(kept) === before ? kept : Buffer.from(before);
    restoring.push({ file: known.fileOf(path), now: base.pending.digest, before: bytes });
  }
  const done = await revertHold(hold, restoring, gate, how);
  if (!done.ok) return done;
  for (const { path, after } of hold.edits) {
    known.baselines.pend(path, undefined, stampOf(known.fileOf(path)));
    known.baselines.distrust(path, digestOf(after));
  }
  return done;
}

/** Counts the reverts of a file, this one included. */
export class RevertCount {
  readonly #times = new Map<string, readonly number[]>();

  isTooOften(path: string): boolean {
    const now = Date.now();
    const recent = [...(this.#times.get(path) ?? []).filter((at) => now - at < MINUTE), now];
    this.#times.set(path, recent);
    return recent.length > MOST_REVERTS;
  }
}
