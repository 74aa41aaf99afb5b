import * as vscode from 'vscode';
import { HOLD_TEXTS } from '../server/protocol.ts';
import { visibleText } from '../media/visible-text.ts';
import type { ServerConnection } from './server-connection.ts';

const SCHEME = 'countersign-hold';

/** The editor's own diff of a hold: both sides are what was held, and neither can be edited. */
export class DiffView implements vscode.Disposable {
  readonly #connection: ServerConnection;
  readonly #texts = new Map<string, string>();
  readonly #provider: vscode.Disposable;

  constructor(connection: ServerConnection) {
    this.#connection = connection;
    this.#provider = vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
      provideTextDocumentContent: (uri) => this.#texts.get(uri.toString()) ?? '',
    });
  }

  /** Opens it beside the review. Gives back the sentence that says why not, if it cannot. */
  async open(hold: string): Promise<string | undefined> {
    const held = await this.#connection.request(HOLD_TEXTS, { hold });
    if (!held.ok) return held.problem;
    // A command has no text before it: it is shown as it would be run.
    const commands = held.texts.filter(({ path }) => path.startsWith('$ '));
    for (const { after } of commands) await this.#showCommand(hold, after);
    if (commands.length === held.texts.length && commands.length > 0) return undefined;
    const edits = held.texts.filter((text) => !commands.includes(text));
    const sides = edits.map(({ path, before, after }) => ({
      path,
      before: this.#keep(hold, 'before', path, before),
      after: this.#keep(hold, 'suggested', path, after),
    }));
    const [only, ...more] = sides;
    if (only === undefined) return 'There is no text in this hold.';
    const options = { preview: true, viewColumn: vscode.ViewColumn.Beside };
    if (more.length === 0) {
      const name = visibleText(only.path.split('/').at(-1) ?? only.path);
      await vscode.commands.executeCommand('vscode.diff', only.before, only.after, `${name}: before and suggested`, options);
    } else {
      const resources = sides.map(({ before, after }) => [after, before, after]);
      await vscode.commands.executeCommand('vscode.changes', `${sides.length} files: before and suggested`, resources);
    }
    return undefined;
  }

  dispose(): void {
    this.#provider.dispose();
  }

  async #showCommand(hold: string, text: string): Promise<void> {
    const uri = this.#keep(hold, 'suggested', 'Command', text);
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.languages.setTextDocumentLanguage(document, 'shellscript').then(undefined, () => undefined);
    await vscode.window.showTextDocument(document, { preview: true, viewColumn: vscode.ViewColumn.Beside });
  }

  #keep(hold: string, side: 'before' | 'suggested', path: string, text: string): vscode.Uri {
    // The real path comes last, so that the editor knows the language.
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${hold}/${side}/${path.replace(/^\/+/, '')}` });
    this.#texts.set(uri.toString(), text);
    return uri;
  }
}
