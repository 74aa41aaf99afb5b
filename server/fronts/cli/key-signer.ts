import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isPassphraseKey, openPassphraseKey } from '../../ledger/passphrase-key.ts';
import { sshSigner } from '../../ledger/ssh-keygen.ts';
import type { Signer } from '../../ledger/types.ts';
import type { Dialogue } from './dialogue.ts';
import type { CliIo } from './io.ts';

/** The person's key of the command line, below the state folder. */
export function ownKeyFile(state: string): string {
  return join(state, 'keys', 'person.key');
}

/**
 * The key that a person signs with on the command line: the file named, or their own. Asks for its passphrase; ssh-keygen asks
 * for that of an SSH key itself, when it signs. A sentence where there is none, or it cannot be used.
 */
export async function signerOf(
  given: string | undefined,
  state: string,
  io: CliIo,
  dialogue: Dialogue,
): Promise<{ readonly signer: Signer; readonly publicKey: string } | string> {
  const file = given === undefined ? ownKeyFile(state) : resolve(io.cwd, given);
  if (!existsSync(file)) {
    return given === undefined
      ? 'You have no key for the command line yet. Make one with countersign key new, or name an SSH key with --key FILE.'
      : `--key: there is no file ${given}. Check the name.`;
  }
  const text = readFileSync(file, 'utf8');
  if (!isPassphraseKey(text)) return sshSigner(file);
  const passphrase = await dialogue.askHidden('Passphrase of your key: ');
  return passphrase === undefined ? 'No passphrase was given, so nothing was signed.' : openPassphraseKey(text, passphrase);
}
