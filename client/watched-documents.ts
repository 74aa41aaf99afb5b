import * as vscode from 'vscode';
import { WATCHED_PATTERNS } from './watched-patterns.ts';

/** The languages whose text may be an access policy whatever its file is called. */
const LANGUAGES = ['json', 'jsonc'];
const SCHEMES = ['file', 'untitled'];

/** The documents that can hold what the engine reads: nothing is done about any other. */
export const WATCHED_DOCUMENTS = SCHEMES.flatMap((scheme) => [
  ...LANGUAGES.map((language) => ({ scheme, language })),
  ...WATCHED_PATTERNS.map((pattern) => ({ scheme, pattern })),
]);

export function isWatched(document: vscode.TextDocument): boolean {
  return SCHEMES.includes(document.uri.scheme) && vscode.languages.match(WATCHED_DOCUMENTS, document) > 0;
}

/** Keeps the context key up to date by which keys and menus know that the active editor shows such a document. */
export function tellWatched(): vscode.Disposable {
  let told: boolean | undefined;
  const tell = (editor: vscode.TextEditor | undefined): void => {
    const watching = editor !== undefined && isWatched(editor.document);
    if (watching === told) return;
    told = watching;
    void vscode.commands.executeCommand('setContext', 'countersign.watching', watching);
  };
  tell(vscode.window.activeTextEditor);
  return vscode.Disposable.from(
    vscode.window.onDidChangeActiveTextEditor(tell),
    // The language of a document may be chosen after it was opened, or a new one saved under a name.
    vscode.workspace.onDidOpenTextDocument(() => tell(vscode.window.activeTextEditor)),
  );
}
