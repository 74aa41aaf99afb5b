/** A case of a union that nobody wrote code for: a bug, found by the compiler first. */
export function assertNever(value: never): never {
  throw new Error(`unexpected: ${String(value)}`);
}
