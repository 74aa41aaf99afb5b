import * as vscode from 'vscode';
import type { HoldItem } from '../server/protocol.ts';
import { counted } from '../media/phrases.ts';
import { visibleText } from '../media/visible-text.ts';
import { nameOf } from './apply.ts';

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
    const fresh = holds.filter(({ id, severity, disk }) => !told.has(id) && !this.#seen.has(id) && isTold(severity, disk));
    for (const { id } of fresh) this.#seen.add(id);
    // Only what is still held is remembered, so that this never grows.
    void this.#options.memory.update(
      TOLD,
      holds.filter(({ id }) => told.has(id) || fresh.some((hold) => hold.id === id)).map(({ id }) => id),
    );
    this.#waiting = [...this.#waiting.flatMap(({ id }) => holds.find((hold) => hold.id === id) ?? []), ...fresh];
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
      holds.every(({ disk }) => disk !== undefined)
        ? diskSentence(holds)
        : `Countersign holds ${counted(holds.length, 'suggestion')}${from}.`,
      'Review',
      'Not for this session',
    );
    if (this.#shown === shown) this.#shown = undefined;
    if (answer === 'Review') this.#options.review(first.id);
    if (answer === 'Not for this session') this.#quiet = true;
    if (this.#waiting.length > 0) this.#later();
  }
}

/** What is on disk already is told with its name: it works, whatever anybody decides. */
function diskSentence(holds: readonly HoldItem[]): string {
  const files = holds.reduce((sum, hold) => sum + hold.files, 0);
  const [first] = holds;
  const reverted = holds.every(({ disk }) => disk === 'reverted') ? ' What was there before was put back.' : '';
  if (first === undefined || files > 1) {
    return `${counted(files, 'watched file')} ${files === 1 ? 'was' : 'were'} changed on disk by an unknown process, and what is new opens access.${reverted}`;
  }
  return `${visibleText(nameOf(first.uri))} was changed on disk by an unknown process: ${visibleText(first.sentence)}${reverted}`;
}

function isTold(severity: HoldItem['severity'], disk: HoldItem['disk']): boolean {
  const setting = vscode.workspace.getConfiguration('countersign').get<string>('notifications', 'highAndCritical');
  if (setting === 'none') return false;
  // Nothing stands between it and its effect but somebody who looks.
  if (disk === 'written' && setting !== 'critical') return true;
  return severity === 'critical' || (severity === 'high' && setting !== 'critical');
}
