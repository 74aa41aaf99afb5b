/**
 * What could be guessed from its digest is recorded under a key of this state folder: short texts, lines, prompts, and what an
 * agent suggested. Whoever has the log alone can check no guess against it; whoever has the key gets the plain digest back.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { LedgerEvent, RecordedFile, RecordedProvenance } from '../ledger/types.ts';
import { createWholeAside } from './aside-file.ts';
import { createWhole, readWhole } from './small-file.ts';
import { ensureRoom, roomFolder } from './state-folder.ts';

export type DigestKey = {
  /** Names the key in records: 16 hexadecimal digits that say nothing of it. */
  readonly id: string;
  readonly secret: Buffer;
};

/** Bytes of UTF-8. A shorter text may be guessed: a line of settings, a command, a password in a file of its own. */
export const SHORT = 256;

const FILE = 'digest.key';
const known = new Map<string, DigestKey>();

/** The key of this state folder; made where there is none yet. Undefined where that cannot be: then no digest is recorded. */
export function ensureDigestKey(stateFolder: string): DigestKey | undefined {
  try {
    const found = digestKeyOf(stateFolder);
    if (found !== undefined) return found;
    createWhole(join(ensureRoom(stateFolder, 'keys'), FILE), newSecret());
    return digestKeyOf(stateFolder);
  } catch {
    return undefined;
  }
}

/** Makes the key of this state folder where there is none yet, with the disk waited for aside. Never throws: see ensureDigestKey. */
export async function prepareDigestKey(stateFolder: string): Promise<void> {
  try {
    if (digestKeyOf(stateFolder) === undefined) await createWholeAside(join(ensureRoom(stateFolder, 'keys'), FILE), newSecret());
  } catch {
    // Without a key no digest is recorded.
  }
}

/** The key of this state folder, where there is one that can be read. */
export function digestKeyOf(stateFolder: string): DigestKey | undefined {
  const held = known.get(stateFolder);
  if (held !== undefined) return held;
  try {
    const text =
      readWhole(join(roomFolder(stateFolder, 'keys'), FILE))
        ?.toString('utf8')
        .trim() ?? '';
    if (!/^[0-9a-f]{64}$/.test(text)) return undefined;
    const key = digestKeyFrom(Buffer.from(text, 'hex'));
    known.set(stateFolder, key);
    return key;
  } catch {
    return undefined;
  }
}

function newSecret(): string {
  return `${randomBytes(32).toString('hex')}\n`;
}

/** `secret`: 32 bytes. */
export function digestKeyFrom(secret: Buffer): DigestKey {
  return { id: createHmac('sha256', secret).update('id').digest('hex').slice(0, 16), secret };
}

/** The key for files of this name alone: it can be handed to whoever may see their texts. 64 hexadecimal digits. */
export function fileKey({ secret }: DigestKey, path: string): string {
  return createHmac('sha256', secret)
    .update(`file\0${nameOf(path)}`)
    .digest('hex');
}

/** A digest under a key of fileKey. */
export function sealed(digest: string, key: string): string {
  return turned(createCipheriv('aes-256-ecb', Buffer.from(key, 'hex'), null), digest);
}

/** The plain digest again. */
export function opened(digest: string, key: string): string {
  return turned(createDecipheriv('aes-256-ecb', Buffer.from(key, 'hex'), null), digest);
}

/** Of a file as it is recorded: what could be guessed is sealed. `isShort`: which of its digests are of short texts. Without a key these are left out. */
export function sealedFile(
  file: RecordedFile,
  isShort: { readonly before: boolean; readonly after: boolean },
  keyOf: () => DigestKey | undefined,
): RecordedFile {
  const { before, after, lines, ...rest } = file;
  const digests = [
    ...(before !== undefined && isShort.before ? ['before' as const] : []),
    ...(after !== undefined && isShort.after ? ['after' as const] : []),
    ...(lines?.some(({ digest }) => digest !== undefined) === true ? ['lines' as const] : []),
  ];
  if (digests.length === 0) return file;
  const key = keyOf();
  const own = key === undefined ? undefined : fileKey(key, file.path);
  const seal = (digest: string | undefined): string | undefined =>
    digest === undefined || own === undefined ? undefined : sealed(digest, own);
  return {
    ...rest,
    before: isShort.before ? seal(before) : before,
    after: isShort.after ? seal(after) : after,
    ...(lines === undefined ? {} : { lines: lines.map(({ digest, ...range }) => ({ ...range, digest: seal(digest) })) }),
    ...(key === undefined ? {} : { keyed: { key: key.id, digests } }),
  };
}

/** Prompts are short as a rule, and so is what an agent suggests. */
export function sealedDigests(
  digests: NonNullable<RecordedProvenance['digests']>,
  key: DigestKey | undefined,
): RecordedProvenance['digests'] {
  if (key === undefined) return undefined;
  const own = fileKey(key, '');
  const seal = (digest: string | undefined): string | undefined =>
    digest === undefined || !/^[0-9a-f]{64}$/.test(digest) ? undefined : sealed(digest, own);
  const [prompt, output] = [seal(digests.prompt), seal(digests.output)];
  return { ...(prompt === undefined ? {} : { prompt }), ...(output === undefined ? {} : { output }), key: key.id };
}

/** The event with plain digests, as far as this key opens them. What it does not open is left out; the key's name stays. */
export function plainEvent(event: LedgerEvent, key: DigestKey | undefined): LedgerEvent {
  const { files, provenance } = event;
  const digests = provenance?.digests;
  const told = digests === undefined ? undefined : plainDigests(digests, key);
  return {
    ...event,
    ...(files === undefined ? {} : { files: files.map((file) => plainFile(file, key)) }),
    ...(provenance === undefined ? {} : { provenance: { ...provenance, digests: told } }),
  };
}

/** As plainEvent, of one file. */
export function plainFile(file: RecordedFile, key: DigestKey | undefined): RecordedFile {
  return openedFile(file, key !== undefined && file.keyed?.key === key.id ? fileKey(key, file.path) : undefined);
}

/** The same with the file's own key, as it was handed to somebody. */
export function openedFile(file: RecordedFile, own: string | undefined): RecordedFile {
  const { keyed, before, after, lines, ...rest } = file;
  if (keyed === undefined) return file;
  const open = (what: 'before' | 'after' | 'lines', digest: string | undefined): string | undefined => {
    if (digest === undefined || !keyed.digests.includes(what)) return digest;
    return own === undefined || !/^[0-9a-f]{64}$/.test(digest) ? undefined : opened(digest, own);
  };
  return {
    ...rest,
    before: open('before', before),
    after: open('after', after),
    ...(lines === undefined ? {} : { lines: lines.map(({ digest, ...range }) => ({ ...range, digest: open('lines', digest) })) }),
    ...(own === undefined ? { keyed } : {}),
  };
}

function plainDigests(digests: NonNullable<RecordedProvenance['digests']>, key: DigestKey | undefined): RecordedProvenance['digests'] {
  const { key: of, prompt, output } = digests;
  if (of === undefined) return digests;
  if (key?.id !== of) return { key: of };
  const own = fileKey(key, '');
  return {
    ...(prompt === undefined ? {} : { prompt: opened(prompt, own) }),
    ...(output === undefined ? {} : { output: opened(output, own) }),
  };
}

/**
 * Digests that somebody with the repository and without this folder's key can open: under a key made of the repository's first
 * commits, whose ids a log may name but whose bytes it does not. `bytes`: of these commits, in the order of their ids.
 */
export function repositoryDigestKey(bytes: readonly Uint8Array[]): DigestKey | undefined {
  if (bytes.length === 0) return undefined;
  const all = createHash('sha256').update('countersign repository\0');
  for (const one of bytes) all.update(createHash('sha256').update(one).digest());
  return digestKeyFrom(all.digest());
}

/** With what is sealed of it under the repository's key, too. `plain`: the same file, before it was sealed. */
export function sharedFile(file: RecordedFile, plain: Pick<RecordedFile, 'before' | 'after'>, key: DigestKey | undefined): RecordedFile {
  if (key === undefined || file.keyed === undefined) return file;
  const own = fileKey(key, file.path);
  const seal = (what: 'before' | 'after') => {
    const digest = plain[what];
    return digest === undefined || file.keyed?.digests.includes(what) !== true ? {} : { [what]: sealed(digest, own) };
  };
  return { ...file, shared: { ...seal('before'), ...seal('after') } };
}

/** The file with plain digests for whoever has the repository. */
export function openedShared(file: RecordedFile, key: DigestKey | undefined): RecordedFile {
  const { shared, keyed } = file;
  if (keyed === undefined || shared === undefined || key === undefined) return openedFile(file, undefined);
  return openedFile(
    { ...file, ...shared, keyed: { ...keyed, digests: keyed.digests.filter((what) => what !== 'lines') } },
    fileKey(key, file.path),
  );
}

/**
 * Two blocks of a digest, which is as good as random: the same digest has the same seal, so that records can be compared, and
 * nothing else shows. Nothing is hidden from whoever has the key, which is why this is no hash of it.
 */
function turned(cipher: ReturnType<typeof createCipheriv>, digest: string): string {
  cipher.setAutoPadding(false);
  return Buffer.concat([cipher.update(Buffer.from(digest, 'hex')), cipher.final()]).toString('hex');
}

/** A record may name a file from its workspace or by its whole path: the last part is the same. */
function nameOf(path: string): string {
  return path.replaceAll('\\', '/').split('/').at(-1)?.toLowerCase() ?? '';
}
