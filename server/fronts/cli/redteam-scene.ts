import { spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { openGate } from '../../gate/open.ts';
import { roomFolder, stateFolder, userPolicyFile } from '../../gate/state-folder.ts';
import type { GateContext } from '../../gate/types.ts';
import { AGENTS } from '../hooks/agents.ts';
import { actorOf } from '../actor.ts';
import { commandOf } from './init.ts';
import { LAUNCHER, launcherText } from './launcher.ts';

/** What the user has set up: the cases are played against the same program, policy layers, packs and accepted rules. */
export type Installation = {
  /** Folder of the bundles. */
  readonly product: string;
  readonly env: NodeJS.ProcessEnv;
  /** The workspace whose policy and packs count. */
  readonly workspace: string;
  /** V8's compiled code, kept from one case to the next. */
  readonly compiled: string;
};

export type Ran = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** The nearest folder above that has a policy or is a repository. */
export function workspaceAbove(cwd: string): string {
  for (let at = cwd; ; at = dirname(at)) {
    if (existsSync(join(at, '.git')) || existsSync(join(at, '.countersign'))) return at;
    if (dirname(at) === at) return cwd;
  }
}

/** A throw-away workspace, home and state folder, in which the user's policy layers hold. `remove` it afterwards. */
export class RedteamScene {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'countersign-redteam-')));
  readonly workspace = join(this.folder, 'workspace');
  readonly state = join(this.folder, 'state');
  readonly home = join(this.folder, 'home');
  readonly launcher = join(this.state, 'bin', LAUNCHER[process.platform === 'win32' ? 'windows' : 'posix']);
  private readonly installation: Installation;

  constructor(installation: Installation) {
    this.installation = installation;
    for (const folder of [join(this.workspace, '.git'), this.home, dirname(this.launcher), installation.compiled]) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    }
    symlinkSync(installation.compiled, join(this.state, 'compiled'), 'junction');
    const { env, product, workspace } = installation;
    const script = {
      hook: join(product, 'hook.js'),
      node: process.execPath,
      electron: process.versions['electron'] !== undefined,
      state: this.state,
    };
    writeFileSync(this.launcher, launcherText(script));
    chmodSync(this.launcher, 0o700);
    copyIfThere(join(workspace, '.countersign'), join(this.workspace, '.countersign'));
    // Packs that a policy names may lie there.
    if (existsSync(join(workspace, 'node_modules')))
      symlinkSync(join(workspace, 'node_modules'), join(this.workspace, 'node_modules'), 'junction');
    copyIfThere(roomFolder(stateFolder(env, process.platform, env['HOME'] ?? homedir()), 'rules'), roomFolder(this.state, 'rules'));
  }

  /** Starts the hook as the agent would: by the command that init writes into its settings. */
  hook(agent: string, input: string, more: Readonly<Record<string, string>> = {}): Promise<Ran> {
    const command = commandOf(this.launcher, agent, 'user', this.home);
    const [program, args] =
      process.platform === 'win32' ? (['cmd', ['/d', '/c', command]] as const) : (['/bin/sh', ['-c', command]] as const);
    return this.run(program, args, input, more);
  }

  cli(args: readonly string[]): Promise<Ran> {
    return this.run(process.execPath, [join(this.installation.product, 'cli.js'), ...args], '', {});
  }

  async gate(): Promise<GateContext> {
    const opened = await openGate({
      workspace: this.workspace,
      stateFolder: this.state,
      now: () => new Date(),
      actor: actorOf('countersign redteam'),
      outOfTime: () => false,
      userPolicy: this.userPolicy(),
    });
    if (!opened.ok) throw new Error(opened.problem);
    return opened.gate;
  }

  /** What the places in a case's texts stand for. */
  places(): Readonly<Record<string, () => string>> {
    const firstIn = (folder: string): string => {
      const within = join(this.state, folder);
      const names = existsSync(within) ? readdirSync(within).toSorted() : [];
      return names[0]?.replace(/\.json$/, '') ?? '';
    };
    return {
      workspace: () => this.workspace,
      state: () => this.state,
      home: () => this.home,
      product: () => this.installation.product,
      hook: () => this.launcher,
      policy: () => POLICY,
      opened: () => OPENED,
      hold: () => firstIn('holds'),
      acknowledgement: () => firstIn('acknowledgements'),
      big: () => 'x'.repeat(9_000_000),
    };
  }

  fileOf(path: string): string {
    return resolve(this.workspace, path);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private userPolicy(): string {
    const { env } = this.installation;
    return userPolicyFile(env, process.platform, env['HOME'] ?? homedir());
  }

  /** The user's own policy stays where it is; all else of the home folder is the throw-away one. */
  private env(more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
    const projects = new Set(AGENTS.map(({ projectVariable }) => projectVariable));
    const kept = Object.entries(this.installation.env).filter(([name]) => !projects.has(name) && !/^(NODE_OPTIONS|NODE_PATH)$/.test(name));
    const config = dirname(dirname(this.userPolicy()));
    return {
      ...Object.fromEntries(kept),
      HOME: this.home,
      USERPROFILE: this.home,
      ...(process.platform === 'win32' ? { APPDATA: config } : { XDG_CONFIG_HOME: config }),
      COUNTERSIGN_STATE: this.state,
      ...more,
    };
  }

  private run(program: string, args: readonly string[], input: string, more: Readonly<Record<string, string>>): Promise<Ran> {
    return new Promise((done, reject) => {
      const child = spawn(program, args, { cwd: this.workspace, env: this.env(more), windowsVerbatimArguments: true });
      const [out, err]: [Buffer[], Buffer[]] = [[], []];
      child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
      child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
      child.on('error', reject);
      child.on('close', (code) => done({ code, stdout: Buffer.concat(out).toString('utf8'), stderr: Buffer.concat(err).toString('utf8') }));
      // It may end before it has read everything.
      child.stdin.on('error', () => {});
      child.stdin.end(input);
    });
  }
}

function copyIfThere(from: string, to: string): void {
  if (existsSync(from)) cpSync(from, to, { recursive: true });
}

/** One role may assume; then everybody. */
export const POLICY = `{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": { "AWS": "arn:aws:iam::447109320118:role/app-reader" },
      "Action": "sts:AssumeRole"
    }
  ]
}
`;
export const OPENED = POLICY.replace('{ "AWS": "arn:aws:iam::447109320118:role/app-reader" }', '"*"');
