import * as vscode from 'vscode';
import { DECISIONS, NOT_ROLLED_BACK, ROLL_BACK, ROLL_BACK_FILES, type Decision } from '../server/protocol.ts';
import { ago } from '../media/phrases.ts';
import { visibleText } from '../media/visible-text.ts';
import { applyExactly } from './apply.ts';
import { currentText } from './decisions.ts';
import type { OwnEdits } from './own-edits.ts';
import { causeOf, TRUST_FIRST } from './sentences.ts';
import type { ServerConnection } from './server-connection.ts';

/** Asks which acknowledged change to take back; `undefined` when there is none or none was picked. */
export async function pickRollBack(connection: ServerConnection): Promise<string | undefined> {
  const { decisions } = await connection.request(DECISIONS, {});
  const candidates = decisions.filter(({ canRollBack }) => canRollBack);
  if (candidates.length === 0) {
    void vscode.window.showInformationMessage('There is no acknowledged change to roll back.');
    return undefined;
  }
  const picked = await vscode.window.showQuickPick(candidates.map(pickItem), {
    title: 'Roll Back a Change',
    placeHolder: 'Puts the old text back. That is recorded too.',
    matchOnDescription: true,
    matchOnDetail: true,
  });
  return picked?.id;
}

/** Puts the text from before an acknowledged edit back: recorded first, then made, and corrected in the log where it could not be. Gives the sentence that says why not. */
export async function rollBack(id: string, connection: ServerConnection, ownEdits: OwnEdits): Promise<string | undefined> {
  if (!vscode.workspace.isTrusted) return TRUST_FIRST;
  try {
    const { uris } = await connection.request(ROLL_BACK_FILES, { id });
    const current = await Promise.all(uris.map(async (uri) => ({ uri, text: await currentText(uri) })));
    const result = await connection.request(ROLL_BACK, { id, current });
    if (!result.ok) return result.problem;
    const applied = await applyExactly(result.apply, ownEdits);
    if (applied.ok) return undefined;
    // The rollback is in the log since before it was tried.
    const corrected = await connection.request(NOT_ROLLED_BACK, { id, cause: applied.problem });
    return corrected.ok ? applied.problem : `${applied.problem} ${corrected.problem ?? 'The log says that it was rolled back.'}`;
  } catch (error) {
    return `${causeOf(error)}. Nothing was rolled back.`;
  }
}

function pickItem({ id, name, sentence, path, when }: Decision): vscode.QuickPickItem & { readonly id: string } {
  return { id, label: visibleText(name), description: `${visibleText(path)}, acknowledged ${ago(when)}`, detail: visibleText(sentence) };
}
