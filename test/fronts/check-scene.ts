import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import type { TestContext } from 'node:test';
import { checkCommand } from '../../server/fronts/cli/check.ts';
import type { CliIo } from '../../server/fronts/cli/io.ts';
import type { Edit } from '../../server/engine/types.ts';
import { acknowledge } from '../../server/gate/decisions.ts';
import { openGate } from '../../server/gate/open.ts';
import { review } from '../../server/gate/review.ts';
import type { GateContext } from '../../server/gate/types.ts';
import { newPersonKey, personSigner, trustKey } from '../../server/ledger/keys.ts';
import type { Signer } from '../../server/ledger/types.ts';

export type Ran = { readonly code: number; readonly out: string; readonly err: string };

/** A person of the team: a state folder and a key of their own. */
export type Person = { readonly gate: GateContext; readonly signer: Signer; readonly publicKeyPem: string; readonly state: string };

const AUTHOR = {
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.com',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.com',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
};

const ROLE = '{ "AWS": "arn:aws:iam::447109320118:role/app-reader" }';

/** A bucket policy. `who`: the principal as JSON. `actions`: beside reading. */
export function bucketPolicy(who = ROLE, actions: readonly string[] = ['s3:GetObject'], bucket = 'prod-customer-exports'): string {
  const action = actions.map((one) => JSON.stringify(one)).join(', ');
  return [
    '{',
    '  "Version": "2012-10-17",',
    '  "Statement": [',
    '    {',
    '      "Sid": "AppRead",',
    '      "Effect": "Allow",',
    `      "Principal": ${who},`,
    `      "Action": [${action}],`,
    `      "Resource": "arn:aws:s3:::${bucket}/*"`,
    '    }',
    '  ]',
    '}',
    '',
  ].join('\n');
}

export const EVERYONE = '"*"';
export const FILE = 'infra/exports-policy.json';
export const BEFORE = bucketPolicy();
export const AFTER = bucketPolicy(EVERYONE);

/** A real repository on branch main, with one person who may acknowledge. */
export class CheckScene {
  readonly folder: string;
  readonly home: string;
  #date = Date.parse('2026-06-01T00:00:00Z');

  private constructor(context: TestContext) {
    this.home = realpathSync(mkdtempSync(join(tmpdir(), 'countersign-check-test-')));
    context.after(() => rmSync(this.home, { recursive: true, force: true }));
    this.folder = join(this.home, 'repo');
    mkdirSync(this.folder);
  }

  /** main: a closed policy, other files, and Ada's key. Then a branch `work` is checked out. */
  static async begin(context: TestContext): Promise<{ readonly scene: CheckScene; readonly ada: Person }> {
    const scene = new CheckScene(context);
    const ada = await scene.person('ada');
    scene.git('init', '--quiet', '--initial-branch=main');
    scene.write({ [FILE]: BEFORE, 'README.md': 'Shop\n', 'src/main.ts': 'export {};\n', '.countersign/keys/ada.pub': ada.publicKeyPem });
    scene.commit('Begin');
    scene.git('checkout', '--quiet', '-b', 'work');
    return { scene, ada };
  }

  async person(name: string): Promise<Person> {
    const state = join(this.home, `state-${name}`);
    const key = newPersonKey();
    const opened = await openGate({
      workspace: this.folder,
      stateFolder: state,
      now: () => new Date(),
      actor: { user: name, host: 'workbench', process: 'test' },
      outOfTime: () => false,
      userPolicy: join(this.home, 'no-policy.yaml'),
    });
    if (!opened.ok) throw new Error(opened.problem);
    const trusted = await trustKey(opened.gate.ledger, join(state, 'keys'), key.publicKeyPem);
    if (!trusted.ok) throw new Error(trusted.problem.message);
    return { gate: opened.gate, signer: personSigner(key.privateKeyPem), publicKeyPem: key.publicKeyPem, state };
  }

  git(...args: readonly string[]): string {
    this.#date += 60_000;
    const date = new Date(this.#date).toISOString();
    const env = { ...process.env, ...AUTHOR, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
    const ran = spawnSync('git', args, { cwd: this.folder, env, encoding: 'utf8' });
    if (ran.status !== 0) throw new Error(`git ${args.join(' ')}: ${ran.stderr}${ran.stdout}`);
    return ran.stdout.trim();
  }

  write(files: Readonly<Record<string, string | Buffer>>): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.folder, path)), { recursive: true });
      writeFileSync(join(this.folder, path), text);
    }
  }

  read(path: string): string {
    return readFileSync(join(this.folder, path), 'utf8');
  }

  remove(...paths: readonly string[]): void {
    for (const path of paths) rmSync(join(this.folder, path), { recursive: true, force: true });
  }

  commit(message: string): string {
    this.git('add', '--all');
    this.git('commit', '--quiet', '--no-verify', '--allow-empty', '-m', message);
    return this.git('rev-parse', 'HEAD');
  }

  /** Files of acknowledgements in the working tree. */
  acks(): readonly string[] {
    try {
      return readdirSync(join(this.folder, '.countersign/acks')).map((name) => `.countersign/acks/${name}`);
    } catch {
      return [];
    }
  }

  /** An agent's edit is held, the person acknowledges it, the agent writes it. Gives the acknowledgement's file. */
  async acknowledged(
    person: Person,
    path: string,
    before: string,
    after: string,
    more: {
      readonly hours?: number;
      readonly workspace?: string;
      readonly write?: boolean;
      readonly own?: string;
      readonly now?: Date;
    } = {},
  ): Promise<string | undefined> {
    const edit: Edit = {
      path: more.own ?? path,
      before,
      after,
      provenance: {
        channel: 'hook',
        certainty: 'attested',
        agent: { name: 'Claude Code', session: 's-1', toolCall: `t-${Math.random()}` },
      },
    };
    const gate: GateContext = more.now === undefined ? person.gate : { ...person.gate, now: () => more.now ?? new Date() };
    const outcome = await review({ workspace: more.workspace ?? this.folder, edits: [edit] }, gate);
    if (outcome.verdict !== 'acknowledge') throw new Error(`${path}: ${outcome.verdict}`);
    const opened = outcome.assessments[0]?.findings[0]?.opened.name ?? '';
    const known = new Set(this.acks());
    const done = await acknowledge(
      outcome.hold.id,
      {
        reason: { category: 'intended', text: 'The exports are public data since March, see the decision of the board' },
        hours: more.hours ?? 240,
        rollBackLater: false,
        confirmation: { text: opened, how: 'typed' },
      },
      { ...gate, trustedKeys: person.gate.trustedKeys },
      person.signer,
    );
    if (!done.ok) throw new Error('problem' in done ? done.problem : JSON.stringify(done.missing));
    if (more.write !== false) this.write({ [path]: after });
    return this.acks().find((file) => !known.has(file));
  }

  /** `countersign check`; without flags, main against HEAD. */
  async check(...args: readonly string[]): Promise<Ran> {
    return runCheck(args.length === 0 ? ['--base', 'main', '--head', 'HEAD'] : args, this.folder, this.home);
  }
}

export async function runCheck(args: readonly string[], cwd: string, home: string): Promise<Ran> {
  const { io, out, err } = ioFor(cwd, home);
  const code = await checkCommand(args, io);
  return { code, out: out(), err: err() };
}

/** What a command is given, and what it says. */
export function ioFor(cwd: string, home: string): { readonly io: CliIo; readonly out: () => string; readonly err: () => string } {
  const sink = () => {
    const chunks: string[] = [];
    const write = (chunk: unknown, _encoding: string, done: () => void) => {
      chunks.push(String(chunk));
      done();
    };
    return { stream: new Writable({ write }), text: () => chunks.join('') };
  };
  const [stdout, stderr] = [sink(), sink()];
  const env = { PATH: process.env['PATH'], HOME: home, COUNTERSIGN_STATE: join(home, 'state-ada') };
  const io = { stdout: stdout.stream, stderr: stderr.stream, stdin: new PassThrough(), env, cwd, now: () => new Date() };
  return { io, out: stdout.text, err: stderr.text };
}
