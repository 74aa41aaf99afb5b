import { randomUUID } from 'node:crypto';
import { basename, isAbsolute, relative } from 'node:path';
import type { InferOutput } from 'valibot';
import { acknowledge, breakGlass, markApplied } from '../../gate/decisions.ts';
import { discard, undoDiscard } from '../../gate/discards.ts';
import { readDraft } from '../../gate/drafts.ts';
import { digestOfHold, readHold } from '../../gate/holds.ts';
import type { Acknowledged, GateContext, Hold } from '../../gate/types.ts';
import type { Signer } from '../../ledger/types.ts';
import type { AcknowledgeResult, AppliedResult, DiscardResult, HoldTextsResult, ReviewResult, SignParams } from '../../protocol.ts';
import { hasCommand, isCommandPath } from '../command-words.ts';
import { clock, untilWords } from '../good-until.ts';
import { findingsOf, suggesterOf } from '../hold-words.ts';
import { effectOf, reviewModel } from '../review-model.ts';
import { isUntitled, uriOfPath } from './documents/places.ts';
import type { Gates } from './gates.ts';
import { holdsFor } from './held.ts';
import type { Acknowledge, Applied, BreakGlass } from './requests.ts';
import { gateOfDecided } from './rollbacks.ts';

export type DecisionsOptions = {
  readonly stateFolder: string;
  readonly gates: Gates;
  readonly folders: () => readonly string[];
  readonly now: () => Date;
  /** The person's key, once the editor has said which it is. */
  readonly keyId: () => string | undefined;
  /** Asks the editor to sign with the person's key. */
  readonly sign: (params: SignParams) => Promise<{ readonly keyId: string; readonly signature: string }>;
  /** Opens a page in the person's browser. */
  readonly showPage: (url: string) => Promise<boolean>;
};

const NO_KEY = 'The editor has not said which key is yours, so nothing can be signed. Reload the window.';
const GONE = 'This suggestion is no longer held. It may have been decided in another window.';

/**
 * What a person decides of what is held. Holds the one-time number of each opened review: an
 * acknowledgement without the newest one of its hold is refused.
 */
export class Decisions {
  readonly #options: DecisionsOptions;
  /** By hold: the newest opened review of it, and what it showed. */
  readonly #opened = new Map<string, { readonly nonce: string; readonly seen: string }>();

  constructor(options: DecisionsOptions) {
    this.#options = options;
  }

  async review(id: string): Promise<ReviewResult> {
    const { stateFolder, folders, now } = this.#options;
    const hold = readHold(stateFolder, id);
    if (hold === undefined) return { ok: false, problem: GONE };
    const opened = await this.#options.gates.of(hold.workspace);
    if (!opened.ok) return opened;
    const nonce = randomUUID();
    this.#opened.set(id, { nonce, seen: digestOfHold(hold) });
    const others = holdsFor(stateFolder, folders()).filter((other) => other.id !== id);
    const closed = opened.gate.closedBecause ?? opened.gate.policy.packs.problems[0];
    const model = { ...reviewModel(hold, others, opened.gate.policy, nonce, now()), ...(closed === undefined ? {} : { closed }) };
    const files = model.files.map((file) => ({ ...file, uri: uriOfPath(hold.workspace, file.path), path: this.#named(hold, file.path) }));
    const draft = readDraft(stateFolder, id);
    const noted = draft && {
      category: draft.reason.category,
      reason: draft.reason.text,
      ticket: draft.reason.ticket ?? '',
      from: draft.by,
    };
    return { ok: true, review: { ...model, files, ...(noted === undefined ? {} : { noted }) } };
  }

  texts(id: string): HoldTextsResult {
    const hold = readHold(this.#options.stateFolder, id);
    if (hold === undefined) return { ok: false, problem: GONE };
    const { channel, certainty } = hold.provenance;
    const texts = hold.edits.map(({ path, before, after }) => ({ path, uri: uriOfPath(hold.workspace, path), before, after }));
    return { ok: true, channel, certainty, texts };
  }

  async acknowledge(params: InferOutput<typeof Acknowledge>): Promise<AcknowledgeResult> {
    const { stateFolder, gates } = this.#options;
    const { hold: id, nonce } = params;
    const shown = this.#opened.get(id);
    if (shown?.nonce !== nonce) return { ok: false, problem: 'This review was opened again since. Read it once more and decide there' };
    const hold = readHold(stateFolder, id);
    if (hold === undefined) return { ok: false, problem: GONE };
    const opened = await gates.of(hold.workspace);
    if (!opened.ok) return opened;
    const signer = this.#securityKey(hold, params.reason, opened.gate) ?? this.signer(nonce);
    if (signer === undefined) return { ok: false, problem: NO_KEY };
    const ticket = params.ticket.trim();
    const done = await acknowledge(
      id,
      {
        reason: { category: params.category, text: params.reason, ...(ticket === '' ? {} : { ticket }) },
        hours: params.hours,
        ...(params.confirmation === null ? {} : { confirmation: params.confirmation }),
        rollBackLater: params.rollBackLater,
        seen: shown.seen,
      },
      opened.gate,
      signer,
    );
    return await this.#told(hold, done, opened.gate);
  }

  /** Only from the newest opened review of the hold, like an acknowledgement. */
  async breakGlass({ hold: id, nonce, phrase, reason }: InferOutput<typeof BreakGlass>): Promise<AcknowledgeResult> {
    const { stateFolder, gates } = this.#options;
    const shown = this.#opened.get(id);
    if (shown?.nonce !== nonce) return { ok: false, problem: 'This review was opened again since. Read it once more and decide there' };
    const hold = readHold(stateFolder, id);
    if (hold === undefined) return { ok: false, problem: GONE };
    const signer = this.signer(nonce);
    if (signer === undefined) return { ok: false, problem: NO_KEY };
    const opened = await gates.of(hold.workspace);
    if (!opened.ok) return opened;
    return await this.#told(hold, await breakGlass(id, { phrase, reason, seen: shown.seen }, opened.gate, signer), opened.gate);
  }

  async applied({ hold, id, ok, cause }: InferOutput<typeof Applied>): Promise<AppliedResult> {
    const opened = await gateOfDecided(id, this.#options);
    if (!opened.ok) return opened;
    return markApplied(hold, id, { ok, ...(cause === undefined ? {} : { cause }) }, opened.gate);
  }

  async discard(ids: readonly string[]): Promise<DiscardResult> {
    const { stateFolder, gates } = this.#options;
    const holds = ids.flatMap((id) => readHold(stateFolder, id) ?? []);
    if (holds.length === 0) return { ok: false, problem: GONE };
    for (const { id, workspace } of holds) {
      const opened = await gates.of(workspace);
      if (!opened.ok) return opened;
      const result = await discard([id], opened.gate);
      if (!result.ok) return result;
      this.#opened.delete(id);
    }
    return { ok: true };
  }

  async undoDiscard(id: string): Promise<DiscardResult> {
    const opened = await gateOfDecided(id, this.#options);
    return opened.ok ? undoDiscard(id, opened.gate) : opened;
  }

  async #told(hold: Hold, done: Acknowledged, gate: GateContext): Promise<AcknowledgeResult> {
    if (!done.ok) return done;
    this.#opened.delete(hold.id);
    if (done.asked !== undefined) {
      const until = untilWords(new Date(done.retryUntil), this.#options.now());
      const own = done.asked.files
        .map((file) => relative(hold.workspace, file))
        .filter((file) => !file.startsWith('..') && !isAbsolute(file));
      const way =
        own.length > 0
          ? `Commit and push ${own.join(', ')}, so that they see it in their editor.`
          : `They see it in their editor; the request is ${done.asked.files.join(', ')}.`;
      const detail = `Somebody else must approve it until ${until}. ${way} It stays held until then.`;
      return { ok: true, id: done.id, title: 'A second person is asked.', detail: `${detail} ${done.note ?? ''}`.trim(), apply: [] };
    }
    const result = await this.#acknowledged(hold, done, gate);
    return result.ok && done.note !== undefined ? { ...result, detail: `${result.detail} ${done.note}` } : result;
  }

  /** Where the policy asks for a proof of presence: the security key that was registered last. */
  #securityKey(hold: Hold, reason: string, gate: GateContext): Signer | undefined {
    const presence = hold.sign?.presence ?? 'none';
    if (presence === 'none') return undefined;
    const { securityKeys, securityKeySigner }: typeof import('./webauthn/security-key.ts') = require('./webauthn/security-key.ts');
    const key = securityKeys(gate.trustedKeys).at(-1);
    if (key === undefined) return undefined;
    const about = {
      title: 'Put your name to it',
      consequences: findingsOf(hold).map(({ consequence }) => consequence),
      rows: [
        ...hold.edits.map(({ path }): readonly [string, string] => [hasCommand([{ path }]) ? 'Command' : 'File', path]),
        ['Suggested by', suggesterOf(hold.provenance)],
        ['Your reason', reason.trim()],
      ] as const,
    };
    return securityKeySigner(key, presence, about, this.#options.showPage);
  }

  /** Signs only while what it was made for is being written: it is not kept anywhere. */
  signer(nonce: string): Signer | undefined {
    const keyId = this.#options.keyId();
    if (keyId === undefined) return undefined;
    return {
      keyId,
      role: 'person',
      sign: async (bytes) => {
        const signed = await this.#options.sign({ nonce, bytes: Buffer.from(bytes).toString('base64') });
        if (signed.keyId !== keyId) throw new Error('the editor signed with another key than the one it enrolled');
        return new Uint8Array(Buffer.from(signed.signature, 'base64'));
      },
    };
  }

  async #acknowledged(
    hold: Hold,
    { id, expires, retryUntil }: { readonly id: string; readonly expires: string; readonly retryUntil: string },
    gate: GateContext,
  ): Promise<AcknowledgeResult> {
    const now = this.#options.now();
    const good = `Good until ${untilWords(new Date(expires), now)}.`;
    const done = { ok: true, id, title: 'Acknowledged, under your name.' } as const;
    const effect = effectOf(hold);
    switch (effect) {
      case 'let-retry':
        return {
          ...done,
          detail: `${suggesterOf(hold.provenance)} may ${hasCommand(hold.edits) ? 'run this command' : 'make this edit'} once, until ${clock(new Date(retryUntil))}.`,
          apply: [],
        };
      case 'keep': {
        const marked = await markApplied(hold.id, id, { ok: true }, gate);
        return { ...done, detail: `The text stays as it is. ${good}${marked.ok ? '' : ` ${marked.problem}`}`, apply: [] };
      }
      case 'apply': {
        const apply = hold.edits.map(({ path, before, after }) => ({ uri: uriOfPath(hold.workspace, path), before, after }));
        return { ...done, title: 'Applied, under your name.', detail: `${good} The old text is kept.`, apply };
      }
      default:
        return effect satisfies never;
    }
  }

  /** Where several folders are open, two of them may have a file of this path. */
  #named({ workspace }: Hold, path: string): string {
    return this.#options.folders().length > 1 && !isAbsolute(path) && !isUntitled(path) && !isCommandPath(path)
      ? `${basename(workspace)}/${path}`
      : path;
  }
}
