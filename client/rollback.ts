import * as vscode from 'vscode';
import { DECISIONS, NOT_ROLLED_BACK, ROLL_BACK, ROLL_BACK_FILES, type Decision } from '../server/protocol.ts';
import { ago } from '../media/phrases.ts';
import { visibleText } from '../media/visible-text.ts';
import { applyExactly } from './apply.ts';
import { currentText } from './decisions.ts';
import type { MergeDocuments } from './merge-documents.ts';
import type { OwnEdits } from './own-edits.ts';
import { causeOf, TRUST_FIRST } from './sentences.ts';
import type { ServerConnection } from './server-connection.ts';

/** Asks which acknowledged change to take back; `undefined` when there is none or none was picked. */
export async function pickRollBack(connection: ServerConnection): Promise<{ readonly id: string; readonly label: string } | undefined> {
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
  return picked;
}

/** Asks why; `undefined` when the person thought better of it. */
export async function askWhy(name: string, value = ''): Promise<string | undefined> {
  const why = await vscode.window.showInputBox({
    title: name === '' ? 'Roll Back a Change' : `Roll Back: ${visibleText(name)}`,
    prompt: 'Why? A few words; they are recorded.',
    placeHolder: 'The partner has its files',
    value,
    ignoreFocusOut: true,
    validateInput: (text) => (Array.from(text.trim()).length < SHORTEST ? `At least ${SHORTEST} characters.` : undefined),
  });
  return why?.trim();
}

const SHORTEST = 5;

export type RollBackOptions = { readonly connection: ServerConnection; readonly ownEdits: OwnEdits; readonly merges: MergeDocuments };

/**
 * Puts the text from before an acknowledged edit back: recorded first, then made, and corrected in the log where it could not
 * be. Where later edits are in the way, the person decides in a text of its own. Gives the sentence that says why it is not done (yet).
 */
export async function rollBack(id: string, reason: string, options: RollBackOptions): Promise<string | undefined> {
  return tryRollBack(id, reason, [], options);
}

type Resolved = readonly { readonly uri: string; readonly text: string }[];

async function tryRollBack(id: string, reason: string, resolved: Resolved, options: RollBackOptions): Promise<string | undefined> {
  if (!vscode.workspace.isTrusted) return TRUST_FIRST;
  const { connection, ownEdits, merges } = options;
  try {
    const { uris } = await connection.request(ROLL_BACK_FILES, { id });
    const current = await Promise.all(uris.map(async (uri) => ({ uri, text: await currentText(uri) })));
    const result = await connection.request(ROLL_BACK, { id, current, reason, ...(resolved.length === 0 ? {} : { resolved }) });
    if (!result.ok) {
      if (result.conflicts !== undefined && result.conflicts.length > 0) {
        await merges.open(id, result.conflicts, async (decided) => {
          const problem = await tryRollBack(id, reason, decided, options);
          if (problem === undefined) void vscode.window.showInformationMessage('Rolled back, with what you decided.');
          return problem;
        });
      }
      return result.problem;
    }
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
