import * as vscode from 'vscode';

/** Opens the policy, at the place `where` names (“.countersign/policy.yaml, line 12”) if it names one. */
export async function openPolicy(where?: string): Promise<void> {
  const [, named, line] = /^(.+?)(?:(?:, line |:)(\d+))?$/.exec(where ?? '') ?? [];
  const path = named ?? '.countersign/policy.yaml';
  const folders = vscode.workspace.workspaceFolders ?? [];
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
