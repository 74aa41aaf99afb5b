import * as vscode from 'vscode';
import { counted } from '../media/phrases.ts';

/** One short item on the left: how many suggestions are held. A click offers what can be done. */
export class StatusBar implements vscode.Disposable {
  readonly #item: vscode.StatusBarItem;
  readonly #command: vscode.Disposable;

  constructor() {
    this.#item = vscode.window.createStatusBarItem('countersign.status', vscode.StatusBarAlignment.Left);
    this.#item.name = 'Countersign';
    this.#item.command = 'countersign.status.choose';
    this.#command = vscode.commands.registerCommand('countersign.status.choose', choose);
    this.update(0);
    this.#item.show();
  }

  update(held: number): void {
    this.#item.text = held === 0 ? '$(pass) Countersign' : `$(pass) ${held} held`;
    const said = held === 0 ? 'Countersign: nothing is held.' : `Countersign: ${counted(held, 'suggestion')} held.`;
    this.#item.tooltip = said;
    this.#item.accessibilityInformation = { label: said, role: 'button' };
  }

  dispose(): void {
    this.#item.dispose();
    this.#command.dispose();
  }
}

async function choose(): Promise<void> {
  const picked = await vscode.window.showQuickPick(
    [
      { label: 'Review next held suggestion', command: 'countersign.review.next' },
      { label: 'Show held suggestions', command: 'countersign.held.show' },
      { label: 'Review a suggestion from the clipboard or a patch…', command: 'countersign.review.clipboard' },
      { label: 'Roll back a change…', command: 'countersign.rollback' },
      { label: 'Verify the log', command: 'countersign.log.verify' },
      { label: 'Open the policy', command: 'countersign.policy.open' },
    ],
    { title: 'Countersign' },
  );
  if (picked) await vscode.commands.executeCommand(picked.command);
}
