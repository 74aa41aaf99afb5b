/**
 * The words of the engine. Plain readonly data: what goes in (an edit), what comes out (an assessment).
 * This is the only engine file that `server/protocol.ts` may import.
 */

/** From worst to least. Shown also as the incident class it would be: Sev-1 (critical) … Sev-4 (low). */
export const SEVERITIES = ['critical', 'high', 'medium', 'low', 'info'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** How sure a finding is. `proved`: its witness follows from the text alone. `likely`: a known pattern. `unknown`: it uses values that are not here. */
export type Confidence = 'proved' | 'likely' | 'unknown';

export type Sensitivity = 'public' | 'internal' | 'confidential' | 'restricted';
export type BlastRadius = 'resource' | 'service' | 'account' | 'organization' | 'public';

/** A point in a text. `line` and `column` count from 1 (columns in UTF-16 units), `offset` from 0. */
export type Position = { readonly line: number; readonly column: number; readonly offset: number };

/** A stretch of the text before or after the edit; `end` is exclusive. */
export type Place = { readonly side: 'before' | 'after'; readonly start: Position; readonly end: Position };

/** How an edit reached us. */
export type Channel = 'hook' | 'tool' | 'paste' | 'inline' | 'insert' | 'disk' | 'patch' | 'typed';

/** How sure we are of where it came from. `attested`: the agent's own hook said so. `observed`: we saw it happen. `inferred`: worked out, may be wrong. */
export type Certainty = 'attested' | 'observed' | 'inferred' | 'human';

export type Agent = {
  /** Display name: "Claude Code". */
  readonly name: string;
  readonly version?: string | undefined;
  readonly model?: string | undefined;
  readonly session?: string | undefined;
  /** The vendor's identifier of the tool call. */
  readonly toolCall?: string | undefined;
  /** The tool's name as the agent calls it: "Edit". */
  readonly tool?: string | undefined;
};

export type Provenance = {
  readonly channel: Channel;
  readonly certainty: Certainty;
  readonly agent?: Agent | undefined;
  /** Lower-case hex SHA-256 of the prompt and of the suggested text; never the text itself. */
  readonly digests?: { readonly prompt?: string | undefined; readonly output?: string | undefined } | undefined;
};

/** A change to one file. Texts are whole files; a file that does not exist has the text ''. */
export type Edit = {
  /** Relative to the workspace with forward slashes, or absolute when outside of it. */
  readonly path: string;
  readonly before: string;
  readonly after: string;
  readonly provenance: Provenance;
  /** Of a command line ("$ aws iam …", its text is `after`): what it does beside writing files. Absent for files. */
  readonly command?: readonly CommandAct[] | undefined;
};

/** What a command does that is no readable edit of a file. */
export type CommandAct =
  | { readonly kind: 'change'; readonly change: DirectChange }
  /** Watched files that get a text nobody can foresee. */
  | {
      readonly kind: 'unread';
      readonly paths: readonly string[];
      readonly why: string;
      /** The text is that of a patch, which may change these files among others. */
      readonly from?: 'patch' | undefined;
    };

/** Access, data or a safeguard that a command changes at once, outside of any file. */
export type DirectChange = {
  readonly rule: DirectChangeRule;
  /** In its own words: "AWS", "the cluster", "the database". */
  readonly system: string;
  /** A verb phrase that follows "This command": "attaches `AdministratorAccess` to `ci`". */
  readonly does: string;
  /** The one thing it is about, a bare name, and what it is. */
  readonly object: string;
  readonly kind: string;
  readonly severity: Exclude<Severity, 'info'>;
  /** A policy document given in the command, or "file://…". */
  readonly document?: string | undefined;
  /** As which file the document is judged, where it is no policy: "docker-compose.yml". */
  readonly documentName?: string | undefined;
};

export type DirectChangeRule =
  | 'command-changes-access'
  | 'command-destroys-data'
  | 'command-weakens-safeguard'
  | 'command-runs-unread-code'
  | 'command-reads-secret';

/** One concrete example request, refused before the edit and allowed after it. */
export type Witness = {
  /** Plain words: "Someone who is not signed in". */
  readonly who: string;
  /** The exact principal of the request: an ARN, an account, "*" for anonymous, or '' when the policy's own holder. */
  readonly principal: string;
  readonly action: string;
  readonly resource: string;
  /** Condition keys of the request; absent keys are absent here. */
  readonly context: Readonly<Record<string, string | readonly string[]>>;
  /** The request in one line, as a person would read it: "s3:GetObject on arn:aws:s3:::exports/x". */
  readonly request: string;
};

/** A step scale of "how far" the access reaches, for the ladder in the review. Indexes point into `steps`. */
export type Reach = {
  /** "Who can read it" */
  readonly label: string;
  readonly steps: readonly string[];
  readonly before: number;
  readonly after: number;
};

export type Rating = {
  readonly sensitivity: { readonly level: Sensitivity; readonly why: string };
  readonly blastRadius: { readonly level: BlastRadius; readonly what: string };
  /** What is gained, in a few words: "read data", "manage permissions". */
  readonly gain: string;
};

export type Finding = {
  /** Kebab-case id: file, fixture and documentation anchor have the same name. */
  readonly rule: string;
  readonly severity: Severity;
  readonly confidence: Confidence;
  readonly rating: Rating;
  /** One plain sentence of at most 18 words; names of things in `backticks`. "Anyone on the internet can read every object in `prod-customer-exports`." */
  readonly consequence: string;
  /** What was true before, a sentence: "Before: only role `app-reader`." */
  readonly previously: string;
  /** The thing that is opened: its bare name (typed by the person at critical) and what it is ("bucket"). */
  readonly opened: { readonly name: string; readonly kind: string };
  /** Absent only where nothing can be asked for, such as an edit that could not be read. */
  readonly witness?: Witness | undefined;
  readonly reach?: Reach | undefined;
  /** Where: in the text after, and in the text before where something was removed. */
  readonly ranges: readonly Place[];
  /** Lower-case hex SHA-256 over path and canonical expanded access: a reformat keeps it, a widening breaks it. */
  readonly fingerprint: string;
  /** What a person should do instead. */
  readonly fix: string;
  /** How this goes wrong, for the risk register. */
  readonly failureMode: string;
  /** What was not looked at, each a short noun phrase: "the account's public-access block". */
  readonly unchecked: readonly string[];
  /** OWASP, NIST AI RMF, CWE, ATT&CK identifiers. */
  readonly references: readonly string[];
};

/** Something that could not be read or worked out. Never silence. */
export type Problem = {
  readonly kind: 'unreadable' | 'partly-read' | 'duplicate-key' | 'too-large' | 'too-deep' | 'undecided' | 'not-ignored';
  /** A sentence that names the place and the remedy. */
  readonly message: string;
  readonly place?: Place | undefined;
  /** True when the text after may hold access that was not seen, so that the gate must close on a watched path. */
  readonly blinds: boolean;
};

/** What kind of file this is to us. `none`: nothing here is governed. */
export type DocumentKind = 'aws-iam' | 'governing' | 'config' | 'command' | 'none';

export type Assessment = {
  readonly path: string;
  readonly kind: DocumentKind;
  /** Worst first. */
  readonly findings: readonly Finding[];
  readonly problems: readonly Problem[];
};

/** What the engine needs to know beside the edit. Comes from policy; see DEFAULT_SETTINGS in assess.ts. */
export type EngineSettings = {
  /** First match wins, before the built-in map. Pattern: case-insensitive glob over resource names and ARNs. */
  readonly sensitivity: readonly { readonly pattern: string; readonly level: Sensitivity; readonly label: string }[];
  /** Account ids of the own organization. */
  readonly accounts: readonly string[];
  /** Says true when the time for an answer is used up; the engine then answers "undecided" instead of going on. */
  readonly outOfTime: () => boolean;
};
