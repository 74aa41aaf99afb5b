/** The words of the ledger. It imports nothing of the other rooms: what it stores is plain data it can describe alone. */

/** What happened. One record each. */
export type EventKind =
  | 'opened' // the log begins
  | 'key-trusted' // a public key may sign acknowledgements from here on
  | 'key-rotated' // another key of the same person takes the place of the one that signs this
  | 'key-revoked' // a key may sign nothing from here on
  | 'held'
  | 'forbidden'
  | 'closed' // the gate closed because something failed
  | 'acknowledged'
  | 'approved' // somebody put their name to what somebody else acknowledged; in the log of who approves
  | 'countersigned' // an approval by somebody else arrived for an acknowledgement of this log
  | 'approval-refused' // an approval by somebody else arrived and does not count; why is in the cause
  | 'broke-glass' // a person let a held edit through alone, against the policy
  | 'glass-reviewed' // somebody else looked at that
  | 'ignored' // an ignore let findings pass that would have asked somebody
  | 'discarded'
  | 'released' // an acknowledged edit was let through (once) or applied
  | 'written' // what an agent really wrote, as its post-tool event says
  | 'rolled-back'
  | 'reverted' // the text before a write to disk was put back
  | 'halted' // every hooked agent is stopped from here on
  | 'tripped' // the breaker stopped an agent, or all of them, from here on
  | 'resumed'
  | 'rules-accepted' // a person accepted what an upgrade of rules brought
  | 'pruned'; // records up to a number were deleted; what they came to is named here

export type RecordedFinding = {
  readonly rule: string;
  readonly severity: string;
  readonly confidence: string;
  readonly consequence: string;
  readonly fingerprint: string;
  readonly sensitivity: string;
  readonly blastRadius: string;
};

export type RecordedProvenance = {
  readonly channel: string;
  readonly certainty: string;
  readonly agent?:
    | {
        readonly name: string;
        readonly version?: string | undefined;
        readonly model?: string | undefined;
        readonly session?: string | undefined;
        readonly toolCall?: string | undefined;
        readonly tool?: string | undefined;
      }
    | undefined;
  /** Lower-case hex SHA-256. `key`: both are sealed under this key of the state folder that wrote them (gate/digest-key.ts). */
  readonly digests?:
    | { readonly prompt?: string | undefined; readonly output?: string | undefined; readonly key?: string | undefined }
    | undefined;
};

export type RecordedFile = {
  readonly path: string;
  /** Lower-case hex SHA-256 of the UTF-8 text. No raw text is ever recorded. */
  readonly before?: string | undefined;
  readonly after?: string | undefined;
  readonly findings: readonly RecordedFinding[];
  /** Which of the digests here are sealed, under this key of the state folder that wrote them: those of short texts, and of lines. */
  readonly keyed?: { readonly key: string; readonly digests: readonly ('before' | 'after' | 'lines')[] } | undefined;
  /** Sealed ones once more, for whoever has the repository of an acknowledgement that is kept there. */
  readonly shared?: { readonly before?: string | undefined; readonly after?: string | undefined } | undefined;
  /** Of what was written: the lines in the text afterwards, from 1, both ends included. `digest`: SHA-256 of these lines, joined by \n. */
  readonly lines?: readonly { readonly start: number; readonly end: number; readonly digest?: string | undefined }[] | undefined;
};

export type Reason = {
  /** `intended`, `temporary`, `mitigated`, `wrong`, `incident`, or an id of the policy's own list. */
  readonly category: string;
  readonly text: string;
  readonly ticket?: string | undefined;
};

/** Which repository an acknowledgement is about, whatever its address: so that another one refuses it. */
export type RecordedRepository = {
  /** Ids of the commits without a parent that the current commit goes back to, sorted. Empty before the first commit. */
  readonly roots: readonly string[];
  /** The workspace below the repository's root, with forward slashes; '' for the root itself. Paths in `files` begin there. */
  readonly prefix: string;
};

export type LedgerEvent = {
  readonly kind: EventKind;
  readonly hold?: string | undefined;
  /** The id (hash) of the 'acknowledged' record that a release or rollback refers to. */
  readonly acknowledgement?: string | undefined;
  readonly workspace?: string | undefined;
  readonly files?: readonly RecordedFile[] | undefined;
  /** Of an acknowledgement that is also kept in the repository. */
  readonly repository?: RecordedRepository | undefined;
  readonly provenance?: RecordedProvenance | undefined;
  readonly verdict?: string | undefined;
  readonly reason?: Reason | undefined;
  /** ISO 8601. When the acceptance of the risk ends. */
  readonly expires?: string | undefined;
  /** ISO 8601. Until when an agent's retry may use this acknowledgement. */
  readonly retryUntil?: string | undefined;
  /** How the confirmation name was entered at critical. */
  readonly confirmed?: 'typed' | 'pasted' | undefined;
  /** SHA-256 of the policy in force. */
  readonly policy?: string | undefined;
  /** A sentence: why the gate closed, why a thing was rolled back. */
  readonly cause?: string | undefined;
  /** For 'opened', 'key-trusted' and 'key-rotated'. `publicKey`: see verifying-key.ts. `person`: whose it is. */
  readonly key?:
    | { readonly id: string; readonly role: KeyRole; readonly publicKey: string; readonly person?: string | undefined }
    | undefined;
  /** For 'key-revoked': which key. `compromised`, ISO 8601: what it signed from then on deserves a look. */
  readonly revoked?: { readonly id: string; readonly compromised?: string | undefined } | undefined;
  /** For 'countersigned': the approval that arrived, base64 of the stored bytes of the approver's own record. */
  readonly approval?: string | undefined;
  /** For 'ignored': what says so (a policy's place, a line of the file), and the last day it counts, YYYY-MM-DD. */
  readonly ignored?: { readonly by: string; readonly until: string } | undefined;
  /** For 'pruned': the last record that was deleted, and its id. */
  readonly pruned?: { readonly seq: number; readonly head: string } | undefined;
};

/** What a signature proves of who signed, from least to most: the key was used; it was touched; and it knew who touched it. */
export type Presence = 'none' | 'touch' | 'verified';

/** `process`: a file beside the log, proves only "a process on this account". `person`: held by the editor's secret storage, unlocked for acknowledging. */
export type KeyRole = 'process' | 'person';

export type Actor = { readonly user: string; readonly host: string; readonly process: string };

/** What is signed: the in-toto predicate. */
export type LedgerRecord = {
  readonly schema: 'countersign.record/1';
  readonly log: string;
  readonly seq: number;
  /** Lower-case hex SHA-256 of the stored bytes of record seq-1; 64 zeros for the first. */
  readonly prev: string;
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly actor: Actor;
  readonly event: LedgerEvent;
};

export type StoredRecord = {
  /** Lower-case hex SHA-256 of the stored bytes: the record's id. */
  readonly id: string;
  readonly record: LedgerRecord;
  readonly keyId: string;
  /** The exact stored bytes (a DSSE envelope in JSON). */
  readonly bytes: Uint8Array;
};

/** Signs the DSSE pre-authentication encoding. `sign` may ask another process (the editor's extension host). */
export type Signer = {
  readonly keyId: string;
  readonly role: KeyRole;
  /** What the signature must prove to be taken; absent: that the key was used. */
  readonly presence?: Presence | undefined;
  readonly sign: (bytes: Uint8Array) => Promise<Uint8Array>;
};

export type LedgerProblem = {
  readonly kind: 'full' | 'read-only' | 'no-link' | 'unreadable' | 'broken' | 'signing' | 'busy' | 'io';
  /** A sentence for people: what, where, and the remedy. */
  readonly message: string;
};

export type Appended = { readonly ok: true; readonly stored: StoredRecord } | { readonly ok: false; readonly problem: LedgerProblem };

/** An open log. Appending is safe from any number of processes at once. */
export type Ledger = {
  readonly folder: string;
  /** Resolves only after the record is on disk (fsync of file and folder). Uses the process key unless a signer is given. */
  readonly append: (event: LedgerEvent, signer?: Signer) => Promise<Appended>;
  /** Records in order, from `fromSeq` (default 1). Stops at the first gap. */
  readonly read: (fromSeq?: number) => AsyncIterable<StoredRecord>;
};

/** PEM files for a connection over TLS. Without `ca` the system's own authorities are asked. The server is always verified. */
export type TlsFiles = {
  readonly ca?: string | undefined;
  /** The client's own certificate and its key. */
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
  /** The name in the server's certificate, where it is not the host's. */
  readonly serverName?: string | undefined;
};

/** A place that the log is shipped to. Paths are absolute. */
export type SinkSettings =
  | {
      readonly kind: 'otlp';
      /** The whole address, such as https://collector.example.com/v1/logs. */
      readonly url: string;
      readonly headers: Readonly<Record<string, string>>;
      /** A file of “name: value” lines, for headers that are secrets. */
      readonly headersFile?: string | undefined;
      readonly tls: TlsFiles;
    }
  | { readonly kind: 'ocsf-lines'; readonly file: string }
  | { readonly kind: 'syslog'; readonly host: string; readonly port: number; readonly tls: TlsFiles };

/** What a person (or a collector) wrote down of the log's end: the tail is compared with it. */
export type RememberedHead = {
  readonly log: string;
  readonly seq: number;
  /** Lower-case hex SHA-256 of the stored bytes of record `seq`: its id. */
  readonly head: string;
};

/** The first place where the log is not what was written. */
export type BadRecord = {
  /** Absent for a stray file, which is no record. */
  readonly seq?: number | undefined;
  /** The id of what lies there now, or that is missing from there; absent where neither is known. */
  readonly id?: string | undefined;
  /** Name of the file, in the log's folder or beside it. */
  readonly file: string;
  readonly what:
    | 'removed' // a gap
    | 'changed' // not the bytes that were written
    | 'moved' // another record's place: reordered, inserted or copied
    | 'foreign' // of another log
    | 'bad-signature'
    | 'unknown-key'
    | 'wrong-key' // signed by a key that may not sign this kind
    | 'cut' // the end is missing
    | 'replaced' // rightly signed, but not the record that was remembered or chained to
    | 'stray' // a file that is no record
    | 'unreadable';
  /** A sentence that names record, file and what is wrong. */
  readonly sentence: string;
};

export type VerifyReport = {
  readonly ok: boolean;
  /** How many records were found good, from the first on. */
  readonly records: number;
  /** The last good record; worth remembering elsewhere. */
  readonly head?: RememberedHead | undefined;
  readonly firstBad?: BadRecord | undefined;
  /** Sentences about what could not be checked or deserves a look. */
  readonly warnings: readonly string[];
  /** The result in one sentence. */
  readonly sentence: string;
};
