import { mayHoldConfigByName } from '../../engine/read/governed-path.ts';
import type { Edit, Provenance } from '../../engine/types.ts';
import { isWatched } from '../../gate/decide.ts';
import { type Judgement, judge } from '../../gate/judge.ts';
import type { Hold } from '../../gate/types.ts';
import { withinTime } from '../within-time.ts';
import type { BaseSide } from './base-side.ts';
import type { ReadChange } from './changed-files.ts';

/** Nobody can tell from a commit who wrote it: every change counts as a suggestion. */
export const PROVENANCE: Provenance = { channel: 'patch', certainty: 'inferred' };

/** Milliseconds that judging may take, and those after which it is broken off wherever it is. */
const TIME = 10_000;
const LONGEST = 20_000;

export type Judged = Pick<Judgement, 'verdict' | 'assessments' | 'needed' | 'sign' | 'cause' | 'ignored'> & {
  readonly forbiddenBy?: Hold['forbiddenBy'];
  /** Sentences worth reading that decide nothing. */
  readonly notes: readonly string[];
};

/** What the one door says to a change of one file, with the policy of the base side. */
export function judgeChange(change: ReadChange, side: BaseSide, now: () => Date): Judged {
  const edit: Edit = { path: change.path, before: change.before, after: change.after, provenance: PROVENANCE };
  const judged = judgeIn(edit, side, now);
  if (judged.verdict === 'forbid') return judged;
  const one = { edit, assessment: judged.assessments[0] ?? { path: edit.path, kind: 'none' as const, findings: [], problems: [] } };
  const unread = change.unread === undefined ? undefined : `${change.path} ${change.unread}`;
  if (unread !== undefined) {
    const inside = { ...one, edit: { ...edit, path: `${edit.path}/x` } };
    const closes =
      isWatched(one, side.folder, side.policy) || isWatched(inside, side.folder, side.policy) || mayHoldConfigByName(edit.path);
    return closes ? closed(judged, unread) : { ...judged, notes: [unread] };
  }
  if (side.closedBecause !== undefined && isWatched(one, side.folder, side.policy)) return closed(judged, side.closedBecause);
  return judged;
}

/** The same change as an edit under another name: the fingerprints that a workspace further down would have. */
export function judgeIn(edit: Edit, side: BaseSide, now: () => Date): Judged {
  const limit = Date.now() + TIME;
  const judged = withinTime(
    () => judge({ workspace: side.folder, edits: [edit] }, { policy: side.policy, outOfTime: () => Date.now() > limit, now }),
    LONGEST,
  );
  if (!judged.late) return { ...judged.value, notes: [] };
  const message = `This change could not be worked out within ${LONGEST / 1000} seconds. Make it in smaller steps.`;
  const assessment = {
    path: edit.path,
    kind: 'none' as const,
    findings: [],
    problems: [{ kind: 'undecided' as const, message, blinds: true }],
  };
  return { verdict: 'closed', assessments: [assessment], needed: [], ignored: [], cause: `${edit.path}: ${message}`, notes: [] };
}

function closed(judged: Judged, cause: string): Judged {
  return { ...judged, verdict: 'closed', cause, needed: [] };
}
