import { SEVERITIES, type Certainty, type Channel, type Provenance, type Severity } from '../../../engine/types.ts';
import type { ReadRequest, RequestText } from '../../../gate/approval-files.ts';
import { judge } from '../../../gate/judge.ts';
import { fingerprintOf } from '../../../gate/named-keys.ts';
import type { GateContext, Hold } from '../../../gate/types.ts';
import type { RecordedFile, RecordedFinding, RecordedProvenance } from '../../../ledger/types.ts';
import type { RequestItem, Review } from '../../../protocol.ts';
import { hasCommand } from '../../command-words.ts';
import { untilWords } from '../../good-until.ts';
import { findingsOf, phraseOf, plainText, severityRank, SEVERITY_WORDS } from '../../hold-words.ts';
import { reviewModel } from '../../review-model.ts';
import type { FoundRequest } from './found-requests.ts';

/** What a request is called and says in a list: as its own record tells it. */
export function requestItem({ id, read, own, refused }: FoundRequest): RequestItem {
  const { event, actor, time } = read.stored.record;
  const worst = worstOf(event.files ?? []);
  const sentence = worst?.consequence ?? '';
  return {
    id,
    kind: event.kind === 'broke-glass' ? 'glass' : 'approval',
    own,
    severity: severityIn(worst),
    name: nameIn(sentence) ?? event.files?.[0]?.path ?? '',
    sentence: plainText(sentence),
    by: actor.user,
    since: time,
    ...(event.kind === 'broke-glass' || event.retryUntil === undefined ? {} : { until: event.retryUntil }),
    ...(refused === undefined ? {} : { refused }),
  };
}

/**
 * Everything a second person needs to see. With the texts, what they open is worked out anew here, so that nobody has to believe
 * the findings of another computer; without them, the signed findings are shown, and the notes say so.
 * `refused`: why this person cannot approve it. `note`: what they should know before they do.
 */
export function requestReview(
  found: FoundRequest,
  texts: readonly RequestText[] | undefined,
  gate: GateContext,
  { nonce, refused, note }: { readonly nonce: string; readonly refused: string | undefined; readonly note?: string | undefined },
): Review {
  const { stored, key } = found.read;
  const { event, actor } = stored.record;
  const judged = texts === undefined || hasCommand(texts) ? undefined : holdOf(found, texts, gate);
  const model = judged === undefined ? recordedModel(found, gate) : reviewModel(judged, [], gate.policy, nonce, gate.now());
  const kind = event.kind === 'broke-glass' ? 'glass' : 'approval';
  const now = gate.now();
  return {
    ...model,
    hold: found.id,
    nonce,
    since: stored.record.time,
    times: 1,
    forbidden: undefined,
    revertible: false,
    effect: 'let-retry',
    position: { index: 1, of: 1 },
    files: judged === undefined ? recordedFiles(event.files ?? [], texts) : model.files,
    request: {
      kind,
      by: `${actor.user} on ${actor.host}`,
      key: fingerprintOf(key.id),
      reason: event.reason?.text ?? '',
      ticket: event.reason?.ticket ?? '',
      ...(kind === 'approval' && event.retryUntil !== undefined ? { until: untilWords(new Date(event.retryUntil), now) } : {}),
      expires: event.expires === undefined ? '' : untilWords(new Date(event.expires), now),
      notes: [
        ...(note === undefined ? [] : [note]),
        ...(found.refused === undefined ? [] : [`An approval was not taken: ${found.refused}`]),
        ...notesOf(found.read, texts, judged),
      ],
      ...(refused === undefined ? {} : { refused }),
    },
  };
}

function notesOf({ stored }: ReadRequest, texts: readonly RequestText[] | undefined, judged: Hold | undefined): readonly string[] {
  const files = stored.record.event.files ?? [];
  if (judged === undefined) {
    if (hasCommand(files)) return ['What a command does cannot be worked out here: this is what their computer found.'];
    return texts === undefined
      ? ['The texts are not here, so this is what their computer found. Check out the branch of the pull request to see the edit itself.']
      : [];
  }
  const signed = new Set(files.flatMap(({ findings }) => findings.map(({ fingerprint }) => fingerprint)));
  const more = findingsOf(judged).filter(({ fingerprint }) => !signed.has(fingerprint));
  const gone = [...signed].filter((fingerprint) => !findingsOf(judged).some((finding) => finding.fingerprint === fingerprint));
  if (more.length + gone.length === 0) return [];
  return [
    'Worked out on this computer, the edit opens something else than what was signed. Their policy, rules or version may differ; ask before you approve.',
  ];
}

/** The request's edit as a hold of this computer: judged with the policy here, never written. */
function holdOf({ read }: FoundRequest, texts: readonly RequestText[], gate: GateContext): Hold | undefined {
  const { event, time } = read.stored.record;
  const provenance = provenanceOf(event.provenance);
  const workspace = event.workspace ?? '';
  const { assessments, sign } = judge({ workspace, edits: texts.map((text) => ({ ...text, provenance })) }, gate);
  // A policy here that lets it pass leaves nothing to show: what was signed is then shown.
  if (assessments.every(({ findings }) => findings.length === 0)) return undefined;
  return {
    schema: 'countersign.hold/1',
    id: event.hold ?? '',
    workspace,
    created: time,
    updated: time,
    times: 1,
    verdict: 'approve',
    sign: sign ?? { people: 2, presence: 'none' },
    provenance,
    policyDigest: gate.policy.digest,
    edits: texts.flatMap((text, index) => {
      const assessment = assessments[index];
      return assessment === undefined ? [] : [{ ...text, assessment }];
    }),
  };
}

/** From the record alone: sentences and ratings, without a witness. */
function recordedModel(found: FoundRequest, gate: GateContext): Omit<Review, 'files'> & Pick<Review, 'files'> {
  const { event, time } = found.read.stored.record;
  const provenance = provenanceOf(event.provenance);
  const base: Hold = {
    schema: 'countersign.hold/1',
    id: event.hold ?? '',
    workspace: event.workspace ?? '',
    created: time,
    updated: time,
    times: 1,
    verdict: 'approve',
    sign: { people: 2, presence: 'none' },
    provenance,
    policyDigest: gate.policy.digest,
    edits: [],
  };
  const [worst, ...others] = sorted(event.files ?? []);
  return {
    ...reviewModel(base, [], gate.policy, '', gate.now()),
    severity: severityIn(worst),
    sentence: phraseOf(worst?.consequence ?? 'Something was accepted that this record does not name.'),
    previously: [],
    opened: { name: requestItem(found).name, kind: 'thing' },
    facts: worst === undefined ? [] : factsOf(worst),
    others: others.map((finding) => ({ severity: severityIn(finding), sentence: phraseOf(finding.consequence), previously: [] })),
  };
}

function factsOf(finding: RecordedFinding): Review['facts'] {
  return [
    { term: 'Severity', value: SEVERITY_WORDS[severityIn(finding)], why: '' },
    { term: 'Blast radius', value: capital(finding.blastRadius), why: '' },
    { term: 'Sensitivity', value: capital(finding.sensitivity), why: '' },
    { term: 'Confidence', value: capital(finding.confidence), why: '' },
  ];
}

function recordedFiles(files: readonly RecordedFile[], texts: readonly RequestText[] | undefined): Review['files'] {
  return files.map(({ path }) => {
    const text = texts?.find((one) => one.path === path)?.after;
    const lines = text?.split(/\r?\n/).map((line, index) => ({ mark: '' as const, number: index + 1, text: line })) ?? [];
    const command = hasCommand([{ path }]);
    return { path, uri: '', lines: lines.slice(0, 12), more: lines.length > 12, ...(command ? { command: 'line' as const } : {}) };
  });
}

const CHANNELS: readonly Channel[] = ['hook', 'tool', 'paste', 'inline', 'insert', 'disk', 'patch', 'typed'];
const CERTAINTIES: readonly Certainty[] = ['attested', 'observed', 'inferred', 'human'];

/** Words of a later version are taken for the least that can be said. */
function provenanceOf(recorded: RecordedProvenance | undefined): Provenance {
  const channel = CHANNELS.find((one) => one === recorded?.channel) ?? 'patch';
  const certainty = CERTAINTIES.find((one) => one === recorded?.certainty) ?? 'inferred';
  return {
    channel,
    certainty,
    ...(recorded?.agent === undefined ? {} : { agent: recorded.agent }),
    ...(recorded?.digests === undefined || recorded.digests.key !== undefined ? {} : { digests: recorded.digests }),
  };
}

function sorted(files: readonly RecordedFile[]): readonly RecordedFinding[] {
  return files.flatMap(({ findings }) => findings).toSorted((a, b) => severityRank(severityIn(a)) - severityRank(severityIn(b)));
}

function worstOf(files: readonly RecordedFile[]): RecordedFinding | undefined {
  return sorted(files)[0];
}

/** A severity that a later version wrote counts as the worst. */
function severityIn(finding: RecordedFinding | undefined): Severity {
  return SEVERITIES.find((one) => one === finding?.severity) ?? 'critical';
}

/** The last name in a sentence is what is opened. */
function nameIn(sentence: string): string | undefined {
  return sentence
    .match(/`([^`]+)`/g)
    ?.at(-1)
    ?.slice(1, -1);
}

function capital(word: string): string {
  return `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
}
