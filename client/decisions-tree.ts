import * as vscode from 'vscode';
import { DECISIONS, type Decision } from '../server/protocol.ts';
import { ago } from '../media/phrases.ts';
import { visibleText } from '../media/visible-text.ts';
import { placeOf } from './holds-tree.ts';
import type { ServerConnection } from './server-connection.ts';

const SAID: Readonly<Record<Decision['kind'], { readonly word: string; readonly icon: string }>> = {
  acknowledged: { word: 'Acknowledged', icon: 'pass' },
  asked: { word: 'Asked a second person', icon: 'watch' },
  approved: { word: 'Approved', icon: 'verified' },
  'broke-glass': { word: 'Glass broken', icon: 'flame' },
  discarded: { word: 'Discarded', icon: 'trash' },
  reverted: { word: 'Reverted', icon: 'discard' },
  'rolled-back': { word: 'Rolled back', icon: 'discard' },
  forbidden: { word: 'Not allowed', icon: 'circle-slash' },
};

/** What was decided lately, newest first. */
export class DecisionsTree implements vscode.TreeDataProvider<Decision>, vscode.Disposable {
  readonly #connection: ServerConnection;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #subscriptions: readonly vscode.Disposable[];
  #started = false;
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(connection: ServerConnection) {
    this.#connection = connection;
    this.#subscriptions = [
      vscode.window.registerTreeDataProvider('countersign.decisions', this),
      connection.onHolds(() => {
        this.#started = true;
        this.#changed.fire();
      }),
      this.#changed,
    ];
  }

  refresh(): void {
    this.#changed.fire();
  }

  async getChildren(node?: Decision): Promise<Decision[]> {
    // Looking at an empty view starts nothing: before the server says its first word there is nothing to tell.
    if (node !== undefined || !this.#started) return [];
    try {
      return [...(await this.#connection.request(DECISIONS, {})).decisions];
    } catch {
      return [];
    }
  }

  getTreeItem(decision: Decision): vscode.TreeItem {
    const { word, icon } = SAID[decision.kind];
    const sentence = visibleText(decision.sentence);
    const item = new vscode.TreeItem(visibleText(decision.name));
    item.description = `${word} ${ago(decision.when)}`;
    item.tooltip = `${word}: ${sentence}\n${placeOf(decision)}${decision.expires ? `\nGood until ${new Date(decision.expires).toLocaleString()}` : ''}`;
    item.accessibilityInformation = { label: `${word} ${ago(decision.when)}: ${sentence}` };
    item.iconPath = new vscode.ThemeIcon(icon);
    item.command = { command: 'countersign.report.incident', title: 'Show Timeline', arguments: [decision] };
    item.contextValue = decision.canRollBack ? 'decision.canRollBack' : 'decision';
    return item;
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }
}
