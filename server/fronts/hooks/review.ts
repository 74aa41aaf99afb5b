/** The warm path of the hooks: a path may be governed, so the engine is loaded and the edit judged. Bundled as hook-review.js. */
import type { Edit } from '../../engine/types.ts';
import { judge, type Judgement } from '../../gate/judge.ts';
import { loadPolicy } from '../../gate/policy.ts';
import { realFolder, stateFolder, userPolicyFile } from '../../gate/state-folder.ts';
import type { Policy, Suggestion } from '../../gate/types.ts';
import { type Asked, grammarFor, planEdits, provenanceOf, quickProvenance, withCommands } from './planned-edits.ts';
import type { ReadCommand } from './shell-grammar.ts';

/** Characters of one call's texts: what is judged without a thread of its own is small enough never to want for memory. */
const SMALL = 512 * 1024;
/** Characters of a call's commands, for the same reason. */
const SHORT = 20_000;

export type Outside = { readonly env: NodeJS.ProcessEnv; readonly outOfTime: () => boolean };

export { grammarFor };

/** What records, loaded by need. */
export function recording(): typeof import('./recording.ts') {
  const loaded: typeof import('./recording.ts') = require('./recording.ts');
  return loaded;
}

/** Edits and what the gate says to them, under the policy of that digest. Plain data. */
export type Judged = { readonly edits: readonly Edit[]; readonly judgement: Judgement; readonly policy: string };

/** `policy`: the one it was judged under. */
export type Early = { readonly judged: Judged; readonly policy: Policy };

/**
 * Judges a small call before there is a thread and a log: the usual case needs neither. `pass`: it surely goes on and leaves no record.
 * Undefined says nothing. Writes nothing. `read`: what grammarFor said of the call.
 */
export function judgeEarly(asked: Asked, outside: Outside, read: ReadCommand | undefined): 'pass' | Early | undefined {
  const { call, around } = asked;
  if (call.phase === 'after' || call.commands.join('').length > SHORT) return undefined;
  const quick = quickProvenance(asked);
  const { edits, closed } = withCommands(planEdits(asked, outside.env, quick), asked, outside.env, quick, read);
  if (closed !== undefined) return undefined;
  if (edits.length === 0) return 'pass';
  if (edits.reduce((sum, { before, after }) => sum + before.length + after.length, 0) > SMALL) return undefined;
  const state = realFolder(stateFolder(outside.env, process.platform, around.home));
  const loaded = loadPolicy(around.workspace, userPolicyFile(outside.env, process.platform, around.home), { stateFolder: state });
  if (!loaded.ok) return undefined;
  const judgement = judge(
    { workspace: around.workspace, edits },
    { policy: loaded.policy, outOfTime: outside.outOfTime, now: () => new Date(), stateFolder: state },
  );
  const goesOn = judgement.verdict === 'allow' || judgement.verdict === 'note';
  // What an ignore let pass is recorded, by the door.
  if (goesOn && judgement.ignored.length > 0 && isNew({ workspace: around.workspace, edits }, judgement, loaded.policy, state)) {
    return { judged: { edits, judgement, policy: loaded.policy.digest }, policy: loaded.policy };
  }
  if (goesOn) return 'pass';
  // What was not worked out in this time may be in more.
  if (judgement.verdict === 'closed') return undefined;
  const provenance = provenanceOf(asked);
  return {
    judged: { edits: edits.map((edit) => ({ ...edit, provenance })), judgement, policy: loaded.policy.digest },
    policy: loaded.policy,
  };
}

function isNew(suggestion: Suggestion, judgement: Judgement, policy: Policy, state: string): boolean {
  const { newlySilenced }: typeof import('../../gate/ignored-record.ts') = require('../../gate/ignored-record.ts');
  return newlySilenced(suggestion, judgement, { policy, stateFolder: state }).length > 0;
}
