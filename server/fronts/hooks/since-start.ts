/** Milliseconds from now until so many milliseconds after the start of the process. */
export function sinceStart(milliseconds: number): number {
  return Math.max(0, milliseconds - uptime());
}

/** Milliseconds since the start of the process. Not the clock, which may be set while this runs; nor `performance`, which takes a millisecond to load. */
export function uptime(): number {
  return process.uptime() * 1000;
}
