import * as vscode from 'vscode';
import type { HoldItem } from '../server/protocol.ts';
import { counted } from '../media/phrases.ts';
import { visibleText } from '../media/visible-text.ts';

const TOLD = 'countersign.told';
/** Holds that come together are told together, and a review that opens by itself needs no word. */
const GATHER_MS = 700;

export type NotificationsOptions = {
  readonly memory: vscode.Memento;
  /** Somebody has a review in front of them: it says how many are held, and a message would lie over its buttons. */
  readonly reading: () => boolean;
  readonly review: (hold: string) => void;
};

/** Tells of new holds: high and critical alone, one toast at a time, none beside a review, each hold once, and never with a way to decide in it. */
export class Notifications implements vscode.Disposable {
  readonly #options: NotificationsOptions;
  #waiting: readonly HoldItem[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** The message that is up. */
  #shown: object | undefined;
  #quiet = false;
  /** Of this session, also when they are gone and come back. */
  readonly #seen = new Set<string>();

  constructor(options: NotificationsOptions) {
    this.#options = options;
  }

  update(holds: readonly HoldItem[]): void {
    const told = new Set(this.#options.memory.get<readonly string[]>(TOLD, []));
    const fresh = holds.filter(({ id, severity }) => !told.has(id) && !this.#seen.has(id) && isTold(severity));
    for (const { id } of fresh) this.#seen.add(id);
    // Only what is still held is remembered, so that this never grows.
    void this.#options.memory.update(
      TOLD,
      holds.filter(({ id }) => told.has(id) || fresh.some((hold) => hold.id === id)).map(({ id }) => id),
    );
    this.#waiting = [...this.#waiting.filter(({ id }) => holds.some((hold) => hold.id === id)), ...fresh];
    if (this.#waiting.length > 0) this.#later();
  }

  /** A review came into sight or went out of it. */
  look(): void {
    if (!this.#options.reading()) {
      if (this.#waiting.length > 0) this.#later();
    } else if (this.#shown !== undefined) {
      // It goes to the list behind the bell; what it said is in front of the person now.
      this.#shown = undefined;
      void vscode.commands.executeCommand('notifications.hideToasts');
    }
  }

  dispose(): void {
    clearTimeout(this.#timer);
  }

  #later(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#tell(), GATHER_MS);
  }

  async #tell(): Promise<void> {
    if (this.#shown !== undefined || this.#options.reading()) return;
    const holds = this.#waiting;
    this.#waiting = [];
    const [first] = holds;
    if (first === undefined || this.#quiet) return;
    const agents = new Set(holds.map(({ agent }) => agent));
    const from = agents.size === 1 ? ` from ${visibleText(first.agent)}` : '';
    const shown = {};
    this.#shown = shown;
    const answer = await vscode.window.showWarningMessage(
      `Countersign holds ${counted(holds.length, 'suggestion')}${from}.`,
      'Review',
      'Not for this session',
    );
    if (this.#shown === shown) this.#shown = undefined;
    if (answer === 'Review') this.#options.review(first.id);
    if (answer === 'Not for this session') this.#quiet = true;
    if (this.#waiting.length > 0) this.#later();
  }
}

function isTold(severity: HoldItem['severity']): boolean {
  const setting = vscode.workspace.getConfiguration('countersign').get<string>('notifications', 'highAndCritical');
  if (setting === 'none') return false;
  return severity === 'critical' || (severity === 'high' && setting !== 'critical');
}
