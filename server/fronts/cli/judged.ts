import { resolve } from 'node:path';
import type { Assessment, Edit, Finding, Problem, Provenance } from '../../engine/types.ts';
import { judge } from '../../gate/review.ts';
import type { Hold, Policy, Verdict } from '../../gate/types.ts';

/** Milliseconds. As long as an agent's hook has for one edit, so that the verdict is the one the hook would give. */
const TIME = 5500;

export type JudgedEdit = {
  /** `closed`: something could not be read on a watched path, so the gate lets nothing through there. */
  readonly verdict: Verdict | 'closed';
  /** Of the worst finding; null without any. */
  readonly severity: Finding['severity'] | null;
  readonly findings: readonly Finding[];
  readonly problems: readonly Problem[];
  readonly cause?: string | undefined;
  readonly forbiddenBy?: Hold['forbiddenBy'];
};

/** What the gate would say to this one edit. Writes nothing. */
export function judgeEdit(edit: Edit, workspace: string, policy: Policy, stateFolder: string): JudgedEdit {
  const limit = Date.now() + TIME;
  const judged = judge({ workspace, edits: [edit] }, policy, () => Date.now() > limit, stateFolder);
  const assessment: Assessment | undefined = judged.assessments[0];
  return {
    verdict: judged.verdict,
    severity: assessment?.findings[0]?.severity ?? null,
    findings: assessment?.findings ?? [],
    problems: assessment?.problems ?? [],
    cause: judged.cause,
    forbiddenBy: judged.forbiddenBy,
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
