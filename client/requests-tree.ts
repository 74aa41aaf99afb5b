import * as vscode from 'vscode';
import type { RequestItem } from '../server/protocol.ts';
import { ago, counted } from '../media/phrases.ts';
import { visibleText } from '../media/visible-text.ts';
import { severityIcon } from './holds-tree.ts';
import type { ServerConnection } from './server-connection.ts';

/** What waits for a second person: a request of somebody else's to review, an own one to wait for, and broken glass. */
export class RequestsTree implements vscode.TreeDataProvider<RequestItem>, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #view: vscode.TreeView<RequestItem>;
  readonly #subscription: vscode.Disposable;
  /** Of this session: each is told once. */
  readonly #told = new Set<string>();
  #requests: readonly RequestItem[] = [];
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(connection: ServerConnection) {
    this.#view = vscode.window.createTreeView('countersign.requests', { treeDataProvider: this });
    this.#subscription = connection.onRequests((requests) => this.#update(requests));
  }

  get requests(): readonly RequestItem[] {
    return this.#requests;
  }

  getChildren(node?: RequestItem): RequestItem[] {
    return node === undefined ? [...this.#requests] : [];
  }

  getTreeItem(request: RequestItem): vscode.TreeItem {
    const said = stateOf(request);
    const sentence = visibleText(request.sentence);
    const item = new vscode.TreeItem(visibleText(request.name));
    item.id = request.id;
    item.description = `${said} ${ago(request.since)}`;
    item.tooltip = `${said}${request.refused === undefined ? '' : ` ${visibleText(request.refused)}`}\n${sentence}\nSigned by ${visibleText(request.by)}, ${ago(request.since)}${
      request.until === undefined ? '' : `\nTo be answered until ${new Date(request.until).toLocaleString()}`
    }`;
    item.accessibilityInformation = { label: `${said} ${sentence} ${ago(request.since)}` };
    item.iconPath = iconOf(request);
    item.contextValue = request.own ? 'request.own' : 'request';
    item.command = { command: 'countersign.request.review', title: 'Review', arguments: [request.id] };
    return item;
  }

  /** Opens the one that is meant, or asks which of several. Undefined where there is none, or nobody chose. */
  async pick(argument: unknown): Promise<string | undefined> {
    if (typeof argument === 'string') return argument;
    const [first, ...more] = this.#requests;
    if (first === undefined) {
      void vscode.window.showInformationMessage('Nothing waits for a second person here.');
      return undefined;
    }
    if (more.length === 0) return first.id;
    const picked = await vscode.window.showQuickPick(
      this.#requests.map((request) => ({
        label: visibleText(request.name),
        description: stateOf(request),
        detail: visibleText(request.sentence),
        id: request.id,
      })),
      { title: 'Waiting for a Second Person' },
    );
    return picked?.id;
  }

  dispose(): void {
    for (const owned of [this.#subscription, this.#view, this.#changed]) owned.dispose();
  }

  #update(requests: readonly RequestItem[]): void {
    this.#requests = requests;
    const toAnswer = requests.filter(({ own }) => !own);
    this.#view.badge =
      toAnswer.length === 0 ? undefined : { value: toAnswer.length, tooltip: `${counted(toAnswer.length, 'request')} for your approval` };
    this.#changed.fire();
    void vscode.commands.executeCommand('setContext', 'countersign.requestCount', requests.length);
    const fresh = toAnswer.filter(({ id }) => !this.#told.has(id));
    for (const { id } of fresh) this.#told.add(id);
    if (fresh.length > 0) void tell(fresh);
  }
}

/** It tells, and leads to the review: nothing is approved from a message. */
async function tell(fresh: readonly RequestItem[]): Promise<void> {
  if (vscode.workspace.getConfiguration('countersign').get<string>('notifications') === 'none') return;
  const [first, ...more] = fresh;
  if (first === undefined) return;
  const sentence =
    more.length > 0
      ? `${counted(fresh.length, 'request')} wait for a second person.`
      : first.kind === 'glass'
        ? `${visibleText(first.by)} broke glass, and somebody else must look at it: ${visibleText(first.sentence)}`
        : `${visibleText(first.by)} asks for a second person’s approval: ${visibleText(first.sentence)}`;
  const answer = await vscode.window.showInformationMessage(sentence, 'Review');
  if (answer !== undefined) await vscode.commands.executeCommand('countersign.request.review', ...(more.length === 0 ? [first.id] : []));
}

function stateOf({ kind, own, by, refused }: RequestItem): string {
  if (refused !== undefined) return 'An approval came that does not count.';
  if (kind === 'glass') return own ? 'You broke glass; somebody else must look at it.' : `${visibleText(by)} broke glass; look at it.`;
  return own ? 'Waiting for somebody else.' : `${visibleText(by)} asks for your approval.`;
}

function iconOf({ kind, own, severity, refused }: RequestItem): vscode.ThemeIcon {
  if (kind === 'glass') return new vscode.ThemeIcon('flame', new vscode.ThemeColor('editorError.foreground'));
  if (refused !== undefined) return new vscode.ThemeIcon('warning', new vscode.ThemeColor('editorWarning.foreground'));
  return own ? new vscode.ThemeIcon('watch') : severityIcon(severity, false);
}
