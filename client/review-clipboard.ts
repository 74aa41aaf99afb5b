import * as vscode from 'vscode';
import type { SuggestResult } from '../server/protocol.ts';
import { counted } from '../media/phrases.ts';
import { applyExactly, nameOf, type TextToApply } from './apply.ts';
import { readClipboard, type PatchedFile } from './clipboard-suggestion.ts';
import { askGate } from './ask-gate.ts';
import type { OwnEdits } from './own-edits.ts';
import { pasteChanges, withChanges } from './pasted-text.ts';
import { couldNotWorkOut } from './sentences.ts';
import type { ServerConnection } from './server-connection.ts';

export type ReviewClipboardOptions = {
  readonly connection: ServerConnection;
  readonly ownEdits: OwnEdits;
  readonly held: (result: Extract<SuggestResult, { hold: string }>) => void;
};

/**
 * Puts what is on the clipboard to the gate before any of it is in a file: a patch over one or more files, or a text that
 * replaces the selection or the whole document. What nothing speaks against is applied when the person says so.
 */
export async function reviewClipboard({ connection, ownEdits, held }: ReviewClipboardOptions): Promise<void> {
  const suggestion = readClipboard(await vscode.env.clipboard.readText());
  if (suggestion.kind === 'unusable') return void vscode.window.showInformationMessage(suggestion.problem);
  const texts = suggestion.kind === 'patch' ? await patched(suggestion.files) : await replaced(suggestion.text);
  if (typeof texts === 'string') return void vscode.window.showWarningMessage(texts);
  if (texts === undefined) return;

  const harmless: TextToApply[] = [];
  const holds: Extract<SuggestResult, { hold: string }>[] = [];
  for (const text of texts) {
    const result = await askGate(connection, { ...text, channel: 'patch', certainty: 'inferred' });
    if (result.verdict === 'closed') return void vscode.window.showErrorMessage(`${couldNotWorkOut(result.cause)} Nothing was applied.`);
    if ('hold' in result) holds.push(result);
    else harmless.push(text);
  }
  const [first] = holds;
  if (first !== undefined) held(first);
  if (harmless.length > 0) await offer(harmless, ownEdits, holds.length);
}

/** Nothing risky was found in these. They are still somebody else's text, so they are applied only on a word. */
async function offer(texts: readonly TextToApply[], ownEdits: OwnEdits, held: number): Promise<void> {
  const files = texts.map(({ uri }) => nameOf(uri)).join(', ');
  const others = held === 0 ? '' : ` ${counted(held, 'other file')} of it ${held === 1 ? 'is' : 'are'} held.`;
  const answer = await vscode.window.showInformationMessage(
    `Nothing in the suggestion for ${files} opens access.${others}`,
    'Put It in the File',
  );
  if (answer === undefined) return;
  const applied = await applyExactly(texts, ownEdits);
  if (!applied.ok) void vscode.window.showErrorMessage(applied.problem);
}

async function patched(files: readonly PatchedFile[]): Promise<readonly TextToApply[] | string> {
  const texts: TextToApply[] = [];
  for (const file of files) {
    if (file.removes) return `The patch deletes ${file.path}. Delete it yourself; nothing was applied.`;
    const uri = await locate(file.path);
    if (uri === undefined)
      return `The patch names ${file.path || 'no file'}, which is not in this folder. Open the file it is meant for and try again.`;
    const before = await textOf(uri);
    const after = file.applyTo(before);
    if (after === undefined) return `The patch does not fit ${nameOf(uri.toString())} as it is now. Nothing was applied.`;
    if (after !== before) texts.push({ uri: uri.toString(), before, after });
  }
  return texts.length > 0 ? texts : 'The patch changes nothing here.';
}

async function replaced(text: string): Promise<readonly TextToApply[] | string | undefined> {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined) return 'Open the file the suggestion is meant for, and select what it replaces, then try again.';
  const { document, selections } = editor;
  const before = document.getText();
  const whole = { offset: 0, length: before.length, lineStart: 0 };
  const chosen = selections
    .filter((selection) => !selection.isEmpty)
    .map((range) => ({
      offset: document.offsetAt(range.start),
      length: document.offsetAt(range.end) - document.offsetAt(range.start),
      lineStart: 0,
    }));
  if (chosen.length === 0 && !(await replaceWhole(nameOf(document.uri.toString())))) return undefined;
  const lineEnd = document.eol === vscode.EndOfLine.CRLF ? '\r\n' : '\n';
  const note = { wholeLine: false, parts: undefined };
  const after = withChanges(before, pasteChanges(text, chosen.length === 0 ? [whole] : chosen, note, lineEnd, false));
  return after === before ? 'The clipboard holds what is there already.' : [{ uri: document.uri.toString(), before, after }];
}

async function replaceWhole(name: string): Promise<boolean> {
  const answer = await vscode.window.showQuickPick(
    [
      {
        label: `Review it as the whole new text of ${name}`,
        detail: 'Nothing is written before you decide. To replace a part only, select that part first.',
      },
    ],
    { title: 'Review Suggestion from Clipboard' },
  );
  return answer !== undefined;
}

/** A patch names files from the folder it was made in; a patch without names is for the file that is open. */
async function locate(path: string): Promise<vscode.Uri | undefined> {
  if (path === '') return vscode.window.activeTextEditor?.document.uri;
  const folders = vscode.workspace.workspaceFolders ?? [];
  // A patch may not reach out of the folder.
  if (path.split(/[\\/]/).includes('..') || /^(?:[\\/]|[A-Za-z]:)/.test(path)) return undefined;
  for (const folder of folders) {
    const uri = vscode.Uri.joinPath(folder.uri, path);
    if (await exists(uri)) return uri;
  }
  const open = vscode.workspace.textDocuments.find(({ uri }) => uri.path.endsWith(`/${path}`));
  if (open) return open.uri;
  return folders[0] && vscode.Uri.joinPath(folders[0].uri, path);
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(uri);
    return true;
  } catch {
    return false;
  }
}

async function textOf(uri: vscode.Uri): Promise<string> {
  return (await exists(uri)) || uri.scheme === 'untitled' ? (await vscode.workspace.openTextDocument(uri)).getText() : '';
}
