import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { REPORT, type ReportResult } from '../server/protocol.ts';
import { type FromReport, pageInState, readFromReport, type ReportPage } from '../media/report-messages.ts';
import { visibleText } from '../media/visible-text.ts';
import { causeOf } from './sentences.ts';
import type { ServerConnection } from './server-connection.ts';

export const REPORT_PANEL = 'countersign.report';

export type ReportPanelOptions = {
  readonly extension: vscode.Uri;
  readonly connection: ServerConnection;
  /** Asks for the reason and takes the change back. Gives the sentence that says what became of it; undefined when it was not wanted. */
  readonly rollBack: (id: string) => Promise<string | undefined>;
  readonly verify: () => Promise<void>;
};

type Shown = Extract<ReportResult, { ok: true }>;

const DAYS = [7, 14, 30, 90, 365];

/** The one panel for the report and the timelines of incidents. Its pages are made by the server, escaped; this adds the buttons. */
export class ReportPanel implements vscode.Disposable {
  readonly #options: ReportPanelOptions;
  #panel: vscode.WebviewPanel | undefined;
  #page: ReportPage = { kind: 'report', days: daysSetting() };
  #days = daysSetting();
  #shown: Shown | undefined;

  constructor(options: ReportPanelOptions) {
    this.#options = options;
  }

  async open(): Promise<void> {
    this.#days = daysSetting();
    await this.#go({ kind: 'report', days: this.#days });
  }

  /** `argument`: a decision of the list, or the id of a record. */
  async openIncident(argument: unknown): Promise<void> {
    const record = typeof argument === 'object' && argument !== null && 'id' in argument ? argument.id : argument;
    if (typeof record === 'string' && record !== '') await this.#go({ kind: 'incident', record });
  }

  /** Makes a panel of an earlier window this one. */
  restore(panel: vscode.WebviewPanel, state: unknown): void {
    const page = pageInState(state);
    if (page === undefined || this.#panel !== undefined) return panel.dispose();
    this.#adopt(panel);
    void this.#go(page);
  }

  dispose(): void {
    this.#panel?.dispose();
  }

  async #go(page: ReportPage, notice = ''): Promise<void> {
    this.#page = page;
    this.#panel ??= this.#adopt(
      vscode.window.createWebviewPanel(
        REPORT_PANEL,
        'Report',
        { viewColumn: vscode.ViewColumn.Active },
        { enableScripts: true, enableFindWidget: true },
      ),
    );
    this.#panel.reveal(this.#panel.viewColumn, false);
    const result = await this.#ask(page);
    // Somebody went on meanwhile.
    if (page !== this.#page || this.#panel === undefined) return;
    this.#shown = result.ok ? result : undefined;
    this.#panel.title = result.ok ? visibleText(page.kind === 'report' ? 'Report' : result.title) : 'Report';
    this.#panel.webview.html = this.#html(this.#panel.webview, result, notice);
  }

  async #ask(page: ReportPage): Promise<ReportResult> {
    try {
      await this.#options.connection.start();
      return await this.#options.connection.request(REPORT, page);
    } catch (error) {
      return { ok: false, problem: `The report could not be made: ${causeOf(error)}.` };
    }
  }

  #adopt(panel: vscode.WebviewPanel): vscode.WebviewPanel {
    this.#panel = panel;
    const { extension } = this.#options;
    const media = vscode.Uri.joinPath(extension, 'media');
    panel.webview.options = { enableScripts: true, localResourceRoots: [media, vscode.Uri.joinPath(extension, 'dist')] };
    panel.iconPath = {
      light: vscode.Uri.joinPath(media, 'review-tab-light.svg'),
      dark: vscode.Uri.joinPath(media, 'review-tab-dark.svg'),
    };
    panel.webview.onDidReceiveMessage((raw: unknown) => {
      const message = readFromReport(raw);
      if (message !== undefined) void this.#act(message);
    });
    panel.onDidDispose(() => {
      this.#panel = undefined;
      this.#shown = undefined;
    });
    return panel;
  }

  async #act(message: FromReport): Promise<void> {
    switch (message.kind) {
      case 'incident':
        return this.#go({ kind: 'incident', record: message.record });
      case 'report':
        return this.#go({ kind: 'report', days: this.#days });
      case 'days':
        this.#days = message.days;
        return this.#go({ kind: 'report', days: message.days });
      case 'roll-back': {
        const id = this.#shown?.canRollBack;
        const said = id === undefined ? undefined : await this.#options.rollBack(id);
        return said === undefined ? undefined : this.#go({ ...this.#page }, said);
      }
      case 'save':
        return this.#save();
      case 'verify':
        return this.#options.verify();
      default:
        return message satisfies never;
    }
  }

  async #save(): Promise<void> {
    const shown = this.#shown;
    if (shown === undefined) return;
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
    const name = 'countersign-report.html';
    const target = await vscode.window.showSaveDialog({
      ...(folder === undefined ? {} : { defaultUri: vscode.Uri.joinPath(folder, name) }),
      filters: { 'Web page': ['html'] },
      title: 'Save the Report as a Page',
    });
    if (target === undefined) return;
    try {
      await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(shown.file));
      vscode.window.setStatusBarMessage('$(pass) Saved the report.', 5000);
    } catch (error) {
      void vscode.window.showErrorMessage(`The report could not be saved: ${causeOf(error)}.`);
    }
  }

  #html(webview: vscode.Webview, result: ReportResult, notice: string): string {
    const nonce = randomBytes(16).toString('base64');
    const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'`;
    const script = webview.asWebviewUri(vscode.Uri.joinPath(this.#options.extension, 'dist', 'report.js')).toString();
    const main = result.ok
      ? result.main
      : `<main aria-labelledby="what"><h1 id="what" tabindex="-1">There is no report.</h1><p>${escaped(result.problem)}</p></main>`;
    return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Countersign report</title>
<style nonce="${nonce}">${result.ok ? result.style : ''}</style>
</head>
<body data-page="${escaped(JSON.stringify(this.#page))}">
<header><div class="bar">${this.#buttons(result)}</div>${notice === '' ? '' : `<p class="notice" role="status">${escaped(notice)}</p>`}</header>
${main}
<script nonce="${nonce}" src="${script}"></script>
</body>
</html>`;
  }

  #buttons(result: ReportResult): string {
    const save = result.ok ? button('save', 'Save as a Page…') : '';
    if (this.#page.kind === 'incident') {
      const back = result.ok && result.canRollBack !== undefined ? button('roll-back', 'Roll Back…') : '';
      return `${button('report', 'All of the Report')}${back}${save}`;
    }
    const all = [...new Set([...DAYS, this.#days])].toSorted((a, b) => a - b);
    const options = all.map((days) => `<option value="${days}"${days === this.#days ? ' selected' : ''}>${days} days</option>`).join('');
    return `<label for="days">Last</label><select id="days">${options}</select>${save}${button('verify', 'Verify Log')}`;
  }
}

function button(what: FromReport['kind'], label: string): string {
  return `<button type="button" data-do="${what}">${label}</button>`;
}

function daysSetting(): number {
  const days = vscode.workspace.getConfiguration('countersign').get<number>('report.days', 14);
  return Number.isInteger(days) && days >= 1 && days <= 3660 ? days : 14;
}

function escaped(text: string): string {
  return visibleText(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
