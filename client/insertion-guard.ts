import * as vscode from 'vscode';
import type { SuggestResult } from '../server/protocol.ts';
import { askGate } from './ask-gate.ts';
import type { OwnEdits } from './own-edits.ts';
import type { ServerConnection } from './server-connection.ts';
import { isWatched } from './watched-documents.ts';
import { blockSince, PieceWatch } from './piece-watch.ts';
import { cameFromDisk, marksOf, replaceBlocks, takeOutOfFile } from './taken-out.ts';
import { areTyping, blocksOf, shiftBlocks, withoutBlocks, type Block, type Change } from './text-change.ts';

/** For how long after an accepted suggestion or a judged paste a change is still taken to be it. */
const MARK_MS = 2000;
export type InsertionGuardOptions = {
  readonly connection: ServerConnection;
  readonly ownEdits: OwnEdits;
  readonly held: (result: Extract<SuggestResult, { hold: string }>) => void;
  readonly closed: (cause: string) => void;
  /** A held block could not be taken out, because the person has typed inside it. */
  readonly stuck: (document: vscode.TextDocument, hold: string | undefined) => void;
};

/** A block of text that no hand typed, until the gate has answered for it. */
type Pending = { blocks: readonly Block[] | undefined; saved: boolean };

type Watched = {
  text: string;
  /** Judged one after the other, so that each is judged on a text that holds no unjudged one before it. */
  queue: Promise<void>;
  pending: readonly Pending[];
  /** The texts of blocks that were taken out, by hold: undo and redo must not bring them back. */
  readonly takenOut: Map<string, readonly string[]>;
  mark: { readonly channel: 'inline' | 'paste'; readonly until: number } | undefined;
  readonly pieces: PieceWatch;
};

type Arrival = { readonly channel: 'inline' | 'paste' | 'insert'; readonly how: 'whole' | 'in pieces'; readonly wasDirty: boolean };

/**
 * Watches the text of open documents for blocks that were not typed: accepted inline suggestions, edits by other extensions
 * and chats, pastes that came past the paste guard, and text in small pieces that come faster than a hand can type. Each is
 * judged at once; what is held is taken out again and what the person typed meanwhile is kept. Typing is never judged here.
 */
export class InsertionGuard implements vscode.Disposable {
  readonly #options: InsertionGuardOptions;
  readonly #watched = new Map<string, Watched>();
  readonly #subscriptions: readonly vscode.Disposable[];

  constructor(options: InsertionGuardOptions) {
    this.#options = options;
    for (const document of vscode.workspace.textDocuments) this.#open(document);
    this.#subscriptions = [
      vscode.workspace.onDidOpenTextDocument((document) => this.#open(document)),
      vscode.workspace.onDidCloseTextDocument((document) => {
        this.#watched.get(document.uri.toString())?.pieces.close();
        this.#watched.delete(document.uri.toString());
      }),
      vscode.workspace.onDidSaveTextDocument((document) => {
        for (const pending of this.#watched.get(document.uri.toString())?.pending ?? []) pending.saved = true;
      }),
      vscode.workspace.onDidChangeTextDocument((event) => this.#changed(event)),
      vscode.window.onDidChangeTextEditorSelection(({ textEditor: { document }, kind }) => {
        const watched = this.#watched.get(document.uri.toString());
        if (kind === vscode.TextEditorSelectionChangeKind.Keyboard) watched?.pieces.keyPressed();
      }),
    ];
  }

  /** The next change of this document is an accepted inline suggestion, or the rest of a paste that was let through. */
  mark(document: vscode.TextDocument, channel: 'inline' | 'paste'): void {
    const watched = this.#watched.get(document.uri.toString());
    if (watched) watched.mark = { channel, until: Date.now() + MARK_MS };
  }

  /** The hold was acknowledged and applied: undo and redo may move its text from here on. */
  release(hold: string): void {
    for (const { takenOut } of this.#watched.values()) takenOut.delete(hold);
  }

  dispose(): void {
    for (const { pieces } of this.#watched.values()) pieces.close();
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #open(document: vscode.TextDocument): void {
    if (!isWatched(document)) return;
    const watched: Watched = {
      text: document.getText(),
      queue: Promise.resolve(),
      pending: [],
      takenOut: new Map(),
      mark: undefined,
      pieces: new PieceWatch({
        text: () => watched.text,
        ended: (block) => this.#judge(document, watched, [block], { channel: 'insert', how: 'in pieces', wasDirty: true }),
      }),
    };
    this.#watched.set(document.uri.toString(), watched);
  }

  #changed({ document, contentChanges, reason }: vscode.TextDocumentChangeEvent): void {
    const watched = this.#watched.get(document.uri.toString());
    if (watched === undefined || contentChanges.length === 0) return;
    const before = watched.text;
    watched.text = document.getText();
    const changes = contentChanges.map(({ rangeOffset, rangeLength, text }) => ({ offset: rangeOffset, length: rangeLength, text }));
    for (const pending of watched.pending) pending.blocks = pending.blocks && shiftBlocks(pending.blocks, changes);

    if (this.#options.ownEdits.take(document.uri, watched.text)) return;
    if (reason !== undefined) {
      if (bringsBack(watched, before)) this.#passOver(document, watched, before, changes, reason);
      return;
    }
    // A hand types only where the cursor is.
    if (vscode.window.activeTextEditor?.document === document && areTyping(changes)) {
      return watched.pieces.changed(changes, before);
    }

    const channel = watched.mark !== undefined && watched.mark.until > Date.now() ? watched.mark.channel : 'insert';
    if (channel === 'inline') watched.mark = undefined;
    this.#judge(document, watched, blocksOf(before, changes), { channel, how: 'whole', wasDirty: document.isDirty });
  }

  #judge(document: vscode.TextDocument, watched: Watched, blocks: readonly Block[], { channel, how, wasDirty }: Arrival): void {
    inTurn(watched, blocks, async (pending) => {
      // With unsaved changes nothing is read anew from disk. Without, both look alike at first.
      if (!wasDirty && !document.isUntitled && (await cameFromDisk(document, () => pending.saved))) return;
      if (pending.blocks === undefined) return this.#options.stuck(document, undefined);
      const after = document.getText();
      const before = withoutBlocks(after, pending.blocks);
      const texts = pending.blocks.map(({ start, end }) => after.slice(start, end)).filter((text) => text.trim() !== '');
      const certainty = channel === 'insert' ? 'inferred' : 'observed';
      const result = await askGate(this.#options.connection, { uri: document.uri.toString(), before, after, channel, certainty });
      if (!('hold' in result) && result.verdict !== 'closed') return;
      const hold = 'hold' in result ? result.hold : undefined;
      const marks = marksOf(texts, before, how === 'in pieces');
      watched.takenOut.set(hold ?? '', marks);
      const out =
        (await this.#takeOut(document, pending)) || (how === 'in pieces' && (await this.#takeOutSince(before, document, pending)));
      if (!out) return this.#options.stuck(document, hold);
      if (how === 'in pieces') watched.pieces.tookOut();
      void takeOutOfFile(document, marks);
      if ('hold' in result) this.#options.held(result);
      else this.#options.closed(result.cause);
    });
  }

  /** Restores the text before the blocks, keeping what was typed beside them. False when that cannot be told apart. */
  async #takeOut(document: vscode.TextDocument, pending: Pending): Promise<boolean> {
    for (let attempt = 0; attempt < 5; attempt += 1) {
      if (pending.blocks === undefined || document.isClosed) return false;
      const current = document.getText();
      const wanted = withoutBlocks(current, pending.blocks);
      if (wanted === current) return true;
      this.#options.ownEdits.expect(document.uri, wanted);
      if (await replaceBlocks(document, pending.blocks)) return true;
    }
    return false;
  }

  /** More came in the middle of it: nobody types into a text that another is writing, so all that is new goes. */
  async #takeOutSince(before: string, document: vscode.TextDocument, pending: Pending): Promise<boolean> {
    const block = blockSince(before, document.getText());
    pending.blocks = block && [block];
    return block === undefined || this.#takeOut(document, pending);
  }

  /** Undo or redo brought a held block back: one more step in the same direction passes over it. */
  #passOver(
    document: vscode.TextDocument,
    watched: Watched,
    before: string,
    changes: readonly Change[],
    reason: vscode.TextDocumentChangeReason,
  ): void {
    inTurn(watched, blocksOf(before, changes), async (pending) => {
      if (vscode.window.activeTextEditor?.document === document) {
        await vscode.commands.executeCommand(reason === vscode.TextDocumentChangeReason.Undo ? 'undo' : 'redo');
      }
      if (!bringsBack(watched, before)) return;
      const out = (await this.#takeOut(document, pending)) || (await this.#takeOutSince(before, document, pending));
      if (!out) this.#options.stuck(document, undefined);
    });
  }
}

/** Follows the blocks through later changes from now on, and does the work when the document's earlier work is done. */
function inTurn(watched: Watched, blocks: readonly Block[], work: (pending: Pending) => Promise<void>): void {
  const pending: Pending = { blocks, saved: false };
  watched.pending = [...watched.pending, pending];
  const previous = watched.queue;
  watched.queue = (async () => {
    await previous;
    try {
      await work(pending);
    } catch (error) {
      console.error('Countersign: a block of text could not be judged', error);
    } finally {
      watched.pending = watched.pending.filter((other) => other !== pending);
    }
  })();
}

/** Is a text that was taken out there again, and was not before this change? */
function bringsBack({ takenOut, text }: Watched, before: string): boolean {
  return [...takenOut.values()].flat().some((taken) => text.includes(taken) && !before.includes(taken));
}
