import * as vscode from 'vscode';
import type { SuggestResult } from '../server/protocol.ts';
import { askGate } from './ask-gate.ts';
import type { OwnEdits } from './own-edits.ts';
import { pasteChanges, readCopyNote, withChanges } from './pasted-text.ts';
import type { ServerConnection } from './server-connection.ts';
import { WATCHED_DOCUMENTS } from './watched-documents.ts';

const KIND = vscode.DocumentDropOrPasteEditKind.Empty.append('countersign', 'held');

export type PasteGuardOptions = {
  readonly connection: ServerConnection;
  readonly ownEdits: OwnEdits;
  /** A paste was let through; what lands in the document in the next moment is still it. */
  readonly passed: (document: vscode.TextDocument) => void;
  readonly held: (result: Extract<SuggestResult, { hold: string }>) => void;
  readonly closed: (cause: string) => void;
};

/**
 * Judges a paste before the editor makes it. Allowed: the editor's own paste goes on. Held or closed: nothing is inserted.
 */
export function guardPastes(options: PasteGuardOptions): vscode.Disposable {
  const provider: vscode.DocumentPasteEditProvider = {
    provideDocumentPasteEdits: (document, ranges, data, _context, token) => judgePaste(document, ranges, data, token, options),
  };
  return vscode.languages.registerDocumentPasteEditProvider(WATCHED_DOCUMENTS, provider, {
    providedPasteEditKinds: [KIND],
    pasteMimeTypes: ['text/plain'],
  });
}

async function judgePaste(
  document: vscode.TextDocument,
  ranges: readonly vscode.Range[],
  data: vscode.DataTransfer,
  token: vscode.CancellationToken,
  { connection, ownEdits, passed, held, closed }: PasteGuardOptions,
): Promise<vscode.DocumentPasteEdit[] | undefined> {
  const text = await data.get('text/plain')?.asString();
  if (text === undefined || text.trim() === '') return undefined;
  const before = document.getText();
  const note = readCopyNote(await data.get('vscode-editor-data')?.asString());
  const places = ranges.map((range) => ({
    offset: document.offsetAt(range.start),
    length: document.offsetAt(range.end) - document.offsetAt(range.start),
    lineStart: document.offsetAt(range.start.with({ character: 0 })),
  }));
  const spread = vscode.workspace.getConfiguration('editor', document).get('multiCursorPaste') !== 'full';
  const lineEnd = document.eol === vscode.EndOfLine.CRLF ? '\r\n' : '\n';
  const after = withChanges(before, pasteChanges(text, places, note, lineEnd, spread));
  const result = await askGate(connection, { uri: document.uri.toString(), before, after, channel: 'paste', certainty: 'observed' });
  // Somebody typed meanwhile: the editor drops this paste by itself.
  if (token.isCancellationRequested) return undefined;
  switch (result.verdict) {
    case 'allow':
    case 'note':
      ownEdits.expect(document.uri, after);
      passed(document);
      return undefined;
    case 'acknowledge':
    case 'forbid':
      held(result);
      return [nothingInserted(document, ranges, ownEdits)];
    case 'closed':
      closed(result.cause);
      return [nothingInserted(document, ranges, ownEdits)];
    default:
      return assertNever(result);
  }
}

/** A paste that leaves the text as it is: what is selected is replaced by itself. */
function nothingInserted(document: vscode.TextDocument, ranges: readonly vscode.Range[], ownEdits: OwnEdits): vscode.DocumentPasteEdit {
  const selected = new Set(ranges.map((range) => document.getText(range)));
  const [first = ''] = selected;
  const edit = new vscode.DocumentPasteEdit(selected.size === 1 ? first : '', 'Held by Countersign', KIND);
  if (selected.size > 1) {
    // One text goes into every range, and these held different ones: they are put back right after.
    const before = document.getText();
    const restore = vscode.workspace.onDidChangeTextDocument(({ document: changed }) => {
      if (changed !== document) return;
      restore.dispose();
      const all = new vscode.Range(document.positionAt(0), document.positionAt(document.getText().length));
      const back = new vscode.WorkspaceEdit();
      back.replace(document.uri, all, before);
      ownEdits.expect(document.uri, before);
      void vscode.workspace.applyEdit(back);
    });
    setTimeout(() => restore.dispose(), 2000);
  }
  return edit;
}

function assertNever(value: never): never {
  throw new Error(`unexpected verdict: ${JSON.stringify(value)}`);
}
