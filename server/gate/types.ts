import type { MorePacks } from '../engine/assess.ts';
import type { Assessment, BlastRadius, Edit, EngineSettings, Provenance, Sensitivity, Severity } from '../engine/types.ts';
import type { Ledger, Reason, SinkSettings } from '../ledger/types.ts';

/** From mildest to strictest. `acknowledge`: one person. `approve`: someone else than who asks for it, too. */
export const VERDICTS = ['allow', 'note', 'acknowledge', 'approve', 'forbid'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** From mildest to strictest. `touch`: somebody was there and touched a key. `verified`: and the key knows who (PIN, finger). */
export const PRESENCES = ['none', 'touch', 'verified'] as const;
export type Presence = (typeof PRESENCES)[number];

/** Who must sign what is held. Of several findings, the strictest of each. */
export type Signing = { readonly people: 1 | 2; readonly presence: Presence };

/** The effective policy. Read from files by gate/policy.ts; DEFAULT_POLICY there is what holds without any. */
export type Policy = {
  /** Lower-case hex SHA-256 of what the policy was read from; in every record. */
  readonly digest: string;
  readonly verdicts: Readonly<Record<Severity, Verdict>>;
  /** Places with verdicts of their own. Where several match, the strictest counts. */
  readonly environments: readonly Environment[];
  /** Globs over workspace-relative paths and over resource names that no agent may touch. */
  readonly noGo: readonly { readonly pattern: string; readonly owner?: string | undefined; readonly source: string }[];
  /** Globs over paths watched beside the built-in ones: there, failure closes the gate. */
  readonly watch: readonly string[];
  readonly reason: {
    /** Characters after trimming. At least 20. */
    readonly minimumLength: number;
    readonly ticketRequired: boolean;
    /** RE2 patterns, each of which a ticket must match as a whole. Absent: any ticket will do. */
    readonly ticketPatterns?: readonly string[] | undefined;
    /** What a person may choose from. Absent: the built-in five (reasons.ts). */
    readonly categories?: readonly ReasonCategory[] | undefined;
  };
  readonly expiry: Expiry & {
    /** Where a severity differs from the rest. */
    readonly bySeverity?: Readonly<Partial<Record<Severity, Partial<Expiry>>>> | undefined;
  };
  /** What the signature must prove, by severity. */
  readonly presence: Readonly<Record<Severity, Presence>>;
  /** Minutes within which the agent's retry of an acknowledged edit is let through, once. */
  readonly retryMinutes: number;
  readonly engine: Pick<EngineSettings, 'sensitivity' | 'accounts'> & MorePacks;
  /** Where `engine.packs` came from, one folder for each; every folder that was looked in; and what could not be loaded. */
  readonly packs: { readonly origins: readonly string[]; readonly folders: readonly string[]; readonly problems: readonly string[] };
  /** Findings that a policy lets pass, for a time. */
  readonly ignore: readonly PolicyIgnore[];
  readonly ignores: IgnoreLimits;
  /** What becomes of a risky write to disk by an unknown process: it is shown, or the text before it is put back at once. Held either way. */
  readonly diskWrites: 'show' | 'revert';
  /** What an upgrade's new or stricter rules get until somebody accepts them. */
  readonly newRules: 'note' | 'enforce';
  /** Where the log is shipped. From the organization's and the user's policy alone. */
  readonly sinks: readonly SinkSettings[];
  /** The files it was read from, or would be, strongest first. Without them: the default alone. */
  readonly layers: readonly PolicyLayer[];
  /** What a lower layer tried to loosen, and did not get. */
  readonly refused: readonly Loosened[];
  /** What agents are declared to touch and do, in the order of the layers. An agent may do what every layer lets it: see agent-limits.ts. */
  readonly agents: readonly AgentDeclaration[];
  readonly breaker: BreakerLimits;
  readonly approvals: ApprovalPlaces;
  /** Ids of keys that sign nothing, whatever a log says of them: those of a lost laptop. */
  readonly revokedKeys: readonly string[];
  /** Keys that may acknowledge in a change that is checked, and approve, beside those that a repository or a log lets in. */
  readonly trustedKeys: readonly TrustedKey[];
  /** Who may approve, in the order of the layers. Every layer with a list must let a key in; without a list anybody trusted may. See approvers.ts. */
  readonly approvers: readonly Approver[];
};

/** A public key that a policy vouches for. */
export type TrustedKey = {
  readonly id: string;
  /** As verifying-key.ts reads it. */
  readonly text: string;
  readonly person: string;
  /** "file, line 3, column 5" */
  readonly source: string;
  /** The user's count where logs are looked at; what lets something through asks for the organization's. */
  readonly layer: PolicyLayer['of'];
};

/** Somebody who may approve what others acknowledged. What is absent says nothing; of several, all must be met. */
export type Approver = {
  readonly person: string;
  /** Ids. Whoever asked with one of them approves with none of them. */
  readonly keys: readonly string[];
  readonly severities?: readonly Severity[] | undefined;
  /** Names of environments of the policy. */
  readonly environments?: readonly string[] | undefined;
  /** Globs over paths and over names of what is opened, as in `noGo`. */
  readonly match?: readonly string[] | undefined;
  /** "file, line 3, column 5" */
  readonly source: string;
  readonly layer: PolicyLayer['of'];
};

/** How somebody else is asked. */
export type ApprovalPlaces = {
  /** Absolute: a shared folder that requests are put into, with the texts of the edits. Absent: with the repository, without them. */
  readonly folder?: string | undefined;
  /** For so long an approval may be given. */
  readonly hours: number;
};

/** How far an agent is trusted, from most to least. `trusted`: the policy as it stands. See agent-limits.ts for the others. */
export const TIERS = ['trusted', 'supervised', 'restricted'] as const;
export type Tier = (typeof TIERS)[number];

/** What a policy file declares of an agent: its blast radius. What is absent says nothing; an empty list lets nothing through. */
export type AgentDeclaration = {
  /** The agent's id as in `countersign hook <id>`, its display name, or a glob over these; "*" for every agent without an entry of its own. */
  readonly agent: string;
  readonly tier?: Tier | undefined;
  /** Globs over paths, as in `noGo`. */
  readonly mayTouch?: readonly string[] | undefined;
  readonly mayAct?: AgentActs | undefined;
  /** Globs over names of MCP servers. */
  readonly mcpServers?: readonly string[] | undefined;
  /** Globs over command lines, in which `*` also stands for "/". */
  readonly commands?: readonly string[] | undefined;
  /** "file, line 3, column 5" */
  readonly source: string;
  /** The file: of one layer, only the entry that fits an agent best counts. */
  readonly layer: string;
};

export type AgentActs = {
  /** The farthest that what it opens may reach. */
  readonly blastRadius?: BlastRadius | undefined;
  /** The most sensitive that what it opens may be. */
  readonly sensitivity?: Sensitivity | undefined;
  /** Globs over environments, such as dev, test, staging, production. What names none is let through. */
  readonly environments?: readonly string[] | undefined;
  /** Globs over the systems that its commands change: aws, cluster, database, github … */
  readonly systems?: readonly string[] | undefined;
  /** Globs over what becomes possible: "s3:Get*". */
  readonly actions?: readonly string[] | undefined;
  /** Globs over ids of rules that may find something in its edits. */
  readonly rules?: readonly string[] | undefined;
};

/** When an agent is stopped by itself. See breaker.ts. */
export type BreakerLimits = {
  /** So many different edits held or forbidden within `minutes`. */
  readonly held: number;
  readonly minutes: number;
  /** So many retries around a denial within `minutes`. */
  readonly retries: number;
  /** Only the agent that did it, or every hooked agent. */
  readonly stops: 'agent' | 'all';
};

/** `prod`: what matches it has these verdicts in place of `Policy.verdicts`. */
export type Environment = {
  readonly name: string;
  /** Globs over paths and over names of what is opened, as in `noGo`. */
  readonly match: readonly string[];
  readonly verdicts: Readonly<Partial<Record<Severity, Verdict | undefined>>>;
  /** "file, line 3, column 5" */
  readonly source: string;
};

export type Expiry = { readonly defaultHours: number; readonly longestHours: number };

export type ReasonCategory = { readonly id: string; readonly label: string };

export type PolicyLayer = {
  readonly of: 'organization' | 'user' | 'workspace';
  /** Absolute. */
  readonly file: string;
  /** Where a link on the way leads; absent where there is none. */
  readonly real?: string | undefined;
  /** Absent: there is no such file, or it cannot be used. */
  readonly text?: string | undefined;
};

/** A setting that would have made the gate milder than a stronger layer allows. It has no effect. */
export type Loosened = {
  readonly of: 'user' | 'workspace';
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** ['verdicts', 'high'] */
  readonly keys: readonly (string | number)[];
  /** With file, line, column and remedy. */
  readonly sentence: string;
};

/** An entry of a policy's `ignore`. */
export type PolicyIgnore = {
  readonly rule: string;
  /** Glob over paths, as in `noGo`. */
  readonly path: string;
  readonly reason: string;
  /** The last day it counts, YYYY-MM-DD, in UTC. */
  readonly until: string;
  /** "file, line 3, column 5" */
  readonly source: string;
  /** `own`: the user's or the organization's policy. */
  readonly from: 'own' | 'workspace';
};

/** What may be ignored at all. A reason has at least `reason.minimumLength` characters. */
export type IgnoreLimits = {
  readonly longestDays: number;
  /** The worst severity that the user's or the organization's policy may ignore. */
  readonly upTo: Severity;
  /** The same of the workspace's policy, and of comments in its files. */
  readonly workspaceUpTo: Severity;
};

export type HeldEdit = {
  readonly path: string;
  readonly before: string;
  readonly after: string;
  /** Of a command line: what it does, so that it can be judged again when somebody acknowledges it. */
  readonly command?: Edit['command'];
  readonly assessment: Assessment;
};

/** A suggestion waiting for its verdict: one file in the state folder, written atomically, watched by editors. */
export type Hold = {
  readonly schema: 'countersign.hold/1';
  /** "H-" and eight characters of Crockford base 32, from path, session and fingerprints: the same suggestion is the same hold. */
  readonly id: string;
  readonly workspace: string;
  /** ISO 8601 */
  readonly created: string;
  readonly updated: string;
  /** How often this same edit was suggested. */
  readonly times: number;
  readonly verdict: 'acknowledge' | 'approve' | 'forbid';
  /** For `acknowledge` and `approve`: who must sign. Absent in holds of earlier releases: one person, without proof of presence. */
  readonly sign?: Signing | undefined;
  /** For `forbid`: which rule of the policy, and whose it is. */
  readonly forbiddenBy?: { readonly pattern: string; readonly source: string; readonly owner?: string | undefined } | undefined;
  readonly provenance: Provenance;
  readonly policyDigest: string;
  readonly edits: readonly HeldEdit[];
  /** Found on disk after the write, by an unknown process: the text is in the files still, or those of before were put back. */
  readonly disk?: 'written' | 'reverted' | undefined;
};

/** One suggestion: all edits of one tool call, or of one paste. They are decided together. */
export type Suggestion = {
  readonly workspace: string;
  readonly edits: readonly Edit[];
  /** The texts are on disk already. */
  readonly disk?: Hold['disk'];
};

/**
 * What the gate needs from outside. Clock, folders and log come in; nothing is read from the environment.
 * `now` is a function because a gate lives as long as its front.
 */
export type GateContext = {
  /** Absolute path of the user's state folder. */
  readonly stateFolder: string;
  readonly policy: Policy;
  readonly ledger: Ledger;
  readonly now: () => Date;
  readonly outOfTime: () => boolean;
  /** Key ids with role `person` that may sign acknowledgements, with their public keys (PEM, SPKI). */
  readonly trustedKeys: ReadonlyMap<string, string>;
  /** A sentence, present when a policy file is there but cannot be used: the gate is then closed on watched paths and nothing can be acknowledged. */
  readonly closedBecause?: string | undefined;
};

/** `tripped`: why this made the breaker trip, a sentence. */
export type Outcome =
  /** Nothing to ask. `noted` where policy wants it shown. */
  | { readonly verdict: 'allow' | 'note'; readonly assessments: readonly Assessment[]; readonly released?: string | undefined }
  /** Waits for a person; `approve`: for a second one too. */
  | {
      readonly verdict: 'acknowledge' | 'approve';
      readonly assessments: readonly Assessment[];
      readonly hold: Hold;
      readonly tripped?: string | undefined;
    }
  /** Cannot be acknowledged at all. */
  | { readonly verdict: 'forbid'; readonly assessments: readonly Assessment[]; readonly hold: Hold; readonly tripped?: string | undefined }
  /** The gate closed because something failed; the sentence says what and what to do. Counts as not applied. */
  | { readonly verdict: 'closed'; readonly assessments: readonly Assessment[]; readonly cause: string };

export type AcknowledgementInput = {
  readonly reason: Reason;
  /** Hours from now; more than 0, at most the policy's longest. */
  readonly hours: number;
  /** The opened name as entered; needed where the worst finding is critical. */
  readonly confirmation?: { readonly text: string; readonly how: 'typed' | 'pasted' } | undefined;
  readonly rollBackLater: boolean;
  /** `digestOfHold` (holds.ts) of what the person was shown. Where given, a hold that was changed since is refused. */
  readonly seen?: string | undefined;
};

/** What keeps an acknowledgement from being taken, in the order of the form. */
export type Missing = {
  readonly field: 'category' | 'reason' | 'ticket' | 'hours' | 'confirmation';
  /** A noun phrase for "Still needed: …": "3 more characters of reason". */
  readonly what: string;
};

export type Acknowledged =
  /** `id` is the record's id. For suggestions of the editor's own channels the caller now applies the edits, then calls `markApplied`. */
  // `note`: what became of its file in the repository, a sentence; absent where the repository takes no part.
  // `asked`: nothing is let through yet; somebody else was asked, with these files.
  | {
      readonly ok: true;
      readonly id: string;
      readonly expires: string;
      readonly retryUntil: string;
      readonly note?: string | undefined;
      readonly asked?: { readonly files: readonly string[] } | undefined;
    }
  | { readonly ok: false; readonly missing: readonly Missing[] }
  | { readonly ok: false; readonly problem: string };

/** A hold that was decided: one file in the state folder, kept for rollback and for undoing a discard. */
export type Decided =
  | {
      readonly schema: 'countersign.decided/1';
      readonly kind: 'acknowledged';
      /** The id of the 'acknowledged' record. */
      readonly id: string;
      readonly hold: Hold;
      /** ISO 8601 */
      readonly when: string;
      readonly expires: string;
      readonly retryUntil: string;
      readonly rollBackLater: boolean;
      /** The signed record, base64 of its stored bytes: what the texts in `hold` are checked against. */
      readonly envelope: string;
      /** What became of it in the editor; absent for an agent's retry and until the editor has answered. */
      readonly applied?: { readonly ok: boolean; readonly when: string; readonly cause?: string | undefined } | undefined;
      /** ISO 8601 */
      readonly rolledBack?: string | undefined;
    }
  | {
      readonly schema: 'countersign.decided/1';
      readonly kind: 'discarded';
      /** The hold's id. */
      readonly id: string;
      readonly hold: Hold;
      /** ISO 8601 */
      readonly when: string;
    };

/** A reason given for a hold before anybody signed for it: one file in the state folder. It accepts nothing. */
export type Draft = {
  readonly schema: 'countersign.draft/1';
  readonly hold: string;
  readonly reason: Reason;
  /** The program it was given in, as it calls itself. */
  readonly by: string;
  /** ISO 8601 */
  readonly when: string;
};
