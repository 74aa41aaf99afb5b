import { pathToFileURL } from 'node:url';
import {
  CodeLensRefreshRequest,
  MessageType,
  ShowMessageNotification,
  TextDocuments,
  TextDocumentSyncKind,
  type Connection,
  type Diagnostic,
  type InitializeParams,
  type ShowMessageParams,
  type WorkspaceFoldersChangeEvent,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { Hold } from '../../gate/types.ts';
import {
  DISK_CHANGED,
  DISK_FILES,
  DISK_UNREADABLE,
  GATE_CHANGED,
  HOLDS_CHANGED,
  REQUESTS_CHANGED,
  type ClosedGate,
  type DiskUnreadableParams,
  type GateChangedParams,
  type HoldsChangedParams,
  type RequestsChangedParams,
} from '../../protocol.ts';
import { REVERT_COMMAND } from './code-lens.ts';
import { diagnosticOf, placesIn } from './converters.ts';
import { DiskWrites } from './disk/disk-writes.ts';
import { serveDecisions } from './decision-requests.ts';
import { serveDocuments } from './document-features.ts';
import { fileOf } from './documents/places.ts';
import { WatchedDocuments, type View } from './documents/watched.ts';
import { GateHealth } from './gate-health.ts';
import { Gates, type GatesOptions } from './gates.ts';
import { holdsFor, itemOf } from './held.ts';
import { ApprovalsWatch } from './approvals-watch.ts';
import { RequestsWatch } from './approvals/requests-watch.ts';
import { HoldsWatch } from './holds-watch.ts';
import { PackDocuments } from './packs/pack-documents.ts';
import { policyKind } from './policies/policy-kind.ts';
import * as requests from './requests.ts';
import { serveToolCalls } from './tool-calls.ts';

/** Answers an editor until it says exit. The one place where the protocol, the documents and the gate meet. */
export function serve(connection: Connection, options: GatesOptions): void {
  const { stateFolder, now } = options;
  const documents = new TextDocuments(TextDocument);
  const gates = new Gates(options);
  let folders: readonly string[] = [];
  let holds: readonly Hold[] = [];
  let commands = false;
  let showsGates = false;
  let refreshesLenses = false;
  let foldersChange = false;
  let registersCompletion = false;
  let watch: HoldsWatch | undefined;
  let approvals: ApprovalsWatch | undefined;
  let health: GateHealth | undefined;
  let requested: RequestsWatch | undefined;
  let told: ReadonlySet<string> = new Set();
  /** By URI: the version whose lenses the editor was last told of. */
  const lensVersions = new Map<string, number>();
  /** By URI: what is said of a text's risks, and of a rule pack as such. The editor takes both together. */
  const said = { risks: new Map<string, readonly Diagnostic[]>(), pack: new Map<string, readonly Diagnostic[]>() };

  const watched = new WatchedDocuments({ gates, folders: () => folders, holds: () => holds, now, publish });
  const policies = policyKind({ folders: () => folders, stateFolder, now });
  const packs = new PackDocuments(connection, {
    documents,
    more: [policies],
    publish: (uri, version, found) => tell(said.pack, uri, version, found),
  });
  const diskWrites = new DiskWrites({
    stateFolder,
    gates,
    folders: () => folders,
    now,
    openText: (file) => documents.get(pathToFileURL(file).href)?.getText(),
    held: tellHolds,
    unreadable: (files) => {
      const params: DiskUnreadableParams = { files: files.map(({ file, cause }) => ({ uri: pathToFileURL(file).href, cause })) };
      void connection.sendNotification(DISK_UNREADABLE, params).catch(() => undefined);
    },
  });
  serveDocuments(connection, { documents, watched, commands: () => commands });
  const keyId = serveDecisions(connection, {
    stateFolder,
    now,
    actor: options.actor,
    gates,
    folders: () => folders,
    anyFolder,
    watched,
    diskWrites,
    health: () => health,
    requests: () => requested,
    tellHolds,
  });

  const shown = (file: string): string | undefined =>
    documents
      .all()
      .find(({ uri }) => fileOf(uri) === file)
      ?.getText();
  serveToolCalls(connection, { stateFolder, now, gates, folders: () => folders, shown, tellHolds });

  connection.onInitialize((params) => {
    folders = foldersOf(params);
    const given = requests.checked(requests.Options, params.initializationOptions ?? {}, 'initialize');
    if (given.ok) {
      gates.holdFrom(given.value.minimumSeverity);
      commands = given.value.commands ?? params.initializationOptions !== undefined;
      showsGates = given.value.showsGates === true;
    }
    foldersChange = params.capabilities.workspace?.workspaceFolders === true;
    registersCompletion = params.capabilities.textDocument?.completion?.dynamicRegistration === true;
    refreshesLenses = params.capabilities.workspace?.codeLens?.refreshSupport === true;
    return {
      capabilities: {
        textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: true },
        hoverProvider: true,
        codeLensProvider: { resolveProvider: false },
        codeActionProvider: { codeActionKinds: ['quickfix'] },
        ...(registersCompletion ? {} : { completionProvider: {} }),
        executeCommandProvider: { commands: [REVERT_COMMAND] },
        workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
      },
      serverInfo: { name: 'Countersign' },
    };
  });

  connection.onInitialized(() => {
    watch = new HoldsWatch(stateFolder, tellHolds);
    approvals = new ApprovalsWatch(stateFolder, {
      gates,
      anyFolder,
      taken: (sentences) => {
        tellHolds();
        for (const sentence of sentences) say(MessageType.Info, sentence);
      },
      refused: (problem) => say(MessageType.Warning, problem),
    });
    health = new GateHealth({ stateFolder, gates, folders: gateFolders, tell: tellGates });
    requested = new RequestsWatch({ gates, folders: gateFolders, keyId, tell: tellRequests });
    tellHolds();
    if (registersCompletion) void packs.offerCompletion(connection);
    if (foldersChange) connection.workspace.onDidChangeWorkspaceFolders(foldersChanged);
    void health.look();
    void requested.look();
  });

  documents.onDidSave(({ document }) => diskWrites.saved(document.uri, document.getText()));
  connection.onNotification(DISK_FILES, (params: unknown) => {
    const given = requests.checked(requests.DiskFiles, params, DISK_FILES);
    if (given.ok) diskWrites.files(given.value.folder, given.value.uris, given.value.last);
  });
  connection.onNotification(DISK_CHANGED, (params: unknown) => {
    const given = requests.checked(requests.DiskChanged, params, DISK_CHANGED);
    if (given.ok) diskWrites.changed(given.value.uris);
  });

  connection.onShutdown(() => {
    diskWrites.close();
    watch?.close();
    approvals?.close();
    requested?.close();
    health?.close();
    watched.close();
    packs.close();
  });

  documents.listen(connection);
  connection.listen();

  function foldersChanged({ added, removed }: WorkspaceFoldersChangeEvent): void {
    const gone = removed.map(({ uri }) => fileOf(uri));
    folders = [...folders.filter((folder) => !gone.includes(folder)), ...added.flatMap(({ uri }) => fileOf(uri) ?? [])];
    diskWrites.foldersChanged();
    tellHolds();
    void health?.look();
  }

  function tellHolds(): void {
    holds = holdsFor(stateFolder, folders);
    diskWrites.holdsChanged(holds);
    void connection.sendNotification(HOLDS_CHANGED, { holds: holds.map(itemOf) } satisfies HoldsChangedParams).catch(() => undefined);
    watched.lookAgain();
    void requested?.look();
  }

  function tellRequests(waiting: RequestsChangedParams['requests']): void {
    void connection.sendNotification(REQUESTS_CHANGED, { requests: waiting } satisfies RequestsChangedParams).catch(() => undefined);
  }

  function tellGates(closed: readonly ClosedGate[]): void {
    void connection.sendNotification(GATE_CHANGED, { closed } satisfies GateChangedParams).catch(() => undefined);
    watched.lookAgain();
    // Our own client says it with a way to the file; every other editor can show a message.
    if (showsGates) return;
    for (const { cause } of closed.filter((gate) => !told.has(gate.cause))) say(MessageType.Error, `Countersign is closed: ${cause}`);
    told = new Set(closed.map(({ cause }) => cause));
  }

  /** A notification: the request behind `window.showErrorMessage` fails where an editor has no answer to it. */
  function say(type: MessageType, message: string): void {
    const params: ShowMessageParams = { type, message };
    void connection.sendNotification(ShowMessageNotification.type, params).catch(() => undefined);
  }

  function publish(view: View): void {
    const places = placesIn(view);
    const diagnostics = view.notices.map((notice) => diagnosticOf(notice, places));
    tell(said.risks, view.uri, view.version, diagnostics);
    // After a change of text the editor asks by itself.
    const again = lensVersions.get(view.uri) === view.version;
    lensVersions.set(view.uri, view.version);
    if (refreshesLenses && again) void connection.sendRequest(CodeLensRefreshRequest.type).catch(() => undefined);
  }

  function tell(kind: Map<string, readonly Diagnostic[]>, uri: string, version: number, found: readonly Diagnostic[]): void {
    if (found.length === 0) kind.delete(uri);
    else kind.set(uri, found);
    const diagnostics = [...(said.risks.get(uri) ?? []), ...(said.pack.get(uri) ?? [])];
    void connection.sendDiagnostics({ uri, version, diagnostics }).catch(() => undefined);
  }

  function gateFolders(): readonly string[] {
    return folders.length === 0 ? [anyFolder()] : folders;
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
