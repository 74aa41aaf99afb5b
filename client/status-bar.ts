import * as vscode from 'vscode';
import { counted } from '../media/phrases.ts';

/** Why the gate does not do its work, and what a click offers first. */
export type Alarm = { readonly text: string; readonly why: string; readonly remedy: string };

/** One short item on the left: how many suggestions are held, or that the gate is closed. A click offers what can be done. */
export class StatusBar implements vscode.Disposable {
  readonly #item: vscode.StatusBarItem;
  readonly #command: vscode.Disposable;
  #held = 0;
  #alarm: Alarm | undefined;
  #halted: string | undefined;

  constructor() {
    this.#item = vscode.window.createStatusBarItem('countersign.status', vscode.StatusBarAlignment.Left);
    this.#item.name = 'Countersign';
    this.#item.command = 'countersign.status.choose';
    this.#command = vscode.commands.registerCommand('countersign.status.choose', () => choose(this.#alarm, this.#halted));
    this.#show();
    this.#item.show();
  }

  update(held: number): void {
    this.#held = held;
    this.#show();
  }

  alarm(alarm: Alarm | undefined): void {
    this.#alarm = alarm;
    this.#show();
  }

  /** Who stopped all agents and why, in a sentence; undefined when they may go on. */
  halted(sentence: string | undefined): void {
    this.#halted = sentence;
    this.#show();
  }

  dispose(): void {
    this.#item.dispose();
    this.#command.dispose();
  }

  #show(): void {
    const held = this.#held;
    const said = held === 0 ? 'Countersign: nothing is held.' : `Countersign: ${counted(held, 'suggestion')} held.`;
    const alarm = this.#alarm;
    const halted = this.#halted;
    const plain = held === 0 ? '$(pass) Countersign' : `$(pass) ${held} held`;
    const stopped = held === 0 ? '$(debug-pause) Agents stopped' : `$(debug-pause) Agents stopped, ${held} held`;
    this.#item.text = alarm !== undefined ? `$(error) ${alarm.text}` : halted === undefined ? plain : stopped;
    const colour =
      alarm !== undefined ? 'statusBarItem.errorBackground' : halted === undefined ? undefined : 'statusBarItem.warningBackground';
    this.#item.backgroundColor = colour === undefined ? undefined : new vscode.ThemeColor(colour);
    const sentences = [...(alarm === undefined ? [] : [`${alarm.text}. ${alarm.why}`]), ...(halted === undefined ? [] : [halted]), said];
    this.#item.tooltip = [...(alarm === undefined ? [] : [alarm.why]), ...(halted === undefined ? [] : [halted]), said].join('\n');
    this.#item.accessibilityInformation = { label: sentences.join(' '), role: 'button' };
  }
}

async function choose(alarm: Alarm | undefined, halted: string | undefined): Promise<void> {
  const stop = { label: '$(debug-pause) Stop all agents…', command: 'countersign.halt' };
  const goOn = { label: '$(debug-continue) Let agents go on…', detail: halted, command: 'countersign.resume' };
  const mend = alarm && { label: `$(error) ${alarm.remedy}`, detail: alarm.why, command: 'countersign.status.mend' };
  const picked = await vscode.window.showQuickPick(
    [
      ...(mend === undefined ? [] : [mend]),
      ...(halted === undefined ? [] : [goOn]),
      { label: 'Review next held suggestion', command: 'countersign.review.next' },
      { label: 'Show held suggestions', command: 'countersign.held.show' },
      { label: 'Review a suggestion from the clipboard or a patch…', command: 'countersign.review.clipboard' },
      ...(halted === undefined ? [stop] : []),
      { label: 'Roll back a change…', command: 'countersign.rollback' },
      { label: 'Verify the log', command: 'countersign.log.verify' },
      { label: 'Open the policy', command: 'countersign.policy.open' },
      { label: 'Connect your agents…', command: 'countersign.agents.connect' },
    ],
    { title: 'Countersign' },
  );
  if (picked) await vscode.commands.executeCommand(picked.command);
}
