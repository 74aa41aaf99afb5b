import {
  CodeLensRefreshRequest,
  ErrorCodes,
  MessageType,
  ResponseError,
  ShowMessageNotification,
  TextDocuments,
  TextDocumentSyncKind,
  type Connection,
  type GenericRequestHandler,
  type InitializeParams,
  type ShowMessageParams,
  type WorkspaceFoldersChangeEvent,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { GenericSchema, InferOutput } from 'valibot';
import { review } from '../../gate/review.ts';
import type { Provenance } from '../../engine/types.ts';
import type { Hold } from '../../gate/types.ts';
import { trustKey } from '../../ledger/keys.ts';
import {
  ACKNOWLEDGE,
  APPLIED,
  DECISIONS,
  DISCARD,
  ENROL,
  HOLD_TEXTS,
  HOLDS_CHANGED,
  REVIEW,
  ROLL_BACK,
  ROLL_BACK_FILES,
  SIGN,
  SUGGEST,
  UNDO_DISCARD,
  VERIFY_LOG,
  type EnrolResult,
  type HoldsChangedParams,
  type ReviewResult,
} from '../../protocol.ts';
import { actionsOf } from './code-actions.ts';
import { BUFFER, lensesOf, REVERT_COMMAND } from './code-lens.ts';
import { actionIn, diagnosticOf, hoverIn, lensIn, placesIn, textEdits } from './converters.ts';
import { Decisions } from './decisions.ts';
import { fileOf, placeOf } from './documents/places.ts';
import { revertOf } from './documents/revert.ts';
import { WatchedDocuments, type View } from './documents/watched.ts';
import { Gates, type GatesOptions } from './gates.ts';
import { holdsFor, itemOf } from './held.ts';
import { HoldsWatch } from './holds-watch.ts';
import { hoverOf } from './hover.ts';
import { decisionsOf, verifiedLog } from './log-view.ts';
import * as requests from './requests.ts';
import { suggest } from './suggest.ts';
import { join } from 'node:path';

/** Answers an editor until it says exit. The one place where the protocol, the documents and the gate meet. */
export function serve(connection: Connection, options: GatesOptions): void {
  const { stateFolder, now } = options;
  const keysFolder = join(stateFolder, 'keys');
  const documents = new TextDocuments(TextDocument);
  const gates = new Gates(options);
  let folders: readonly string[] = [];
  let holds: readonly Hold[] = [];
  let commands = false;
  let refreshesLenses = false;
  let foldersChange = false;
  let keyId: string | undefined;
  let watch: HoldsWatch | undefined;
  const told = new Set<string>();
  /** By URI: the version whose lenses the editor was last told of. */
  const lensVersions = new Map<string, number>();

  const watched = new WatchedDocuments({ gates, folders: () => folders, holds: () => holds, now, publish });
  const decisions = new Decisions({ stateFolder, gates, folders: () => folders, now, keyId: () => keyId, sign: askForSignature });

  connection.onInitialize((params) => {
    folders = foldersOf(params);
    const given = requests.checked(requests.Options, params.initializationOptions ?? {}, 'initialize');
    if (given.ok) {
      gates.holdFrom(given.value.minimumSeverity);
      commands = given.value.commands ?? params.initializationOptions !== undefined;
    }
    foldersChange = params.capabilities.workspace?.workspaceFolders === true;
    refreshesLenses = params.capabilities.workspace?.codeLens?.refreshSupport === true;
    return {
      capabilities: {
        textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: true },
        hoverProvider: true,
        codeLensProvider: { resolveProvider: false },
        codeActionProvider: { codeActionKinds: ['quickfix'] },
        executeCommandProvider: { commands: [REVERT_COMMAND] },
        workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
      },
      serverInfo: { name: 'Countersign' },
    };
  });

  connection.onInitialized(() => {
    watch = new HoldsWatch(stateFolder, tellHolds);
    tellHolds();
    if (foldersChange) connection.workspace.onDidChangeWorkspaceFolders(foldersChanged);
    void tellIfClosed();
  });

  connection.onShutdown(() => {
    watch?.close();
    watched.close();
  });

  documents.onDidOpen(({ document }) => watched.opened(document.uri, document.version, document.getText()));
  documents.onDidChangeContent(({ document }) => watched.changed(document.uri, document.version, document.getText()));
  documents.onDidSave(({ document }) => watched.saved(document.uri));
  documents.onDidClose(({ document }) => watched.closed(document.uri));

  connection.onHover(async ({ textDocument, position }) => {
    const view = await watched.view(textDocument.uri);
    const offset = documents.get(textDocument.uri)?.offsetAt(position);
    const here = view?.notices.filter(({ start, end }) => offset !== undefined && offset >= start && offset <= end) ?? [];
    const first = here[0];
    return view === undefined || first === undefined ? null : hoverIn(hoverOf(here, { uri: view.uri, commands }), first, placesIn(view));
  });

  connection.onCodeLens(async ({ textDocument }) => {
    const view = await watched.view(textDocument.uri);
    if (view === undefined) return [];
    const places = placesIn(view);
    return lensesOf(view.notices, view.uri, view.statementAt).map((lens) => lensIn(lens, places));
  });

  connection.onCodeAction(async ({ textDocument, range }) => {
    const view = await watched.view(textDocument.uri);
    const document = documents.get(textDocument.uri);
    if (view === undefined || document === undefined) return [];
    const [start, end] = [document.offsetAt(range.start), document.offsetAt(range.end)];
    const here = view.notices.filter((notice) => notice.start <= end && notice.end >= start);
    const places = placesIn(view);
    return actionsOf(here, view).map((action) => actionIn(action, view, places));
  });

  connection.onExecuteCommand(async ({ command, arguments: given }) => {
    const params = requests.checked(requests.Revert, given, command);
    if (command !== REVERT_COMMAND || !params.ok) throw invalid(params.ok ? `There is no command ${command}.` : params.problem);
    const [uri, span] = params.value;
    const view = await watched.view(uri);
    if (view === undefined) return { applied: false };
    const edits = textEdits(revertOf(view.baseline, view.text, span), placesIn(view));
    return connection.workspace.applyEdit({ label: 'Revert to the accepted text', edit: { changes: { [uri]: edits } } });
  });

  answer(SUGGEST, requests.Suggest, async (params) => {
    try {
      return await suggest(params, folders, gates);
    } catch (error) {
      return { verdict: 'closed', cause: sentenceOf(error) };
    } finally {
      void tellIfClosed();
    }
  });
  answer(REVIEW, requests.OneHold, ({ hold }) =>
    hold.startsWith(BUFFER) ? reviewBuffer(hold.slice(BUFFER.length)) : decisions.review(hold),
  );
  answer(HOLD_TEXTS, requests.OneHold, ({ hold }) => decisions.texts(hold));
  answer(ACKNOWLEDGE, requests.Acknowledge, (params) => afterwards(decisions.acknowledge(params)));
  answer(APPLIED, requests.Applied, (params) => afterwards(decisions.applied(params)));
  answer(DISCARD, requests.ManyHolds, ({ holds: ids }) => afterwards(decisions.discard(ids)));
  answer(UNDO_DISCARD, requests.OneHold, ({ hold }) => afterwards(decisions.undoDiscard(hold)));
  answer(ROLL_BACK, requests.RollBack, (params) => afterwards(decisions.rollBack(params)));
  answer(ROLL_BACK_FILES, requests.OneDecision, ({ id }) => decisions.rollBackFiles(id));
  answer(DECISIONS, requests.Nothing, async () => {
    const opened = await gates.of(anyFolder());
    return { decisions: opened.ok ? await decisionsOf(opened.gate.ledger, folders) : [] };
  });
  answer(VERIFY_LOG, requests.Nothing, () => verifiedLog(join(stateFolder, 'log'), keysFolder));
  answer(ENROL, requests.Enrol, async ({ publicKey }): Promise<EnrolResult> => {
    const opened = await gates.of(anyFolder());
    if (!opened.ok) return opened;
    const trusted = await trustKey(opened.gate.ledger, keysFolder, publicKey);
    if (!trusted.ok) return { ok: false, problem: trusted.problem.message };
    keyId = trusted.keyId;
    gates.forget();
    return trusted;
  });

  documents.listen(connection);
  connection.listen();

  /** Checks what came in, then answers; what must never happen becomes one sentence for the person, and no stack. */
  function answer<S extends GenericSchema, R extends object>(
    method: string,
    schema: S,
    handle: (params: InferOutput<S>) => R | Promise<R>,
  ): void {
    const respond = async (params: unknown): Promise<R> => {
      const given = requests.checked(schema, params, method);
      if (!given.ok) throw invalid(given.problem);
      try {
        return await handle(given.value);
      } catch (error) {
        throw new ResponseError(ErrorCodes.InternalError, sentenceOf(error));
      }
    };
    connection.onRequest(method, respond as GenericRequestHandler<unknown, unknown>);
  }

  /** A decision changes what is held and what is accepted: everyone sees it at once, not at the next look of the watch. */
  async function afterwards<R>(result: Promise<R>): Promise<R> {
    try {
      return await result;
    } finally {
      tellHolds();
    }
  }

  function foldersChanged({ added, removed }: WorkspaceFoldersChangeEvent): void {
    const gone = removed.map(({ uri }) => fileOf(uri));
    folders = [...folders.filter((folder) => !gone.includes(folder)), ...added.flatMap(({ uri }) => fileOf(uri) ?? [])];
    tellHolds();
  }

  function tellHolds(): void {
    holds = holdsFor(stateFolder, folders);
    void connection.sendNotification(HOLDS_CHANGED, { holds: holds.map(itemOf) } satisfies HoldsChangedParams).catch(() => undefined);
    watched.lookAgain();
  }

  async function tellIfClosed(): Promise<void> {
    const opened = await gates.of(anyFolder());
    const cause = opened.ok ? opened.gate.closedBecause : opened.problem;
    if (cause === undefined) told.clear();
    if (cause === undefined || told.has(cause)) return;
    told.add(cause);
    // A notification: the request behind `window.showErrorMessage` fails where an editor has no answer to it.
    const params: ShowMessageParams = { type: MessageType.Error, message: `Countersign is closed: ${cause}` };
    await connection.sendNotification(ShowMessageNotification.type, params).catch(() => undefined);
  }

  /** Makes a hold of what is in a document already, so that a person can put their name to it. */
  async function reviewBuffer(uri: string): Promise<ReviewResult> {
    const place = placeOf(uri, folders);
    const texts = await watched.texts(uri);
    if (place === undefined || texts === undefined) return { ok: false, problem: 'Open the file first.' };
    const opened = await gates.of(place.workspace);
    if (!opened.ok) return opened;
    const { baseline: before, text: after, provenance } = texts;
    // What a person types is never held by itself; here that person asks for a review.
    const inFile: Provenance =
      provenance.channel === 'typed' ? { channel: 'typed', certainty: 'observed' } : { ...provenance, channel: 'disk' };
    const outcome = await review(
      { workspace: place.workspace, edits: [{ path: place.path, before, after, provenance: inFile }] },
      opened.gate,
    );
    tellHolds();
    if ('hold' in outcome) return decisions.review(outcome.hold.id);
    return { ok: false, problem: outcome.verdict === 'closed' ? outcome.cause : 'Nothing in this file needs a review.' };
  }

  async function askForSignature(params: { readonly nonce: string; readonly bytes: string }): Promise<InferOutput<typeof requests.Signed>> {
    const signed = requests.checked(requests.Signed, await connection.sendRequest<unknown>(SIGN, params), SIGN);
    if (!signed.ok) throw new Error(signed.problem);
    return signed.value;
  }

  function publish(view: View): void {
    const places = placesIn(view);
    const diagnostics = view.notices.map((notice) => diagnosticOf(notice, places));
    void connection.sendDiagnostics({ uri: view.uri, version: view.version, diagnostics }).catch(() => undefined);
    // After a change of text the editor asks by itself.
    const again = lensVersions.get(view.uri) === view.version;
    lensVersions.set(view.uri, view.version);
    if (refreshesLenses && again) void connection.sendRequest(CodeLensRefreshRequest.type).catch(() => undefined);
  }

  function anyFolder(): string {
    return folders[0] ?? process.cwd();
  }
}

function foldersOf(params: InitializeParams): readonly string[] {
  // Editors without folders of their own still send the older root.
  const roots = params.workspaceFolders?.map(({ uri }) => uri) ?? (params.rootUri ? [params.rootUri] : []);
  return roots.flatMap((uri) => fileOf(uri) ?? []);
}

function invalid(problem: string): ResponseError {
  return new ResponseError(ErrorCodes.InvalidParams, problem);
}

function sentenceOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
