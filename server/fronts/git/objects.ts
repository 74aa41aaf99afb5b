import { isUtf8 } from 'node:buffer';
import { type DigestKey, repositoryDigestKey } from '../../gate/digest-key.ts';
import { git, type Repository } from './repository.ts';

/** One entry of a tree. Links are entries too: their text is the way they lead. */
export type Entry = { readonly mode: string; readonly id: string };

/** Every file of a tree, by path (UTF-8; bytes that are none become U+FFFD and keep their entry apart by number). */
export type Files = ReadonlyMap<string, Entry>;

/** The bytes of a blob as what they are. */
export type BlobText =
  | { readonly kind: 'text'; readonly text: string }
  /** Kept elsewhere by Git LFS: this is only its address. */
  | { readonly kind: 'pointer' }
  | { readonly kind: 'no-text'; readonly why: 'binary' | 'large' | 'missing' };

/** Bytes. Nothing larger is a config, and everything watched that is larger is refused. */
const LARGEST = 8_000_000;
/** Blobs asked for at once. */
const CHUNK = 500;

/** `tree`: a commit or tree. Undefined where it cannot be read. */
export function filesOf(repository: Repository, tree: string): Files | undefined {
  const listed = git(repository, ['ls-tree', '-r', '-z', '--full-tree', tree]);
  if (!listed.ok) return undefined;
  const files = new Map<string, Entry>();
  for (const record of splitAtNul(listed.out)) {
    const tab = record.indexOf(9);
    const [mode = '', , id = ''] = record.toString('latin1', 0, tab).split(' ');
    const name = record.subarray(tab + 1);
    // Two names must never become one: the second would hide the first.
    const path = isUtf8(name) ? name.toString('utf8') : `${name.toString('utf8')}\u0000${name.toString('hex')}`;
    files.set(path, { mode, id });
  }
  return files;
}

/** The path as people read it. */
export function shownPath(path: string): string {
  return path.split('\u0000', 1)[0] ?? path;
}

/** The blobs of these names, as bytes; what is missing or too large is left out. Never converted, filtered or replaced. */
export function bytesOf(repository: Repository, ids: readonly string[]): ReadonlyMap<string, Buffer> {
  const bytes = new Map<string, Buffer>();
  for (const [id, found] of read(repository, ids)) if (Buffer.isBuffer(found)) bytes.set(id, found);
  return bytes;
}

/** What opens the digests that were sealed for whoever has these commits; undefined where one of them is not here. */
export function digestKeyIn(repository: Repository, commits: readonly string[]): DigestKey | undefined {
  const bytes = commits.flatMap((id) => {
    const answer = /^[0-9a-f]{40,64}$/.test(id) ? git(repository, ['cat-file', 'commit', id]) : undefined;
    return answer?.ok === true ? [answer.out] : [];
  });
  return bytes.length === commits.length ? repositoryDigestKey(bytes) : undefined;
}

export function textsOf(repository: Repository, ids: readonly string[]): ReadonlyMap<string, BlobText> {
  return new Map(
    [...read(repository, ids)].map(([id, found]) => [id, Buffer.isBuffer(found) ? asText(found) : { kind: 'no-text', why: found }]),
  );
}

function asText(bytes: Buffer): BlobText {
  if (bytes.subarray(0, POINTER.length).equals(POINTER) && bytes.length < 1024) return { kind: 'pointer' };
  return isUtf8(bytes) && !bytes.includes(0) ? { kind: 'text', text: bytes.toString('utf8') } : { kind: 'no-text', why: 'binary' };
}

const POINTER = Buffer.from('version https://git-lfs.github.com/spec/');

function read(repository: Repository, ids: readonly string[]): ReadonlyMap<string, Buffer | 'missing' | 'large'> {
  const wanted = [...new Set(ids)];
  const found = new Map<string, Buffer | 'missing' | 'large'>(wanted.map((id) => [id, 'missing']));
  const small: string[] = [];
  const sizes = wanted.length === 0 ? undefined : git(repository, ['cat-file', '--batch-check'], `${wanted.join('\n')}\n`);
  for (const line of sizes?.ok === true ? sizes.out.toString('latin1').split('\n') : []) {
    const [id = '', type, size] = line.split(' ');
    if (type !== 'blob') continue;
    if (Number(size) > LARGEST) found.set(id, 'large');
    else small.push(id);
  }
  for (let at = 0; at < small.length; at += CHUNK) {
    const answer = git(repository, ['cat-file', '--batch'], `${small.slice(at, at + CHUNK).join('\n')}\n`);
    if (answer.ok) for (const [id, bytes] of blobsIn(answer.out)) found.set(id, bytes);
  }
  return found;
}

/** The blobs in what `cat-file --batch` answered, by id; anything else in it is passed over. */
export function* blobsIn(out: Buffer): Generator<readonly [string, Buffer]> {
  for (let at = 0; at < out.length; ) {
    const end = out.indexOf(10, at);
    if (end === -1) return;
    const [id = '', type, size] = out.toString('latin1', at, end).split(' ');
    at = end + 1;
    if (size === undefined) continue;
    if (type === 'blob') yield [id, out.subarray(at, at + Number(size))];
    at += Number(size) + 1;
  }
}

function* splitAtNul(out: Buffer): Generator<Buffer> {
  for (let at = 0; at < out.length; ) {
    const end = out.indexOf(0, at);
    if (end === -1) return;
    yield out.subarray(at, end);
    at = end + 1;
  }
}
