import * as vscode from 'vscode';
import type { RollBackResult } from '../server/protocol.ts';
import { counted } from '../media/phrases.ts';

const SCHEME = 'countersign-merge';
/** Characters of an id that are enough in a window. */
const SHORT = 12;

type Conflict = NonNullable<Extract<RollBackResult, { ok: false }>['conflicts']>[number];

type Merge = {
  readonly conflicts: readonly Conflict[];
  /** By the URI of the merge's own document. */
  readonly texts: Map<string, string>;
  readonly saved: Set<string>;
  readonly finish: (resolved: readonly { readonly uri: string; readonly text: string }[]) => Promise<string | undefined>;
};

/**
 * Texts in which a person decides what a rollback could not: documents of their own, so that the files stay as they are until
 * every place is decided. Saving one says that it is.
 */
export class MergeDocuments implements vscode.Disposable {
  /** By the beginning of the acknowledgement's id. */
  readonly #merges = new Map<string, Merge>();
  readonly #changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly #subscription: vscode.Disposable;

  constructor() {
    this.#subscription = vscode.Disposable.from(
      this.#changed,
      vscode.workspace.registerFileSystemProvider(
        SCHEME,
        {
          onDidChangeFile: this.#changed.event,
          watch: () => new vscode.Disposable(() => undefined),
          stat: (uri) => ({ type: vscode.FileType.File, ctime: 0, mtime: Date.now(), size: Buffer.byteLength(this.#textOf(uri)) }),
          readFile: (uri) => new TextEncoder().encode(this.#textOf(uri)),
          writeFile: (uri, content) => this.#write(uri, new TextDecoder().decode(content)),
          readDirectory: () => [],
          createDirectory: refuse,
          delete: refuse,
          rename: refuse,
        },
        { isCaseSensitive: true },
      ),
    );
  }

  /** Opens each conflict. `finish` is called once all are decided and saved; it gives the sentence that says why not. */
  async open(id: string, conflicts: readonly Conflict[], finish: Merge['finish']): Promise<void> {
    const texts = new Map(conflicts.map((conflict, index) => [uriOf(id, index, conflict.path).toString(), conflict.merged]));
    const key = id.slice(0, SHORT);
    await this.#close(key);
    this.#merges.set(key, { conflicts, texts, saved: new Set(), finish });
    for (const uri of texts.keys()) {
      const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(uri));
      const editor = await vscode.window.showTextDocument(document, { preview: false });
      const at = document.positionAt(Math.max(0, document.getText().indexOf('<<<<<<<')));
      editor.selection = new vscode.Selection(at, at);
      editor.revealRange(new vscode.Range(at, at), vscode.TextEditorRevealType.InCenter);
    }
    const places = conflicts.reduce((sum, conflict) => sum + conflict.places, 0);
    void vscode.window.showInformationMessage(
      `Decide ${counted(places, 'marked place')} here and save: then it is rolled back. Later edits are at the same lines, so nothing was written.`,
    );
  }

  /** Is a person deciding what is in the way of rolling this back? */
  isOpen(id: string): boolean {
    return this.#merges.has(id.slice(0, SHORT));
  }

  dispose(): void {
    this.#subscription.dispose();
  }

  #textOf(uri: vscode.Uri): string {
    const text = this.#mergeOf(uri)?.texts.get(uri.toString());
    if (text === undefined) throw vscode.FileSystemError.FileNotFound('This merge is over. Roll back again to open it anew.');
    return text;
  }

  #write(uri: vscode.Uri, text: string): void {
    const merge = this.#mergeOf(uri);
    if (merge === undefined) throw vscode.FileSystemError.Unavailable('This merge is over. Roll back again to open it anew.');
    const left = (text.match(/^<{7} /gm) ?? []).length;
    if (left > 0 || /^>{7} /m.test(text)) {
      throw vscode.FileSystemError.NoPermissions(
        `${counted(Math.max(1, left), 'place')} left to decide: take out the lines with <<<<<<<, ======= and >>>>>>>, and what must go.`,
      );
    }
    merge.texts.set(uri.toString(), text);
    merge.saved.add(uri.toString());
    const id = uri.path.split('/')[1] ?? '';
    // The editor is in the middle of its save.
    if (merge.saved.size === merge.texts.size) setTimeout(() => void this.#finish(id, merge), 0);
  }

  async #finish(id: string, merge: Merge): Promise<void> {
    const uris = [...merge.texts.keys()];
    const resolved = merge.conflicts.map(({ uri }, index) => ({ uri, text: merge.texts.get(uris[index] ?? '') ?? '' }));
    const problem = await merge.finish(resolved);
    if (problem !== undefined) return void vscode.window.showErrorMessage(problem);
    await this.#close(id);
  }

  async #close(id: string): Promise<void> {
    const uris = new Set(this.#merges.get(id)?.texts.keys());
    const tabs = vscode.window.tabGroups.all
      .flatMap((group) => group.tabs)
      .filter(({ input }) => input instanceof vscode.TabInputText && uris.has(input.uri.toString()));
    if (tabs.length > 0) await vscode.window.tabGroups.close(tabs);
    this.#merges.delete(id);
  }

  #mergeOf(uri: vscode.Uri): Merge | undefined {
    return this.#merges.get(uri.path.split('/')[1] ?? '');
  }
}

/** The real name comes last, so that the editor knows the language. */
function uriOf(id: string, index: number, path: string): vscode.Uri {
  return vscode.Uri.from({ scheme: SCHEME, path: `/${id.slice(0, SHORT)}/${index}/${path.split('/').at(-1) ?? 'file'}` });
}

function refuse(): never {
  throw vscode.FileSystemError.NoPermissions('Only the texts of a merge are here.');
}
