import { type DiskChange, JUST_NOW, type LookAgain } from './disk-change.ts';
import type { Baseline } from '../../../gate/baselines.ts';
import { byRepository } from './repositories.ts';

const GIT_BUSY = 100;
/** What git does takes no longer; then a file is looked at whatever git says, in milliseconds. */
const LONGEST_BUSY = 15_000;

export type Sorted = {
  /** Git itself wrote these. */
  readonly accepted: readonly { readonly one: DiskChange; readonly blob: string | undefined }[];
  readonly conflicts: readonly DiskChange[];
  /** Git is at work in their repository. */
  readonly again: readonly LookAgain[];
  readonly left: readonly DiskChange[];
};

/**
 * Sorts changes by what git has to do with them. `since`: what git did after it, in milliseconds since 1970, may explain `whileAway`.
 * `keptText`: the last good bytes of a file, where they are not git's.
 */
export async function sortByGit(
  changed: readonly DiskChange[],
  {
    since,
    whileAway,
    keptText,
  }: {
    readonly since: number;
    readonly whileAway: ReadonlySet<string>;
    readonly keptText: (base: Baseline) => Buffer | undefined;
  },
): Promise<Sorted> {
  const accepted: { readonly one: DiskChange; readonly blob: string | undefined }[] = [];
  const conflicts: DiskChange[] = [];
  const again: LookAgain[] = [];
  const left: DiskChange[] = [];
  for (const [repository, found] of byRepository(changed)) {
    if (repository === undefined) {
      left.push(...found);
      continue;
    }
    const patient = repository.isBusy ? found.filter(({ look }) => Date.now() - look.since < LONGEST_BUSY) : [];
    again.push(...patient.map(({ look }) => ({ look, inMs: GIT_BUSY })));
    const all = found.filter((one) => !patient.includes(one));
    const readable = all.filter(({ disk }) => disk.kind !== 'opaque');
    left.push(...all.filter(({ disk }) => disk.kind === 'opaque'));
    const explained = await repository.explains(
      readable.map(({ look, disk, base }) => ({
        path: repository.pathOf(look.file),
        bytes: disk.kind === 'text' ? disk.bytes : undefined,
        was: disk.kind === 'absent' && base !== undefined && base.blob === undefined ? keptText(base) : undefined,
      })),
    );
    const movedNow = repository.quietFor < JUST_NOW;
    const movedAway = Date.now() - repository.quietFor > since;
    for (const [index, one] of readable.entries()) {
      const by = explained[index] ?? { kind: 'no' };
      const digest = one.disk.kind === 'text' ? one.disk.digest : '';
      const moved = movedNow || (movedAway && whileAway.has(one.path));
      if (by.kind === 'yes') accepted.push({ one, blob: by.blob });
      else if (moved && one.base?.earlier.includes(digest) === true) accepted.push({ one, blob: undefined });
      else if (by.kind === 'conflict') conflicts.push(one);
      else left.push(one);
    }
  }
  return { accepted, conflicts, again, left };
}
