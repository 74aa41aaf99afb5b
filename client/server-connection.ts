import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
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
  type AcknowledgeParams,
  type AcknowledgeResult,
  type AppliedParams,
  type AppliedResult,
  type DecisionsResult,
  type DiscardParams,
  type DiscardResult,
  type EnrolParams,
  type EnrolResult,
  type HoldItem,
  type HoldsChangedParams,
  type HoldTextsParams,
  type HoldTextsResult,
  type ReviewParams,
  type ReviewResult,
  type RollBackFilesParams,
  type RollBackFilesResult,
  type RollBackParams,
  type RollBackResult,
  type SignParams,
  type SignResult,
  type SuggestParams,
  type SuggestResult,
  type UndoDiscardParams,
  type VerifyLogResult,
} from '../server/protocol.ts';
import { causeOf } from './sentences.ts';

/** The languages whose text can hold what the engine reads. */
export const WATCHED_LANGUAGES: readonly string[] = ['json', 'jsonc'];

/** Every request to the server: its parameters and its answer. */
type Requests = {
  readonly [SUGGEST]: [SuggestParams, SuggestResult];
  readonly [REVIEW]: [ReviewParams, ReviewResult];
  readonly [HOLD_TEXTS]: [HoldTextsParams, HoldTextsResult];
  readonly [ACKNOWLEDGE]: [AcknowledgeParams, AcknowledgeResult];
  readonly [APPLIED]: [AppliedParams, AppliedResult];
  readonly [DISCARD]: [DiscardParams, DiscardResult];
  readonly [UNDO_DISCARD]: [UndoDiscardParams, DiscardResult];
  readonly [DECISIONS]: [Record<string, never>, DecisionsResult];
  readonly [ROLL_BACK]: [RollBackParams, RollBackResult];
  readonly [ROLL_BACK_FILES]: [RollBackFilesParams, RollBackFilesResult];
  readonly [VERIFY_LOG]: [Record<string, never>, VerifyLogResult];
  readonly [ENROL]: [EnrolParams, EnrolResult];
};

/** The language server, started by the first one who needs it. Holds the last list of holds it told. */
export class ServerConnection implements vscode.Disposable {
  readonly #module: string;
  readonly #sign: (params: SignParams) => Promise<SignResult>;
  readonly #holdsChanged = new vscode.EventEmitter<readonly HoldItem[]>();
  readonly #started = new vscode.EventEmitter<void>();
  #client: Promise<LanguageClient> | undefined;
  #holds: readonly HoldItem[] = [];

  /** Fires after every change of the holds, also with the first list. */
  readonly onHolds = this.#holdsChanged.event;
  readonly onStarted = this.#started.event;

  constructor(module: string, sign: (params: SignParams) => Promise<SignResult>) {
    this.#module = module;
    this.#sign = sign;
  }

  get holds(): readonly HoldItem[] {
    return this.#holds;
  }

  start(): Promise<LanguageClient> {
    this.#client ??= this.#launch().catch((error: unknown) => {
      // The next one who asks tries again.
      this.#client = undefined;
      throw error;
    });
    return this.#client;
  }

  async request<M extends keyof Requests>(method: M, params: Requests[M][0]): Promise<Requests[M][1]> {
    const client = await this.start();
    return client.sendRequest<Requests[M][1]>(method, params);
  }

  dispose(): void {
    void this.#client?.then((client) => client.stop()).catch(() => undefined);
    this.#holdsChanged.dispose();
    this.#started.dispose();
  }

  async #launch(): Promise<LanguageClient> {
    // Loaded here, so that a window that never needs the server does not pay for its client.
    const { LanguageClient: Client, TransportKind } = await import('vscode-languageclient/node');
    const run = { module: this.#module, transport: TransportKind.ipc };
    const client = new Client(
      'countersign',
      'Countersign',
      { run, debug: run },
      {
        documentSelector: ['file', 'untitled'].flatMap((scheme) => WATCHED_LANGUAGES.map((language) => ({ scheme, language }))),
        diagnosticCollectionName: 'countersign',
        initializationOptions: {
          minimumSeverity: vscode.workspace.getConfiguration('countersign').get('hold.minimumSeverity'),
          commands: true,
        },
        markdown: { isTrusted: { enabledCommands: ['countersign.review.next', 'countersign.review.discard'] }, supportHtml: false },
        middleware: {
          provideCodeLenses: (document, token, next) =>
            vscode.workspace.getConfiguration('countersign').get<boolean>('codeLens.enabled', true) ? next(document, token) : [],
        },
      },
    );
    client.onNotification(HOLDS_CHANGED, ({ holds }: HoldsChangedParams) => {
      this.#holds = holds;
      this.#holdsChanged.fire(holds);
    });
    client.onRequest(SIGN, (params: SignParams) => this.#sign(params));
    await client.start();
    this.#started.fire();
    return client;
  }
}

/**
 * May this be applied? Never throws and never waits for ever. When the server fails or does not answer, the gate is closed
 * for what may be an access rule or may govern an agent, and open for other files.
 */
export async function askGate(connection: ServerConnection, params: SuggestParams): Promise<SuggestResult> {
  let timer: NodeJS.Timeout | undefined;
  const failed = (cause: string): SuggestResult => (mayMatter(params) ? { verdict: 'closed', cause } : { verdict: 'allow' });
  const late = new Promise<SuggestResult>((resolve) => {
    timer = setTimeout(() => resolve(failed('it took longer than ten seconds')), 10_000);
  });
  try {
    return await Promise.race([connection.request(SUGGEST, params), late]);
  } catch (error) {
    return failed(causeOf(error));
  } finally {
    clearTimeout(timer);
  }
}

/** A coarse look, for when nobody can look properly: words of access rules, also spelled with escapes, and folders that govern agents and editors. */
function mayMatter({ uri, after }: SuggestParams): boolean {
  return /statement|effect|principal|\\u00/i.test(after) || /\/\.[^/]+\/|settings|mcp|policy|iam|role/i.test(uri);
}
