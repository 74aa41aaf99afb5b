import { accessSync, constants, existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ClosedGate } from '../../protocol.ts';
import type { Gates } from './gates.ts';

/** How often the policy files are looked at, in milliseconds: what somebody mends is to be seen while they look. */
const EVERY = 2_000;

export type GateHealthOptions = {
  readonly stateFolder: string;
  readonly gates: Gates;
  /** The folders that are open; where none is, the one that stands in for them. */
  readonly folders: () => readonly string[];
  /** Called when what is closed changes, and not before something is. */
  readonly tell: (closed: readonly ClosedGate[]) => void;
};

/** Knows which gates of the open folders are closed, and sees by itself when they are mended. Holds a timer until closed. */
export class GateHealth {
  readonly #options: GateHealthOptions;
  readonly #timer: NodeJS.Timeout;
  #told = '[]';
  /** Something could not be recorded: from then on the log is tried out at each look, until it can be written again. */
  #suspicious = false;
  #log: string | undefined;

  constructor(options: GateHealthOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.look(), EVERY);
    this.#timer.unref();
  }

  /** Why nothing can be recorded, as far as it was looked at. */
  get logProblem(): string | undefined {
    return this.#log;
  }

  /** A gate was found closed, or a decision could not be recorded. */
  async suspect(): Promise<void> {
    this.#suspicious = true;
    await this.look();
  }

  async look(): Promise<void> {
    const { stateFolder, gates, folders, tell } = this.#options;
    const log = await this.#logProblem();
    this.#log = log;
    if (log === undefined) this.#suspicious = false;
    const causes = new Set<string>(log === undefined ? [] : [log]);
    for (const folder of folders()) {
      const opened = await gates.of(folder);
      const cause = opened.ok ? opened.gate.closedBecause : opened.problem;
      if (cause !== undefined) causes.add(cause);
      // Without a pack that a policy asks for, no watched file can be judged in full.
      for (const problem of opened.ok ? opened.gate.policy.packs.problems : []) causes.add(problem);
    }
    const closed = [...causes].map((cause) => ({ cause, ...(cause === log ? { file: join(stateFolder, 'log') } : placeIn(cause)) }));
    const told = JSON.stringify(closed);
    if (told === this.#told) return;
    this.#told = told;
    tell(closed);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #logProblem(): Promise<string | undefined> {
    const { stateFolder, gates, folders } = this.#options;
    const said = (cause: string): string =>
      `The log in ${join(stateFolder, 'log')} cannot be written (${cause}). Make the folder writable, with room on its disk. Until then, risky edits are refused and nothing can be acknowledged.`;
    try {
      tryFolder(join(stateFolder, 'log'));
      if (!this.#suspicious) return undefined;
      if (existsSync(stateFolder)) tryToWrite(stateFolder);
    } catch (error) {
      return said(codeOf(error));
    }
    const opened = await gates.of(folders()[0] ?? process.cwd());
    if (!opened.ok) return undefined;
    try {
      // Opens the log, and reads nothing of it.
      for await (const _ of opened.gate.ledger.read(Number.MAX_SAFE_INTEGER)) break;
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}

/** Throws when the folder, or what it would be made in, is no folder that can be written. */
function tryFolder(folder: string): void {
  if (!existsSync(folder)) {
    if (dirname(folder) !== folder) tryFolder(dirname(folder));
    return;
  }
  if (!statSync(folder).isDirectory()) throw Object.assign(new Error('not a folder'), { code: `${folder} is not a folder` });
  accessSync(folder, constants.W_OK | constants.X_OK);
}

/** A disk that is full or was mounted to be read only shows that in no permission. */
function tryToWrite(folder: string): void {
  const file = join(folder, `.try-${process.pid}`);
  try {
    writeFileSync(file, 'x', { mode: 0o600 });
  } finally {
    rmSync(file, { force: true });
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

/** The place that a policy's problem begins with: "/home/sam/policy.yaml, line 3, column 5: …". */
function placeIn(cause: string): Pick<ClosedGate, 'file' | 'line'> {
  const [, file, line] =
    /^(.+?), line (\d+)(?:, column \d+)?:/.exec(cause) ??
    /^The policy (.+?) is there/.exec(cause) ??
    /^The organization's policy (.+?) (?:is missing|cannot be (?:used|checked))/.exec(cause) ??
    /\bthe packs in (.+?) are not loaded:/i.exec(cause) ??
    [];
  return file === undefined ? {} : { file, ...(line === undefined ? {} : { line: Number(line) }) };
}
