import { performance } from 'node:perf_hooks';

/** Milliseconds, sorted ascending. */
export type Sample = readonly number[];

/** Times several things in turn, round after round, so that a noisy minute falls on all of them alike. The first round warms up and is dropped. */
export async function interleaved<Name extends string>(
  rounds: number,
  things: Readonly<Record<Name, () => void | Promise<void>>>,
): Promise<Readonly<Record<Name, Sample>>> {
  const names = Object.keys(things) as Name[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 0; round <= rounds; round += 1) {
    for (const name of names) {
      const start = performance.now();
      await things[name]();
      if (round > 0) times[name].push(performance.now() - start);
    }
  }
  for (const name of names) times[name].sort((a, b) => a - b);
  return times;
}

/**
 * As `interleaved`, but processor time of all threads, each of the things `batch` times in a row: what others do on the machine counts less,
 * and garbage is mostly charged to who made it. The first rounds warm up.
 */
export function processorTime<Name extends string>(
  rounds: number,
  batch: number,
  things: Readonly<Record<Name, () => void>>,
): Readonly<Record<Name, Sample>> {
  const names = Object.keys(things) as Name[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = -WARMING; round < rounds; round += 1) {
    for (const name of names) {
      const start = process.cpuUsage();
      for (let i = 0; i < batch; i += 1) things[name]();
      const { user, system } = process.cpuUsage(start);
      if (round >= 0) times[name].push((user + system) / 1000 / batch);
    }
  }
  for (const name of names) times[name].sort((a, b) => a - b);
  return times;
}

const WARMING = 3;

/** The value that `share` (0 to 1) of the sample does not exceed. */
export function quantile(sample: Sample, share: number): number {
  return sample[Math.min(sample.length - 1, Math.floor(sample.length * share))] ?? Number.NaN;
}

export function median(sample: Sample): number {
  return quantile(sample, 0.5);
}
