import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openGate } from '../../server/gate/open.ts';
import type { GateContext } from '../../server/gate/types.ts';
import { newPersonKey, personSigner, trustKey } from '../../server/ledger/keys.ts';
import type { Signer } from '../../server/ledger/types.ts';
import { REPOSITORY } from '../support/repository.ts';

/** The bundles as they ship: built by `npm run build`. */
export const DIST = join(REPOSITORY, 'dist');
const FIXTURES = join(REPOSITORY, 'test', 'fixtures', 'hook', 'claude-code');

export const POLICY = readFileSync(join(FIXTURES, 'policy.json'), 'utf8');
export const ROLE = '"Principal": { "AWS": "arn:aws:iam::447109320118:role/app-reader" }';
export const EVERYONE = '"Principal": "*"';
export const OPENED = POLICY.replace(ROLE, EVERYONE);

export type Payload = { tool_name?: unknown; tool_input?: Record<string, unknown>; [key: string]: unknown };
export type Ran = { readonly code: number | null; readonly stdout: string; readonly stderr: string; readonly milliseconds: number };

/** A workspace with one policy, a state folder of its own, and the means to run what ships there. */
export class Scene {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'countersign-scene-')));
  readonly workspace = join(this.folder, 'workspace');
  readonly state = join(this.folder, 'state');
  readonly home = join(this.folder, 'home');

  constructor() {
    mkdirSync(join(this.workspace, '.git'), { recursive: true });
    mkdirSync(this.home);
    this.write('policy.json', POLICY);
    cpSync(join(FIXTURES, 'transcript.jsonl'), join(this.workspace, 'transcript.jsonl'));
  }

  write(path: string, text: string | Uint8Array): string {
    const file = join(this.workspace, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  }

  /** The user's own policy, below the scene's home. Gives the file. */
  writeUserPolicy(text: string): string {
    const file = join(this.home, '.config', 'countersign', 'policy.yaml');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  }

  read(path: string): string {
    return readFileSync(join(this.workspace, path), 'utf8');
  }

  payload(name: string): Payload {
    const fill = (value: unknown): unknown => {
      if (typeof value === 'string') return value.replaceAll('{{workspace}}', this.workspace).replaceAll('{{original}}', POLICY);
      if (Array.isArray(value)) return value.map(fill);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fill(inner)]));
    };
    const payload: Payload = JSON.parse(JSON.stringify(fill(JSON.parse(readFileSync(join(FIXTURES, `${name}.json`), 'utf8')))));
    return payload;
  }

  edit(path: string, from: string, to: string): Payload {
    return { ...this.payload('pre-edit'), tool_input: { file_path: join(this.workspace, path), old_string: from, new_string: to } };
  }

  create(path: string, content: unknown): Payload {
    return { ...this.payload('pre-write'), tool_input: { file_path: join(this.workspace, path), content } };
  }

  hook(payload: unknown, options: RunOptions = {}): Promise<Ran> {
    const input = typeof payload === 'string' || payload instanceof Uint8Array ? payload : JSON.stringify(payload);
    return this.run('hook.js', ['claude-code'], { input, ...options });
  }

  cli(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    return this.run('cli.js', args, options);
  }

  run(bundle: string, args: readonly string[], options: RunOptions): Promise<Ran> {
    return new Promise((resolve, reject) => {
      const started = performance.now();
      const child = spawn(process.execPath, [join(DIST, bundle), ...args], { cwd: this.workspace, env: this.env(options.env) });
      const out: Buffer[] = [];
      const err: Buffer[] = [];
      child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
      child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
      child.on('error', reject);
      child.on('close', (code) =>
        resolve({
          code,
          stdout: Buffer.concat(out).toString('utf8'),
          stderr: Buffer.concat(err).toString('utf8'),
          milliseconds: performance.now() - started,
        }),
      );
      // It may end before it has read everything.
      child.stdin.on('error', () => {});
      child.stdin.write(options.input ?? '');
      if (options.keepOpen !== true) child.stdin.end();
    });
  }

  env(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
    const { CLAUDE_PROJECT_DIR: _, XDG_CONFIG_HOME: __, ...inherited } = process.env;
    return { ...inherited, HOME: this.home, COUNTERSIGN_STATE: this.state, ...more };
  }

  /** The gate as the editor opens it, with a person's key that is trusted. */
  async person(): Promise<{ readonly gate: GateContext; readonly signer: Signer }> {
    const opened = await openGate({
      workspace: this.workspace,
      stateFolder: this.state,
      now: () => new Date(),
      actor: { user: 'tester', host: 'test', process: 'test' },
      outOfTime: () => false,
      userPolicy: join(this.home, 'none.yaml'),
    });
    if (!opened.ok) throw new Error(opened.problem);
    const key = newPersonKey();
    const trusted = await trustKey(opened.gate.ledger, join(this.state, 'keys'), key.publicKeyPem);
    if (!trusted.ok) throw new Error(trusted.problem.message);
    return { gate: opened.gate, signer: personSigner(key.privateKeyPem) };
  }

  /** For what tries many ways, one after the other: the user's policy lets the breaker wait. */
  patient(): this {
    const folder = join(this.home, '.config', 'countersign');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'policy.yaml'), 'breaker: { held: 1000, retries: 1000 }\n');
    return this;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export type RunOptions = {
  readonly input?: string | Uint8Array;
  readonly keepOpen?: boolean;
  readonly env?: NodeJS.ProcessEnv;
};
