import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';

/** The ids that git answers to questions such as `HEAD:path`, in their order, "missing" for what is no blob; none where git fails. */
export async function objectIds(root: string, questions: readonly string[]): Promise<readonly string[]> {
  if (questions.length === 0) return [];
  const { code, stdout } = await git(root, ['cat-file', '--batch-check=%(objectname) %(objecttype)'], `${questions.join('\n')}\n`);
  if (code !== 0) return [];
  const lines = stdout.toString('utf8').split('\n').slice(0, -1);
  if (lines.length !== questions.length) return [];
  return lines.map((line) => /^([0-9a-f]{40,64}) blob$/.exec(line)?.[1] ?? 'missing');
}

/** A blob as it is: no filter and no text conversion is run. */
export async function blobBytes(root: string, id: string): Promise<Buffer | undefined> {
  const { code, stdout } = await git(root, ['cat-file', 'blob', id], '');
  return code === 0 ? stdout : undefined;
}

/** In the hash of the repository, which its ids show by their length. */
export function blobId(bytes: Buffer, like: readonly (string | undefined)[]): string {
  const isLong = like.some((id) => id?.length === 64);
  return createHash(isLong ? 'sha256' : 'sha1')
    .update(`blob ${bytes.length}\0`)
    .update(bytes)
    .digest('hex');
}

/** Where git turns line ends on checkout, the blob has the plain ones. */
export function withLineFeeds(bytes: Buffer): Buffer {
  return bytes.includes('\r\n') ? Buffer.from(bytes.toString('latin1').replaceAll('\r\n', '\n'), 'latin1') : bytes;
}

/** Ids of the blobs that git may keep a text as. */
export function formsOf(bytes: Buffer, like: readonly (string | undefined)[]): readonly string[] {
  return [...new Set([bytes, withLineFeeds(bytes)])].map((form) => blobId(form, like));
}

/** Runs git without anything that a repository's own configuration could start. Never throws; without git the code is 127. */
function git(cwd: string, args: readonly string[], input: string): Promise<{ readonly code: number; readonly stdout: Buffer }> {
  return new Promise((done) => {
    const env = { ...process.env, GIT_OPTIONAL_LOCKS: '0', GIT_NO_LAZY_FETCH: '1' };
    const child = spawn('git', ['-c', 'core.fsmonitor=false', ...args], { cwd, env, timeout: 10_000, stdio: ['pipe', 'pipe', 'ignore'] });
    const parts: Buffer[] = [];
    child.stdout.on('data', (part: Buffer) => void parts.push(part));
    child.stdin.on('error', () => undefined);
    child.on('error', () => done({ code: 127, stdout: Buffer.alloc(0) }));
    child.on('close', (code) => done({ code: code ?? 1, stdout: Buffer.concat(parts) }));
    child.stdin.end(input);
  });
}
