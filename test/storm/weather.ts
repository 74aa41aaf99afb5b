import { execFile } from 'node:child_process';
import { chmodSync, closeSync, fsyncSync, openSync, readdirSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { setTimeout as pause } from 'node:timers/promises';
import type { Random, StormScene } from './scene.ts';

const run = promisify(execFile);

/** What befell the machine, and how often; kinds that cannot be had here stay 0 and are named in `missing`. */
export type Weather = {
  readonly seen: Record<Kind, number>;
  readonly missing: readonly Kind[];
  /** One after the other, until told to stop; fine again when it resolves. */
  readonly blow: (until: () => boolean) => Promise<void>;
};

const KINDS = ['full', 'readOnly', 'clockBack', 'clockAhead'] as const;
type Kind = (typeof KINDS)[number];

export function weather(scene: StormScene, random: Random): Weather {
  const seen = { full: 0, readOnly: 0, clockBack: 0, clockAhead: 0 };
  // Without a disk of its own nothing can be full; and for root, nothing is read-only by its mode.
  const missing = KINDS.filter((kind) => !scene.ownDisk && (kind === 'full' || (kind === 'readOnly' && process.getuid?.() === 0)));
  const possible = KINDS.filter((kind) => !missing.includes(kind));
  const strike: Record<Kind, () => Promise<boolean>> = {
    full: () => full(scene, 200 + random() * 600),
    readOnly: () => (scene.ownDisk ? readOnlyDisk(scene, 200 + random() * 600) : readOnlyFolders(scene, 200 + random() * 600)),
    clockBack: () => clockOff(scene, -3_600_000 * (0.001 + random()), 400 + random() * 800),
    clockAhead: () => clockOff(scene, 600_000 * random(), 200 + random() * 500),
  };
  return {
    seen,
    missing,
    blow: async (until) => {
      for (let turn = 0; !until(); turn++) {
        await pause(300 + random() * 900);
        // Each once, then whichever.
        const kind = possible[turn < possible.length ? turn : Math.floor(random() * possible.length)];
        if (kind !== undefined && (await strike[kind]())) seen[kind] += 1;
      }
    },
  };
}

async function full({ state }: StormScene, milliseconds: number): Promise<boolean> {
  const filler = join(state, 'filler');
  const descriptor = openSync(filler, 'w');
  try {
    for (let chunk = Buffer.alloc(4 * 1024 * 1024, 1); chunk.length >= 512; ) {
      try {
        if (writeSync(descriptor, chunk) < chunk.length) break;
      } catch {
        chunk = chunk.subarray(0, chunk.length / 2);
      }
    }
    fsyncSync(descriptor);
    await pause(milliseconds);
  } finally {
    closeSync(descriptor);
    rmSync(filler, { force: true });
  }
  return true;
}

/** Refused by the kernel while somebody is writing: asked again. */
async function readOnlyDisk({ state }: StormScene, milliseconds: number): Promise<boolean> {
  for (let tries = 0; tries < 100; tries++) {
    try {
      await run('mount', ['-o', 'remount,ro', state]);
      await pause(milliseconds);
      await run('mount', ['-o', 'remount,rw', state]);
      return true;
    } catch {
      await pause(5);
    }
  }
  return false;
}

async function readOnlyFolders({ state }: StormScene, milliseconds: number): Promise<boolean> {
  const folders = [state, ...readdirSync(state).map((name) => join(state, name))].filter((path) => statSync(path).isDirectory());
  for (const folder of folders) chmodSync(folder, 0o500);
  await pause(milliseconds);
  for (const folder of folders) chmodSync(folder, 0o700);
  return true;
}

async function clockOff({ clock }: StormScene, by: number, milliseconds: number): Promise<boolean> {
  writeFileSync(clock, String(Math.round(by)));
  await pause(milliseconds);
  writeFileSync(clock, '0');
  return true;
}
