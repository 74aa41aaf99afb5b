import {
  CompletionItemKind,
  CompletionRequest,
  type CompletionItem,
  type Connection,
  type Diagnostic,
  type TextDocuments,
} from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { type PackCompletion, packCompletions } from './pack-completion.ts';
import { isPackUri, PACK_GLOBS } from './pack-path.ts';
import { packDiagnostics } from './pack-problems.ts';

/** After the last keystroke, in milliseconds. */
const QUIET = 300;

/** A language of ours that people write: what is wrong with a text of it, and what can be written where (YAML, counted from 0). */
export type DocumentKind = {
  readonly globs: readonly string[];
  readonly owns: (uri: string) => boolean;
  readonly diagnose: (uri: string, text: string) => readonly Diagnostic[];
  readonly complete: (text: string, line: number, character: number) => readonly PackCompletion[];
};

const PACKS: DocumentKind = {
  globs: PACK_GLOBS,
  owns: isPackUri,
  diagnose: (_uri, text) => packDiagnostics(text),
  complete: packCompletions,
};

export type PackDocumentsOptions = {
  /** Languages beside rule packs. */
  readonly more?: readonly DocumentKind[] | undefined;
  readonly documents: TextDocuments<TextDocument>;
  /** Called with what is to be shown of a pack; with none when it is closed. */
  readonly publish: (uri: string, version: number, diagnostics: readonly Diagnostic[]) => void;
};

/** The rule packs and policies that are open: what is wrong with them, and what can be written where. Holds timers until closed. */
export class PackDocuments {
  readonly #options: PackDocumentsOptions;
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(connection: Connection, options: PackDocumentsOptions) {
    this.#options = options;
    const { documents } = options;
    documents.onDidOpen(({ document }) => this.#lookSoon(document, 0));
    documents.onDidChangeContent(({ document }) => this.#lookSoon(document, QUIET));
    documents.onDidClose(({ document }) => this.#closed(document));
    connection.onCompletion(({ textDocument: { uri }, position }) => {
      const text = documents.get(uri)?.getText();
      const kind = this.#kindOf(uri);
      if (text === undefined || kind === undefined || uri.endsWith('.json')) return [];
      return kind.complete(text, position.line, position.character).map(
        ({ label, kind, insert, says, required }, index): CompletionItem => ({
          label,
          kind: kind === 'key' ? CompletionItemKind.Property : CompletionItemKind.EnumMember,
          insertText: insert,
          detail: required ? 'needed' : '',
          documentation: says,
          sortText: `${required ? 0 : 1}${String(index).padStart(3, '0')}`,
        }),
      );
    });
  }

  /** For packs alone: no other document is asked about at every key. */
  async offerCompletion(connection: Connection): Promise<void> {
    const documentSelector = this.#kinds().flatMap(({ globs }) => globs.map((pattern) => ({ pattern })));
    await connection.client.register(CompletionRequest.type, { documentSelector }).catch(() => undefined);
  }

  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #lookSoon(document: TextDocument, wait: number): void {
    const { uri } = document;
    const kind = this.#kindOf(uri);
    if (kind === undefined) return;
    clearTimeout(this.#timers.get(uri));
    const look = () => this.#options.publish(uri, document.version, kind.diagnose(uri, document.getText()));
    this.#timers.set(uri, setTimeout(look, wait));
  }

  #closed({ uri, version }: TextDocument): void {
    if (this.#kindOf(uri) === undefined) return;
    clearTimeout(this.#timers.get(uri));
    this.#timers.delete(uri);
    this.#options.publish(uri, version, []);
  }

  #kinds(): readonly DocumentKind[] {
    return [PACKS, ...(this.#options.more ?? [])];
  }

  #kindOf(uri: string): DocumentKind | undefined {
    return this.#kinds().find(({ owns }) => owns(uri));
  }
}
