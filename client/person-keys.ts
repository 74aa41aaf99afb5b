import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import { ENROL, REGISTER_KEY, ROTATE_KEY, TRUST_KEY, type KeyResult } from '../server/protocol.ts';
import { visibleText } from '../media/visible-text.ts';
import type { PersonKey } from './person-key.ts';
import { causeOf } from './sentences.ts';
import type { ServerConnection } from './server-connection.ts';

/** What a person does with keys beside acknowledging: let another person's key in, and register a security key. Each asks in a modal. */
export function offerKeys(connection: ServerConnection, key: PersonKey): vscode.Disposable {
  const signed = async (ask: (nonce: string) => Promise<KeyResult>, done: string): Promise<void> => {
    try {
      const enrolled = await key.enrol((params) => connection.request(ENROL, params));
      if (!enrolled.ok) return await tellRevoked(enrolled);
      const nonce = randomUUID();
      const result = await key.during(nonce, () => ask(nonce));
      if (result.ok) void vscode.window.showInformationMessage(done);
      else void vscode.window.showErrorMessage(visibleText(result.problem));
    } catch (error) {
      void vscode.window.showErrorMessage(`${causeOf(error)}. Nothing was changed.`);
    }
  };
  return vscode.Disposable.from(
    vscode.commands.registerCommand('countersign.key.new', () => newKey(connection, key)),
    vscode.commands.registerCommand('countersign.key.trust', async () => {
      const found = await askForKey();
      if (found === undefined) return;
      const { publicKey, person } = found;
      const answer = await vscode.window.showWarningMessage(
        `Let this key sign, as ${visibleText(person)}?`,
        {
          modal: true,
          detail: `${visibleText(publicKey)}\n\nWhoever holds it may acknowledge here and approve what you ask for. Compare it with what its owner sees. It is written to the log under your name.`,
        },
        // The first is what Enter presses.
        'Leave It Out',
        'Trust This Key',
      );
      if (answer === 'Trust This Key')
        await signed(
          (nonce) => connection.request(TRUST_KEY, { nonce, publicKey, person }),
          `${visibleText(person)} may sign from here on.`,
        );
    }),
    vscode.commands.registerCommand('countersign.key.register', async () => {
      const answer = await vscode.window.showInformationMessage(
        'Register a security key?',
        {
          modal: true,
          detail:
            'A page opens in your browser, on this computer. The key then proves that you were there where the policy asks for it. It is written to the log under your name.',
        },
        'Open the Page',
      );
      if (answer !== undefined) await signed((nonce) => connection.request(REGISTER_KEY, { nonce }), 'Your security key is registered.');
    }),
  );
}

/** Where the key counts no more, the way on is right there. */
async function tellRevoked({ problem, revoked }: { readonly problem: string; readonly revoked?: true }): Promise<void> {
  const answer = await vscode.window.showErrorMessage(visibleText(problem), ...(revoked === true ? ['Make a New Key…'] : []));
  if (answer !== undefined) await vscode.commands.executeCommand('countersign.key.new');
}

/** A key that still counts hands over to the new one with its signature; one that was revoked cannot, and another person lets the new one in. */
async function newKey(connection: ServerConnection, key: PersonKey): Promise<void> {
  try {
    const enrolled = await key.enrol((params) => connection.request(ENROL, params));
    if (!enrolled.ok && enrolled.revoked !== true) return void vscode.window.showErrorMessage(visibleText(enrolled.problem));
    const answer = await vscode.window.showWarningMessage(
      enrolled.ok ? 'Put a new key in the place of yours?' : 'Your key was revoked. Make a new one?',
      {
        modal: true,
        detail: enrolled.ok
          ? 'The old key signs once more, for the new one, and then counts no more. What it signed stays valid. It is written to the log.'
          : 'The new key can acknowledge at once. It lets nobody in and approves nothing until somebody whose key counts has let it in: they run “Countersign: Trust a Key…”, or countersign key trust. It is written to the log.',
      },
      // The first is what Enter presses.
      'Keep the Old One',
      'Make a New Key',
    );
    if (answer !== 'Make a New Key') return;
    const nonce = randomUUID();
    const made = await key.renew((publicKey) =>
      enrolled.ok
        ? key.during(nonce, () => connection.request(ROTATE_KEY, { nonce, publicKey }))
        : connection.request(ENROL, { publicKey }),
    );
    if (!made.ok) return void vscode.window.showErrorMessage(visibleText(made.problem));
    // The server signs with the key that was told last.
    await key.enrol((params) => connection.request(ENROL, params));
    void vscode.window.showInformationMessage('Your new key signs from here on.');
  } catch (error) {
    void vscode.window.showErrorMessage(`${causeOf(error)}. Your key is the one it was.`);
  }
}

async function askForKey(): Promise<{ readonly publicKey: string; readonly person: string } | undefined> {
  const [file] =
    (await vscode.window.showOpenDialog({
      title: 'Trust a Key: its public half',
      canSelectMany: false,
      filters: { 'Public keys': ['pub', 'pem'], 'All files': ['*'] },
    })) ?? [];
  if (file === undefined) return undefined;
  const publicKey = Buffer.from(await vscode.workspace.fs.readFile(file))
    .toString('utf8')
    .slice(0, 10_000)
    .trim();
  if (/PRIVATE KEY/.test(publicKey)) {
    void vscode.window.showErrorMessage('This is a private key. Choose its public half, the file that ends in .pub.');
    return undefined;
  }
  const person = await vscode.window.showInputBox({
    title: 'Whose key is it?',
    prompt: 'The name of the person: approvals are theirs, and must be by somebody else than who asks.',
    validateInput: (name) => (name.trim() === '' ? 'A name is needed.' : undefined),
  });
  return person === undefined ? undefined : { publicKey, person: person.trim().slice(0, 200) };
}
