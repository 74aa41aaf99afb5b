import * as vscode from 'vscode';
import type { OwnEdits } from './own-edits.ts';
import { causeOf, couldNotWrite } from './sentences.ts';
import { minimalChange } from './text-change.ts';

export type TextToApply = { readonly uri: string; readonly before: string; readonly after: string };
export type Applied =
  | { readonly ok: true }
  /** `changed`: a file is no longer as it was when the suggestion was made. Nothing was written in either case. */
  | { readonly ok: false; readonly changed: boolean; readonly problem: string };

/**
 * Puts the texts in place exactly as suggested, all or none, as one step of undo. A file that was saved before is saved
 * after; unsaved work is left unsaved.
 */
export async function applyExactly(texts: readonly TextToApply[], ownEdits: OwnEdits): Promise<Applied> {
  try {
    return await applyAll(texts, ownEdits);
  } catch (error) {
    // What was recorded as applied has to be corrected, whatever went wrong here.
    return { ok: false, changed: false, problem: couldNotWrite(nameOf(texts[0]?.uri ?? ''), causeOf(error)) };
  }
}

async function applyAll(texts: readonly TextToApply[], ownEdits: OwnEdits): Promise<Applied> {
  const opened: { readonly document: vscode.TextDocument; readonly text: TextToApply; readonly wasDirty: boolean }[] = [];
  for (const text of texts) {
    const document = await open(text);
    if (typeof document === 'string') return { ok: false, changed: false, problem: couldNotWrite(nameOf(text.uri), document) };
    if (document.getText() !== text.before)
      return { ok: false, changed: true, problem: `${nameOf(text.uri)} changed after this was held.` };
    if (!document.isDirty && (await isNewerOnDisk(document)))
      return {
        ok: false,
        changed: false,
        problem: couldNotWrite(nameOf(text.uri), 'the file on disk is newer than what the editor shows'),
      };
    opened.push({ document, text, wasDirty: document.isDirty });
  }
  const edit = new vscode.WorkspaceEdit();
  for (const { document, text } of opened) {
    edit.replace(document.uri, ...replacement(document, text.before, text.after));
    ownEdits.expect(document.uri, text.after);
  }
  const done = await vscode.workspace.applyEdit(edit);
  const wrong = opened.find(({ document, text }) => document.getText() !== text.after);
  if (!done || wrong !== undefined) {
    const put = await putBack(opened, ownEdits);
    return {
      ok: false,
      changed: false,
      problem: couldNotWrite(nameOf(wrong?.text.uri ?? texts[0]?.uri ?? ''), `the editor did not take the text${put}`),
    };
  }
  for (const { document, text, wasDirty } of opened) {
    if (wasDirty || document.isUntitled || (await saved(document))) continue;
    const put = await putBack(opened, ownEdits);
    return { ok: false, changed: false, problem: couldNotWrite(nameOf(text.uri), `the editor could not save it${put}`) };
  }
  return { ok: true };
}

/** Another program wrote the file and the editor has not read it yet: to save over it is refused, and only after a long while. */
async function isNewerOnDisk(document: vscode.TextDocument): Promise<boolean> {
  if (document.isUntitled || document.uri.scheme !== 'file') return false;
  try {
    const onDisk = new TextDecoder().decode(await vscode.workspace.fs.readFile(document.uri));
    return onDisk.replace(/\r\n?/g, '\n') !== document.getText().replace(/\r\n?/g, '\n');
  } catch {
    return false;
  }
}

/** The arguments of `WorkspaceEdit.replace` that turn one text into the other with the least change. */
export function replacement(document: vscode.TextDocument, before: string, after: string): [vscode.Range, string] {
  const { offset, length, text } = minimalChange(before, after);
  return [new vscode.Range(document.positionAt(offset), document.positionAt(offset + length)), text];
}

/** The path in its folder, which is named too where several are open. */
export function nameOf(uri: string): string {
  return vscode.workspace.asRelativePath(vscode.Uri.parse(uri));
}

/** The open document, made first when the suggestion is a new file; or why there is none. */
async function open({ uri, before }: TextToApply): Promise<vscode.TextDocument | string> {
  const target = vscode.Uri.parse(uri);
  try {
    return await vscode.workspace.openTextDocument(target);
  } catch (error) {
    if (before !== '') return causeOf(error);
  }
  try {
    await vscode.workspace.fs.writeFile(target, new Uint8Array());
    return await vscode.workspace.openTextDocument(target);
  } catch (error) {
    return causeOf(error);
  }
}

async function saved(document: vscode.TextDocument): Promise<boolean> {
  try {
    return await document.save();
  } catch {
    return false;
  }
}

async function putBack(
  opened: readonly { readonly document: vscode.TextDocument; readonly text: TextToApply }[],
  ownEdits: OwnEdits,
): Promise<string> {
  const edit = new vscode.WorkspaceEdit();
  for (const { document, text } of opened) {
    if (document.getText() === text.before) continue;
    edit.replace(document.uri, ...replacement(document, document.getText(), text.before));
    ownEdits.expect(document.uri, text.before);
  }
  return (await vscode.workspace.applyEdit(edit)) ? '' : ', and not the old one either: look at the file before you save it';
}
