import { createHash } from 'node:crypto';
import type { Edit } from '../engine/types.ts';

/** Below a repository's root: where `countersign check` looks for acknowledgements. */
export const ACKS_FOLDER = '.countersign/acks';

const ACK_FILE = /(^|\/)\.countersign\/acks\/([0-9a-f]{64})\.json$/;

/** Is this the path of an acknowledgement, below a repository's root? */
export function isAckFile(path: string): boolean {
  return path.startsWith(`${ACKS_FOLDER}/`) && ACK_FILE.test(path);
}

/** What its name says its bytes are: lower-case hex SHA-256. */
export function ackIdOf(path: string): string | undefined {
  return ACK_FILE.exec(path)?.[2];
}

/**
 * A new acknowledgement, as the gate itself or a checkout writes it: bytes that are what their name says. It governs nothing by
 * itself, since only its signature counts, so that writing it is no change of what Countersign holds back.
 */
export function isNewAck({ path, before, after, command }: Edit): boolean {
  if (before !== '' || command !== undefined) return false;
  const id = ackIdOf(path.replaceAll('\\', '/'));
  return id !== undefined && createHash('sha256').update(after, 'utf8').digest('hex') === id;
}
