import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fingerprintOf } from '../../gate/named-keys.ts';
import { ensureRoom, roomFolder } from '../../gate/state-folder.ts';
import type { GateContext } from '../../gate/types.ts';
import { revokeKey, rotateKey } from '../../ledger/key-changes.ts';
import type { RingKey } from '../../ledger/key-ring.ts';
import { knownKeys, trustKey } from '../../ledger/keys.ts';
import { realFileSystem } from '../../ledger/file-system.ts';
import { isPassphraseKey, type NewKey, newPassphraseKey, SHORTEST_PASSPHRASE } from '../../ledger/passphrase-key.ts';
import { readVerifyingKey, type VerifyingKey } from '../../ledger/verifying-key.ts';
import { visibleText } from '../visible-text.ts';
import { parseArguments } from './arguments.ts';
import { type Dialogue, dialogueWith, NO_TERMINAL } from './dialogue.ts';
import { type CliIo, fail, say } from './io.ts';
import { KEY_ABOUT, KEY_HELP } from './key-help.ts';
import { ownGate } from './own-places.ts';
import { ownKeyFile, signerOf } from './key-signer.ts';
import { type Family, type Subcommand, subcommand } from './subcommand.ts';

const OPTIONS = {
  json: { type: 'boolean' },
  ssh: { type: 'string' },
  to: { type: 'string' },
  person: { type: 'string' },
  key: { type: 'string' },
  since: { type: 'string' },
  reason: { type: 'string' },
} as const;

export async function keyCommand(args: readonly string[], io: CliIo): Promise<number> {
  const chosen = subcommand(FAMILY, args, io);
  if (chosen.kind === 'answered') return chosen.code;
  const { name, command } = chosen;
  const parsed = parseArguments(`key ${name}`, chosen.rest, OPTIONS, command.takes);
  if (!parsed.ok) return fail(io, parsed.problem);
  const [given, more] = parsed.rest;
  if (command.of !== undefined && given === undefined)
    return fail(io, `"key ${name}" needs ${command.of}. countersign key ${name} --help shows examples.`);
  const odd = command.of === undefined ? given : more;
  if (odd !== undefined) return fail(io, `"key ${name}" takes no "${odd}". countersign key ${name} --help shows what it takes.`);
  const opened = await ownGate(io, io.cwd, `countersign key ${name}`);
  if (!opened.ok) return fail(io, opened.problem);
  return await command.run({ io, gate: opened.gate, given: given ?? '', flags: parsed.values });
}

type Flags = { json?: boolean; ssh?: string; to?: string; person?: string; key?: string; since?: string; reason?: string };
type Call = { readonly io: CliIo; readonly gate: GateContext; readonly given: string; readonly flags: Flags };
type KeyCommand = Subcommand & {
  /** What it is about, where it needs that, completing "needs ". */
  readonly of?: string;
  readonly takes: readonly (keyof typeof OPTIONS)[];
  readonly run: (call: Call) => Promise<number>;
};

const FAMILY: Family<KeyCommand> = {
  name: 'key',
  about: KEY_ABOUT,
  commands: {
    new: { ...KEY_HELP.new, takes: ['ssh'], run: newKey },
    list: { ...KEY_HELP.list, takes: ['json'], run: async ({ io, gate, flags }) => list(io, gate, flags.json === true) },
    trust: { ...KEY_HELP.trust, of: 'a file with the public key', takes: ['person', 'key'], run: trust },
    rotate: { ...KEY_HELP.rotate, takes: ['to', 'key'], run: rotate },
    revoke: { ...KEY_HELP.revoke, of: 'the id of a key', takes: ['since', 'reason', 'key'], run: revoke },
  },
};

async function newKey({ io, gate, flags }: Call): Promise<number> {
  const keysFolder = roomFolder(gate.stateFolder, 'keys');
  let key: VerifyingKey | undefined;
  if (flags.ssh === undefined) {
    const file = ownKeyFile(gate.stateFolder);
    const ended = existsSync(file) ? endedKey(file, keysFolder) : undefined;
    if (existsSync(file) && ended === undefined) return fail(io, hasKey(file));
    const made = await withDialogue(io, askForNewKey);
    if (typeof made !== 'object') return refused(io, made);
    ensureRoom(gate.stateFolder, 'keys');
    if (ended !== undefined) {
      renameSync(file, `${file}.ended-${ended.slice(0, 12)}`);
      io.stdout.write(`Your old key counts no more, and lies in ${file}.ended-${ended.slice(0, 12)}.\n`);
    }
    writeFileSync(file, made.file, { mode: 0o600, flag: 'wx' });
    writeFileSync(`${file}.pub`, made.publicKey, { mode: 0o644 });
    key = readVerifyingKey(made.publicKey);
    io.stdout.write(`Your key is in ${file}, its public half in ${file}.pub.\n`);
  } else {
    const read = readKeyFile(flags.ssh, io);
    if (typeof read === 'string') return fail(io, read);
    key = read;
  }
  if (key === undefined) return fail(io, 'The key could not be made.');
  io.stdout.write(`${words(key)}\n`);
  const people = [...knownKeys(keysFolder).values()].filter(({ role }) => role === 'person');
  if (people.some(({ until }) => until === undefined)) {
    return say(
      io,
      'It signs nothing yet: a key that this log trusts must let it in, with countersign key trust there, or in the editor with “Countersign: Trust a Key…”.\n',
    );
  }
  const trusted = await trustKey(gate.ledger, keysFolder, key.text);
  if (!trusted.ok) return fail(io, trusted.problem.message);
  if (people.length > 0) {
    return say(
      io,
      'Every other key of this log has ended, so this one is let in on the word of this account alone. It acknowledges; it approves nothing and lets nobody in, and countersign log verify warns of it.\n',
    );
  }
  return say(
    io,
    'It is the first key of this log, so it is trusted on the word of this account alone, and the log says so. Let others compare what is written above.\n',
  );
}

/** The id of the key whose public half lies beside this file, where it counts no more. */
function endedKey(file: string, keysFolder: string): string | undefined {
  if (!existsSync(`${file}.pub`)) return undefined;
  const key = readVerifyingKey(readFileSync(`${file}.pub`, 'utf8'));
  return key !== undefined && knownKeys(keysFolder).get(key.id)?.until !== undefined ? key.id : undefined;
}

function hasKey(file: string): string {
  return `You have a key already: ${file}. Replace it with countersign key rotate. Where its passphrase is lost, have somebody whom this log trusts end it (countersign key revoke), or move the file away; then run this again.`;
}

async function trust({ io, gate, given, flags }: Call): Promise<number> {
  const person = visibleText(flags.person?.trim() ?? '').slice(0, 200);
  if (person === '') return fail(io, '--person NAME is missing: whose key is it?');
  const key = readKeyFile(given, io);
  if (typeof key === 'string') return fail(io, key);
  return await signed(io, gate, flags.key, `This lets ${person} sign, and approve what you ask for.\n${words(key)}\n`, async (signer) => {
    const trusted = await trustKey(gate.ledger, roomFolder(gate.stateFolder, 'keys'), key.text, realFileSystem, { signer, person });
    return trusted.ok ? `${person} may sign from here on.\n` : trusted.problem;
  });
}

async function rotate({ io, gate, flags }: Call): Promise<number> {
  const keysFolder = roomFolder(gate.stateFolder, 'keys');
  if (flags.to !== undefined) {
    const key = readKeyFile(flags.to, io);
    if (typeof key === 'string') return fail(io, key);
    return await signed(io, gate, flags.key, `This key takes the place of yours.\n${words(key)}\n`, async (signer) => {
      const rotated = await rotateKey(gate.ledger, keysFolder, key.text, signer);
      return rotated.ok ? 'It is your key from here on. What the old one signed stays valid.\n' : rotated.problem;
    });
  }
  const file = flags.key === undefined ? ownKeyFile(gate.stateFolder) : resolve(io.cwd, flags.key);
  if (!existsSync(file)) {
    return fail(
      io,
      flags.key === undefined
        ? 'There is no key of yours to replace. Make one: countersign key new. To replace an SSH key: countersign key rotate --key OLD --to NEW.pub'
        : `There is no file ${file}. Check the name.`,
    );
  }
  if (!isPassphraseKey(readFileSync(file, 'utf8'))) {
    return fail(io, 'To replace an SSH key, name the new one: countersign key rotate --key OLD --to NEW.pub');
  }
  const dialogue = dialogueWith(io);
  if (dialogue === undefined) return fail(io, NO_TERMINAL);
  try {
    const old = await signerOf(file, gate.stateFolder, io, dialogue);
    if (typeof old === 'string') return refused(io, old);
    dialogue.tell('The new key:\n');
    const made = await askForNewKey(dialogue);
    if (typeof made !== 'object') return refused(io, made);
    // Beside the old one first: whatever fails, one of the two files opens the key that counts.
    writeFileSync(`${file}.new`, made.file, { mode: 0o600 });
    const rotated = await rotateKey(gate.ledger, keysFolder, made.publicKey, old.signer);
    if (!rotated.ok) return fail(io, rotated.problem.message);
    renameSync(`${file}.new`, file);
    writeFileSync(`${file}.pub`, made.publicKey, { mode: 0o644 });
    return say(io, 'The new key is yours from here on. What the old one signed stays valid.\n');
  } finally {
    dialogue.close();
  }
}

async function revoke({ io, gate, given, flags }: Call): Promise<number> {
  const keysFolder = roomFolder(gate.stateFolder, 'keys');
  const matches = [...knownKeys(keysFolder).values()].filter(
    ({ key, role }) => role === 'person' && key.id.startsWith(given.toLowerCase()),
  );
  const [only] = matches;
  if (only === undefined || given.length < 8)
    return fail(io, `There is no key ${visibleText(given)} here. countersign key list shows them; give at least eight digits.`);
  if (matches.length > 1) return fail(io, `Several keys begin with ${given}. Give more of the id.`);
  const since = flags.since === undefined ? undefined : new Date(flags.since);
  if (since !== undefined && Number.isNaN(since.getTime()))
    return fail(io, `--since takes a time such as 2026-05-01, not "${flags.since}".`);
  const cause = visibleText(flags.reason?.trim() ?? '').slice(0, 500);
  return await signed(io, gate, flags.key, `This ends a key of ${visibleText(only.person)}.\n${words(only.key)}\n`, async (signer) => {
    const revoked = await revokeKey(gate.ledger, keysFolder, only.key.id, {
      signer,
      ...(since === undefined ? {} : { since: since.toISOString() }),
      ...(cause === '' ? {} : { cause }),
    });
    return revoked.ok ? 'It signs nothing from here on. What it signed before stays valid.\n' : revoked.problem;
  });
}

function list(io: CliIo, gate: GateContext, json: boolean): number {
  const keys = [...knownKeys(roomFolder(gate.stateFolder, 'keys')).values()].filter(({ role }) => role === 'person');
  const { revokedKeys } = gate.policy;
  if (json) {
    const rows = keys.map((one) => ({
      id: one.key.id,
      kind: one.key.kind,
      proves: one.key.proves,
      person: one.person,
      letInBy: one.own ? 'this account' : 'a person',
      record: one.from,
      ended: one.until ?? null,
      compromised: one.compromised ?? null,
      counts: one.until === undefined && !revokedKeys.includes(one.key.id),
      publicKey: one.key.text,
    }));
    return say(io, `${JSON.stringify(rows, null, 2)}\n`);
  }
  if (keys.length === 0) return say(io, 'Nobody may sign here yet. Make a key with countersign key new, or open the editor once.\n');
  for (const one of keys) io.stdout.write(`${words(one.key)}\n    ${standing(one, revokedKeys)}\n`);
  return 0;
}

function standing({ person, own, from, until, compromised, key }: RingKey, revoked: readonly string[]): string {
  const who = `${visibleText(person)}, let in by ${own ? 'this account itself' : 'a person'} (record ${from})`;
  if (until !== undefined)
    return `${who}; counts no more since record ${until}${compromised === undefined ? '' : `, in other hands since ${compromised}`}`;
  return revoked.includes(key.id) ? `${who}; revoked by the policy` : who;
}

/** The id, and the same as OpenSSH shows it. */
function words({ id, kind, text, proves }: VerifyingKey): string {
  const type = kind === 'ssh' ? `SSH, ${text.split(' ')[0] ?? ''}` : kind === 'webauthn' ? 'WebAuthn' : 'Ed25519';
  const proof = proves === 'none' ? '' : '; a security key';
  return `${id.slice(0, 12)}  ${type}${proof}  ${fingerprintOf(id)}`;
}

function readKeyFile(name: string, io: CliIo): VerifyingKey | string {
  const file = resolve(io.cwd, name);
  if (!existsSync(file)) return `There is no file ${name}. Check the name.`;
  const text = readFileSync(file, 'utf8').slice(0, 100_000);
  if (/PRIVATE KEY/.test(text)) return `${name} is a private key. Give its public half, the file that ends in .pub.`;
  return (
    readVerifyingKey(text) ??
    `${name} is no public key that can sign here: Ed25519 in PEM, or SSH (ed25519, ecdsa, rsa of 2048 bits and more, ed25519-sk, ecdsa-sk).`
  );
}

async function askForNewKey(dialogue: Dialogue): Promise<NewKey | string | undefined> {
  const first = await dialogue.askHidden(`Passphrase, at least ${SHORTEST_PASSPHRASE} characters: `);
  if (first === undefined) return undefined;
  if (Array.from(first).length < SHORTEST_PASSPHRASE)
    return `A passphrase has at least ${SHORTEST_PASSPHRASE} characters. Nothing was made.`;
  const again = await dialogue.askHidden('The same once more: ');
  return again === first ? newPassphraseKey(first) : 'These were not the same. Nothing was made.';
}

/** Shows what is to be signed, asks for the person's key and for a yes, and signs. */
async function signed(
  io: CliIo,
  gate: GateContext,
  keyFile: string | undefined,
  about: string,
  act: (signer: Parameters<typeof rotateKey>[3]) => Promise<string | { readonly message: string }>,
): Promise<number> {
  const dialogue = dialogueWith(io);
  if (dialogue === undefined) return fail(io, NO_TERMINAL);
  try {
    dialogue.tell(about);
    const answer = await dialogue.ask('Type "yes" to sign that: ');
    if (answer?.trim() !== 'yes') return refused(io, undefined);
    const own = await signerOf(keyFile, gate.stateFolder, io, dialogue);
    if (typeof own === 'string') return refused(io, own);
    dialogue.close();
    const done = await act(own.signer);
    return typeof done === 'string' ? say(io, done) : fail(io, done.message);
  } finally {
    dialogue.close();
  }
}

async function withDialogue<T>(io: CliIo, act: (dialogue: Dialogue) => Promise<T>): Promise<T | string> {
  const dialogue = dialogueWith(io);
  if (dialogue === undefined) return NO_TERMINAL;
  try {
    return await act(dialogue);
  } finally {
    dialogue.close();
  }
}

function refused(io: CliIo, problem: string | undefined): number {
  if (problem !== undefined) return fail(io, problem);
  io.stdout.write('Nothing was signed.\n');
  return 1;
}
