import * as vscode from 'vscode';
import { REVIEW, VERIFY_LOG, type Review } from '../server/protocol.ts';
import type { FromPage } from '../media/panel-messages.ts';
import { counted, plain } from '../media/phrases.ts';
import { visibleText } from '../media/visible-text.ts';
import type { Decisions } from './decisions.ts';
import type { DiffView } from './diff-view.ts';
import { holdsOf, type HoldNode, type HoldsTree } from './holds-tree.ts';
import type { MergeDocuments } from './merge-documents.ts';
import type { OwnEdits } from './own-edits.ts';
import { openPolicy } from './policy-file.ts';
import { holdOf, type ReviewDocument } from './review-document.ts';
import type { ReviewPanel } from './review-panel.ts';
import { askWhy, pickRollBack, rollBack } from './rollback.ts';
import { causeOf, couldNotWorkOut, positionOf, TRUST_FIRST } from './sentences.ts';
import type { ServerConnection } from './server-connection.ts';
import { askForTrust, manageTrust } from './trust.ts';

export type ReviewActionsOptions = {
  readonly connection: ServerConnection;
  readonly ownEdits: OwnEdits;
  readonly decisions: Decisions;
  readonly holdsTree: HoldsTree;
  readonly diffView: DiffView;
  readonly reviewDocument: ReviewDocument;
  readonly merges: MergeDocuments;
  readonly panel: () => ReviewPanel;
  /** A decision was made or tried. */
  readonly decided: () => void;
};

/** What a person can do with holds and decisions, by command, from a list or in the panel. None of the commands acknowledges. */
export class ReviewActions {
  readonly #options: ReviewActionsOptions;
  /** How many decisions of this window are under way. */
  #deciding = 0;

  constructor(options: ReviewActionsOptions) {
    this.#options = options;
  }

  get deciding(): boolean {
    return this.#deciding > 0;
  }

  /** A fresh review, or the sentence why there is none. */
  async fetch(hold: string): Promise<Review | string> {
    try {
      const result = await this.#options.connection.request(REVIEW, { hold });
      return result.ok ? result.review : result.problem;
    } catch (error) {
      return `${couldNotWorkOut(causeOf(error))} It stays held.`;
    }
  }

  /** What the page asks for. */
  async act(message: Exclude<FromPage, { kind: 'ready' | 'show' | 'close' }>, review: Review | undefined): Promise<void> {
    const { decisions } = this.#options;
    switch (message.kind) {
      case 'acknowledge':
        return this.#decide(() => decisions.acknowledge(message, review));
      case 'approve':
        return this.#decide(() => decisions.approve(message, review));
      case 'discard':
        return void (await this.#decide(() => decisions.discard([message.hold], review)));
      case 'revert':
        return this.#decide(() => decisions.revert(message.hold, review));
      case 'undo-discard':
        return this.#decide(() => decisions.undoDiscard(message.hold));
      case 'roll-back':
        return this.#decide(() => this.#rollBackShown(message.id));
      case 'open-diff':
        return this.openDiff();
      case 'open-policy':
        return openPolicy(review?.forbidden?.where, review?.files[0] && vscode.Uri.parse(review.files[0].uri));
      case 'show-decisions':
        return void (await vscode.commands.executeCommand('countersign.decisions.focus'));
      case 'copy-request':
        return copyRequest(review);
      case 'mend':
        return void (await vscode.commands.executeCommand('countersign.status.mend'));
      case 'manage-trust':
        return manageTrust();
      default:
        return assertNever(message);
    }
  }

  async step(to: 'next' | 'previous', hold?: unknown): Promise<void> {
    const { connection, panel } = this.#options;
    await connection.start();
    const { holds } = connection;
    const from = panel().hold === undefined ? undefined : positionOf(panel().hold ?? '', holds);
    // Past the last one begins anew; with nothing open, the worst comes first.
    const around = to === 'next' ? (from?.next ?? holds[0]?.id) : (from?.previous ?? holds.at(-1)?.id);
    const target = typeof hold === 'string' ? hold : around;
    if (target === undefined) return void vscode.window.showInformationMessage('Nothing is held.');
    await panel().show(target);
  }

  /** What a message told of may be decided by the time somebody answers it. */
  async reviewTold(hold: string): Promise<void> {
    await this.step('next', this.#options.connection.holds.some(({ id }) => id === hold) ? hold : undefined);
  }

  async openDiff(): Promise<void> {
    const { panel, diffView } = this.#options;
    const { hold } = panel();
    const problem = hold === undefined ? 'Open a review first.' : await diffView.open(hold).catch(causeOf);
    if (problem !== undefined) void vscode.window.showWarningMessage(problem);
  }

  async asText(): Promise<void> {
    const { connection, panel, reviewDocument } = this.#options;
    await connection.start();
    const hold = panel().hold ?? connection.holds[0]?.id;
    if (hold === undefined) return void vscode.window.showInformationMessage('Nothing is held.');
    const review = panel().review ?? (await this.fetch(hold));
    if (typeof review === 'string') void vscode.window.showWarningMessage(review);
    else await reviewDocument.open(review);
  }

  async discardOne(argument: unknown): Promise<void> {
    const active = vscode.window.activeTextEditor?.document.uri;
    const fromTree = isHoldNode(argument) ? holdsOf(argument)[0]?.id : undefined;
    const { panel } = this.#options;
    const shown = panel().review?.request === undefined ? panel().hold : undefined;
    const hold = typeof argument === 'string' ? argument : (fromTree ?? (active && holdOf(active)) ?? shown);
    if (hold === undefined) return void vscode.window.showInformationMessage('Open the review of what you want to discard first.');
    await this.#discard([hold]);
  }

  async discardSelected(): Promise<void> {
    const holds = this.#options.holdsTree.selected.map(({ id }) => id);
    if (holds.length === 0)
      return void vscode.window.showInformationMessage('Select what to discard in the list of held suggestions first.');
    const question = `Discard ${counted(holds.length, 'suggestion')}?`;
    if (holds.length > 1 && (await vscode.window.showWarningMessage(question, { modal: true }, 'Discard')) !== 'Discard') return;
    await this.#discard(holds);
  }

  /** `argument`: a decision, from the list; without one it is asked for. */
  async rollBack(argument?: unknown): Promise<void> {
    if (!vscode.workspace.isTrusted) return askForTrust();
    const { connection } = this.#options;
    const given = decisionIn(argument);
    const picked = given ?? (await pickRollBack(connection));
    if (picked === undefined) return;
    const over = given?.expires !== undefined && Date.parse(given.expires) < Date.now();
    const said = await this.rollBackOne(picked.id, picked.label, over ? 'What was acknowledged has run out.' : '');
    if (said === undefined) return;
    if (said.ok) void vscode.window.showInformationMessage(said.sentence);
    else void vscode.window.showErrorMessage(said.sentence);
  }

  /** Asks why, then takes the change back. Undefined when the person thought better of it, or decides in a merge first. */
  async rollBackOne(id: string, name: string, why = ''): Promise<{ readonly ok: boolean; readonly sentence: string } | undefined> {
    const reason = await askWhy(name, why);
    if (reason === undefined) return undefined;
    const { merges, decided } = this.#options;
    const problem = await rollBack(id, reason, this.#options);
    decided();
    if (problem === undefined) return { ok: true, sentence: 'Rolled back. What was acknowledged is taken out again.' };
    return merges.isOpen(id) ? undefined : { ok: false, sentence: problem };
  }

  async verifyLog(): Promise<void> {
    const { ok, summary, details } = await this.#options.connection.request(VERIFY_LOG, {});
    const show = ok ? vscode.window.showInformationMessage : vscode.window.showErrorMessage;
    await show(visibleText(summary), { modal: !ok, detail: details.map(visibleText).join('\n') });
  }

  async #discard(holds: readonly string[]): Promise<void> {
    const { panel, decisions } = this.#options;
    const open = panel().hold;
    const shown = open !== undefined && holds.includes(open);
    const problem = await this.#decide(() => decisions.discard(holds, panel().review));
    if (problem === TRUST_FIRST) return askForTrust();
    if (problem !== undefined && !shown) void vscode.window.showErrorMessage(problem);
    if (problem === undefined && !shown) vscode.window.setStatusBarMessage('$(trash) Discarded. Nothing changed.', 5000);
  }

  async #rollBackShown(id: string): Promise<void> {
    const { connection, panel } = this.#options;
    const problem = await rollBack(id, 'Taken back right after it was applied.', this.#options);
    if (problem !== undefined) return panel().post({ kind: 'refused', problem });
    const next = connection.holds[0]?.id;
    panel().post({ kind: 'done', title: 'Rolled back.', detail: 'The text is as it was before.', finding: '', next });
  }

  async #decide<T>(decide: () => Promise<T>): Promise<T> {
    this.#deciding += 1;
    try {
      return await decide();
    } finally {
      this.#deciding -= 1;
      this.#options.decided();
    }
  }
}

async function copyRequest(review: Review | undefined): Promise<void> {
  const [file] = review?.files ?? [];
  if (review?.forbidden === undefined || file === undefined) return;
  const { rule, where, owner } = review.forbidden;
  const request = `To ${owner}: ${plain(review.sentence)} ${plain(review.previously)} ${file.command === undefined ? `The edit is to ${file.path}` : `The command is ${file.path.slice(2)}`}. It is not allowed by ${rule} (${where}). Please make it in your normal review, or change the rule.`;
  await vscode.env.clipboard.writeText(visibleText(request));
  vscode.window.setStatusBarMessage(`$(pass) Copied a request for ${visibleText(owner)}.`, 5000);
}

function isHoldNode(value: unknown): value is HoldNode {
  return typeof value === 'object' && value !== null && 'kind' in value && (value.kind === 'hold' || value.kind === 'session');
}

/** What the list or a reminder hands to the command. */
function decisionIn(argument: unknown): { readonly id: string; readonly label: string; readonly expires: string | undefined } | undefined {
  if (typeof argument !== 'object' || argument === null || !('id' in argument)) return undefined;
  const text = (key: string) => {
    const value: unknown = Reflect.get(argument, key);
    return typeof value === 'string' ? value : undefined;
  };
  return { id: String(argument.id), label: text('name') ?? '', expires: text('expires') };
}

function assertNever(value: never): never {
  throw new Error(`unexpected message: ${JSON.stringify(value)}`);
}
