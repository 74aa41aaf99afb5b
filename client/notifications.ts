import * as vscode from 'vscode';
import type { HoldItem } from '../server/protocol.ts';
import { counted } from '../media/phrases.ts';
import { visibleText } from '../media/visible-text.ts';

const TOLD = 'countersign.told';
/** Holds that come together are told together, and a review that opens by itself needs no word. */
const GATHER_MS = 700;

export type NotificationsOptions = {
  readonly memory: vscode.Memento;
  /** The hold that is being read right now. */
  readonly open: () => string | undefined;
  readonly review: (hold: string) => void;
};

/** Tells of new holds: high and critical alone, one toast at a time, each hold once, and never with a way to decide in it. */
export class Notifications implements vscode.Disposable {
  readonly #options: NotificationsOptions;
  #waiting: readonly HoldItem[] = [];
  #timer: NodeJS.Timeout | undefined;
  #shown = false;
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

  dispose(): void {
    clearTimeout(this.#timer);
  }

  #later(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#tell(), GATHER_MS);
  }

  async #tell(): Promise<void> {
    if (this.#shown) return;
    const holds = this.#waiting.filter(({ id }) => id !== this.#options.open());
    this.#waiting = [];
    const [first] = holds;
    if (first === undefined || this.#quiet) return;
    const agents = new Set(holds.map(({ agent }) => agent));
    const from = agents.size === 1 ? ` from ${visibleText(first.agent)}` : '';
    this.#shown = true;
    const answer = await vscode.window.showWarningMessage(
      `Countersign holds ${counted(holds.length, 'suggestion')}${from}.`,
      'Review',
      'Not for this session',
    );
    this.#shown = false;
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
