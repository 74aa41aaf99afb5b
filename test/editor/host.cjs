// Runs inside the extension host of a desktop VS Code (see desktop.mjs).
const assert = require('node:assert/strict');
const vscode = require('vscode');

exports.run = async () => {
  const extension = vscode.extensions.getExtension('countersign.countersign');
  assert.ok(extension, 'the extension is not installed');
  await extension.activate();

  const commands = await vscode.commands.getCommands(true);
  const own = commands.filter((command) => command.startsWith('countersign.'));
  assert.ok(own.includes('countersign.review.next'));
  assert.deepEqual(
    own.filter((command) => /acknowledge|approve/i.test(command)),
    [],
    'acknowledging must be no command',
  );

  const statement = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}';
  const document = await vscode.workspace.openTextDocument({ language: 'json', content: '{}' });
  const editor = await vscode.window.showTextDocument(document);
  const all = new vscode.Range(0, 0, 0, 2);
  await editor.edit((edit) => edit.replace(all, statement));
  await until(() => document.getText() === '{}', 'a block that no hand typed stays in the document');
};

async function until(holds, message) {
  const end = Date.now() + 20_000;
  while (!holds()) {
    if (Date.now() > end) throw new Error(message);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
