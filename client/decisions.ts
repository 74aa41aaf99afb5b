import * as vscode from 'vscode';
import {
  ACKNOWLEDGE,
  APPLIED,
  APPROVE,
  BREAK_GLASS,
  DISCARD,
  ENROL,
  HOLD_TEXTS,
  REVERT,
  UNDO_DISCARD,
  type AcknowledgeResult,
  type HoldTextsResult,
  type Review,
} from '../server/protocol.ts';
import type { Decision, FromPage } from '../media/panel-messages.ts';
import { plain } from '../media/phrases.ts';
import { applyExactly, nameOf } from './apply.ts';
import { askGate } from './ask-gate.ts';
import type { OwnEdits } from './own-edits.ts';
import type { PersonKey } from './person-key.ts';
import type { ReviewPanel } from './review-panel.ts';
import { causeOf, TRUST_FIRST } from './sentences.ts';
import type { ServerConnection } from './server-connection.ts';
import { changedBothWays } from './text-change.ts';

export type DecisionsOptions = {
  readonly connection: ServerConnection;
  readonly key: PersonKey;
  readonly ownEdits: OwnEdits;
  readonly panel: () => ReviewPanel;
  /** The hold was acknowledged and its text is in the editor. */
  readonly released: (hold: string) => void;
};

/**
 * Turns what the person does in the panel into decisions. Acknowledging has no other way in: this takes the panel's message
 * with the one-time number of the opened review, and nothing else in the extension calls it.
 */
export class Decisions {
  readonly #options: DecisionsOptions;

  constructor(options: DecisionsOptions) {
    this.#options = options;
  }

  async acknowledge(message: Extract<FromPage, { kind: 'acknowledge' }>, review: Review | undefined): Promise<void> {
    const { panel, connection, key } = this.#options;
    // A message of an earlier page, or one that was made up: the open review decides.
    if (review === undefined || message.hold !== review.hold || message.nonce !== review.nonce) return;
    if (!vscode.workspace.isTrusted) return panel().post({ kind: 'refused', problem: TRUST_FIRST });
    try {
      if (review.effect === 'apply' && (await this.#changedSince(review))) return;
      const enrolled = await key.enrol((params) => connection.request(ENROL, params));
      if (!enrolled.ok) return panel().post({ kind: 'refused', problem: `${ended(enrolled.problem)} It stays held.` });
      await this.#sign(message.decision, review);
    } catch (error) {
      panel().post({ kind: 'refused', problem: `${causeOf(error)}. It stays held.` });
    }
  }

  /** A second person's yes. The open review decides, as for an acknowledgement. */
  async approve({ hold, nonce, reason }: Extract<FromPage, { kind: 'approve' }>, review: Review | undefined): Promise<void> {
    const { panel, connection, key } = this.#options;
    if (review?.request === undefined || hold !== review.hold || nonce !== review.nonce) return;
    if (!vscode.workspace.isTrusted) return panel().post({ kind: 'refused', problem: TRUST_FIRST });
    try {
      const enrolled = await key.enrol((params) => connection.request(ENROL, params));
      if (!enrolled.ok) return panel().post({ kind: 'refused', problem: ended(enrolled.problem) });
      await this.#finish(await key.during(nonce, () => connection.request(APPROVE, { request: hold, nonce, reason })), review);
    } catch (error) {
      panel().post({ kind: 'refused', problem: `${causeOf(error)}. Nothing was signed.` });
    }
  }

  /** Drops holds; nothing changes in any file. Says what went wrong, if anything. */
  async discard(holds: readonly string[], shown: Review | undefined): Promise<string | undefined> {
    const { panel, connection } = this.#options;
    if (!vscode.workspace.isTrusted) return this.#refuse(TRUST_FIRST, holds);
    try {
      const result = await connection.request(DISCARD, { holds });
      if (!result.ok) return this.#refuse(`${ended(result.problem ?? 'The discard could not be recorded.')} It stays held.`, holds);
    } catch (error) {
      return this.#refuse(`${causeOf(error)}. It stays held.`, holds);
    }
    const open = panel().hold;
    if (open === undefined || !holds.includes(open)) return undefined;
    panel().post({
      kind: 'done',
      title: 'Discarded. Nothing changed.',
      detail: shown === undefined ? '' : discardedWords(shown),
      finding: shown ? plain(shown.sentence) : '',
      next: connection.holds.find(({ id }) => !holds.includes(id))?.id,
      action: { kind: 'undo-discard', hold: open },
    });
    return undefined;
  }

  /** Puts the text of before back on disk. */
  async revert(hold: string, shown: Review | undefined): Promise<void> {
    const { panel, connection } = this.#options;
    if (!vscode.workspace.isTrusted) return panel().post({ kind: 'refused', problem: TRUST_FIRST });
    try {
      const result = await connection.request(REVERT, { hold });
      if (!result.ok) return panel().post({ kind: 'refused', problem: ended(result.problem) });
    } catch (error) {
      return panel().post({ kind: 'refused', problem: `${causeOf(error)}. Nothing was reverted.` });
    }
    panel().post({
      kind: 'done',
      title: 'Reverted. The text of before is on disk again.',
      detail: 'What was written is kept, and can be held again as a suggestion.',
      finding: shown ? plain(shown.sentence) : '',
      next: connection.holds.find(({ id }) => id !== hold)?.id,
      action: { kind: 'undo-discard', hold, reverted: true },
    });
  }

  async undoDiscard(hold: string): Promise<void> {
    const { panel, connection } = this.#options;
    try {
      const result = await connection.request(UNDO_DISCARD, { hold });
      if (result.ok) return await panel().show(hold);
      panel().post({ kind: 'refused', problem: result.problem ?? 'The discarded suggestion could not be put back.' });
    } catch (error) {
      panel().post({ kind: 'refused', problem: `${causeOf(error)}.` });
    }
  }

  async #sign(decision: Decision, review: Review): Promise<void> {
    const { connection, key } = this.#options;
    const { hold, nonce } = review;
    await this.#finish(await key.during(nonce, () => connection.request(ACKNOWLEDGE, { hold, nonce, ...decision })), review);
  }

  /** After a typed phrase and a modal yes. The open review decides, as for an acknowledgement. */
  async breakGlass(review: Review, phrase: string, reason: string): Promise<void> {
    const { panel, connection, key } = this.#options;
    const { hold, nonce } = review;
    if (!vscode.workspace.isTrusted) return panel().post({ kind: 'refused', problem: TRUST_FIRST });
    try {
      if (review.effect === 'apply' && (await this.#changedSince(review))) return;
      const enrolled = await key.enrol((params) => connection.request(ENROL, params));
      if (!enrolled.ok) return panel().post({ kind: 'refused', problem: `${ended(enrolled.problem)} It stays held.` });
      await this.#finish(await key.during(nonce, () => connection.request(BREAK_GLASS, { hold, nonce, phrase, reason })), review);
    } catch (error) {
      panel().post({ kind: 'refused', problem: `${causeOf(error)}. It stays held.` });
    }
  }

  async #finish(result: AcknowledgeResult, review: Review): Promise<void> {
    const { panel, connection, ownEdits, released } = this.#options;
    const { hold } = review;
    if (!result.ok) {
      if ('missing' in result) panel().post({ kind: 'missing', missing: result.missing });
      else panel().post({ kind: 'refused', problem: ended(result.problem) });
      return;
    }
    const done = { kind: 'done', finding: plain(review.sentence), next: connection.holds.find(({ id }) => id !== hold)?.id } as const;
    if (result.apply.length === 0) return panel().post({ ...done, title: result.title, detail: result.detail });
    const applied = await applyExactly(result.apply, ownEdits);
    if (applied.ok) released(hold);
    const recorded = await connection.request(
      APPLIED,
      applied.ok ? { hold, id: result.id, ok: true } : { hold, id: result.id, ok: false, cause: applied.problem },
    );
    if (!applied.ok) return panel().post({ kind: 'refused', problem: applied.problem });
    panel().post({
      ...done,
      title: result.title,
      detail: recorded.ok ? result.detail : `${result.detail} ${recorded.problem ?? 'That it was applied could not be recorded.'}`,
      action: { kind: 'roll-back', id: result.id },
    });
  }

  /**
   * When a file is no longer as it was, what the person reads is no longer what applying would do. The suggestion is then
   * fitted to the text of now and checked again; the half-filled form moves along, the typed name does not.
   */
  async #changedSince(review: Review): Promise<boolean> {
    const { connection, panel } = this.#options;
    const held = await connection.request(HOLD_TEXTS, { hold: review.hold });
    if (!held.ok) {
      panel().post({ kind: 'refused', problem: ended(held.problem) });
      return true;
    }
    const changed = await firstChanged(held);
    if (changed === undefined) return false;
    const name = nameOf(changed.uri);
    const refitted = held.texts.length === 1 ? await refit(changed) : undefined;
    if (refitted === undefined) {
      panel().post({
        kind: 'refused',
        problem: `${name} changed after this was held, and the suggestion no longer fits it. Discard it, or put the old text back.`,
      });
      return true;
    }
    const { channel, certainty } = held;
    const again = await askGate(connection, { uri: changed.uri, before: changed.current, after: refitted, channel, certainty });
    if (!('hold' in again)) {
      const now =
        again.verdict === 'closed'
          ? `it could not be worked out: ${again.cause}`
          : 'nothing risky is left in it; discard it here and make the edit';
      panel().post({ kind: 'refused', problem: `${name} changed after this was held. Checked again: ${now}.` });
      return true;
    }
    if (again.hold !== review.hold) await connection.request(DISCARD, { holds: [review.hold] });
    await panel().show(again.hold, {
      text: `${name} changed after this was held. Checked again: ${again.sentence}`,
      carryDraft: review.hold,
    });
    return true;
  }

  #refuse(problem: string, holds: readonly string[]): string {
    const { panel } = this.#options;
    const open = panel().hold;
    if (open !== undefined && holds.includes(open)) panel().post({ kind: 'refused', problem });
    return problem;
  }
}

function discardedWords({ effect, agent }: Review): string {
  switch (effect) {
    case 'let-retry':
      return `${agent} was told why and may suggest something narrower.`;
    case 'keep':
      return 'The text stays in the file, marked, until somebody acknowledges or reverts it.';
    case 'apply':
      return 'The text is as it was before the suggestion.';
    default:
      return effect satisfies never;
  }
}

type ChangedText = { readonly uri: string; readonly before: string; readonly after: string; readonly current: string };

async function firstChanged(held: Extract<HoldTextsResult, { ok: true }>): Promise<ChangedText | undefined> {
  for (const { uri, before, after } of held.texts) {
    const current = await currentText(uri);
    if (current !== before) return { uri, before, after, current };
  }
  return undefined;
}

/** A file that is not there has the text ''. */
export async function currentText(uri: string): Promise<string> {
  try {
    return (await vscode.workspace.openTextDocument(vscode.Uri.parse(uri))).getText();
  } catch {
    return '';
  }
}

async function refit({ before, after, current }: ChangedText): Promise<string | undefined> {
  const merged = changedBothWays(before, after, current);
  if (merged !== undefined) return merged;
  const { applyPatch, createTwoFilesPatch } = await import('diff');
  const refitted = applyPatch(current, createTwoFilesPatch('a', 'b', before, after));
  return refitted === false || refitted === current ? undefined : refitted;
}

function ended(sentence: string): string {
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}
