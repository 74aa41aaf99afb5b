/**
 * What client and server say to each other, beside the standard language server protocol.
 * Plain data; the client imports nothing else of the server but the words in engine/types.ts.
 */
import type { Certainty, Channel, Confidence, Severity } from './engine/types.ts';

/** client → server: may this suggestion be applied? Asked for pastes, accepted inline suggestions, inserted blocks, reviewed clipboard text. */
export const SUGGEST = 'countersign/suggest';
export type SuggestParams = {
  readonly uri: string;
  readonly before: string;
  readonly after: string;
  readonly channel: Channel;
  readonly certainty: Certainty;
};
export type SuggestResult =
  | { readonly verdict: 'allow' | 'note' }
  | { readonly verdict: 'acknowledge' | 'forbid'; readonly hold: string; readonly sentence: string }
  /** The gate closed: nothing may be inserted; tell the person. */
  | { readonly verdict: 'closed'; readonly cause: string };

/** server → client: the holds changed (on disk, by any process). Also sent once after start. Worst first, then oldest. */
export const HOLDS_CHANGED = 'countersign/holdsChanged';
export type HoldItem = {
  readonly id: string;
  readonly severity: Severity;
  readonly forbidden: boolean;
  /** The opened thing's name: the tree label. */
  readonly name: string;
  /** Whole sentence: tooltip, accessibility label, lens. */
  readonly sentence: string;
  readonly agent: string;
  readonly session: string;
  /** ISO 8601 */
  readonly since: string;
  readonly times: number;
  /** Of a command line: the line, after "$ ". */
  readonly path: string;
  readonly uri: string;
  /** Found on disk after the write, by an unknown process: the text is there still, or those of before were put back. */
  readonly disk?: 'written' | 'reverted' | undefined;
  /** How many files it is about. */
  readonly files: number;
};
export type HoldsChangedParams = { readonly holds: readonly HoldItem[] };

/**
 * server → client: what waits for a second person, and broken glass that nobody else has looked at, oldest first. Sent when that
 * changes, and once after start where there is something.
 */
export const REQUESTS_CHANGED = 'countersign/requestsChanged';
export type RequestItem = {
  /** REVIEW and HOLD_TEXTS take it in place of a hold's id. */
  readonly id: string;
  readonly kind: 'approval' | 'glass';
  /** Asked by this person: somebody else must answer. */
  readonly own: boolean;
  readonly severity: Severity;
  readonly name: string;
  readonly sentence: string;
  /** Whoever signed it, as their computer names them. */
  readonly by: string;
  /** ISO 8601 */
  readonly since: string;
  /** ISO 8601; absent where it may be answered at any time. */
  readonly until?: string | undefined;
  /** Of one's own: a sentence about an approval that arrived and does not count. */
  readonly refused?: string | undefined;
};
export type RequestsChangedParams = { readonly requests: readonly RequestItem[] };

/**
 * server → client: which gates of the open folders are closed, and why; none when all are open. Sent when that changes. What
 * was mended is seen within seconds, without anybody asking.
 */
export const GATE_CHANGED = 'countersign/gateChanged';
export type ClosedGate = {
  /** One or more sentences with file, place and remedy. */
  readonly cause: string;
  /** Absolute path of the file to mend, and the line in it from 1, where there is one. */
  readonly file?: string | undefined;
  readonly line?: number | undefined;
};
export type GateChangedParams = { readonly closed: readonly ClosedGate[] };

/** client → server: everything the review panel shows. */
export const REVIEW = 'countersign/review';
export type ReviewParams = { readonly hold: string };
export type ReviewResult = { readonly ok: true; readonly review: Review } | { readonly ok: false; readonly problem: string };

/** A run of text, or a name that is shown underlined and verbatim. */
export type Phrase = readonly (string | { readonly name: string })[];

export type ReviewWitness = {
  readonly who: string;
  readonly request: string;
  readonly before: 'refused' | 'allowed';
  readonly after: 'refused' | 'allowed';
};

export type Review = {
  readonly hold: string;
  /** Changes with every opening; an acknowledgement must carry it. */
  readonly nonce: string;
  readonly severity: Severity;
  /** Why nothing can be acknowledged at all at the moment: sentences with file, place and remedy. */
  readonly closed?: string | undefined;
  readonly forbidden?: { readonly rule: string; readonly where: string; readonly owner: string } | undefined;
  readonly position: {
    readonly index: number;
    readonly of: number;
    readonly previous?: string | undefined;
    readonly next?: string | undefined;
  };
  /** ISO 8601 */
  readonly since: string;
  readonly times: number;
  readonly sentence: Phrase;
  readonly previously: Phrase;
  readonly opened: { readonly name: string; readonly kind: string };
  readonly reach?:
    | { readonly label: string; readonly steps: readonly string[]; readonly before: number; readonly after: number }
    | undefined;
  readonly witness?: ReviewWitness | undefined;
  /** Severity, Blast radius, Sensitivity, Confidence: term, value, why. */
  readonly facts: readonly { readonly term: string; readonly value: string; readonly why: string }[];
  readonly others: readonly {
    readonly severity: Severity;
    readonly sentence: Phrase;
    readonly witness?: ReviewWitness | undefined;
    readonly previously: Phrase;
  }[];
  readonly problems: readonly string[];
  readonly files: readonly {
    readonly path: string;
    readonly uri: string;
    /** At most 12 lines; `more` when the full diff has more. */
    readonly lines: readonly { readonly mark: '' | '+' | '-' | '…'; readonly number: number; readonly text: string }[];
    readonly more: boolean;
    /** No file, but a command line that an agent wants to run, or a text given in one. `lines` are its own, none of them changed. */
    readonly command?: 'line' | 'text' | undefined;
  }[];
  readonly provenance: readonly { readonly term: string; readonly value: string; readonly certainty: Certainty }[];
  readonly agent: string;
  /** What acknowledging does: applies now (editor's own channels), lets the agent's retry through, or keeps what is in the file already. */
  readonly effect: 'apply' | 'let-retry' | 'keep';
  /** The text of before can be put back on disk, by REVERT. */
  readonly revertible: boolean;
  /** Who must sign: two people are never one; the presence of each is proved by a security key. */
  readonly sign: { readonly people: 1 | 2; readonly presence: 'none' | 'touch' | 'verified' };
  readonly form: {
    readonly categories: readonly { readonly id: string; readonly label: string }[];
    readonly minimumReason: number;
    readonly ticket: 'optional' | 'required';
    readonly hours: readonly { readonly hours: number; readonly label: string; readonly preset: boolean }[];
    /** Present at critical: what must be typed. */
    readonly confirm?: { readonly name: string; readonly kind: string } | undefined;
  };
  /** A reason that was given in an agent's program: shown filled in, and the person's own once they sign. */
  readonly noted?:
    | {
        /** The id of one of `Review.form.categories`. */
        readonly category: string;
        readonly reason: string;
        readonly ticket: string;
        readonly from: string;
      }
    | undefined;
  /** This is no hold, but what somebody asks a second person for, or let through alone. `hold` is then the request's id. */
  readonly request?:
    | {
        readonly kind: RequestItem['kind'];
        readonly by: string;
        /** The key that signed it, as OpenSSH writes fingerprints: to be compared with what its owner sees. */
        readonly key: string;
        readonly reason: string;
        readonly ticket: string;
        /** In words, as people say it. */
        readonly until?: string | undefined;
        readonly expires: string;
        /** Sentences that a reader must know: the findings are not ours, the file here is another. */
        readonly notes: readonly string[];
        /** Why this person cannot approve it, a sentence; absent where they can. */
        readonly refused?: string | undefined;
      }
    | undefined;
};

/** client → server: the whole texts of a hold, for the full diff and to see whether a file is still as it was when the hold was made. */
export const HOLD_TEXTS = 'countersign/holdTexts';
export type HoldTextsParams = { readonly hold: string };
export type HoldTextsResult =
  | {
      readonly ok: true;
      readonly channel: Channel;
      readonly certainty: Certainty;
      readonly texts: readonly { readonly path: string; readonly uri: string; readonly before: string; readonly after: string }[];
    }
  | { readonly ok: false; readonly problem: string };

/** client → server: the person's decision, after a trusted event in the panel. */
export const ACKNOWLEDGE = 'countersign/acknowledge';
export type AcknowledgeParams = {
  readonly hold: string;
  readonly nonce: string;
  /** The id of one of `Review.form.categories`. */
  readonly category: string;
  readonly reason: string;
  readonly ticket: string;
  readonly hours: number;
  readonly rollBackLater: boolean;
  readonly confirmation: { readonly text: string; readonly how: 'typed' | 'pasted' } | null;
};
export type AcknowledgeResult =
  /** `apply`: for the editor's own channels: the client writes these texts, then sends APPLIED. */
  | {
      readonly ok: true;
      readonly id: string;
      readonly title: string;
      readonly detail: string;
      readonly apply: readonly { readonly uri: string; readonly before: string; readonly after: string }[];
    }
  | { readonly ok: false; readonly missing: readonly { readonly field: string; readonly what: string }[] }
  | { readonly ok: false; readonly problem: string };

/** client → server: a second person's yes to an opened request. SIGN follows, with this number. */
export const APPROVE = 'countersign/approve';
export type ApproveParams = { readonly request: string; readonly nonce: string; readonly reason: string };

/** client → server: what became of the texts to apply. */
export const APPLIED = 'countersign/applied';
export type AppliedParams = { readonly hold: string; readonly id: string; readonly ok: boolean; readonly cause?: string };
export type AppliedResult = { readonly ok: boolean; readonly problem?: string };

export const DISCARD = 'countersign/discard';
export type DiscardParams = { readonly holds: readonly string[] };
export type DiscardResult = { readonly ok: boolean; readonly problem?: string };

/**
 * client → server, in the background after start: every watched file of one folder, in parts. What changed while nobody
 * looked is found, and from then on the server sees writes to these files by itself.
 */
export const DISK_FILES = 'countersign/diskFiles';
export type DiskFilesParams = {
  /** URI of the workspace folder. */
  readonly folder: string;
  readonly uris: readonly string[];
  /** No part of this folder follows. */
  readonly last: boolean;
};

/** client → server: these files were written, made or removed on disk by somebody. At most 10,000 at once. */
export const DISK_CHANGED = 'countersign/diskChanged';
export type DiskChangedParams = { readonly uris: readonly string[] };

/** server → client: watched files were written by an unknown process and cannot be judged. Each is told once. */
export const DISK_UNREADABLE = 'countersign/diskUnreadable';
export type DiskUnreadableParams = { readonly files: readonly { readonly uri: string; readonly cause: string }[] };

/** client → server: puts the texts of before back on disk, for a hold that was found there. Recorded; the hold is then as one that was discarded. */
export const REVERT = 'countersign/revert';
export type RevertParams = { readonly hold: string };
export type RevertResult = { readonly ok: true } | { readonly ok: false; readonly problem: string };

/** client → server, after a person's click: stops every hooked agent of this account, or lets them go on. */
export const HALT = 'countersign/halt';
export type HaltParams = { readonly reason: string };
export const RESUME = 'countersign/resume';
export type HaltResult = { readonly ok: boolean; readonly problem?: string };

/** client → server: puts a hold discarded by DISCARD back. */
export const UNDO_DISCARD = 'countersign/undoDiscard';
export type UndoDiscardParams = { readonly hold: string };

/** client → server: recent decisions, newest first, for the view. */
export const DECISIONS = 'countersign/decisions';
export type Decision = {
  readonly id: string;
  /** `asked`: acknowledged, and waiting for a second person. `approved`: what somebody else asked for. */
  readonly kind: 'acknowledged' | 'asked' | 'approved' | 'broke-glass' | 'discarded' | 'rolled-back' | 'reverted' | 'forbidden';
  readonly name: string;
  readonly sentence: string;
  readonly severity: Severity;
  readonly when: string;
  readonly expires?: string | undefined;
  readonly path: string;
  readonly uri: string;
  /** True while the change can be rolled back by one command. */
  readonly canRollBack: boolean;
};
export type DecisionsResult = { readonly decisions: readonly Decision[] };

/** client → server: the texts that undo an acknowledged edit. */
export const ROLL_BACK = 'countersign/rollBack';
export type RollBackParams = {
  readonly id: string;
  readonly current: readonly { readonly uri: string; readonly text: string }[];
  /** The person's words. */
  readonly reason?: string | undefined;
  /** Texts that a person made of files that could not be rolled back by themselves. */
  readonly resolved?: readonly { readonly uri: string; readonly text: string }[] | undefined;
};
export type RollBackResult =
  | { readonly ok: true; readonly apply: readonly { readonly uri: string; readonly before: string; readonly after: string }[] }
  | {
      readonly ok: false;
      readonly problem: string;
      /** Rolling it back opens something: that is held. */
      readonly hold?: string | undefined;
      /** Files edited since at the same lines: `merged` marks each place that a person must decide. */
      readonly conflicts?:
        | readonly { readonly uri: string; readonly path: string; readonly merged: string; readonly places: number }[]
        | undefined;
    };
/** client → server: the texts of a ROLL_BACK could not be put in place. The rollback was recorded before; this corrects the record. */
export const NOT_ROLLED_BACK = 'countersign/notRolledBack';
export type NotRolledBackParams = { readonly id: string; readonly cause: string };
export type NotRolledBackResult = { readonly ok: boolean; readonly problem?: string };

/** client → server: which files acknowledgement `id` covers, so that the client can read their current texts. */
export const ROLL_BACK_FILES = 'countersign/rollBackFiles';
export type RollBackFilesParams = { readonly id: string };
export type RollBackFilesResult = { readonly uris: readonly string[] };

/** client → server: the report of the log, or one incident, as a page's `main` in HTML with everything in it escaped. */
export const REPORT = 'countersign/report';
export type ReportParams =
  | { readonly kind: 'report'; readonly days: number }
  /** `record`: the id of a record or a hold, or a record's number. */
  | { readonly kind: 'incident'; readonly record: string };
export type ReportResult =
  | {
      readonly ok: true;
      readonly title: string;
      readonly main: string;
      readonly style: string;
      /** The whole page, to be kept as a file: it fetches nothing. */
      readonly file: string;
      /** The acknowledgement that can be rolled back from here. */
      readonly canRollBack?: string | undefined;
    }
  | { readonly ok: false; readonly problem: string };

export const VERIFY_LOG = 'countersign/verifyLog';
export type VerifyLogResult = { readonly ok: boolean; readonly summary: string; readonly details: readonly string[] };

/**
 * server → client: sign these bytes with the person's key from secret storage.
 * The client answers only while it waits for its own ACKNOWLEDGE with this nonce.
 */
export const SIGN = 'countersign/sign';
/** `bytes` and `signature` are base64. */
export type SignParams = { readonly nonce: string; readonly bytes: string };
export type SignResult = { readonly keyId: string; readonly signature: string };

/** client → server, once after start: the person's public key (PEM, SPKI), so that hooks can check acknowledgements. */
export const ENROL = 'countersign/enrol';
export type EnrolParams = { readonly publicKey: string };
export type EnrolResult =
  | { readonly ok: true; readonly keyId: string }
  /** `revoked`: this key counts no more; only another one helps. */
  | { readonly ok: false; readonly problem: string; readonly revoked?: true };

/** client → server, after a person's yes: lets another person's key in. SIGN follows, with this number. */
export const TRUST_KEY = 'countersign/trustKey';
export type TrustKeyParams = { readonly nonce: string; readonly publicKey: string; readonly person: string };
export type KeyResult = { readonly ok: true; readonly keyId: string } | { readonly ok: false; readonly problem: string };

/** client → server, after a person's yes: opens a page on which a security key is registered. SIGN follows, with this number. */
export const REGISTER_KEY = 'countersign/registerKey';
export type RegisterKeyParams = { readonly nonce: string };

/** client → server, after a person's yes: this key takes the place of the editor's own. SIGN with the old one follows, with this number. */
export const ROTATE_KEY = 'countersign/rotateKey';
export type RotateKeyParams = { readonly nonce: string; readonly publicKey: string };

/** client → server: lets the hold of the opened review through alone, against the policy. SIGN follows. */
export const BREAK_GLASS = 'countersign/breakGlass';
export type BreakGlassParams = { readonly hold: string; readonly nonce: string; readonly phrase: string; readonly reason: string };

/** client → server: a language model of the editor calls one of our tools. `session`: of the window. */
export const TOOL_CALL = 'countersign/toolCall';
export type ToolCallParams = {
  readonly tool: 'propose_edit' | 'check_edit' | 'hold_status';
  /** As the model gave it. */
  readonly input: unknown;
  readonly session: string;
};
/** `text`: for the model. `apply`: recorded already; the client writes these texts, or sends TOOL_NOT_APPLIED. */
export type ToolCallResult = {
  readonly isError: boolean;
  readonly text: string;
  readonly call: string;
  readonly apply: readonly { readonly uri: string; readonly before: string; readonly after: string }[];
};

/** client → server: the texts of a TOOL_CALL could not be put in place. This corrects the record. */
export const TOOL_NOT_APPLIED = 'countersign/toolNotApplied';
export type ToolNotAppliedParams = { readonly call: string; readonly cause: string };
export type ToolNotAppliedResult = { readonly problem?: string | undefined };

/** In `data` of a diagnostic; lets the client and tests see more than the message. */
export type DiagnosticData = {
  readonly rule: string;
  readonly severity: Severity;
  readonly confidence: Confidence;
  readonly fingerprint: string;
  readonly state: 'held' | 'acknowledged' | 'unacknowledged' | 'ignored';
  readonly hold?: string | undefined;
};
