import * as vscode from 'vscode';
import type { HoldItem } from '../server/protocol.ts';
import { ago, capital, counted } from '../media/phrases.ts';
import { visibleText } from '../media/visible-text.ts';
import { nameOf } from './apply.ts';

/** Above this many, holds are grouped by the session that suggested them. */
const GROUP_ABOVE = 7;

type Session = { readonly kind: 'session'; readonly label: string; readonly holds: readonly HoldItem[] };
type Held = { readonly kind: 'hold'; readonly hold: HoldItem };
export type HoldNode = Session | Held;

/** The list of held suggestions, worst first, with its number on the view's icon. */
export class HoldsTree implements vscode.TreeDataProvider<HoldNode>, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #view: vscode.TreeView<HoldNode>;
  #holds: readonly HoldItem[] = [];
  readonly onDidChangeTreeData = this.#changed.event;

  constructor() {
    this.#view = vscode.window.createTreeView('countersign.held', { treeDataProvider: this, canSelectMany: true });
  }

  get selected(): readonly HoldItem[] {
    return this.#view.selection.flatMap(holdsOf);
  }

  update(holds: readonly HoldItem[]): void {
    this.#holds = holds;
    this.#view.badge = holds.length === 0 ? undefined : { value: holds.length, tooltip: `${counted(holds.length, 'suggestion')} held` };
    this.#changed.fire();
  }

  getChildren(node?: HoldNode): readonly HoldNode[] & HoldNode[] {
    if (node !== undefined) return node.kind === 'session' ? node.holds.map((hold) => ({ kind: 'hold', hold })) : [];
    if (this.#holds.length <= GROUP_ABOVE) return this.#holds.map((hold) => ({ kind: 'hold', hold }));
    const sessions = new Map<string, HoldItem[]>();
    for (const hold of this.#holds) sessions.set(sessionOf(hold), [...(sessions.get(sessionOf(hold)) ?? []), hold]);
    return [...sessions].map(([label, holds]) => ({ kind: 'session', label, holds }));
  }

  getTreeItem(node: HoldNode): vscode.TreeItem {
    return node.kind === 'session' ? sessionItem(node) : holdItem(node.hold);
  }

  dispose(): void {
    this.#view.dispose();
    this.#changed.dispose();
  }
}

export function holdsOf(node: HoldNode): readonly HoldItem[] {
  return node.kind === 'session' ? node.holds : [node.hold];
}

/** Shape says the severity; the colour only repeats it. */
export function severityIcon(severity: HoldItem['severity'], forbidden: boolean): vscode.ThemeIcon {
  if (forbidden) return new vscode.ThemeIcon('circle-slash', new vscode.ThemeColor('editorError.foreground'));
  switch (severity) {
    case 'critical':
    case 'high':
      return new vscode.ThemeIcon('error', new vscode.ThemeColor('editorError.foreground'));
    case 'medium':
      return new vscode.ThemeIcon('warning', new vscode.ThemeColor('editorWarning.foreground'));
    case 'low':
    case 'info':
      return new vscode.ThemeIcon('info', new vscode.ThemeColor('editorInfo.foreground'));
    default:
      return assertNever(severity);
  }
}

function sessionItem({ label, holds }: Session): vscode.TreeItem {
  const item = new vscode.TreeItem(visibleText(label), vscode.TreeItemCollapsibleState.Expanded);
  item.description = `${holds.length} held`;
  item.iconPath = new vscode.ThemeIcon('comment-discussion');
  item.contextValue = 'session';
  return item;
}

function holdItem(hold: HoldItem): vscode.TreeItem {
  const sentence = visibleText(hold.sentence);
  const often = hold.times > 1 ? `, suggested ${hold.times} times` : '';
  const item = new vscode.TreeItem(visibleText(hold.name), vscode.TreeItemCollapsibleState.None);
  item.id = hold.id;
  item.description = `${sentence} ${ago(hold.since)}${often}`;
  item.tooltip = `${sentence}\n${placeOf(hold)}\n${visibleText(hold.agent)}, ${ago(hold.since)}${often}`;
  item.accessibilityInformation = {
    label: `${hold.forbidden ? 'Not allowed here' : capital(hold.severity)}: ${sentence} ${ago(hold.since)}${often}`,
  };
  item.iconPath = severityIcon(hold.severity, hold.forbidden);
  item.contextValue = 'hold';
  item.command = { command: 'countersign.review.next', title: 'Review', arguments: [hold.id] };
  return item;
}

/** The file, or the command line as it would be run. */
export function placeOf({ path, uri }: Pick<HoldItem, 'path' | 'uri'>): string {
  return visibleText(path.startsWith('$ ') ? `Command: ${path.slice(2)}` : nameOf(uri));
}

function sessionOf({ agent, session }: HoldItem): string {
  return session === '' ? agent : `${agent}, session ${session}`;
}

function assertNever(value: never): never {
  throw new Error(`unexpected severity: ${String(value)}`);
}
