/** What an ignore let pass that would have asked somebody: once for each suggestion, in the log. It keeps nothing back. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Edit } from '../engine/types.ts';
import { policyForAgents } from './agent-limits.ts';
import { holdIdOf } from './holds.ts';
import type { Ignored } from './ignores.ts';
import type { Judgement } from './judge.ts';
import { ladderOf } from './ladder.ts';
import { recordable, recordedFiles, recordedProvenance } from './recorded.ts';
import { createWhole, readWhole, removeIfThere } from './small-file.ts';
import { ensureRoom, roomFolder } from './state-folder.ts';
import type { GateContext, Suggestion } from './types.ts';

/** What one ignore let pass of one suggestion. */
export type Silenced = {
  /** The name of its mark: the same suggestion, silenced by the same ignore, has the same. */
  readonly mark: string;
  readonly by: Pick<Ignored, 'by' | 'reason' | 'until'>;
  readonly edits: readonly { readonly edit: Edit; readonly ignored: readonly Ignored[] }[];
};

/** What is not in the log yet. Reads nothing where no ignore had a say, which is nearly always. */
export function newlySilenced(
  suggestion: Suggestion,
  { ignored, assessments }: Pick<Judgement, 'ignored' | 'assessments'>,
  { policy, stateFolder }: Pick<GateContext, 'policy' | 'stateFolder'>,
): readonly Silenced[] {
  // What a person types is held by nobody, so that nothing was silenced.
  if (ignored.length === 0 || suggestion.edits.every(({ provenance }) => provenance.certainty === 'human')) return [];
  const limited = policyForAgents(suggestion.edits, assessments, policy);
  const asking = ignored.filter(({ path, finding }) => {
    const verdict = ladderOf(limited, { path }, suggestion.workspace)(finding)[finding.severity];
    return verdict !== 'allow' && verdict !== 'note';
  });
  const folder = roomFolder(stateFolder, 'ignored');
  const sources = new Map(asking.map((one) => [`${one.by}\n${one.until}`, one]));
  return [...sources]
    .map(([key, { by, reason, until }]) => {
      const edits = suggestion.edits.flatMap((edit) => {
        const own = asking.filter((one) => one.path === edit.path && `${one.by}\n${one.until}` === key);
        return own.length === 0 ? [] : [{ edit, ignored: own }];
      });
      const as = holdIdOf({ ...suggestion, edits: edits.map(({ edit }) => edit) }, edits.map(found));
      const mark = `${as}-${createHash('sha256').update(key).digest('hex').slice(0, 12)}`;
      return { mark, by: { by, reason, until }, edits };
    })
    .filter(({ mark }) => !existsSync(join(folder, mark)));
}

/** Records it. Never throws, and says nothing of what could not be written: the edit is let through either way. */
export async function recordSilenced(silenced: readonly Silenced[], workspace: string, context: GateContext): Promise<void> {
  for (const { mark, by, edits } of silenced) {
    try {
      const file = join(ensureRoom(context.stateFolder, 'ignored'), mark);
      if (!createWhole(file, by.until)) continue;
      const [first] = edits;
      const appended = await context.ledger.append({
        kind: 'ignored',
        workspace: recordable(workspace),
        files: recordedFiles(
          edits.map(({ edit }) => edit),
          edits.map(found),
          context.stateFolder,
        ),
        ...(first === undefined ? {} : { provenance: recordedProvenance(first.edit.provenance, context.stateFolder) }),
        policy: context.policy.digest,
        verdict: 'allow',
        reason: { category: 'ignored', text: recordable(by.reason.trim()) },
        expires: `${by.until}T23:59:59.999Z`,
        ignored: { by: recordable(by.by), until: by.until },
      });
      if (!appended.ok) removeIfThere(file);
    } catch {
      // It is recorded the next time.
    }
  }
  sweep(context);
}

function found({ edit, ignored }: Silenced['edits'][number]) {
  return { path: edit.path, kind: 'config' as const, findings: ignored.map(({ finding }) => finding), problems: [] };
}

/** Marks of ignores that are over go, before there are many. */
function sweep({ stateFolder, now }: GateContext): void {
  try {
    const folder = roomFolder(stateFolder, 'ignored');
    const marks = readdirSync(folder);
    if (marks.length < MANY) return;
    const today = now().toISOString().slice(0, 10);
    for (const mark of marks) if ((readWhole(join(folder, mark))?.toString('utf8') ?? '') < today) removeIfThere(join(folder, mark));
  } catch {
    // They are small.
  }
}

const MANY = 200;
