import * as vscode from 'vscode';

/**
 * Opens the policy, at the place `where` names (“.countersign/policy.yaml, line 12”) if it names one. Of several folders,
 * the one that `near` is in comes first.
 */
export async function openPolicy(where?: string, near = vscode.window.activeTextEditor?.document.uri): Promise<void> {
  const [, named, line] = /^(.+?)(?:(?:, line |:)(\d+))?$/.exec(where ?? '') ?? [];
  const path = named ?? '.countersign/policy.yaml';
  const nearest = near && vscode.workspace.getWorkspaceFolder(near);
  const folders = [...(nearest === undefined ? [] : [nearest]), ...(vscode.workspace.workspaceFolders ?? [])];
  const candidates = /^(?:\/|[A-Za-z]:)/.test(path) ? [vscode.Uri.file(path)] : folders.map(({ uri }) => vscode.Uri.joinPath(uri, path));
  for (const uri of candidates) {
    try {
      const document = await vscode.workspace.openTextDocument(uri);
      const at = new vscode.Position(Math.max(0, Number(line ?? 1) - 1), 0);
      await vscode.window.showTextDocument(document, { selection: new vscode.Range(at, at) });
      return;
    } catch {
      // Try the next folder.
    }
  }
  void vscode.window.showInformationMessage(
    `There is no ${path} here, so the built-in policy holds: critical, high and medium must be acknowledged. Make the file to tighten it.`,
  );
}
