import * as vscode from 'vscode';
import { REVIEW, VERIFY_LOG, type HoldItem, type Review, type SuggestResult } from '../server/protocol.ts';
import type { FromPage } from '../media/panel-messages.ts';
import { counted, plain } from '../media/phrases.ts';
import { visibleText } from '../media/visible-text.ts';
import { Decisions } from './decisions.ts';
import { DecisionsTree } from './decisions-tree.ts';
import { DiffView } from './diff-view.ts';
import { remindOfExpiry } from './expiry.ts';
import { HoldsTree, holdsOf, type HoldNode } from './holds-tree.ts';
import { whenSomethingIsHeld } from './holds-watch.ts';
import { InsertionGuard } from './insertion-guard.ts';
import { nameOf } from './apply.ts';
import { Notifications } from './notifications.ts';
import { OwnEdits } from './own-edits.ts';
import { guardPastes } from './paste-guard.ts';
import { PersonKey } from './person-key.ts';
import { openPolicy } from './policy-file.ts';
import { reviewClipboard } from './review-clipboard.ts';
import { holdOf, registerReviewDocument } from './review-document.ts';
import { PANEL, ReviewPanel } from './review-panel.ts';
import { pickRollBack, rollBack } from './rollback.ts';
import { causeOf, couldNotWorkOut, positionOf } from './sentences.ts';
import { ServerConnection, WATCHED_LANGUAGES } from './server-connection.ts';
import { stateFolder } from './state-folder.ts';
import { StatusBar } from './status-bar.ts';

/** Wires the parts together. Starts nothing but a watch on the holds until a watched file is open or something is held. */
export function activate(context: vscode.ExtensionContext): void {
  const key = new PersonKey(context.secrets);
  const connection = new ServerConnection(context.asAbsolutePath('dist/server.js'), (params) => key.answer(params));
  const ownEdits = new OwnEdits();
  const holdsTree = new HoldsTree();
  const decisionsTree = new DecisionsTree(connection);
  const statusBar = new StatusBar();
  const diffView = new DiffView(connection);
  const reviewDocument = registerReviewDocument();

  const decisions: Decisions = new Decisions({
    connection,
    key,
    ownEdits,
    panel: () => panel,
    released: (hold) => insertionGuard.release(hold),
  });
  const panel: ReviewPanel = new ReviewPanel(context.extensionUri, {
    review: fetchReview,
    act: actOn,
    shown: (hold) => void vscode.commands.executeCommand('setContext', 'countersign.reviewing', hold !== undefined),
  });
  const notifications = new Notifications({ memory: context.globalState, open: () => panel.hold, review: reviewTold });
  const held = ({ hold }: Extract<SuggestResult, { hold: string }>) => {
    // After the editor is done with its own part of a paste.
    setTimeout(() => void panel.show(hold), 50);
  };
  const closed = (cause: string) => void vscode.window.showErrorMessage(`${couldNotWorkOut(cause)} Nothing was inserted.`);
  const insertionGuard = new InsertionGuard({ connection, ownEdits, held, closed, stuck });

  context.subscriptions.push(
    connection,
    holdsTree,
    decisionsTree,
    statusBar,
    diffView,
    reviewDocument,
    panel,
    notifications,
    insertionGuard,
    guardPastes({ connection, ownEdits, held, closed, passed: (document) => insertionGuard.mark(document, 'paste') }),
    connection.onHolds(holdsChanged),
    remindOfExpiry(connection, context.globalState, (decision) => void rollBackPicked(decision)),
    vscode.window.registerWebviewPanelSerializer(PANEL, {
      deserializeWebviewPanel: (restored, state: unknown) => {
        panel.restore(restored, state);
        return Promise.resolve();
      },
    }),
    ...Object.entries({
      'countersign.review.next': (hold?: unknown) => step('next', hold),
      'countersign.review.previous': () => step('previous'),
      'countersign.review.openDiff': () => openDiff(panel.hold),
      'countersign.review.asText': reviewAsText,
      'countersign.review.discard': (hold?: unknown) => discardOne(hold),
      'countersign.review.clipboard': () => reviewClipboard({ connection, ownEdits, held }),
      'countersign.held.discardSelected': discardSelected,
      'countersign.held.show': () => vscode.commands.executeCommand('workbench.view.extension.countersign'),
      'countersign.rollback': (decision?: unknown) => rollBackPicked(decision),
      'countersign.log.verify': verifyLog,
      'countersign.policy.open': () => openPolicy(),
      'countersign.acceptInlineSuggestion': acceptInlineSuggestion,
    }).map(([command, run]) => vscode.commands.registerCommand(command, (...args: unknown[]) => run(args[0]))),
  );

  if (vscode.workspace.textDocuments.some(isWatched)) start();
  else {
    const opened = vscode.workspace.onDidOpenTextDocument((document) => {
      if (isWatched(document)) start();
    });
    const watch = whenSomethingIsHeld(stateFolder(), start);
    context.subscriptions.push(
      opened,
      watch,
      connection.onStarted(() => vscode.Disposable.from(opened, watch).dispose()),
    );
  }

  function start(): void {
    connection.start().catch((error: unknown) => {
      void vscode.window.showErrorMessage(
        `Countersign could not start: ${causeOf(error)}. Until it does, pastes into watched files are refused.`,
      );
    });
  }

  function holdsChanged(holds: readonly HoldItem[]): void {
    holdsTree.update(holds);
    statusBar.update(holds.length);
    notifications.update(holds);
    void vscode.commands.executeCommand('setContext', 'countersign.heldCount', holds.length);
    const reading = panel.review;
    if (reading !== undefined) {
      // A review of what is in a document already stands for no hold in the list.
      if (reading.hold.startsWith('buffer:')) return;
      if (holds.some(({ id }) => id === reading.hold)) panel.post({ kind: 'position', position: positionOf(reading.hold, holds) });
      else decidedElsewhere(reading);
    } else openByItself(holds);
  }

  /** The list loses a hold before the answer to one's own decision is here: wait for that first. */
  function decidedElsewhere(reading: Review): void {
    setTimeout(() => {
      if (panel.review !== reading || deciding > 0 || connection.holds.some(({ id }) => id === reading.hold)) return;
      panel.post({
        kind: 'done',
        title: 'This was decided elsewhere.',
        detail: 'Another window or the command line decided it. Recent Decisions says how.',
        finding: plain(reading.sentence),
        next: connection.holds[0]?.id,
      });
    }, 1500);
  }

  function openByItself(holds: readonly HoldItem[]): void {
    if (vscode.workspace.getConfiguration('countersign').get('review.openAutomatically') !== 'critical' || panel.hold !== undefined) return;
    const critical = holds.find(({ id, severity }) => severity === 'critical' && !openedOnce.has(id));
    if (critical === undefined) return;
    openedOnce.add(critical.id);
    void panel.show(critical.id);
  }

  async function fetchReview(hold: string): Promise<Review | string> {
    try {
      const result = await connection.request(REVIEW, { hold });
      return result.ok ? result.review : result.problem;
    } catch (error) {
      return `${couldNotWorkOut(causeOf(error))} It stays held.`;
    }
  }

  async function actOn(message: Exclude<FromPage, { kind: 'ready' | 'show' | 'close' }>, review: Review | undefined): Promise<void> {
    deciding += 1;
    try {
      switch (message.kind) {
        case 'acknowledge':
          return await decisions.acknowledge(message, review);
        case 'discard':
          return void (await decisions.discard([message.hold], review));
        case 'undo-discard':
          return await decisions.undoDiscard(message.hold);
        case 'roll-back':
          return await rollBackShown(message.id);
        case 'open-diff':
          return await openDiff(panel.hold);
        case 'open-policy':
          return await openPolicy(review?.forbidden?.where);
        case 'show-decisions':
          return void (await vscode.commands.executeCommand('countersign.decisions.focus'));
        case 'copy-request':
          return await copyRequest(review);
        default:
          return assertNever(message);
      }
    } finally {
      deciding -= 1;
      decisionsTree.refresh();
    }
  }

  async function step(to: 'next' | 'previous', hold?: unknown): Promise<void> {
    await connection.start();
    const { holds } = connection;
    const from = panel.hold === undefined ? undefined : positionOf(panel.hold, holds);
    // Past the last one begins anew; with nothing open, the worst comes first.
    const around = to === 'next' ? (from?.next ?? holds[0]?.id) : (from?.previous ?? holds.at(-1)?.id);
    const target = typeof hold === 'string' ? hold : around;
    if (target === undefined) return void vscode.window.showInformationMessage('Nothing is held.');
    await panel.show(target);
  }

  /** What a message told of may be decided by the time somebody answers it. */
  function reviewTold(hold: string): void {
    void step('next', connection.holds.some(({ id }) => id === hold) ? hold : undefined);
  }

  async function openDiff(hold: string | undefined): Promise<void> {
    const problem = hold === undefined ? 'Open a review first.' : await diffView.open(hold).catch(causeOf);
    if (problem !== undefined) void vscode.window.showWarningMessage(problem);
  }

  async function reviewAsText(): Promise<void> {
    await connection.start();
    const hold = panel.hold ?? connection.holds[0]?.id;
    if (hold === undefined) return void vscode.window.showInformationMessage('Nothing is held.');
    const review = panel.review ?? (await fetchReview(hold));
    if (typeof review === 'string') void vscode.window.showWarningMessage(review);
    else await reviewDocument.open(review);
  }

  async function discardOne(argument: unknown): Promise<void> {
    const active = vscode.window.activeTextEditor?.document.uri;
    const fromTree = isHoldNode(argument) ? holdsOf(argument)[0]?.id : undefined;
    const hold = typeof argument === 'string' ? argument : (fromTree ?? (active && holdOf(active)) ?? panel.hold);
    if (hold === undefined) return void vscode.window.showInformationMessage('Open the review of what you want to discard first.');
    await discard([hold]);
  }

  async function discardSelected(): Promise<void> {
    const holds = holdsTree.selected.map(({ id }) => id);
    if (holds.length === 0)
      return void vscode.window.showInformationMessage('Select what to discard in the list of held suggestions first.');
    const question = `Discard ${counted(holds.length, 'suggestion')}?`;
    if (holds.length > 1 && (await vscode.window.showWarningMessage(question, { modal: true }, 'Discard')) !== 'Discard') return;
    await discard(holds);
  }

  async function discard(holds: readonly string[]): Promise<void> {
    const shown = panel.hold !== undefined && holds.includes(panel.hold);
    deciding += 1;
    const problem = await decisions.discard(holds, panel.review);
    deciding -= 1;
    decisionsTree.refresh();
    if (problem !== undefined && !shown) void vscode.window.showErrorMessage(problem);
    if (problem === undefined && !shown) vscode.window.setStatusBarMessage('$(trash) Discarded. Nothing changed.', 5000);
  }

  async function rollBackPicked(argument: unknown): Promise<void> {
    const given = typeof argument === 'object' && argument !== null && 'id' in argument ? String(argument.id) : undefined;
    const id = given ?? (await pickRollBack(connection));
    if (id === undefined) return;
    const problem = await rollBack(id, connection, ownEdits);
    decisionsTree.refresh();
    if (problem !== undefined) void vscode.window.showErrorMessage(problem);
    else void vscode.window.showInformationMessage('Rolled back. The text is as it was before.');
  }

  async function rollBackShown(id: string): Promise<void> {
    const problem = await rollBack(id, connection, ownEdits);
    if (problem !== undefined) panel.post({ kind: 'refused', problem });
    else
      panel.post({
        kind: 'done',
        title: 'Rolled back.',
        detail: 'The text is as it was before.',
        finding: '',
        next: connection.holds[0]?.id,
      });
  }

  async function verifyLog(): Promise<void> {
    const { ok, summary, details } = await connection.request(VERIFY_LOG, {});
    const show = ok ? vscode.window.showInformationMessage : vscode.window.showErrorMessage;
    await show(visibleText(summary), { modal: !ok, detail: details.map(visibleText).join('\n') });
  }

  async function copyRequest(review: Review | undefined): Promise<void> {
    const [file] = review?.files ?? [];
    if (review?.forbidden === undefined || file === undefined) return;
    const { rule, where, owner } = review.forbidden;
    const request = `To ${owner}: ${plain(review.sentence)} ${plain(review.previously)} The edit is to ${file.path}. It is not allowed by ${rule} (${where}). Please make it in your normal review, or change the rule.`;
    await vscode.env.clipboard.writeText(visibleText(request));
    vscode.window.setStatusBarMessage(`$(pass) Copied a request for ${visibleText(owner)}.`, 5000);
  }

  async function acceptInlineSuggestion(): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    if (editor) insertionGuard.mark(editor.document, 'inline');
    await vscode.commands.executeCommand('editor.action.inlineSuggest.commit');
  }

  function stuck(document: vscode.TextDocument, hold: string | undefined): void {
    const name = nameOf(document.uri.toString());
    void vscode.window
      .showErrorMessage(
        `Text that nobody typed was inserted into ${name}, and you have typed inside it, so it was not taken out again. Undo it, or review what it opens.`,
        ...(hold === undefined ? [] : ['Review']),
      )
      .then((answer) => (answer === 'Review' && hold !== undefined ? panel.show(hold) : undefined));
  }
}

const openedOnce = new Set<string>();
/** How many decisions of this window are under way. */
let deciding = 0;

function isWatched({ languageId, uri }: vscode.TextDocument): boolean {
  return WATCHED_LANGUAGES.includes(languageId) && (uri.scheme === 'file' || uri.scheme === 'untitled');
}

function isHoldNode(value: unknown): value is HoldNode {
  return typeof value === 'object' && value !== null && 'kind' in value && (value.kind === 'hold' || value.kind === 'session');
}

function assertNever(value: never): never {
  throw new Error(`unexpected message: ${JSON.stringify(value)}`);
}
