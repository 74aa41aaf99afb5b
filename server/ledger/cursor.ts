/** How far a sink has the log: one small file for each, on disk (fsync) before the next batch is sent. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { parseJson, sha256 } from './envelope.ts';
import { codeOf, realFileSystem as fs, readIfThere, removeQuietly, syncFolder, writeAll, writeDurably } from './file-system.ts';
import { isObject } from './parse-record.ts';
import type { ShippedEvent } from './sinks/sink.ts';

export type Cursor = {
  readonly schema: 'countersign.cursor/1';
  readonly sink: string;
  readonly log: string;
  /** All records up to this one are shipped; 0: none. */
  readonly seq: number;
  /** The id of record `seq`; empty at 0. */
  readonly id: string;
  /** The furthest that was ever confirmed; more than `seq` while records are being sent again. */
  readonly furthest: number;
  /** ISO 8601 */
  readonly updated: string;
  /** Why it is behind, since when. */
  readonly problem?: { readonly since: string; readonly reason: string } | undefined;
};

/** What a sink would not take, kept with the reason. */
export type Quarantined = {
  readonly time: string;
  readonly seq: number;
  readonly uid: string;
  readonly reason: string;
  readonly event: string;
};

/** The files of one sink in the folder of all. */
export function sinkFiles(folder: string, sink: string): { readonly cursor: string; readonly quarantine: string; readonly lease: string } {
  const base = join(folder, sha256(Buffer.from(sink)).slice(0, 16));
  return { cursor: `${base}.cursor.json`, quarantine: `${base}.refused.jsonl`, lease: `${base}.lease` };
}

/** Undefined where there is none, or none that can be read: then all is shipped again, and the collector drops what it has. */
export function readCursor(file: string): Cursor | undefined {
  const bytes = readIfThere(fs, file);
  const value = bytes && parseJson(bytes);
  return isCursor(value) ? value : undefined;
}

/** Whole or not at all. Throws where it cannot be written. */
export function writeCursor(folder: string, file: string, cursor: Cursor): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const temporary = `${file}.tmp-${process.pid}-${randomBytes(6).toString('hex')}`;
  try {
    writeDurably(fs, temporary, Buffer.from(`${JSON.stringify(cursor)}\n`));
    fs.renameSync(temporary, file);
    syncFolder(fs, folder);
  } catch (error) {
    removeQuietly(fs, temporary);
    throw error;
  }
}

/** On disk when it returns: only then may the cursor move on past these. */
export function quarantine(folder: string, file: string, events: readonly ShippedEvent[], reason: string, now: Date): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lines = events.map(({ seq, uid, text }) =>
    JSON.stringify({ time: now.toISOString(), seq, uid, reason, event: text } satisfies Quarantined),
  );
  const descriptor = fs.openSync(file, 'a', 0o600);
  try {
    writeAll(fs, descriptor, Buffer.from(lines.map((line) => `${line}\n`).join('')));
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
  syncFolder(fs, folder);
}

/** The uids that were refused, each once, with the last reason. */
export function readQuarantine(file: string): ReadonlyMap<string, string> {
  const lines = (readIfThere(fs, file)?.toString('utf8') ?? '').split('\n');
  return new Map(
    lines.flatMap((line) => {
      const { uid, reason } = parseJson(Buffer.from(line)) ?? {};
      return typeof uid === 'string' && typeof reason === 'string' ? [[uid, reason] as const] : [];
    }),
  );
}

const STALE = 60_000;
const BEAT = 10_000;

/**
 * One process at a time ships to a sink. This only saves work: two at once would send twice what a collector drops anyway.
 * Undefined while another process, which is alive, ships there.
 */
export function takeLease(folder: string, file: string): { readonly release: () => void } | undefined {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const mine = JSON.stringify({ pid: process.pid, host: hostname() });
  for (let tries = 0; tries < 3; tries++) {
    try {
      writeFileSync(file, mine, { flag: 'wx', mode: 0o600 });
      const beat = setInterval(() => touch(file), BEAT);
      beat.unref();
      return {
        release: () => {
          clearInterval(beat);
          if (readIfThere(fs, file)?.toString('utf8') === mine) removeQuietly(fs, file);
        },
      };
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
      if (isHeld(file)) return undefined;
      removeQuietly(fs, file);
    }
  }
  return undefined;
}

function isHeld(file: string): boolean {
  try {
    if (Date.now() - statSync(file).mtimeMs > STALE) return false;
    const holder: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (!isObject(holder) || holder['host'] !== hostname() || typeof holder['pid'] !== 'number') return true;
    if (holder['pid'] === process.pid) return true;
    process.kill(holder['pid'], 0);
    return true;
  } catch (error) {
    // Of another account, yet alive.
    return codeOf(error) === 'EPERM';
  }
}

function touch(file: string): void {
  try {
    utimesSync(file, new Date(), new Date());
  } catch {
    // It was taken away: another process ships now, and both may.
  }
}

function isCursor(value: unknown): value is Cursor {
  return (
    isObject(value) &&
    value['schema'] === 'countersign.cursor/1' &&
    [value['sink'], value['log'], value['id'], value['updated']].every((text) => typeof text === 'string') &&
    [value['seq'], value['furthest']].every((number) => Number.isSafeInteger(number))
  );
}
