import { createPrivateKey, sign } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { encodeEnvelope, preAuthEncoding, readPublicKey } from '../../ledger/envelope.ts';
import { personSigner } from '../../ledger/keys.ts';
import { count } from '../report/report-words.ts';
import { type CliIo, fail, say } from './io.ts';
import type { PackArguments } from './pack.ts';
import {
  digestsOf,
  encodeLock,
  LOCK_FILE,
  LOCK_PAYLOAD_TYPE,
  lockDifferences,
  type PackLock,
  readLock,
  SIGNATURE_FILE,
  signatureProblem,
} from '../../gate/pack-lock.ts';
import { PACKS_FOLDER } from '../../gate/policy.ts';

const MAKE_PRIVATE = 'openssl genpkey -algorithm ed25519 -out team.pem';
const MAKE_PUBLIC = 'openssl pkey -in team.pem -pubout -out team.pub.pem';
const LOOK_THEN_LOCK = 'Look at the change, then: countersign pack lock\n';

/** Writes down what every file of a folder of packs is now. */
export function lockCommand({ paths }: PackArguments, io: CliIo): number {
  const folder = folderOf(paths, io);
  if (!existsSync(folder)) return fail(io, `There is no folder ${folder}. Add a pack first: countersign pack add SOURCE`);
  const { odd } = digestsOf(folder);
  if (odd.length > 0) return fail(io, `${odd.join(', ')}: no regular file. Put a copy in its place.`);
  const lock = writeLock(folder, {});
  return say(io, `Locked ${count(Object.keys(lock.files).length, 'file')} in ${join(folder, LOCK_FILE)}.\n`);
}

/** Compares a folder of packs with its lock, and the lock with its signature. 1 when anything differs. */
export function verifyCommand({ paths, key, json }: PackArguments, io: CliIo): number {
  const folder = folderOf(paths, io);
  const read = readLock(folder);
  if (!read.ok) return fail(io, read.problem);
  const problems = [...lockDifferences(read.lock, folder)];
  const differ = problems.length > 0;
  const signed = existsSync(join(folder, SIGNATURE_FILE));
  if (key !== undefined) {
    const file = resolve(io.cwd, key);
    if (!existsSync(file)) return fail(io, `There is no file ${file}. Check the name.`);
    const pem = readFileSync(file, 'utf8');
    if (readPublicKey(pem) === undefined)
      return fail(io, `${file} holds no Ed25519 public key in PEM. Make it of the private one: ${MAKE_PUBLIC}`);
    const problem = signatureProblem(folder, read.text, [pem]);
    if (problem !== undefined) problems.push(`${problem} Ask its owner to look at the packs and sign: countersign pack sign`);
  }
  const signature = key !== undefined ? 'checked' : signed ? 'there, not checked: give the public key with --key' : 'none';
  if (json)
    say(io, `${JSON.stringify({ ok: problems.length === 0, files: Object.keys(read.lock.files).length, signature, problems }, null, 2)}\n`);
  else if (problems.length > 0) say(io, `${problems.join('\n')}\n${differ ? LOOK_THEN_LOCK : ''}`);
  else say(io, `What was locked is there: ${count(Object.keys(read.lock.files).length, 'file')}. Signature: ${signature}.\n`);
  return problems.length === 0 ? 0 : 1;
}

/** Signs the lock with an Ed25519 key, after checking that it holds. */
export function signCommand({ paths, key }: PackArguments, io: CliIo): number {
  if (key === undefined)
    return fail(
      io,
      'Name the private key: countersign pack sign --key KEY.pem (Ed25519, PKCS 8; openssl genpkey -algorithm ed25519 makes one)',
    );
  const folder = folderOf(paths, io);
  const read = readLock(folder);
  if (!read.ok) return fail(io, read.problem);
  const differences = lockDifferences(read.lock, folder);
  if (differences.length > 0) return fail(io, `${differences.join(' ')} Look at the change, then: countersign pack lock`);
  const signer = privateKey(resolve(io.cwd, key));
  if (typeof signer === 'string') return fail(io, signer);
  const payload = Buffer.from(read.text);
  const envelope = {
    payloadType: LOCK_PAYLOAD_TYPE,
    payload,
    keyId: signer.keyId,
    signature: sign(null, preAuthEncoding(LOCK_PAYLOAD_TYPE, payload), signer.key),
  };
  writeFileSync(join(folder, SIGNATURE_FILE), encodeEnvelope(envelope));
  return say(io, `Signed ${join(folder, LOCK_FILE)} with key ${signer.keyId.slice(0, 16)}.\n`);
}

/** Writes the lock anew, keeping where packs came from. */
export function writeLock(folder: string, sources: Readonly<Record<string, string>>): PackLock {
  const old = readLock(folder);
  const { files } = digestsOf(folder);
  const known = { ...(old.ok ? old.lock.sources : {}), ...sources };
  const there = Object.entries(known).filter(([name]) => Object.keys(files).some((file) => file.startsWith(`${name}/`)));
  const lock: PackLock = { version: 1, files, sources: Object.fromEntries(there) };
  writeFileSync(join(folder, LOCK_FILE), encodeLock(lock));
  return lock;
}

/** A string says why there is none. */
function privateKey(file: string): { readonly key: ReturnType<typeof createPrivateKey>; readonly keyId: string } | string {
  if (!existsSync(file)) return `There is no file ${file}. Check the name, or make a key: ${MAKE_PRIVATE}`;
  try {
    const pem = readFileSync(file, 'utf8');
    return { key: createPrivateKey(pem), keyId: personSigner(pem).keyId };
  } catch {
    return `${file} is no readable Ed25519 private key in PEM. Name another, or make one: ${MAKE_PRIVATE}`;
  }
}

function folderOf(paths: readonly string[], io: CliIo): string {
  return resolve(io.cwd, paths[0] ?? PACKS_FOLDER);
}
