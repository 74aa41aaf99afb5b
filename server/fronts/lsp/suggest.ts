import { createHash } from 'node:crypto';
import type { InferOutput } from 'valibot';
import { assertNever } from '../../engine/assert-never.ts';
import type { Provenance } from '../../engine/types.ts';
import { review } from '../../gate/review.ts';
import type { Outcome, Suggestion } from '../../gate/types.ts';
import type { SuggestResult } from '../../protocol.ts';
import { headlineOf, plainText } from '../hold-words.ts';
import { placeOf } from './documents/places.ts';
import { isLarge, judgeAside } from './large-judgement.ts';
import type { Gates } from './gates.ts';
import type { Suggest } from './requests.ts';

/** The editor waits for ten seconds, in milliseconds. */
const LONGEST = 6_000;

/** Asks the one door about text that wants to come into a document. Every failure closes the gate and says why. */
export async function suggest(params: InferOutput<typeof Suggest>, folders: readonly string[], gates: Gates): Promise<SuggestResult> {
  const { uri, before, after, channel, certainty } = params;
  const place = placeOf(uri, folders);
  if (place === undefined)
    return { verdict: 'closed', cause: `${uri.split(':')[0] ?? 'this'} documents are not files, so they cannot be checked` };
  const output = createHash('sha256').update(after, 'utf8').digest('hex');
  const provenance: Provenance = { channel, certainty, digests: { output } };
  const opened = await gates.of(place.workspace);
  if (!opened.ok) return { verdict: 'closed', cause: opened.problem };
  const suggestion: Suggestion = { workspace: place.workspace, edits: [{ path: place.path, before, after, provenance }] };
  if (isLarge(suggestion) && (await judgeAside(suggestion, opened.gate.policy, LONGEST)) === undefined) {
    return {
      verdict: 'closed',
      cause: `${place.path} is too large to be worked out in time. Make the edit in smaller steps, or split the file`,
    };
  }
  return resultOf(await review(suggestion, opened.gate));
}

function resultOf(outcome: Outcome): SuggestResult {
  switch (outcome.verdict) {
    case 'allow':
    case 'note':
      return { verdict: outcome.verdict };
    case 'acknowledge':
    case 'approve':
    case 'forbid':
      return {
        verdict: outcome.verdict === 'forbid' ? 'forbid' : 'acknowledge',
        hold: outcome.hold.id,
        sentence: plainText(headlineOf(outcome.hold)),
      };
    case 'closed':
      return { verdict: 'closed', cause: outcome.cause };
    default:
      return assertNever(outcome);
  }
}
