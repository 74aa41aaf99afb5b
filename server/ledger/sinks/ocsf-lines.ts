/** A file of OCSF events, one JSON object a line, for whatever reads files already. On disk (fsync) before a batch counts as taken. */
import { closeSync, fstatSync, fsyncSync, mkdirSync, openSync, readSync } from 'node:fs';
import { dirname } from 'node:path';
import { realFileSystem, syncFolder, writeAll } from '../file-system.ts';
import type { SinkSettings } from '../types.ts';
import type { Sent, ShippedEvent, Sink } from './sink.ts';

export function ocsfLinesSink({ file }: Extract<SinkSettings, { kind: 'ocsf-lines' }>): Sink {
  return {
    name: `file ${file}`,
    again: 0,
    send: (events) => Promise.resolve(append(file, events)),
  };
}

/** Opened anew each time, so that a file that was rotated away is left alone. */
function append(file: string, events: readonly ShippedEvent[]): Sent {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const descriptor = openSync(file, 'a+', 0o600);
    try {
      const lines = events.map(({ text }) => `${text}\n`).join('');
      // A process that was killed may have left half a line: what follows must not be glued to it.
      writeAll(realFileSystem, descriptor, Buffer.from(endsInLine(descriptor) ? lines : `\n${lines}`));
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    syncFolder(realFileSystem, dirname(file));
    return { kind: 'taken' };
  } catch (error) {
    return { kind: 'later', reason: `It could not be written: ${error instanceof Error ? error.message : String(error)}.` };
  }
}

function endsInLine(descriptor: number): boolean {
  const { size } = fstatSync(descriptor);
  const last = Buffer.alloc(1);
  return size === 0 || (readSync(descriptor, last, 0, 1, size - 1) === 1 && last[0] === 0x0a);
}
