import { governedBy, isWatchedByName } from '../../../engine/read/governed-path.ts';
import type { Edit, Provenance } from '../../../engine/types.ts';
import type { Baseline } from '../../../gate/baselines.ts';
import { opaqueText } from '../../../gate/opaque-text.ts';
import { digestOf } from '../../../gate/recorded.ts';
import { textOf } from '../../plain-file.ts';
import type { DiskFile } from './disk-file.ts';
import type { KnownTexts } from './known-texts.ts';
import type { Repository } from './repository.ts';

/** What happened a moment ago: git moved files, a file went away. In milliseconds. */
export const JUST_NOW = 5_000;

/** A file to look at. `graced`: whoever may have had a reason was given the time to tell it. */
export type Look = {
  readonly file: string;
  readonly since: number;
  readonly graced: boolean;
  /** It could not be held, and that was said. */
  readonly told?: boolean;
};
export type LookAgain = { readonly look: Look; readonly inMs: number };

/** A watched file that is not as its baseline. */
export type DiskChange = {
  readonly look: Look;
  readonly path: string;
  readonly disk: DiskFile;
  readonly base: Baseline | undefined;
  readonly repository: Repository | undefined;
  /** Why its text cannot be judged, completing "it "; where that shows only on trying. */
  cause?: string;
  /** Its text was read, and could not be understood. */
  unreadable?: boolean;
};

/** Files that went away just now, by the digest of their last good text. */
export type Gone = ReadonlyMap<string, { readonly path: string; readonly at: number }>;

/** The change as an edit, from the baseline's text to what is on disk. The same text under another name is no news. */
export async function editOf({ path, disk, base, look, cause }: DiskChange, known: KnownTexts, gone: Gone): Promise<Edit> {
  const bytes = base === undefined ? undefined : await known.bytesOf(base, look.file);
  const opaque = disk.kind === 'opaque' ? disk.cause : cause;
  const after = opaque !== undefined ? opaqueText(opaque) : disk.kind === 'text' ? disk.text : '';
  const before = isMoved(path, disk, base, gone) ? after : bytes === undefined ? '' : textOf(bytes);
  return { path, before, after, provenance: provenanceOf(after) };
}

export function provenanceOf(after: string): Provenance {
  return { channel: 'disk', certainty: 'inferred', digests: { output: digestOf(after) } };
}

/** What tells this state of a file from others: both '' where nothing is there. */
export function marksOf(disk: DiskFile): { readonly digest: string; readonly stamp: string } {
  return disk.kind === 'absent' ? { digest: '', stamp: '' } : { digest: disk.digest, stamp: disk.stamp };
}

/** A name may be what gives a text its power: then moving it there is news. */
function isMoved(path: string, disk: DiskFile, base: Baseline | undefined, gone: Gone): boolean {
  if (disk.kind !== 'text' || (base !== undefined && base.digest !== '')) return false;
  const from = gone.get(disk.digest);
  if (from === undefined || Date.now() - from.at > JUST_NOW || governedBy(path) !== undefined) return false;
  return isWatchedByName(path) === isWatchedByName(from.path);
}
