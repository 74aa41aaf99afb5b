/** Signing with a person's SSH key: ssh-keygen asks for the passphrase, the PIN or the touch by itself, on the terminal. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { readArmour, SSH_NAMESPACE } from './ssh-signature.ts';
import type { Signer } from './types.ts';
import { readVerifyingKey } from './verifying-key.ts';

/** Milliseconds for a person to find the key and touch it. */
const LONGEST = 120_000;

/**
 * `file`: the private key, or its .pub. A sentence where it cannot be used. A key in a file without a passphrase is not taken:
 * every program of the account could sign with it. A security key needs none: it wants to be touched.
 */
export function sshSigner(file: string): { readonly signer: Signer; readonly publicKey: string } | string {
  const secret = file.replace(/\.pub$/, '');
  const line = existsSync(`${secret}.pub`) ? readFileSync(`${secret}.pub`, 'utf8') : publicLine(secret);
  const key = line === undefined ? undefined : readVerifyingKey(line.split('\n')[0] ?? '');
  if (key === undefined || key.kind !== 'ssh') {
    return `${file} is no SSH key that can sign here. Keys of type ed25519, ecdsa, rsa (2048 bits and more), ed25519-sk and ecdsa-sk can.`;
  }
  if (!existsSync(secret)) return `${secret}, the private half, is not there.`;
  if (key.proves === 'none' && publicLine(secret) !== undefined) {
    return `${secret} has no passphrase, so that any program of this account could sign with it. Give it one: ssh-keygen -p -f ${secret}`;
  }
  return { publicKey: key.text, signer: { keyId: key.id, role: 'person', sign: (bytes) => signWith(secret, bytes) } };
}

/** The public half of a private key that needs no passphrase. */
function publicLine(secret: string): string | undefined {
  const asked = spawnSync('ssh-keygen', ['-y', '-P', '', '-f', secret], { encoding: 'utf8', env: bare(), timeout: 10_000 });
  return asked.status === 0 ? asked.stdout.trim() : undefined;
}

function signWith(secret: string, bytes: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const child = spawn('ssh-keygen', ['-Y', 'sign', '-q', '-n', SSH_NAMESPACE, '-f', secret], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: bare(),
      timeout: LONGEST,
    });
    const out: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stdin.on('error', () => {});
    child.once('error', (error) => reject(new Error(`ssh-keygen cannot be started (${error.message}). Install OpenSSH 8.2 or later`)));
    child.once('close', (code) => {
      const signature = code === 0 ? readArmour(Buffer.concat(out).toString('utf8')) : undefined;
      if (signature === undefined) reject(new Error('ssh-keygen gave no signature'));
      else resolve(signature);
    });
    child.stdin.end(bytes);
  });
}

/** Without the agent, through which any program may sign, and without a window that asks in the place of the terminal. */
function bare(): NodeJS.ProcessEnv {
  const { SSH_AUTH_SOCK: _, SSH_ASKPASS: __, SSH_ASKPASS_REQUIRE: ___, ...env } = process.env;
  return env;
}
