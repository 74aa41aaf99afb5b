import { resolve } from 'node:path';
import type { Assessment, Edit, Finding, Problem, Provenance } from '../../engine/types.ts';
import type { Ignored } from '../../gate/ignores.ts';
import { judge } from '../../gate/judge.ts';
import { realFolder } from '../../gate/state-folder.ts';
import type { Hold, Policy, Verdict } from '../../gate/types.ts';
import { withinTime } from '../within-time.ts';

/** Milliseconds. As long as an agent's hook has for one edit, so that the verdict is the one the hook would give. */
const TIME = 5500;
/** Milliseconds after which judging is broken off, wherever it is. */
const LONGEST = 10_000;

export type JudgedEdit = {
  /** `closed`: something could not be read on a watched path, so the gate lets nothing through there. */
  readonly verdict: Verdict | 'closed';
  /** Of the worst finding; null without any. */
  readonly severity: Finding['severity'] | null;
  readonly findings: readonly Finding[];
  readonly problems: readonly Problem[];
  /** Findings that an ignore lets pass, for a time. */
  readonly ignored: readonly Ignored[];
  /** Rules of an upgrade that found something and are only shown until somebody accepts them. */
  readonly newer: readonly string[];
  readonly cause?: string | undefined;
  readonly forbiddenBy?: Hold['forbiddenBy'];
};

/** Where and under what an edit is judged. `state`: the state folder. */
export type JudgingSetting = { readonly workspace: string; readonly policy: Policy; readonly state: string; readonly now: () => Date };

/** What the gate would say to this one edit. Writes nothing. `longest`: milliseconds. */
export function judgeEdit(edit: Edit, { workspace, policy, state, now }: JudgingSetting, longest = LONGEST): JudgedEdit {
  const limit = Date.now() + Math.min(TIME, longest);
  const stateFolder = realFolder(state);
  const judged = withinTime(
    () => judge({ workspace, edits: [edit] }, { policy, outOfTime: () => Date.now() > limit, now, stateFolder }),
    longest,
  );
  if (judged.late) return undecided(edit.path, longest);
  const { verdict, assessments, ignored, newer, cause, forbiddenBy } = judged.value;
  const assessment: Assessment | undefined = assessments[0];
  return {
    verdict,
    severity: assessment?.findings[0]?.severity ?? null,
    findings: assessment?.findings ?? [],
    problems: assessment?.problems ?? [],
    ignored,
    newer,
    cause,
    forbiddenBy,
  };
}

/** As the hook answers: what takes too long is not let through. */
function undecided(path: string, milliseconds: number): JudgedEdit {
  const message = `This edit could not be worked out within ${milliseconds / 1000} seconds. Make it in smaller steps.`;
  return {
    verdict: 'closed',
    severity: null,
    findings: [],
    problems: [{ kind: 'undecided', message, blinds: true }],
    ignored: [],
    newer: [],
    cause: `${path}: ${message}`,
  };
}

/** Whose edit it is taken for. The default is an agent's, the strictest. */
export function provenanceFor(flags: { readonly agent?: string | undefined; readonly human?: boolean | undefined }): Provenance {
  if (flags.human) return { channel: 'typed', certainty: 'human' };
  return { channel: 'patch', certainty: 'inferred', ...(flags.agent === undefined ? {} : { agent: { name: flags.agent } }) };
}

export function workspaceOf(flag: string | undefined, cwd: string): string {
  return resolve(cwd, flag ?? '.');
}
