import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import assert from 'node:assert/strict';
import { createMessageConnection, StreamMessageReader, StreamMessageWriter, type MessageConnection } from 'vscode-jsonrpc/node';
import { GATE_CHANGED, HOLDS_CHANGED, SIGN, type ClosedGate, type HoldItem, type SignParams } from '../../server/protocol.ts';
import { newPersonKey, personSigner } from '../../server/ledger/keys.ts';
import { REPOSITORY } from '../support/repository.ts';

export type Range = { readonly start: { line: number; character: number }; readonly end: { line: number; character: number } };
export type Diagnostic = {
  readonly range: Range;
  readonly severity: number;
  readonly message: string;
  readonly code?: string;
  readonly data?: Record<string, unknown>;
};

/** A client of the built server over standard input and output, that knows nothing but JSON-RPC. */
export type Client = {
  readonly workspace: string;
  readonly stateFolder: string;
  readonly rpc: MessageConnection;
  readonly process: ChildProcess;
  readonly uri: (path: string) => string;
  readonly write: (path: string, text: string) => void;
  readonly commit: () => void;
  readonly open: (path: string, text: string) => void;
  readonly change: (path: string, version: number, text: string) => void;
  readonly save: (path: string) => void;
  /** The newest diagnostics of a file that fulfil `when`. */
  readonly diagnostics: (path: string, when?: (found: readonly Diagnostic[]) => boolean) => Promise<readonly Diagnostic[]>;
  /** `limit`: milliseconds. */
  readonly holds: (when: (holds: readonly HoldItem[]) => boolean, limit?: number) => Promise<readonly HoldItem[]>;
  /** Which gates are closed, when they fulfil `when`. */
  readonly closed: (when: (closed: readonly ClosedGate[]) => boolean) => Promise<readonly ClosedGate[]>;
  readonly request: <R>(method: string, params: unknown) => Promise<R>;
  /** What the server asked to be signed. */
  readonly asked: readonly SignParams[];
  readonly messages: readonly string[];
  readonly applied: unknown[];
  readonly publicKey: string;
  readonly end: () => Promise<number | null>;
};

export async function startClient(
  options: {
    readonly policy?: string;
    readonly env?: NodeJS.ProcessEnv;
    readonly capabilities?: object;
    readonly initializationOptions?: object;
    /** A folder of an earlier client that was kept; it is kept again. */
    readonly folder?: string;
    /** Names of more folders that are open, beside the workspace. */
    readonly moreFolders?: readonly string[];
  } = {},
): Promise<Client> {
  const server = join(REPOSITORY, 'dist/server.js');
  assert.ok(existsSync(server), 'dist/server.js is not built: node .ci/build.mjs');
  const folder = options.folder ?? realpathSync(mkdtempSync(join(tmpdir(), 'countersign-lsp-')));
  const workspace = join(folder, 'workspace');
  const stateFolder = join(folder, 'state');
  mkdirSync(workspace, { recursive: true });
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(workspace, path)), { recursive: true });
    writeFileSync(join(workspace, path), text);
  };
  if (options.policy !== undefined) write('.countersign/policy.yaml', options.policy);
  const child = spawn(process.execPath, [server, '--stdio'], {
    env: { ...process.env, COUNTERSIGN_STATE: stateFolder, XDG_CONFIG_HOME: join(folder, 'config'), HOME: folder, ...options.env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const reader = new StreamMessageReader(child.stdout);
  // What is killed in the middle of a message would be waited for to the end of days.
  reader.partialMessageTimeout = 0;
  const rpc = createMessageConnection(reader, new StreamMessageWriter(child.stdin));
  const published = new Map<string, readonly Diagnostic[]>();
  const applied: unknown[] = [];
  const asked: SignParams[] = [];
  const messages: string[] = [];
  let held: readonly HoldItem[] | undefined;
  let gates: readonly ClosedGate[] = [];
  const key = newPersonKey();
  rpc.onNotification('textDocument/publishDiagnostics', ({ uri, diagnostics }) => void published.set(uri, diagnostics));
  rpc.onNotification(HOLDS_CHANGED, ({ holds }) => void (held = holds));
  rpc.onNotification(GATE_CHANGED, ({ closed }) => void (gates = closed));
  rpc.onNotification('window/showMessage', ({ message }) => void messages.push(message));
  rpc.onNotification('window/logMessage', () => undefined);
  rpc.onRequest('workspace/codeLens/refresh', () => null);
  rpc.onRequest('workspace/applyEdit', (params) => {
    applied.push(params);
    return { applied: true };
  });
  rpc.onRequest(SIGN, async (params: SignParams) => {
    asked.push(params);
    const signature = await personSigner(key.privateKeyPem).sign(Buffer.from(params.bytes, 'base64'));
    return { keyId: key.keyId, signature: Buffer.from(signature).toString('base64') };
  });
  rpc.listen();
  const uri = (path: string): string => pathToFileURL(join(workspace, path)).href;
  const notify = (method: string, params: unknown): void => void rpc.sendNotification(method, params);
  const more = (options.moreFolders ?? []).map((name) => join(folder, name));
  for (const each of more) mkdirSync(each, { recursive: true });
  const workspaceFolders = [workspace, ...more].map((path) => ({ uri: pathToFileURL(path).href, name: path }));
  await rpc.sendRequest('initialize', {
    processId: process.pid,
    rootUri: pathToFileURL(workspace).href,
    ...(more.length === 0 ? {} : { workspaceFolders }),
    ...(options.initializationOptions === undefined ? {} : { initializationOptions: options.initializationOptions }),
    capabilities: options.capabilities ?? {},
  });
  notify('initialized', {});
  return {
    workspace,
    stateFolder,
    rpc,
    process: child,
    uri,
    write,
    commit: () => {
      const git = (...args: string[]): void => void execFileSync('git', args, { cwd: workspace, stdio: 'ignore' });
      git('init', '-q');
      git('add', '-A');
      git('-c', 'user.name=t', '-c', 'user.email=t@example.com', 'commit', '-qm', 'accepted');
    },
    open: (path, text) => notify('textDocument/didOpen', { textDocument: { uri: uri(path), languageId: 'json', version: 1, text } }),
    change: (path, version, text) =>
      notify('textDocument/didChange', { textDocument: { uri: uri(path), version }, contentChanges: [{ text }] }),
    save: (path) => notify('textDocument/didSave', { textDocument: { uri: uri(path) } }),
    diagnostics: (path, when = () => true) =>
      until(
        `diagnostics of ${path}`,
        () => {
          const found = published.get(uri(path));
          return found !== undefined && when(found) ? found : undefined;
        },
        () => JSON.stringify(published.get(uri(path))),
      ),
    holds: (when, limit) =>
      until(
        'holds',
        () => (held !== undefined && when(held) ? held : undefined),
        () => JSON.stringify(held),
        limit,
      ),
    closed: (when) =>
      until(
        'gates',
        () => (when(gates) ? gates : undefined),
        () => JSON.stringify(gates),
      ),
    request: <R>(method: string, params: unknown) => rpc.sendRequest<R>(method, params),
    asked,
    messages,
    applied,
    publicKey: key.publicKeyPem,
    end: async () => {
      const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
      await rpc.sendRequest('shutdown');
      notify('exit', undefined);
      const code = await exit;
      rpc.dispose();
      if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
      return code;
    },
  };
}

export async function until<T>(what: string, look: () => T | undefined, last: () => string = () => '', limit = 8_000): Promise<T> {
  const end = Date.now() + limit;
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`No ${what} within ${limit} ms. Last: ${last()}`);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}
