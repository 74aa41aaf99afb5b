import { execFile } from 'node:child_process';
import { basename, dirname } from 'node:path';

/** How long an answer of git is good for without asking again, in milliseconds. */
const FRESH = 2_000;
const LARGEST = 32 * 1024 * 1024;

/**
 * The text before of each open document, which what is typed is compared with: what is in the last commit, else what it was
 * when it was opened. (A baseline, server/gate/baselines.ts, is what is known to be good on disk.)
 */
export class BeforeTexts {
  readonly #opened = new Map<string, string>();
  readonly #committed = new Map<string, { readonly at: number; readonly text: Promise<string | undefined> }>();

  opened(uri: string, text: string): void {
    this.#opened.set(uri, text);
  }

  closed(uri: string): void {
    this.#opened.delete(uri);
    this.#committed.delete(uri);
  }

  /** Asks git again next time: after a save, a commit or a checkout. */
  forget(uri: string): void {
    this.#committed.delete(uri);
  }

  async of(uri: string, file: string | undefined): Promise<string> {
    const committed = file === undefined ? undefined : await this.#committedText(uri, file);
    return committed ?? this.#opened.get(uri) ?? '';
  }

  #committedText(uri: string, file: string): Promise<string | undefined> {
    const known = this.#committed.get(uri);
    if (known !== undefined && Date.now() - known.at < FRESH) return known.text;
    const text = committedText(file);
    this.#committed.set(uri, { at: Date.now(), text });
    return text;
  }
}

/**
 * The bytes in the last commit, as they are: `cat-file` runs no filter and no text conversion that a repository's own
 * configuration names. Undefined without git, repository, commit or when the file is not in it.
 */
function committedText(file: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(
      'git',
      ['-c', 'core.fsmonitor=false', 'cat-file', 'blob', `HEAD:./${basename(file)}`],
      { cwd: dirname(file), timeout: 3_000, maxBuffer: LARGEST, encoding: 'utf8', env: { ...process.env, GIT_OPTIONAL_LOCKS: '0' } },
      (error, stdout) => resolve(error === null ? stdout : undefined),
    );
  });
}
