import { createHash } from 'node:crypto';
import type { Assessment, Edit, Provenance } from '../engine/types.ts';
import type { RecordedFile, RecordedProvenance } from '../ledger/types.ts';
import { ensureDigestKey, sealedDigests, sealedFile, SHORT } from './digest-key.ts';

/** Lines of a text, from 1, both ends included. */
export type LineRange = { readonly start: number; readonly end: number };

/**
 * What the log keeps of edits: digests and findings, no text; what could be guessed, under the key of the state folder.
 * `written[i]`: the lines of `edits[i]` that are new.
 */
export function recordedFiles(
  edits: readonly Pick<Edit, 'path' | 'before' | 'after'>[],
  assessments: readonly Assessment[],
  stateFolder: string,
  written?: readonly (readonly LineRange[])[],
): readonly RecordedFile[] {
  const plain = edits.map((edit, index) => ({
    path: recordable(edit.path),
    before: digestOf(edit.before),
    after: digestOf(edit.after),
    findings: (assessments[index]?.findings ?? []).map((finding) => ({
      rule: finding.rule,
      severity: finding.severity,
      confidence: finding.confidence,
      consequence: recordable(finding.consequence),
      fingerprint: finding.fingerprint,
      sensitivity: finding.rating.sensitivity.level,
      blastRadius: finding.rating.blastRadius.level,
    })),
    ...(written === undefined
      ? {}
      : { lines: (written[index] ?? []).map((range) => ({ ...range, digest: digestOfLines(edit.after, range) })) }),
  }));
  return plain.map((file, index) => {
    const { before = '', after = '' } = edits[index] ?? {};
    // Of a long text, too, all but a password may be known.
    const hasSecret = file.findings.some(({ rule }) => SECRETS.has(rule));
    return sealedFile(file, { before: hasSecret || isGuessable(before), after: hasSecret || isGuessable(after) }, () =>
      ensureDigestKey(stateFolder),
    );
  });
}

/** Rules that find a credential in a text. */
const SECRETS: ReadonlySet<string> = new Set(['credential-written', 'secret-literal']);

/** As recordedFiles, of texts that nothing is found in. `before` or `after` that is absent was or is no file. */
export function recordedTexts(
  texts: readonly { readonly path: string; readonly before?: string | undefined; readonly after?: string | undefined }[],
  stateFolder: string,
): readonly RecordedFile[] {
  return texts.map(({ path, before, after }) =>
    sealedFile(
      {
        path: recordable(path),
        before: before === undefined ? undefined : digestOf(before),
        after: after === undefined ? undefined : digestOf(after),
        findings: [],
      },
      { before: isGuessable(before ?? ''), after: isGuessable(after ?? '') },
      () => ensureDigestKey(stateFolder),
    ),
  );
}

/** Short, or made of little: then there are few such texts, and one could be found by its digest. That there is none is no secret. */
export function isGuessable(text: string): boolean {
  const bytes = Buffer.byteLength(text, 'utf8');
  if (bytes === 0 || bytes >= 16 * SHORT) return false;
  if (bytes < SHORT) return true;
  const { deflateRawSync }: typeof import('node:zlib') = require('node:zlib');
  return deflateRawSync(text).byteLength < SHORT / 2;
}

/** From the first to the last line that differs. Empty where nothing is new. */
export function changedRange({ before, after }: Pick<Edit, 'before' | 'after'>): readonly LineRange[] {
  const [old, fresh] = [before.split(/\r?\n/), after.split(/\r?\n/)];
  const shorter = Math.min(old.length, fresh.length);
  let top = 0;
  while (top < shorter && old[top] === fresh[top]) top += 1;
  let bottom = 0;
  while (bottom < shorter - top && old[old.length - 1 - bottom] === fresh[fresh.length - 1 - bottom]) bottom += 1;
  return top + bottom >= fresh.length || after === '' ? [] : [{ start: top + 1, end: fresh.length - bottom }];
}

function digestOfLines(text: string, { start, end }: LineRange): string {
  return digestOf(
    text
      .split(/\r?\n/)
      .slice(start - 1, end)
      .join('\n'),
  );
}

/** As the log keeps it: digests of prompts sealed with the key of the state folder. */
export function recordedProvenance({ channel, certainty, agent, digests }: Provenance, stateFolder: string): RecordedProvenance {
  const told = digests === undefined ? undefined : sealedDigests(digests, ensureDigestKey(stateFolder));
  return {
    channel,
    certainty,
    ...(agent === undefined ? {} : { agent: { ...trimmed(agent), name: recordable(agent.name) } }),
    ...(told === undefined ? {} : { digests: told }),
  };
}

/** Lower-case hex SHA-256 of the UTF-8 text. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/** Agents choose their identifiers and paths: half a surrogate pair has no canonical form, and the log has no room for a megabyte. */
export function recordable(text: string): string {
  const well = Buffer.from(text, 'utf8').toString('utf8');
  return well.length <= 1000 ? well : `${Buffer.from(well.slice(0, 900), 'utf8').toString('utf8')}… (sha256 ${digestOf(well)})`;
}

function trimmed<Name extends string>(values: Readonly<Partial<Record<Name, string | undefined>>>): Partial<Record<Name, string>> {
  const out: Partial<Record<Name, string>> = {};
  for (const name in values) {
    const value = values[name];
    if (value !== undefined) out[name] = recordable(value);
  }
  return out;
}

/** The `verdict` of a `written` record that speaks of a command of Countersign itself, not of an agent. */
export const OWN_COMMAND = 'own-command';
