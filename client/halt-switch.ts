import { mkdirSync, readdirSync, readFileSync, watch, type FSWatcher } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { HALT, RESUME } from '../server/protocol.ts';
import { visibleText } from '../media/visible-text.ts';
import { causeOf } from './sentences.ts';
import type { ServerConnection } from './server-connection.ts';
import type { StatusBar } from './status-bar.ts';

/** The net under the file system's own events, in milliseconds. */
const LOOK_MS = 2_000;

/**
 * Stops every hooked agent by a click, and lets them go on by a click and a yes. Whoever halted, by whatever way, is shown:
 * the state folder says so, and no server is needed to see it.
 */
export class HaltSwitch implements vscode.Disposable {
  readonly #connection: ServerConnection;
  readonly #statusBar: StatusBar;
  readonly #folder: string;
  readonly #commands: vscode.Disposable;
  readonly #timer: NodeJS.Timeout;
  #watcher: FSWatcher | undefined;
  #told = '';

  constructor(connection: ServerConnection, statusBar: StatusBar, stateFolder: string) {
    this.#connection = connection;
    this.#statusBar = statusBar;
    this.#folder = stateFolder;
    this.#commands = vscode.Disposable.from(
      vscode.commands.registerCommand('countersign.halt', () => this.#halt()),
      vscode.commands.registerCommand('countersign.resume', () => this.#resume()),
    );
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    try {
      mkdirSync(stateFolder, { recursive: true, mode: 0o700 });
      this.#watcher = watch(stateFolder, { persistent: false }, () => this.#look());
      this.#watcher.on('error', () => this.#watcher?.close());
    } catch {
      // The timer goes on looking.
    }
    this.#look();
  }

  dispose(): void {
    clearInterval(this.#timer);
    this.#watcher?.close();
    this.#commands.dispose();
  }

  async #halt(): Promise<void> {
    const reason = await vscode.window.showInputBox({
      title: 'Stop All Agents',
      prompt: 'Every hooked agent of this account stops at its next tool call, until a person lets them go on. Enter stops them.',
      placeHolder: 'Why? The agents are told, and it is kept in the log.',
    });
    if (reason !== undefined) await this.#ask(() => this.#connection.request(HALT, { reason }), 'Agents could not be stopped');
  }

  /** A modal question: no command and no program answers it. */
  async #resume(): Promise<void> {
    const halt = this.#read();
    if (halt === undefined) return void vscode.window.showInformationMessage('No agent is stopped.');
    const answer = await vscode.window.showWarningMessage(
      'Let all agents go on?',
      { modal: true, detail: `${halt}\nThat they go on is written to the log.` },
      'Let Agents Go On',
    );
    if (answer !== undefined) await this.#ask(() => this.#connection.request(RESUME, {}), 'Agents stay stopped');
  }

  async #ask(request: () => Promise<{ readonly ok: boolean; readonly problem?: string }>, failed: string): Promise<void> {
    try {
      const { ok, problem } = await request();
      if (!ok) void vscode.window.showErrorMessage(visibleText(problem ?? `${failed}.`));
    } catch (error) {
      void vscode.window.showErrorMessage(`${failed}: ${causeOf(error)}.`);
    }
    this.#look();
  }

  #look(): void {
    const halt = this.#read();
    if ((halt ?? '') === this.#told) return;
    const before = this.#told;
    this.#told = halt ?? '';
    this.#statusBar.halted(halt);
    if (halt !== undefined) void this.#tell(halt);
    else if (before !== '') vscode.window.setStatusBarMessage('$(pass) Agents may go on.', 5000);
  }

  async #tell(halt: string): Promise<void> {
    const answer = await vscode.window.showWarningMessage(halt, 'Let Them Go On…');
    if (answer !== undefined) await this.#resume();
  }

  /** Who was stopped by whom and why, in sentences; undefined when nobody is. What cannot be read still stops. */
  #read(): string | undefined {
    const halt = textOf(join(this.#folder, 'halt.json'));
    const all = halt === undefined ? [] : [`All agents are stopped. ${sentenceIn(halt)}`];
    const stopped = [...all, ...trippedIn(join(this.#folder, 'tripped'))];
    return stopped.length === 0 ? undefined : stopped.join(' ');
  }
}

/** Undefined when there is no such file; '' when it cannot be read. */
function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT' ? undefined : '';
  }
}

/** The agents that the breaker has stopped by itself: one file each. */
function trippedIn(folder: string): readonly string[] {
  let names: readonly string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.json') && !name.startsWith('.'));
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const text = textOf(join(folder, name));
    return text === undefined ? [] : [trippedSentence(text, name.slice(0, -'.json'.length))];
  });
}

function trippedSentence(text: string, id: string): string {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && 'agent' in value && 'cause' in value) {
      return visibleText(`The breaker has stopped ${String(value.agent)}: ${String(value.cause).replace(/\.$/, '')}.`);
    }
  } catch {
    // Said below.
  }
  return visibleText(`The breaker has stopped ${id}. The file that says why cannot be read.`);
}

function sentenceIn(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && 'by' in value && 'reason' in value) {
      return visibleText(`${String(value.by)} stopped them: ${String(value.reason).replace(/\.$/, '')}.`);
    }
  } catch {
    // Said below.
  }
  return 'The file that says why cannot be read.';
}
