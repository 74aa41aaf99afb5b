import * as vscode from 'vscode';
import type { ClosedGate } from '../server/protocol.ts';
import { visibleText } from '../media/visible-text.ts';
import type { ServerConnection, ServerState } from './server-connection.ts';
import type { StatusBar } from './status-bar.ts';

/** A server that is back sooner than this needs no word, in milliseconds. */
const SOON_MS = 3000;

/** Says when the gate cannot do its work: which file, which place, what to do; in the status bar while it lasts, and once as a message. */
export class GateStatus implements vscode.Disposable {
  readonly #connection: ServerConnection;
  readonly #statusBar: StatusBar;
  readonly #subscriptions: readonly vscode.Disposable[];
  readonly #told = new Set<string>();
  #closed: readonly ClosedGate[] = [];
  #server: ServerState = { kind: 'fine' };
  #later: NodeJS.Timeout | undefined;

  constructor(connection: ServerConnection, statusBar: StatusBar) {
    this.#connection = connection;
    this.#statusBar = statusBar;
    this.#subscriptions = [
      connection.onGates((closed) => this.#gatesChanged(closed)),
      connection.onState((state) => this.#serverChanged(state)),
      vscode.commands.registerCommand('countersign.status.mend', () => this.mend()),
    ];
  }

  /** Takes the person to what has to be mended. */
  async mend(): Promise<void> {
    if (this.#server.kind === 'down') return void this.#connection.start().catch(() => undefined);
    const [first] = this.#closed;
    if (first !== undefined) await open(first);
  }

  dispose(): void {
    clearTimeout(this.#later);
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #gatesChanged(closed: readonly ClosedGate[]): void {
    const before = this.#closed;
    this.#closed = closed;
    for (const cause of this.#told) if (!closed.some((gate) => gate.cause === cause)) this.#told.delete(cause);
    for (const gate of closed) if (!this.#told.has(gate.cause)) void this.#tell(gate);
    if (before.length > 0 && closed.length === 0) vscode.window.setStatusBarMessage('$(pass) Countersign is open again.', 5000);
    this.#show();
  }

  #serverChanged(state: ServerState): void {
    this.#server = state;
    clearTimeout(this.#later);
    if (state.kind === 'down') {
      // While there is no server, nobody knows of gates: it tells them anew when it is there.
      this.#closed = [];
      this.#later = setTimeout(() => void this.#tellDown(state.cause), SOON_MS);
    }
    this.#show();
  }

  async #tell(gate: ClosedGate): Promise<void> {
    this.#told.add(gate.cause);
    const way = gate.line === undefined ? [] : ['Open the File'];
    const answer = await vscode.window.showErrorMessage(`Countersign is closed: ${visibleText(gate.cause)}`, ...way);
    if (answer !== undefined) await open(gate);
  }

  async #tellDown(cause: string): Promise<void> {
    const sentence = `${downWords(cause)} It starts again by itself; until then, text that may open access is not let in.`;
    const answer = await vscode.window.showErrorMessage(sentence, 'Start It Now', 'Show Its Output');
    if (answer === 'Start It Now') void this.#connection.start().catch(() => undefined);
    if (answer === 'Show Its Output') this.#connection.showOutput();
  }

  #show(): void {
    if (this.#server.kind === 'down')
      this.#statusBar.alarm({ text: 'Countersign stopped', why: downWords(this.#server.cause), remedy: 'Start it again' });
    else if (this.#closed[0] !== undefined) {
      const why = this.#closed.map(({ cause }) => visibleText(cause)).join('\n');
      this.#statusBar.alarm({
        text: 'Countersign closed',
        why,
        remedy: this.#closed[0].line === undefined ? 'Show the folder' : 'Open the file to mend',
      });
    } else this.#statusBar.alarm(undefined);
  }
}

function downWords(cause: string): string {
  return `Countersign’s server is not running (${visibleText(cause)}).`;
}

async function open({ file, line, cause }: ClosedGate): Promise<void> {
  if (file === undefined) return void vscode.window.showErrorMessage(visibleText(cause));
  const uri = vscode.Uri.file(file);
  if (line === undefined) {
    try {
      return void (await vscode.commands.executeCommand('revealFileInOS', uri));
    } catch {
      // In a browser there is no such window: the sentence names the place.
      return void vscode.window.showErrorMessage(visibleText(cause));
    }
  }
  const at = new vscode.Position(Math.max(0, line - 1), 0);
  try {
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { selection: new vscode.Range(at, at) });
  } catch {
    void vscode.window.showErrorMessage(`${visibleText(file)} cannot be opened.`);
  }
}
