import { ErrorCodes, ResponseError, type Connection, type TextDocuments } from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { actionsOf } from './code-actions.ts';
import { lensesOf, REVERT_COMMAND } from './code-lens.ts';
import { actionIn, hoverIn, lensIn, placesIn, textEdits } from './converters.ts';
import { revertOf } from './documents/revert.ts';
import type { WatchedDocuments } from './documents/watched.ts';
import { hoverOf } from './hover.ts';
import * as requests from './requests.ts';

export type DocumentFeaturesOptions = {
  readonly documents: TextDocuments<TextDocument>;
  readonly watched: WatchedDocuments;
  /** Does the editor have Countersign's own commands? */
  readonly commands: () => boolean;
};

/** What is shown in the text itself: hovers, lenses, actions, and the one command behind them. */
export function serveDocuments(connection: Connection, { documents, watched, commands }: DocumentFeaturesOptions): void {
  documents.onDidOpen(({ document }) => watched.opened(document.uri, document.version, document.getText()));
  documents.onDidChangeContent(({ document }) => watched.changed(document.uri, document.version, document.getText()));
  documents.onDidSave(({ document }) => watched.saved(document.uri));
  documents.onDidClose(({ document }) => watched.closed(document.uri));

  connection.onHover(async ({ textDocument, position }) => {
    const view = await watched.view(textDocument.uri);
    const offset = documents.get(textDocument.uri)?.offsetAt(position);
    const here = view?.notices.filter(({ start, end }) => offset !== undefined && offset >= start && offset <= end) ?? [];
    const first = here[0];
    if (view === undefined || first === undefined) return null;
    return hoverIn(hoverOf(here, { uri: view.uri, commands: commands() }), first, placesIn(view));
  });

  connection.onCodeLens(async ({ textDocument }) => {
    const view = await watched.view(textDocument.uri);
    if (view === undefined) return [];
    const places = placesIn(view);
    return lensesOf(view.notices, view.uri, view.statementAt).map((lens) => lensIn(lens, places));
  });

  connection.onCodeAction(async ({ textDocument, range }) => {
    const view = await watched.view(textDocument.uri);
    const document = documents.get(textDocument.uri);
    if (view === undefined || document === undefined) return [];
    const [start, end] = [document.offsetAt(range.start), document.offsetAt(range.end)];
    const here = view.notices.filter((notice) => notice.start <= end && notice.end >= start);
    const places = placesIn(view);
    return actionsOf(here, view).map((action) => actionIn(action, view, places));
  });

  connection.onExecuteCommand(async ({ command, arguments: given }) => {
    const params = requests.checked(requests.Revert, given, command);
    if (command !== REVERT_COMMAND || !params.ok) throw invalid(params.ok ? `There is no command ${command}.` : params.problem);
    const [uri, span] = params.value;
    const view = await watched.view(uri);
    if (view === undefined) return { applied: false };
    const edits = textEdits(revertOf(view.baseline, view.text, span), placesIn(view));
    return connection.workspace.applyEdit({ label: 'Revert to the accepted text', edit: { changes: { [uri]: edits } } });
  });
}

export function invalid(problem: string): ResponseError {
  return new ResponseError(ErrorCodes.InvalidParams, problem);
}
