import * as vscode from 'vscode';
import { askForTrust } from './trust.ts';

type Where = vscode.QuickPickItem & { readonly args: readonly string[]; readonly folder: vscode.WorkspaceFolder | undefined };

/**
 * Runs "countersign init" in a terminal: it finds the agents that are here, shows what it will write into which settings, and
 * writes nothing before somebody says yes there. `cli`: absolute path of the bundled command line.
 */
export async function connectAgents(cli: string): Promise<void> {
  if (!vscode.workspace.isTrusted) return askForTrust();
  const where = await vscode.window.showQuickPick(choices(), {
    title: 'Connect Your Agents',
    placeHolder: 'A terminal shows what would be written, and asks before it writes.',
    matchOnDetail: true,
  });
  if (where === undefined) return;
  await inTerminal(cli, ['init', ...where.args], 'Connect Your Agents', where.folder);
}

/** Runs "countersign doctor" in a terminal, for the first folder: it fires a canary edit through each agent's hook. */
export async function checkAgents(cli: string): Promise<void> {
  if (!vscode.workspace.isTrusted) return askForTrust();
  await inTerminal(cli, ['doctor'], "Check My Agents' Hooks", vscode.workspace.workspaceFolders?.[0]);
}

async function inTerminal(cli: string, args: readonly string[], name: string, folder: vscode.WorkspaceFolder | undefined): Promise<void> {
  const run = new vscode.ProcessExecution(process.execPath, [cli, ...args], {
    ...(folder === undefined ? {} : { cwd: folder.uri.fsPath }),
    env: { ELECTRON_RUN_AS_NODE: '1' },
  });
  const task = new vscode.Task({ type: 'countersign' }, folder ?? vscode.TaskScope.Workspace, name, 'Countersign', run, []);
  // The terminal stays when it is done, so that what it says can be read.
  task.presentationOptions = { reveal: vscode.TaskRevealKind.Always, focus: true, clear: true, panel: vscode.TaskPanelKind.Dedicated };
  await vscode.tasks.executeTask(task);
}

function choices(): readonly Where[] {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const everywhere = { args: ['--scope', 'user'], folder: folders[0] };
  return [
    ...folders.map((folder) => ({
      label: `$(folder) In ${folder.name}`,
      detail: 'The settings are kept with the folder, so that your team has them, too.',
      args: ['--scope', 'project'],
      folder,
    })),
    { label: '$(account) In all your projects', detail: 'The settings are kept in your home folder, for you alone.', ...everywhere },
    {
      label: '$(discard) Disconnect them',
      detail: 'Takes out of this folder’s settings exactly what was put in.',
      args: ['--undo'],
      folder: folders[0],
    },
  ];
}
