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
 * A new acknowledgement, as the gate itself or a checkout writes it: a record in its one form, whose bytes are what their name
 * says. It governs nothing by itself, since only its signature counts, so that writing it is no change of what Countersign holds
 * back. Anything else of that name, such as a policy that another file takes in from there, is judged like any text.
 */
export function isNewAck({ path, before, after, command }: Edit): boolean {
  if (before !== '' || command !== undefined) return false;
  const id = ackIdOf(path.replaceAll('\\', '/'));
  if (id === undefined) return false;
  // Hooks see this path almost never, and reading records is not free to load.
  const { decodeRecord }: typeof import('../ledger/envelope.ts') = require('../ledger/envelope.ts');
  const decoded = decodeRecord(Buffer.from(after, 'utf8'));
  return decoded.ok && decoded.stored.id === id;
}

const TRAVELLING = /(^|\/)\.countersign\/requests\/H-[0-9A-Z]{8}\.(request|approval)\.json$/;

/**
 * A request for an approval or the answer to one, as the gate itself or a checkout writes it: signed, in its one form, and with
 * nothing else in it. It lets nothing through by itself, since the gate checks who signed it. Anything else of that name, and
 * its removal, is judged like any file of Countersign's.
 */
export function isTravelling({ path, after, command }: Edit): boolean {
  const kind = TRAVELLING.exec(path.replaceAll('\\', '/'))?.[2];
  if (kind === undefined || command !== undefined) return false;
  // As above: needed almost never, and not free to load.
  const { readApproval, readRequest }: typeof import('./approval-files.ts') = require('./approval-files.ts');
  const { decodeRecord }: typeof import('../ledger/envelope.ts') = require('../ledger/envelope.ts');
  const bytes = Buffer.from(after, 'utf8');
  if (!hasOnly(after, kind === 'request' ? ['schema', 'record', 'publicKey', 'texts', 'takes'] : ['schema', 'record'])) return false;
  if (kind === 'request') return readRequest(bytes).ok;
  const approval = readApproval(bytes);
  return approval !== undefined && decodeRecord(approval).ok;
}

/** One object with these keys alone, as the gate formats it. Whatever `texts` hold are strings, which readRequest compares with what was signed; `takes` are ids of keys. */
function hasOnly(text: string, keys: readonly string[]): boolean {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !Object.keys(value).every((key) => keys.includes(key))) return false;
    const texts: unknown = 'texts' in value ? value.texts : [];
    const plain =
      Array.isArray(texts) && texts.every((entry: object) => /^path,before,after(,digestKey)?$/.test(Object.keys(entry).join()));
    const takes: unknown = 'takes' in value ? value.takes : [];
    const named = Array.isArray(takes) && takes.every((one) => typeof one === 'string' && /^[0-9a-f]{64}$/.test(one));
    return plain && named && `${JSON.stringify(value, null, 2)}\n` === text.replaceAll('\r\n', '\n');
  } catch {
    return false;
  }
}
