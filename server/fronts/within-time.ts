import { Script } from 'node:vm';

export type WithinTime<Value> = { readonly late: false; readonly value: Value } | { readonly late: true };

/**
 * Runs something synchronous and stops it when its time is over, in the middle of a loop or of a regular expression:
 * a limit that is only asked for now and then is missed by whatever forgets to ask. `milliseconds`: at least 1.
 * Throws what `work` throws.
 */
export function withinTime<Value>(work: () => Value, milliseconds: number): WithinTime<Value> {
  let value: { readonly is: Value } | undefined;
  Object.assign(globalThis, { [SLOT]: () => (value = { is: work() }) });
  try {
    new Script(`globalThis.${SLOT}()`).runInThisContext({ timeout: Math.max(1, Math.floor(milliseconds)) });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return { late: true };
    throw error;
  } finally {
    Reflect.deleteProperty(globalThis, SLOT);
  }
  return value === undefined ? { late: true } : { late: false, value: value.is };
}

/** A script reaches only what is global. */
const SLOT = '__countersignWork';
