import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { digestOf, OWN_COMMAND, recordable, recordedTexts } from '../../gate/recorded.ts';
import { digestKeyOf, plainEvent } from '../../gate/digest-key.ts';
import { OwnWrites } from '../../gate/own-writes.ts';
import { readRecords } from '../../ledger/open.ts';
import type { CliIo } from './io.ts';
import { ownGate } from './own-places.ts';

export type OwnWrite = { readonly file: string; readonly before: string; readonly after: string };

/**
 * Records, before it is done, what a command of Countersign itself is about to write, so that the watch over the disk need
 * not ask who did. '' is a file that is not there. A log that cannot be written keeps nobody from it: the watch asks, then.
 */
export async function recordOwnWrites(command: string, writes: readonly OwnWrite[], io: CliIo): Promise<void> {
  const opened = await ownGate(io, io.cwd, command);
  if (!opened.ok || writes.length === 0) return;
  const present = (text: string) => (text === '' ? undefined : text);
  await opened.gate.ledger.append({
    kind: 'written',
    verdict: OWN_COMMAND,
    cause: `${command} wrote this.`,
    ...(isTyped(io) ? { confirmed: 'typed' as const } : {}),
    workspace: recordable(io.cwd),
    files: recordedTexts(
      writes.map(({ file, before, after }) => ({ path: file, before: present(before), after: present(after) })),
      opened.gate.stateFolder,
    ),
    policy: opened.gate.policy.digest,
  });
}

/** Files of a folder that are looked at, and bytes of one. */
const MOST = 500;
const LARGEST = 1_000_000;

/** Does it, and records what became of the files of this folder, of which only doing it tells what they will be. */
export async function recordingWrites(command: string, folder: string, act: () => Promise<number>, io: CliIo): Promise<number> {
  const before = textsBelow(folder);
  const code = await act();
  const after = textsBelow(folder);
  const writes = [...new Set([...before.keys(), ...after.keys()])]
    .map((file) => ({ file, before: before.get(file) ?? '', after: after.get(file) ?? '' }))
    .filter((one) => one.before !== one.after);
  await recordOwnWrites(command, writes, io);
  return code;
}

function textsBelow(folder: string): ReadonlyMap<string, string> {
  try {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    return new Map(
      files.slice(0, MOST).flatMap((entry) => {
        const file = join(entry.parentPath, entry.name);
        return statSync(file).size > LARGEST ? [] : [[file, readFileSync(file, 'utf8')]];
      }),
    );
  } catch {
    return new Map();
  }
}

/**
 * To take Countersign out again, and to say who may acknowledge, is a person's: then only an answer in a terminal explains what
 * is written.
 */
export function isExplained(persons: boolean, yes: boolean, io: CliIo): boolean {
  return !persons || (!yes && isTyped(io));
}

function isTyped({ stdin }: CliIo): boolean {
  return 'isTTY' in stdin && stdin.isTTY === true;
}

/**
 * Before a commit: is this change what commands of this machine wrote, at a terminal? `folder`: where paths begin. A log that
 * cannot be read explains nothing.
 */
export async function typedWrites(
  state: string,
  folder: string,
): Promise<(change: { readonly path: string; readonly before: string; readonly after: string }) => boolean> {
  const own = new OwnWrites();
  try {
    const key = digestKeyOf(state);
    for await (const { record } of readRecords(join(state, 'log'), 1)) {
      if (record.event.confirmed === 'typed') own.take(plainEvent(record.event, key));
    }
  } catch {
    return () => false;
  }
  const digest = (text: string) => (text === '' ? '' : digestOf(text));
  return ({ path, before, after }) => own.explains(resolve(folder, path), digest(before), digest(after));
}
