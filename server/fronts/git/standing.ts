import { type Edit, type Finding, SEVERITIES } from '../../engine/types.ts';
import { digestOf } from '../../gate/recorded.ts';
import { provesEnough } from '../../gate/ladder.ts';
import type { Presence } from '../../gate/types.ts';
import type { RepositoryAck } from '../../gate/repository-cover.ts';
import type { RecordedFile } from '../../ledger/types.ts';

/** An expansion that needs a person, and whether one stands for it. */
export type Standing = {
  readonly finding: Finding;
  /** The acknowledgements that count for it; empty or too few: refused. */
  readonly by: readonly RepositoryAck[];
  readonly missing: boolean;
  /** Sentences: which acknowledgements there are, and why they do not count. */
  readonly why: readonly string[];
};

export type Acks = {
  /** Brought by the change itself. */
  readonly brought: readonly (RepositoryAck | { readonly file: string; readonly refused: string })[];
  /** Those that lie on the base side already: they were for an earlier change. */
  readonly earlier: () => readonly RepositoryAck[];
  /** Was a file of this name ever in the history of the base side? Asked only of those that would count. */
  readonly wasUsed: (file: string) => boolean;
};

/** The finding's fingerprint as a workspace in the folder `prefix` would have it. */
export type FingerprintIn = (ownPath: string, finding: Finding) => string | undefined;

/**
 * The acknowledged edits that lead from the text before the change to the text after it, one after the other: whatever is new in
 * the end was accepted in one of them, though it may be told in other words as a whole. Undefined where there is no such way.
 */
export function stepsBetween(edit: Edit, acks: Acks): readonly Step[] | undefined {
  const steps = acks.brought.flatMap((ack) =>
    'files' in ack && ack.refused === undefined ? (ack.files.get(edit.path)?.steps ?? []).map((file) => ({ ack, file })) : [],
  );
  const end = digestOf(edit.after);
  const seen = new Set<string>();
  const ways: { readonly at: string; readonly taken: readonly Step[] }[] = [{ at: digestOf(edit.before), taken: [] }];
  for (let way = ways.shift(); way !== undefined; way = ways.shift()) {
    if (way.at === end && way.taken.length > 0) return way.taken.every(({ ack }) => !acks.wasUsed(ack.file)) ? way.taken : undefined;
    if (seen.has(way.at)) continue;
    seen.add(way.at);
    for (const step of steps) {
      if (step.file.before === way.at && step.file.after !== undefined) ways.push({ at: step.file.after, taken: [...way.taken, step] });
    }
  }
  return undefined;
}

export type Step = { readonly ack: RepositoryAck; readonly file: RecordedFile };

/** Did somebody on the way accept what this rule finds, at this severity or a worse one? A rule that is new was shown to nobody. */
export function toldOnTheWay({ rule, severity }: Finding, steps: readonly Step[]): boolean {
  const rank = (one: string) => SEVERITIES.findIndex((known) => known === one);
  return steps.some(({ file }) => file.findings.some((told) => told.rule === rule && rank(told.severity) <= rank(severity)));
}

/** What an expansion needs of who signed for it. `people`: so many different ones. */
export type Asked = {
  readonly people: number;
  readonly presence: Presence;
  /** Why this signature is no approval of this finding, as gate/approvers.ts says it; undefined: it may be one. */
  readonly whyNoApprover: (ack: RepositoryAck, finding: Finding) => string | undefined;
  readonly maybeSamePerson: (one: RepositoryAck, other: RepositoryAck) => boolean;
};

/** Who stands for one finding in one file. */
export function standingOf(edit: Edit, finding: Finding, asked: Asked, acks: Acks, fingerprintIn: FingerprintIn): Standing {
  const why: string[] = [];
  const good: RepositoryAck[] = [];
  for (const ack of acks.brought) {
    if (!('files' in ack)) continue;
    const accepted = ack.files.get(edit.path);
    if (accepted === undefined) continue;
    const same = accepts(accepted.fingerprints, accepted.path, finding, edit.path, fingerprintIn);
    if (ack.refused !== undefined) why.push(`${named(ack.file)} ${ack.refused}`);
    else if (!same) why.push(`${named(ack.file)} accepts something else in this file: what is opened was changed since, or is more.`);
    else if (acks.wasUsed(ack.file)) why.push(`${named(ack.file)} ${USED}`);
    else if (!provesEnough(ack.presence, asked.presence)) {
      why.push(
        `${named(ack.file)} lacks the proof of presence (${asked.presence}) that the policy asks for at ${finding.severity}; a key of the editor alone gives none.`,
      );
    } else good.push(ack);
  }
  const by = asked.people < 2 ? onePerOwner(good) : (pairOf(good, finding, asked) ?? []);
  const missing = by.length === 0;
  if (missing && good.length > 0) why.push(...whyNoPair(good, finding, asked));
  if (missing && why.length === 0) {
    const old = acks.earlier().find(({ files }) => {
      const accepted = files.get(edit.path);
      return accepted !== undefined && accepts(accepted.fingerprints, accepted.path, finding, edit.path, fingerprintIn);
    });
    why.push(old === undefined ? 'Nobody acknowledged it.' : `${named(old.file)} ${USED}`);
  }
  return { finding, by: missing ? good : by, missing, why: [...new Set(why)] };
}

function onePerOwner(acks: readonly RepositoryAck[]): readonly RepositoryAck[] {
  return [...new Map(acks.map((ack) => [ack.owner, ack])).values()];
}

/** Two people, the second of whom may approve: who signs last, or who signs an approval as such. */
function pairOf(acks: readonly RepositoryAck[], finding: Finding, asked: Asked): readonly RepositoryAck[] | undefined {
  for (const approval of acks.filter((ack) => asked.whyNoApprover(ack, finding) === undefined)) {
    const first = acks.find((ack) => isBefore(ack, approval) && !asked.maybeSamePerson(ack, approval));
    if (first !== undefined) return [first, approval];
  }
  return undefined;
}

function isBefore(one: RepositoryAck, approval: RepositoryAck): boolean {
  return approval.record.event.kind === 'approved' || Date.parse(one.record.time) <= Date.parse(approval.record.time);
}

function whyNoPair(acks: readonly RepositoryAck[], finding: Finding, asked: Asked): readonly string[] {
  const people = acks.filter((ack, index) => acks.slice(0, index).every((other) => !asked.maybeSamePerson(ack, other)));
  if (people.length < 2) return [`Only one person acknowledged it; the policy asks for ${asked.people}.`];
  const refused = acks.flatMap((ack) => {
    const why = asked.whyNoApprover(ack, finding);
    return why === undefined ? [] : [`${named(ack.file)} ${why}`];
  });
  return refused.length < acks.length
    ? [...refused, 'Who may approve it signed first, and so asked for it. Somebody else who may must approve it.']
    : refused;
}

const USED = 'was used: it is in the history of the base side already, and accepts one change only.';

function accepts(
  fingerprints: ReadonlySet<string>,
  ownPath: string,
  finding: Finding,
  path: string,
  fingerprintIn: FingerprintIn,
): boolean {
  const own = ownPath === path ? finding.fingerprint : fingerprintIn(ownPath, finding);
  return own !== undefined && fingerprints.has(own);
}

/** ".countersign/acks/1a2b3c4d….json" */
function named(file: string): string {
  return file.replace(/([0-9a-f]{8})[0-9a-f]{56}/, '$1…');
}
