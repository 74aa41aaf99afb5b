import { hostname, userInfo } from 'node:os';
import type { Actor } from '../ledger/types.ts';

/** Whom a record names: this account on this machine. `program`: as people start it, "countersign hook claude-code". */
export function actorOf(program: string): Actor {
  return { user: userName(), host: hostname(), process: program };
}

/** Accounts without an entry in the system's list of users, as in some containers, make `userInfo` throw. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env['USER'] ?? process.env['USERNAME'] ?? 'unknown';
  }
}
