/** The two files that travel between who asks for an approval and who gives it. Both are input like any other. */
import { isTable } from '../engine/is-table.ts';
import { decodeRecord } from '../ledger/envelope.ts';
import type { StoredRecord } from '../ledger/types.ts';
import { readVerifyingKey, provenBy, type VerifyingKey } from '../ledger/verifying-key.ts';
import type { Presence } from './types.ts';
import { openedFile } from './digest-key.ts';
import { digestOf, recordable } from './recorded.ts';

/** Below a repository's root: where requests and approvals travel with the pull request. */
export const REQUESTS_FOLDER = '.countersign/requests';

/** `digestKey`: opens the digests of this file, where they are sealed (digest-key.ts), so that the text can be compared. */
export type RequestText = {
  readonly path: string;
  readonly before: string;
  readonly after: string;
  readonly digestKey?: string | undefined;
};

/** `H-….request.json` */
export type RequestFile = {
  readonly schema: 'countersign.request/1';
  /** Base64 of the stored bytes of the requester's own record: what is asked for, why, and until when. */
  readonly record: string;
  /** As verifying-key.ts reads it. */
  readonly publicKey: string;
  /** Only where the policy names a folder for them: their digests are in the record. */
  readonly texts?: readonly RequestText[] | undefined;
  /** Ids of the keys whose approval would count where this was asked. Not signed: a hint for whoever approves, no more. */
  readonly takes?: readonly string[] | undefined;
};

/** `H-….approval.json` */
export type ApprovalFile = {
  readonly schema: 'countersign.approval/1';
  /** Base64 of the stored bytes of the approver's own record. */
  readonly record: string;
};

export type ReadRequest = {
  readonly stored: StoredRecord;
  readonly key: VerifyingKey;
  /** What the requester's signature proves. */
  readonly presence: Presence;
  readonly texts?: readonly RequestText[] | undefined;
  /** As in the file; undefined where it does not say, or nothing that can be read. */
  readonly takes?: readonly string[] | undefined;
};

type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

export function requestName(hold: string): string {
  return `${hold}.request.json`;
}

export function approvalName(hold: string): string {
  return `${hold}.approval.json`;
}

/** Reads a request and checks it by itself: form, signature, and that its texts are those that were signed. A problem is a sentence. */
export function readRequest(bytes: Uint8Array): Read<ReadRequest> {
  const { schema, record, publicKey, texts, takes } = tableIn(bytes);
  if (schema !== 'countersign.request/1' || typeof record !== 'string' || typeof publicKey !== 'string') {
    return { ok: false, problem: 'This is no request for an approval. Name a file such as H-….request.json.' };
  }
  const decoded = decodeRecord(Buffer.from(record, 'base64'));
  const key = readVerifyingKey(publicKey);
  if (!decoded.ok || key === undefined || key.id !== decoded.stored.keyId) return { ok: false, problem: ALTERED };
  const presence = provenBy(decoded.envelope, key);
  if (presence === undefined) return { ok: false, problem: ALTERED };
  const { event } = decoded.stored.record;
  const asks = event.kind === 'broke-glass' || (event.kind === 'acknowledged' && event.verdict === 'approve');
  if (!asks || event.hold === undefined) return { ok: false, problem: 'What was signed in this request asks nobody for an approval.' };
  const shown = texts === undefined ? undefined : textsIn(texts);
  if (texts !== undefined && (shown === undefined || !shown.every((text) => isSigned(text, decoded.stored)))) {
    return { ok: false, problem: `${ALTERED} Its texts are not those that were signed.` };
  }
  const hint = keyIdsIn(takes);
  return {
    ok: true,
    value: {
      stored: decoded.stored,
      key,
      presence,
      ...(shown === undefined ? {} : { texts: shown }),
      ...(hint === undefined ? {} : { takes: hint }),
    },
  };
}

/** Reads an approval's record; its signature is checked by who knows the keys. */
export function readApproval(bytes: Uint8Array): Buffer | undefined {
  const { schema, record } = tableIn(bytes);
  return schema === 'countersign.approval/1' && typeof record === 'string' ? Buffer.from(record, 'base64') : undefined;
}

const ALTERED = 'This request was altered after it was signed.';

function isSigned({ path, before, after, digestKey }: RequestText, { record }: StoredRecord): boolean {
  return (record.event.files ?? []).some((sealed) => {
    const file = openedFile(sealed, digestKey);
    return file.path === recordable(path) && file.before === digestOf(before) && file.after === digestOf(after);
  });
}

function textsIn(value: unknown): readonly RequestText[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const texts = value.flatMap((entry: unknown): readonly RequestText[] => {
    if (!isTable(entry)) return [];
    const { path, before, after, digestKey } = entry;
    if (typeof path !== 'string' || typeof before !== 'string' || typeof after !== 'string') return [];
    if (digestKey === undefined) return [{ path, before, after }];
    return typeof digestKey === 'string' && /^[0-9a-f]{64}$/.test(digestKey) ? [{ path, before, after, digestKey }] : [];
  });
  return texts.length === value.length ? texts : undefined;
}

function keyIdsIn(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const ids = value.filter((one) => typeof one === 'string' && /^[0-9a-f]{64}$/.test(one));
  return ids.length === value.length ? ids : undefined;
}

function tableIn(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return isTable(value) ? value : {};
  } catch {
    return {};
  }
}
