import { OWN_COMMAND, recordable, recordedTexts } from '../../gate/recorded.ts';
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
    workspace: recordable(io.cwd),
    files: recordedTexts(
      writes.map(({ file, before, after }) => ({ path: file, before: present(before), after: present(after) })),
      opened.gate.stateFolder,
    ),
    policy: opened.gate.policy.digest,
  });
}

/** To take Countersign out again is a person's: then only an answer in a terminal explains what is written. */
export function isExplained(undo: boolean, yes: boolean, { stdin }: CliIo): boolean {
  return !undo || (!yes && 'isTTY' in stdin && stdin.isTTY === true);
}
