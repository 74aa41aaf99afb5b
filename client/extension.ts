import * as vscode from 'vscode';
import { ENROL, type SuggestResult } from '../server/protocol.ts';
import { checkAgents, connectAgents } from './agents.ts';
import { nameOf } from './apply.ts';
import { breakGlass, BrokenGlass } from './broken-glass.ts';
import { Decisions } from './decisions.ts';
import { DecisionsTree } from './decisions-tree.ts';
import { DiffView } from './diff-view.ts';
import { DiskWrites } from './disk-writes.ts';
import { remindOfExpiry } from './expiry.ts';
import { GateStatus } from './gate-status.ts';
import { HaltSwitch } from './halt-switch.ts';
import { followHolds } from './held-changes.ts';
import { HoldsTree } from './holds-tree.ts';
import { whenSomethingIsHeld } from './holds-watch.ts';
import { refreshLauncher } from './hook-launcher.ts';
import { InsertionGuard } from './insertion-guard.ts';
import { offerTools } from './language-model-tools.ts';
import { offerMcpServer } from './mcp-server.ts';
import { MergeDocuments } from './merge-documents.ts';
import { Notifications } from './notifications.ts';
import { OwnEdits } from './own-edits.ts';
import { guardPastes } from './paste-guard.ts';
import { PersonKey } from './person-key.ts';
import { offerKeys } from './person-keys.ts';
import { openPolicy } from './policy-file.ts';
import { RequestsTree } from './requests-tree.ts';
import { REPORT_PANEL, ReportPanel } from './report-panel.ts';
import { ReviewActions } from './review-actions.ts';
import { reviewClipboard } from './review-clipboard.ts';
import { registerReviewDocument } from './review-document.ts';
import { PANEL, ReviewPanel } from './review-panel.ts';
import { couldNotWorkOut } from './sentences.ts';
import { ServerConnection } from './server-connection.ts';
import { stateFolder } from './state-folder.ts';
import { StatusBar } from './status-bar.ts';
import { isWatched, tellWatched } from './watched-documents.ts';

/**
 * Wires the parts together. Starts nothing but watches, until a watched file is open, something is held, or the window is idle
 * and has watched files to compare with what they were.
 */
export function activate(context: vscode.ExtensionContext): void {
  const key = new PersonKey(context.secrets);
  const connection = new ServerConnection(context.asAbsolutePath('dist/server.js'), (params) => key.answer(params));
  const ownEdits = new OwnEdits();
  const holdsTree = new HoldsTree();
  const decisionsTree = new DecisionsTree(connection);
  const requestsTree = new RequestsTree(connection);
  const statusBar = new StatusBar();
  const diffView = new DiffView(connection);
  const reviewDocument = registerReviewDocument();
  const merges = new MergeDocuments();

  const decisions = new Decisions({ connection, key, ownEdits, panel: () => panel, released: (hold) => insertionGuard.release(hold) });
  const actions: ReviewActions = new ReviewActions({
    connection,
    ownEdits,
    decisions,
    holdsTree,
    diffView,
    reviewDocument,
    merges,
    panel: () => panel,
    decided: () => decisionsTree.refresh(),
  });
  const panel: ReviewPanel = new ReviewPanel(context.extensionUri, {
    review: (hold) => actions.fetch(hold),
    act: (message, review) => actions.act(message, review),
    shown: (hold) => void vscode.commands.executeCommand('setContext', 'countersign.reviewing', hold !== undefined),
    seen: () => notifications.look(),
  });
  const report = new ReportPanel({
    extension: context.extensionUri,
    connection,
    rollBack: async (id) => (await actions.rollBackOne(id, ''))?.sentence,
    verify: () => actions.verifyLog(),
  });
  const notifications = new Notifications({
    memory: context.globalState,
    reading: () => panel.inSight,
    review: (hold) => void actions.reviewTold(hold),
  });
  const held = ({ hold }: Extract<SuggestResult, { hold: string }>) => {
    // After the editor is done with its own part of a paste.
    setTimeout(() => void panel.show(hold), 50);
  };
  const closed = (cause: string) => void vscode.window.showErrorMessage(`${couldNotWorkOut(cause)} Nothing was inserted.`);
  const insertionGuard = new InsertionGuard({ connection, ownEdits, held, closed, stuck });
  const follow = followHolds({ connection, panel, deciding: () => actions.deciding });

  context.subscriptions.push(
    connection,
    holdsTree,
    decisionsTree,
    requestsTree,
    statusBar,
    new GateStatus(connection, statusBar),
    new HaltSwitch(connection, statusBar, stateFolder()),
    new DiskWrites(connection),
    new BrokenGlass(stateFolder()),
    offerKeys(connection, key),
    diffView,
    reviewDocument,
    merges,
    panel,
    report,
    notifications,
    insertionGuard,
    tellWatched(),
    offerTools({ connection, ownEdits }),
    offerMcpServer(context.asAbsolutePath('dist/cli.js'), String(context.extension.packageJSON.version)),
    guardPastes({ connection, ownEdits, held, closed, passed: (document) => insertionGuard.mark(document, 'paste') }),
    connection.onHolds((holds) => {
      holdsTree.update(holds);
      statusBar.update(holds.length);
      notifications.update(holds);
      void vscode.commands.executeCommand('setContext', 'countersign.heldCount', holds.length);
      follow(holds);
    }),
    // The numbers of opened reviews end with the server that gave them, and in Restricted Mode nothing is decided.
    connection.onStarted(() => void panel.refresh()),
    // What can be acknowledged now, could not be before; or the other way round.
    connection.onGates(() => void panel.refresh()),
    vscode.workspace.onDidGrantWorkspaceTrust(() => void panel.refresh()),
    remindOfExpiry(connection, context.globalState, (decision) => void actions.rollBack(decision)),
    vscode.window.registerWebviewPanelSerializer(PANEL, {
      deserializeWebviewPanel: (restored, state: unknown) => {
        panel.restore(restored, state);
        return Promise.resolve();
      },
    }),
    vscode.window.registerWebviewPanelSerializer(REPORT_PANEL, {
      deserializeWebviewPanel: (restored, state: unknown) => {
        report.restore(restored, state);
        return Promise.resolve();
      },
    }),
    ...Object.entries({
      'countersign.review.next': (hold?: unknown) => actions.step('next', hold),
      'countersign.review.previous': () => actions.step('previous'),
      'countersign.review.openDiff': () => actions.openDiff(),
      'countersign.review.asText': () => actions.asText(),
      'countersign.review.discard': (hold?: unknown) => actions.discardOne(hold),
      'countersign.review.clipboard': () => reviewClipboard({ connection, ownEdits, held }),
      'countersign.held.discardSelected': () => actions.discardSelected(),
      'countersign.held.show': () => vscode.commands.executeCommand('workbench.view.extension.countersign'),
      'countersign.rollback': (decision?: unknown) => actions.rollBack(decision),
      'countersign.report.open': () => report.open(),
      'countersign.report.incident': (decision?: unknown) => report.openIncident(decision),
      'countersign.request.review': (request?: unknown) => reviewRequest(request),
      'countersign.review.breakGlass': () => breakGlass(panel.review, decisions),
      'countersign.log.verify': () => actions.verifyLog(),
      'countersign.policy.open': () => openPolicy(),
      'countersign.acceptInlineSuggestion': acceptInlineSuggestion,
      'countersign.agents.connect': () => connectAgents(context.asAbsolutePath('dist/cli.js')),
      'countersign.agents.check': () => checkAgents(context.asAbsolutePath('dist/cli.js')),
    }).map(([command, run]) => vscode.commands.registerCommand(command, (...args: unknown[]) => run(args[0]))),
  );

  const problem = refreshLauncher(stateFolder(), context.asAbsolutePath('dist/hook.js'));
  if (problem !== undefined) void vscode.window.showErrorMessage(problem);
  startWhenNeeded();

  function startWhenNeeded(): void {
    // That it could not be started is said by the status bar, and in words if it stays so.
    const start = () => void connection.start().catch(() => undefined);
    if (vscode.workspace.textDocuments.some(isWatched)) return start();
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

  async function reviewRequest(argument: unknown): Promise<void> {
    await connection.start();
    // Whose key this is says whether they may approve; one that is not there yet is made when something is signed.
    await key.enrolIfThere((params) => connection.request(ENROL, params)).catch(() => undefined);
    const request = await requestsTree.pick(argument);
    if (request !== undefined) await panel.show(request);
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
