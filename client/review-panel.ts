import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { Review } from '../server/protocol.ts';
import { heldInState, readFromPage, type Done, type FromPage, type ToPage } from '../media/panel-messages.ts';
import { visibleText } from '../media/visible-text.ts';

export const PANEL = 'countersign.review';

/** What the panel asks of the rest when the person does something in it. */
export type PanelActions = {
  /** A fresh review with a fresh one-time number, or the sentence why there is none. */
  readonly review: (hold: string) => Promise<Review | string>;
  readonly act: (message: Exclude<FromPage, { kind: 'ready' | 'show' | 'close' }>, review: Review | undefined) => Promise<void>;
  readonly shown: (hold: string | undefined) => void;
  /** The panel came into sight, or went out of it. */
  readonly seen: () => void;
};

/** The one review panel: a page that shows a hold, and afterwards what became of it. */
export class ReviewPanel implements vscode.Disposable {
  readonly #extension: vscode.Uri;
  readonly #actions: PanelActions;
  #panel: vscode.WebviewPanel | undefined;
  /** What the page shows, so that a page that was unloaded in a hidden tab can be told again. */
  #hold: string | undefined;
  #review: Review | undefined;
  #done: Done | undefined;
  #notice: { readonly text: string; readonly carryDraft: string | undefined } | undefined;

  constructor(extension: vscode.Uri, actions: PanelActions) {
    this.#extension = extension;
    this.#actions = actions;
  }

  /** The hold being read. Not set once it is decided. */
  get hold(): string | undefined {
    return this.#done === undefined ? this.#hold : undefined;
  }

  get review(): Review | undefined {
    return this.#done === undefined ? this.#review : undefined;
  }

  /** Somebody reads a review, or what became of it, right now. */
  get inSight(): boolean {
    return this.#panel?.visible === true;
  }

  /** Asks for the review anew: its number is from another server, or the folder is trusted now. What was filled in stays. */
  async refresh(): Promise<void> {
    if (this.#review !== undefined && this.#done === undefined) await this.#load();
  }

  /** Opens the hold in the active editor group, or takes the panel to it. */
  async show(hold: string, notice?: { readonly text: string; readonly carryDraft: string | undefined }): Promise<void> {
    this.#hold = hold;
    this.#review = undefined;
    this.#done = undefined;
    this.#notice = notice;
    this.#actions.shown(hold);
    if (this.#panel === undefined) {
      this.#adopt(
        vscode.window.createWebviewPanel(
          PANEL,
          'Held',
          { viewColumn: vscode.ViewColumn.Active },
          { enableScripts: true, enableFindWidget: true },
        ),
      );
      // The page asks for the review when it is ready.
      return;
    }
    this.#panel.reveal(this.#panel.viewColumn, false);
    await this.#load();
  }

  /** Makes a panel of an earlier window this one. */
  restore(panel: vscode.WebviewPanel, state: unknown): void {
    const hold = heldInState(state);
    if (hold === undefined || this.#panel !== undefined) return panel.dispose();
    this.#hold = hold;
    this.#adopt(panel);
  }

  post(message: ToPage): void {
    if (message.kind === 'done') {
      this.#done = message;
      this.#actions.shown(undefined);
      if (this.#panel) this.#panel.title = visibleText(message.title.replace(/\.$/, ''));
    }
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a webview has no other origin
    void this.#panel?.webview.postMessage(message);
  }

  close(): void {
    this.#panel?.dispose();
  }

  dispose(): void {
    this.#panel?.dispose();
  }

  #adopt(panel: vscode.WebviewPanel): void {
    this.#panel = panel;
    const media = vscode.Uri.joinPath(this.#extension, 'media');
    const dist = vscode.Uri.joinPath(this.#extension, 'dist');
    panel.webview.options = { enableScripts: true, localResourceRoots: [media, dist] };
    panel.iconPath = {
      light: vscode.Uri.joinPath(media, 'review-tab-light.svg'),
      dark: vscode.Uri.joinPath(media, 'review-tab-dark.svg'),
    };
    panel.onDidChangeViewState(() => this.#actions.seen());
    panel.webview.onDidReceiveMessage((message: unknown) => void this.#received(message));
    panel.onDidDispose(() => {
      this.#panel = undefined;
      this.#hold = undefined;
      this.#review = undefined;
      this.#done = undefined;
      this.#actions.shown(undefined);
      this.#actions.seen();
    });
    panel.webview.html = pageHtml(panel.webview, vscode.Uri.joinPath(dist, 'review.js'), vscode.Uri.joinPath(media, 'review.css'));
  }

  async #received(raw: unknown): Promise<void> {
    const message = readFromPage(raw);
    if (message === undefined) return;
    switch (message.kind) {
      case 'ready':
        if (this.#done !== undefined) this.post(this.#done);
        else await this.#load();
        return;
      case 'show':
        await this.show(message.hold);
        return;
      case 'close':
        this.close();
        return;
      default:
        await this.#actions.act(message, this.#review);
    }
  }

  async #load(): Promise<void> {
    const hold = this.#hold;
    if (hold === undefined) return;
    const review = await this.#actions.review(hold);
    // Somebody went on to the next one meanwhile.
    if (hold !== this.#hold || this.#panel === undefined) return;
    if (typeof review === 'string') {
      this.post({ kind: 'done', title: 'There is nothing to decide here.', detail: review, finding: '' });
      return;
    }
    // What is in a document already becomes a hold only when it is reviewed: from here on it goes by that name.
    this.#hold = review.hold;
    if (review.hold !== hold) this.#actions.shown(review.hold);
    this.#review = review;
    this.#panel.title = `${review.request === undefined ? 'Held' : 'Asked'}: ${visibleText(review.opened.name)}`;
    this.post({
      kind: 'review',
      review,
      trusted: vscode.workspace.isTrusted,
      notice: this.#notice?.text,
      carryDraft: this.#notice?.carryDraft,
    });
    this.#notice = undefined;
  }
}

function pageHtml(webview: vscode.Webview, script: vscode.Uri, style: vscode.Uri): string {
  const nonce = randomBytes(16).toString('base64');
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src ${webview.cspSource}; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Countersign review</title>
<link rel="stylesheet" href="${webview.asWebviewUri(style).toString()}">
</head>
<body>
<main aria-labelledby="what"><h1 id="what" class="loading">Opening the review…</h1></main>
<footer aria-label="Decision"></footer>
<div class="unseen" role="status" aria-live="polite"></div>
<script nonce="${nonce}" src="${webview.asWebviewUri(script).toString()}"></script>
</body>
</html>`;
}
