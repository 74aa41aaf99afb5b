import * as vscode from 'vscode';
import type { ErrorHandler, LanguageClient, LanguageClientOptions } from 'vscode-languageclient/node';
import {
  DISK_UNREADABLE,
  GATE_CHANGED,
  HOLDS_CHANGED,
  REQUESTS_CHANGED,
  SIGN,
  type ClosedGate,
  type DiskUnreadableParams,
  type GateChangedParams,
  type HoldItem,
  type HoldsChangedParams,
  type RequestItem,
  type RequestsChangedParams,
  type SignParams,
  type SignResult,
} from '../server/protocol.ts';
import { causeOf } from './sentences.ts';
import type { Requests } from './server-requests.ts';
import { WATCHED_DOCUMENTS } from './watched-documents.ts';

/** `down`: it was started and is not running now. */
export type ServerState = { readonly kind: 'fine' } | { readonly kind: 'down'; readonly cause: string };

/** After an end that nobody asked for, the server is started again: at once, then after ever longer, in milliseconds. */
const AGAIN_MS = [100, 1_000, 5_000, 15_000, 60_000] as const;
/** A server that ran this long counts as one that runs, in milliseconds. */
const STEADY_MS = 60_000;

/** The language server, started by the first one who needs it and again when it ends. Holds the last list of holds it told. */
export class ServerConnection implements vscode.Disposable {
  readonly #module: string;
  readonly #sign: (params: SignParams) => Promise<SignResult>;
  readonly #holdsChanged = new vscode.EventEmitter<readonly HoldItem[]>();
  readonly #requestsChanged = new vscode.EventEmitter<readonly RequestItem[]>();
  readonly #gatesChanged = new vscode.EventEmitter<readonly ClosedGate[]>();
  readonly #unreadable = new vscode.EventEmitter<DiskUnreadableParams>();
  readonly #started = new vscode.EventEmitter<void>();
  readonly #state = new vscode.EventEmitter<ServerState>();
  #output: vscode.LogOutputChannel | undefined;
  #client: Promise<LanguageClient> | undefined;
  #holds: readonly HoldItem[] = [];
  #ends = 0;
  #startedAt = 0;
  #again: NodeJS.Timeout | undefined;
  #disposed = false;

  /** Fires after every change of the holds, also with the first list. */
  readonly onHolds = this.#holdsChanged.event;
  /** What waits for a second person. */
  readonly onRequests = this.#requestsChanged.event;
  readonly onGates = this.#gatesChanged.event;
  readonly onUnreadable = this.#unreadable.event;
  readonly onStarted = this.#started.event;
  readonly onState = this.#state.event;

  constructor(module: string, sign: (params: SignParams) => Promise<SignResult>) {
    this.#module = module;
    this.#sign = sign;
  }

  get holds(): readonly HoldItem[] {
    return this.#holds;
  }

  start(): Promise<LanguageClient> {
    clearTimeout(this.#again);
    this.#client ??= this.#launch().catch((error: unknown) => {
      this.#ended(causeOf(error));
      throw error;
    });
    return this.#client;
  }

  async request<M extends keyof Requests>(method: M, params: Requests[M][0]): Promise<Requests[M][1]> {
    const client = await this.start();
    return client.sendRequest<Requests[M][1]>(method, params);
  }

  async notify(method: string, params: object): Promise<void> {
    const client = await this.start();
    await client.sendNotification(method, params);
  }

  showOutput(): void {
    this.#output?.show();
  }

  dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#again);
    void this.#client?.then((client) => client.stop()).catch(() => undefined);
    const events = [this.#holdsChanged, this.#requestsChanged, this.#gatesChanged, this.#unreadable, this.#started, this.#state];
    for (const owned of [...events, this.#output]) owned?.dispose();
  }

  async #launch(): Promise<LanguageClient> {
    // Loaded here, so that a window that never needs the server does not pay for its client.
    const { CloseAction, ErrorAction, LanguageClient: Client, TransportKind } = await import('vscode-languageclient/node');
    this.#output ??= vscode.window.createOutputChannel('Countersign', { log: true });
    const run = { module: this.#module, transport: TransportKind.ipc };
    // What went wrong is said by this extension, with what to do; and it starts the server again itself, for as long as it takes.
    const errorHandler: ErrorHandler = {
      error: () => ({ action: ErrorAction.Continue, handled: true }),
      closed: () => {
        void this.#closed(client);
        return { action: CloseAction.DoNotRestart, handled: true };
      },
    };
    const options = { ...this.#options(), outputChannel: this.#output, errorHandler };
    const client = new Client('countersign', 'Countersign', { run, debug: run }, options);
    client.onNotification(HOLDS_CHANGED, ({ holds }: HoldsChangedParams) => {
      this.#holds = holds;
      this.#holdsChanged.fire(holds);
    });
    client.onNotification(REQUESTS_CHANGED, ({ requests }: RequestsChangedParams) => this.#requestsChanged.fire(requests));
    client.onNotification(GATE_CHANGED, ({ closed }: GateChangedParams) => this.#gatesChanged.fire(closed));
    client.onNotification(DISK_UNREADABLE, (params: DiskUnreadableParams) => this.#unreadable.fire(params));
    client.onRequest(SIGN, (params: SignParams) => this.#sign(params));
    this.#startedAt = Date.now();
    await client.start();
    this.#state.fire({ kind: 'fine' });
    this.#started.fire();
    return client;
  }

  #options(): LanguageClientOptions {
    const settings = () => vscode.workspace.getConfiguration('countersign');
    return {
      documentSelector: WATCHED_DOCUMENTS,
      diagnosticCollectionName: 'countersign',
      initializationOptions: { minimumSeverity: settings().get('hold.minimumSeverity'), commands: true, showsGates: true },
      markdown: { isTrusted: { enabledCommands: ['countersign.review.next', 'countersign.review.discard'] }, supportHtml: false },
      middleware: {
        window: {
          showDocument: async (params, token, next) => ((await isReachable(params.uri)) ? next(params, token) : { success: false }),
        },
        provideCodeLenses: (document, token, next) => (settings().get<boolean>('codeLens.enabled', true) ? next(document, token) : []),
      },
      initializationFailedHandler: () => false,
    };
  }

  async #closed(client: LanguageClient): Promise<void> {
    // One that ends before it has started has failed to start, which `start` sees.
    const current = await this.#client?.catch(() => undefined);
    if (current === client) this.#ended('it ended unexpectedly');
  }

  #ended(cause: string): void {
    this.#client = undefined;
    if (this.#disposed) return;
    if (Date.now() - this.#startedAt > STEADY_MS) this.#ends = 0;
    const wait = AGAIN_MS[Math.min(this.#ends, AGAIN_MS.length - 1)];
    this.#ends += 1;
    this.#state.fire({ kind: 'down', cause });
    clearTimeout(this.#again);
    this.#again = setTimeout(() => void this.start().catch(ignored), wait);
  }
}

/**
 * The page of a security key counts only under its own address. Where the editor's server is on another computer, the browser
 * may get it under another one, and every signature there would be refused: it is said instead of tried.
 */
async function isReachable(uri: string): Promise<boolean> {
  const own = vscode.Uri.parse(uri);
  if (own.authority.split(':')[0] !== 'localhost') return true;
  const theirs = await vscode.env.asExternalUri(own);
  if (theirs.authority === own.authority) return true;
  void vscode.window.showErrorMessage(
    'This editor runs on another computer than your browser, so a security key cannot be used on its page. Use the desktop editor, or an SSH key of type ed25519-sk on the command line there.',
  );
  return false;
}

/** What failed is told by `onState`. */
function ignored(): void {}
