import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import { approve, notTakenThere, presenceFor, whyNoApproval } from '../../../gate/approvals.ts';
import type { ReadRequest, RequestText } from '../../../gate/approval-files.ts';
import type { GateContext } from '../../../gate/types.ts';
import type { Signer } from '../../../ledger/types.ts';
import type { AcknowledgeResult, ApproveParams, HoldTextsResult, ReviewResult } from '../../../protocol.ts';
import { plainText } from '../../hold-words.ts';
import { uriOfPath } from '../documents/places.ts';
import type { Gates } from '../gates.ts';
import { readDecided } from '../../../gate/decided.ts';
import { readHold } from '../../../gate/holds.ts';
import { type FoundRequest, requestIn } from './found-requests.ts';
import { requestReview } from './request-review.ts';
import { textsFor } from './request-texts.ts';
import type { RequestsWatch } from './requests-watch.ts';

export type ApprovalsOptions = {
  readonly gates: Gates;
  readonly watch: () => RequestsWatch | undefined;
  readonly keyId: () => string | undefined;
  /** Signs with the person's key while this number is the newest. */
  readonly signer: (nonce: string) => Signer | undefined;
  readonly showPage: (url: string) => Promise<boolean>;
};

const GONE = 'This request is no longer there: it was answered, taken back, or it expired.';

/** What a second person does: reads a request, and approves it. Holds the one-time number of each opened review, like decisions do. */
export class Approvals {
  readonly #options: ApprovalsOptions;
  readonly #opened = new Map<string, string>();

  constructor(options: ApprovalsOptions) {
    this.#options = options;
  }

  async review(id: string): Promise<ReviewResult> {
    const found = await this.#found(id);
    if (!found.ok) return found;
    const { request, gate } = found;
    const nonce = randomUUID();
    this.#opened.set(id, nonce);
    const texts = textsOf(request, gate);
    const refused = this.#refused(request, gate);
    const keyId = this.#options.keyId();
    const note = refused === undefined && keyId !== undefined ? notTakenThere(request.read, keyId) : undefined;
    return { ok: true, review: requestReview(request, texts, gate, { nonce, refused, note }) };
  }

  async texts(id: string): Promise<HoldTextsResult> {
    const found = await this.#found(id);
    if (!found.ok) return found;
    const { event } = found.request.read.stored.record;
    const texts = textsOf(found.request, found.gate);
    if (texts === undefined)
      return { ok: false, problem: 'The texts are not here. Check out the branch of the pull request, then open this again.' };
    const workspace = event.workspace ?? found.workspace;
    return {
      ok: true,
      channel: 'patch',
      certainty: 'attested',
      texts: texts.map((text) => ({ ...text, uri: uriOfPath(workspace, text.path) })),
    };
  }

  async approve({ request: id, nonce, reason }: ApproveParams): Promise<AcknowledgeResult> {
    if (this.#opened.get(id) !== nonce)
      return { ok: false, problem: 'This request was opened again since. Read it once more and decide there' };
    const found = await this.#found(id);
    if (!found.ok) return found;
    const { request, gate } = found;
    if (gate.closedBecause !== undefined) return { ok: false, problem: gate.closedBecause };
    const refused = this.#refused(request, gate);
    if (refused !== undefined) return { ok: false, problem: refused };
    const signer = this.#securityKey(request.read, reason, gate) ?? this.#options.signer(nonce);
    if (signer === undefined)
      return { ok: false, problem: 'The editor has not said which key is yours, so nothing can be signed. Reload the window.' };
    const done = await approve(request.read, request.file, reason, gate, signer);
    if (!done.ok) return done;
    this.#opened.delete(id);
    await this.#options.watch()?.again();
    const { actor, event } = request.read.stored.record;
    const glass = event.kind === 'broke-glass';
    const where = event.repository === undefined ? 'lies beside the request' : 'lies beside the request: commit and push it';
    return {
      ok: true,
      id: done.id,
      title: glass ? 'Looked at, under your name.' : 'Approved, under your name.',
      detail: `${basename(done.file)} ${where}. ${actor.user} is told when it arrives.${done.note === undefined ? '' : ` ${done.note}`}`,
      apply: [],
    };
  }

  /** In a sentence, as far as it can be known before anybody signs. */
  #refused({ own, read }: FoundRequest, gate: GateContext): string | undefined {
    if (own) {
      return read.stored.record.event.kind === 'broke-glass'
        ? 'You broke this glass yourself. Somebody else must look at it.'
        : 'You asked for this yourself. Somebody else must approve it.';
    }
    const keyId = this.#options.keyId();
    return keyId === undefined ? undefined : whyNoApproval(read, keyId, gate);
  }

  /** The request as its file says now: a file that was exchanged since is another request. */
  async #found(
    id: string,
  ): Promise<
    | { readonly ok: true; readonly request: FoundRequest; readonly gate: GateContext; readonly workspace: string }
    | { readonly ok: false; readonly problem: string }
  > {
    const known = this.#options.watch()?.of(id);
    const read = known === undefined ? undefined : requestIn(known.request.file);
    if (known === undefined || read === undefined || read.stored.id !== known.request.read.stored.id) return { ok: false, problem: GONE };
    const opened = await this.#options.gates.of(known.workspace);
    if (!opened.ok) return opened;
    return { ok: true, request: { ...known.request, read }, gate: opened.gate, workspace: known.workspace };
  }

  /** Where the policy here asks for a proof of presence: the security key that was registered last. */
  #securityKey(read: ReadRequest, reason: string, gate: GateContext): Signer | undefined {
    const presence = presenceFor(read, gate);
    if (presence === 'none') return undefined;
    const { securityKeys, securityKeySigner }: typeof import('../webauthn/security-key.ts') = require('../webauthn/security-key.ts');
    const key = securityKeys(gate.trustedKeys).at(-1);
    if (key === undefined) return undefined;
    const { event, actor } = read.stored.record;
    const files = event.files ?? [];
    const about = {
      title: 'Approve what somebody else asks for',
      consequences: files.flatMap(({ findings }) => findings.map(({ consequence }) => plainText(consequence))),
      rows: [
        ...files.map(({ path }): readonly [string, string] => ['File', path]),
        ['Asked by', `${actor.user} on ${actor.host}`],
        ['Your reason', reason.trim()],
      ] as const,
    };
    return securityKeySigner(key, presence, about, this.#options.showPage);
  }
}

/** Of what was asked for here, the hold has them still. */
function textsOf({ own, read, file }: FoundRequest, { stateFolder }: GateContext): readonly RequestText[] | undefined {
  const { stored } = read;
  const hold = own ? (readHold(stateFolder, stored.record.event.hold ?? '') ?? readDecided(stateFolder, stored.id)?.hold) : undefined;
  return hold?.edits.map(({ path, before, after }) => ({ path, before, after })) ?? textsFor(read, file);
}
