import * as vscode from 'vscode';
import { TRUST_FIRST } from './sentences.ts';

/** Says what is in the way of deciding in Restricted Mode, with the way out. */
export async function askForTrust(): Promise<void> {
  const answer = await vscode.window.showWarningMessage(TRUST_FIRST, 'Manage Trust');
  if (answer !== undefined) await manageTrust();
}

export async function manageTrust(): Promise<void> {
  await vscode.commands.executeCommand('workbench.trust.manage');
}
