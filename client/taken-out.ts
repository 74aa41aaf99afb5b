import * as vscode from 'vscode';
import type { Block } from './text-change.ts';

/** How long the news of a save may take. */
const SAVE_NEWS_MS = 200;
/** How long after a block was taken out the file is looked at: at once, and after the pause of an auto save. */
const SAVE_CHECKS_MS = [0, 300, 1500] as const;
/** The length of the parts by which a text that came in pieces is known, and how much of a part must be no white space. */
const PART = 16;
const TELLING = 10;

/** Was the document read anew because its file changed? What other programs write to disk is not the editor's to take out. */
export async function cameFromDisk(document: vscode.TextDocument, saved: () => boolean): Promise<boolean> {
  const text = document.getText();
  try {
    const onDisk = new TextDecoder().decode(await vscode.workspace.fs.readFile(document.uri));
    if (withLineFeeds(onDisk) !== withLineFeeds(text)) return false;
  } catch {
    return false;
  }
  // The same text is also there when the one who inserted it saved at once. The word of that comes a moment later.
  await new Promise((resolve) => setTimeout(resolve, SAVE_NEWS_MS));
  return !saved() && !document.isDirty;
}

/** By what a text that was taken out is known again: as a whole, and for one that came in pieces by its parts, too: undo may bring back some of it. */
export function marksOf(texts: readonly string[], before: string, cameInPieces: boolean): readonly string[] {
  if (!cameInPieces) return texts;
  const parts = texts.flatMap((text) => text.match(new RegExp(`[^]{${PART}}`, 'g')) ?? []);
  return [...texts, ...parts.filter((part) => part.replace(/\s/g, '').length >= TELLING && !before.includes(part))];
}

/** Auto save, or the one who inserted it, may have written the block meanwhile, or be about to: then the file is put right, too. */
export async function takeOutOfFile(document: vscode.TextDocument, marks: readonly string[]): Promise<void> {
  for (const after of SAVE_CHECKS_MS) {
    await new Promise((resolve) => setTimeout(resolve, after));
    if (document.isUntitled || document.isClosed) return;
    try {
      const onDisk = withLineFeeds(new TextDecoder().decode(await vscode.workspace.fs.readFile(document.uri)));
      const text = withLineFeeds(document.getText());
      if (marks.map(withLineFeeds).some((mark) => onDisk.includes(mark) && !text.includes(mark))) await document.save();
    } catch {
      // There is no file, so nothing is in it.
      return;
    }
  }
}

/** As part of the undo step that inserted the blocks, where an editor shows the document: then no undo can bring them back. */
export async function replaceBlocks(document: vscode.TextDocument, blocks: readonly Block[]): Promise<boolean> {
  const places = blocks.map(({ start, end, removed }) => ({
    range: new vscode.Range(document.positionAt(start), document.positionAt(end)),
    removed,
  }));
  const editor = vscode.window.visibleTextEditors.find((shown) => shown.document === document);
  if (editor) {
    const replaceAll = (edit: vscode.TextEditorEdit) => {
      for (const { range, removed } of places) edit.replace(range, removed);
    };
    return editor.edit(replaceAll, { undoStopBefore: false, undoStopAfter: true });
  }
  const edit = new vscode.WorkspaceEdit();
  for (const { range, removed } of places) edit.replace(document.uri, range, removed);
  return vscode.workspace.applyEdit(edit);
}

function withLineFeeds(text: string): string {
  return text.replace(/\r\n?/g, '\n');
}
