import * as vscode from 'vscode';
import { DISK_CHANGED, DISK_FILES, type DiskChangedParams, type DiskFilesParams, type DiskUnreadableParams } from '../server/protocol.ts';
import { counted } from '../media/phrases.ts';
import { visibleText } from '../media/visible-text.ts';
import { nameOf } from './apply.ts';
import type { ServerConnection } from './server-connection.ts';
import { WATCHED_PATTERNS } from './watched-patterns.ts';

/** The window comes up first; then its extensions must be idle, for at most the longest time. In milliseconds. */
const AFTER_START_MS = 2_000;
const LONGEST_WAIT_MS = 20_000;
/** The extensions are idle when a timer comes no later than this, so often in a row. */
const IDLE_STEP_MS = 200;
const IDLE_LATE_MS = 40;
const IDLE_STEPS = 3;
/** Events of one burst are told together, in milliseconds. */
const GATHER_MS = 60;
/** Files in one message. */
const PART = 2_000;
/** More watched files than this of one folder are not followed on disk. */
const MOST = 20_000;
const PASSED_OVER =
  '**/{node_modules,bower_components,.venv,venv,__pycache__,.terraform,.terragrunt-cache,.gradle,.next,.nuxt,.cache,.pnpm-store,.tox}/**';
const PASSED_OVER_BELOW =
  /[/\\](?:node_modules|bower_components|\.venv|__pycache__|\.terraform)[/\\]|[/\\]\.git[/\\](?!config$|hooks[/\\]|info[/\\])/;

/**
 * Tells the server which watched files there are, once in the background, and which are written on disk. What they mean is
 * for the server to say. In a window with watched files this starts the server, once the window is up and idle; in one without,
 * nothing is started.
 */
export class DiskWrites implements vscode.Disposable {
  readonly #connection: ServerConnection;
  readonly #changed = new Set<string>();
  readonly #subscriptions: vscode.Disposable[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  #telling: NodeJS.Timeout | undefined;
  #started = false;

  constructor(connection: ServerConnection) {
    this.#connection = connection;
    for (const pattern of WATCHED_PATTERNS) {
      const watcher = vscode.workspace.createFileSystemWatcher(pattern);
      const changed = (uri: vscode.Uri) => this.#fileChanged(uri);
      this.#subscriptions.push(watcher, watcher.onDidChange(changed), watcher.onDidCreate(changed), watcher.onDidDelete(changed));
    }
    this.#subscriptions.push(
      vscode.workspace.onDidChangeWorkspaceFolders(({ added }) => this.#later(() => this.#tellFiles(added))),
      // Another server knows nothing of what the first was told.
      connection.onStarted(() => {
        if (this.#started) this.#later(() => this.#tellFiles(vscode.workspace.workspaceFolders ?? []));
      }),
      connection.onUnreadable((params) => tellUnreadable(params)),
    );
    this.#later(async () => {
      await this.#tellFiles(vscode.workspace.workspaceFolders ?? []);
      this.#started = true;
    });
  }

  dispose(): void {
    clearTimeout(this.#telling);
    for (const timer of this.#timers) clearTimeout(timer);
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  async #tellFiles(folders: readonly vscode.WorkspaceFolder[]): Promise<void> {
    for (const folder of folders.filter(({ uri }) => uri.scheme === 'file')) {
      const uris = await watchedFiles(folder);
      if (uris.length === 0) continue;
      for (let from = 0; from < uris.length; from += PART) {
        const last = from + PART >= uris.length;
        const params: DiskFilesParams = { folder: folder.uri.toString(), uris: uris.slice(from, from + PART), last };
        await this.#connection.notify(DISK_FILES, params);
      }
    }
  }

  #fileChanged(uri: vscode.Uri): void {
    if (uri.scheme !== 'file' || PASSED_OVER_BELOW.test(uri.path)) return;
    this.#changed.add(uri.toString());
    this.#telling ??= setTimeout(() => void this.#tellChanged(), GATHER_MS);
  }

  async #tellChanged(): Promise<void> {
    this.#telling = undefined;
    const uris = [...this.#changed].slice(0, PART);
    for (const uri of uris) this.#changed.delete(uri);
    if (this.#changed.size > 0) this.#telling = setTimeout(() => void this.#tellChanged(), GATHER_MS);
    // That the server cannot be started is said by the status bar; it looks at every file when it is there.
    await this.#connection.notify(DISK_CHANGED, { uris } satisfies DiskChangedParams).catch(() => undefined);
  }

  #later(act: () => Promise<void>): void {
    this.#after(AFTER_START_MS, () => this.#whenIdle(act, performance.now() + LONGEST_WAIT_MS, 0));
  }

  /** Nothing of a person's waits for what this does. */
  #whenIdle(act: () => Promise<void>, latest: number, idle: number): void {
    if (idle >= IDLE_STEPS || performance.now() > latest) return void act().catch(() => undefined);
    const due = performance.now() + IDLE_STEP_MS;
    this.#after(IDLE_STEP_MS, () => this.#whenIdle(act, latest, performance.now() - due > IDLE_LATE_MS ? 0 : idle + 1));
  }

  #after(milliseconds: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, milliseconds);
    this.#timers.add(timer);
  }
}

/** Each search walks the folder once. Braces within braces are not understood, so all but the long lists are written out. */
const SEARCHES: readonly string[] = [
  ...WATCHED_PATTERNS.filter((pattern) => writtenOut(pattern).length > 30),
  `{${WATCHED_PATTERNS.map(writtenOut)
    .filter((each) => each.length <= 30)
    .flat()
    .join(',')}}`,
];

function writtenOut(glob: string): readonly string[] {
  const [whole, inside] = /\{([^{}]*)\}/.exec(glob) ?? [];
  if (whole === undefined || inside === undefined) return [glob];
  return inside.split(',').flatMap((choice) => writtenOut(glob.replace(whole, () => choice)));
}

/** One search after the other: the editor answers what it is asked meanwhile. */
async function watchedFiles(folder: vscode.WorkspaceFolder): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const pattern of SEARCHES) {
    if (found.size >= MOST) break;
    const uris = await vscode.workspace.findFiles(
      new vscode.RelativePattern(folder, pattern),
      new vscode.RelativePattern(folder, PASSED_OVER),
      MOST - found.size,
    );
    for (const uri of uris) if (!PASSED_OVER_BELOW.test(uri.path)) found.add(uri.toString());
  }
  return [...found];
}

function tellUnreadable({ files }: DiskUnreadableParams): void {
  const [first] = files;
  if (first === undefined) return;
  const what = files.length === 1 ? nameOf(first.uri) : counted(files.length, 'file');
  const cause = visibleText(first.cause).replace(/\.$/, '');
  const sentence = `${visibleText(what)} was written on disk by an unknown process and cannot be judged: ${cause}. Look at it before you use it.`;
  void offerToOpen(sentence, vscode.Uri.parse(first.uri));
}

async function offerToOpen(sentence: string, uri: vscode.Uri): Promise<void> {
  const answer = await vscode.window.showWarningMessage(sentence, 'Open the File');
  if (answer !== undefined) await vscode.commands.executeCommand('vscode.open', uri);
}
