import { createHash } from 'node:crypto';
import { editMemory } from '../edit-memory.ts';
import { fingerprint } from '../fingerprint.ts';
import { SECRET_RULES } from '../packs/secret-rules.ts';
import { changedPart, type ChangedPart, keptEnds, keptIn } from '../read/changed-part.ts';
import { formatOf } from '../read/format.ts';
import { positionsOf } from '../read/positions.ts';
import { readOnce } from '../read/read-once.ts';
import type { Format, TreeNode } from '../read/tree.ts';
import type { Edit, Finding, Place, Severity } from '../types.ts';
import { type Credential, credentialsIn, mayHoldOne } from './credential-detectors.ts';
import type { Rule } from './rule.ts';
import { type SecretValue, secretValuesIn } from './secret-values.ts';
import { shown } from './template.ts';

/**
 * Secrets that an edit writes into a file: credentials in their issuers' formats anywhere in a text, and what stands under the name of a secret.
 * One that was there before, moved, renamed or replaced by another is no news. No finding holds what a secret says.
 */
export function secretFindings(edit: Edit, isConfig: boolean): readonly Finding[] {
  const written = newCredentials(edit);
  const place = positionsOf(edit.after, 'after').placeOf;
  const literals = isConfig ? newLiterals(edit).filter(({ node }) => !written.some((each) => overlap(each, node.offset, node.length))) : [];
  return [
    ...grouped(written, ({ what }) => what).map(([what, group]) => credentialFinding(edit, what, group, place)),
    ...grouped(literals, ({ name }) => name).map(([name, group]) => literalFinding(edit, name, group, place)),
  ];
}

/** Findings with every secret of the edit's texts left out of their words. */
export function withoutSecrets(findings: readonly Finding[], edit: Edit, isConfig: boolean): readonly Finding[] {
  if (findings.length === 0) return findings;
  const texts = [...credentialsToldBy(findings, edit), ...(isConfig ? [...keptAway(edit), ...valuesAfter(edit)] : [])];
  if (texts.length === 0) return findings;
  const secrets = [...new Set(texts.flatMap(({ text }) => [text, text.trim(), shown(text), shown(text).replace(/…$/, '')]))].filter(
    (text) => text.length > 2,
  );
  if (secrets.length === 0) return findings;
  secrets.sort((a, b) => b.length - a.length);
  return findings.map((finding) => hiddenIn(finding, (text) => hidden(text, secrets)));
}

/** Credentials of the texts, where the findings' words have anything that could be one: words without any need no search of the texts. */
function credentialsToldBy(findings: readonly Finding[], edit: Edit): readonly { readonly text: string }[] {
  if (!mayHoldOne(findings.flatMap(wordsOf).join('\n'))) return [];
  // What was not changed stands in the text after as well.
  const { start, end } = changedLines(edit.before, changedPart(edit.before, edit.after).before);
  return [edit.before.slice(start, end), edit.after].flatMap((text) =>
    credentialsIn(text).map((each) => ({ text: text.slice(each.start, each.end) })),
  );
}

/** Secrets of the text before; those in what the edit left as it is stand in the text after as well. */
function keptAway(edit: Edit): readonly SecretValue[] {
  return changedValuesIn(edit, edit.before);
}

type Hide = (text: string) => string;

/** What hiddenIn may hide in. */
function wordsOf({ consequence, previously, opened, rating, witness, reach }: Finding): readonly string[] {
  return [
    consequence,
    previously,
    opened.name,
    rating.sensitivity.why,
    rating.blastRadius.what,
    ...(witness === undefined ? [] : [witness.resource, witness.request]),
    ...(reach?.steps ?? []),
  ];
}

function hiddenIn(finding: Finding, hide: Hide): Finding {
  const { rating, opened, witness, reach } = finding;
  return {
    ...finding,
    consequence: hide(finding.consequence),
    previously: hide(finding.previously),
    opened: { name: hide(opened.name), kind: opened.kind },
    rating: {
      ...rating,
      sensitivity: { ...rating.sensitivity, why: hide(rating.sensitivity.why) },
      blastRadius: { ...rating.blastRadius, what: hide(rating.blastRadius.what) },
    },
    ...(witness === undefined ? {} : { witness: { ...witness, resource: hide(witness.resource), request: hide(witness.request) } }),
    ...(reach === undefined ? {} : { reach: { ...reach, steps: reach.steps.map(hide) } }),
  };
}

/** A short secret may be a word of the sentence; between backticks, or as a bare name, it is not. */
function hidden(text: string, secrets: readonly string[]): string {
  return secrets.reduce(
    (rest, secret) => (rest === secret ? '…' : secret.length < 8 ? rest.replaceAll(`\`${secret}\``, '`…`') : rest.replaceAll(secret, '…')),
    text,
  );
}

function newCredentials({ before, after }: Edit): readonly Credential[] {
  const { start: from, end: to } = changedLines(after, changedPart(before, after).after);
  return credentialsIn(after.slice(from, to))
    .map((each) => ({ ...each, start: each.start + from, end: each.end + from }))
    .filter(({ start, end }) => !before.includes(after.slice(start, end)));
}

/** The lines that were changed, with enough around them that no credential is cut in two: what stands elsewhere stands in the other text too. */
function changedLines(text: string, { start, end }: ChangedPart['after']): { readonly start: number; readonly end: number } {
  if (text.includes('PRIVATE KEY')) return { start: 0, end: text.length };
  const last = text.indexOf('\n', end + AROUND);
  return { start: text.lastIndexOf('\n', Math.max(0, start - AROUND)) + 1, end: last === -1 ? text.length : last };
}

/** Characters beyond whole lines: more than lies between the parts of any credential, but for keys, which are looked for everywhere. */
const AROUND = 1_000;

/** Of each name, as many as there are more of than before: those that stand where none stood. */
function newLiterals(edit: Edit): readonly SecretValue[] {
  // Which of several is the new one hangs on where the others stand, which may be anywhere.
  return moreIn(edit, changedValuesIn).length === 0 ? [] : moreIn(edit, valuesIn);
}

type Values = (edit: Edit, text: string) => readonly SecretValue[];

function moreIn(edit: Edit, valuesOf: Values): readonly SecretValue[] {
  const now = valuesOf(edit, edit.after);
  if (now.length === 0) return [];
  const old = valuesOf(edit, edit.before);
  const byName = new Map(grouped(old, nameKey));
  return grouped(now, nameKey).flatMap(([name, group]) => {
    const known = byName.get(name) ?? [];
    const texts = known.map(({ text }) => text);
    const fresh = group.filter(({ text }) => {
      const index = texts.indexOf(text);
      if (index !== -1) texts.splice(index, 1);
      return index === -1;
    });
    const trails = new Set(known.map(({ trail }) => trail));
    return fresh.sort((a, b) => Number(trails.has(a.trail)) - Number(trails.has(b.trail))).slice(0, fresh.length - texts.length);
  });
}

function nameKey({ name }: SecretValue): string {
  return name.toLowerCase().replace(/[^a-z\d]/g, '');
}

/** Where the text before speaks of no secret, what it shares with the text after holds none. */
function valuesAfter(edit: Edit): readonly SecretValue[] {
  return speakOfSecrets(edit).before ? valuesIn(edit, edit.after) : changedValuesIn(edit, edit.after);
}

function valuesIn(edit: Edit, text: string): readonly SecretValue[] {
  return rootsOf(edit, text).flatMap(valuesBelow);
}

function valuesBelow(root: TreeNode): readonly SecretValue[] {
  let values = valuesByRoot.get(root);
  if (values === undefined) {
    values = secretValuesIn(root);
    valuesByRoot.set(root, values);
  }
  return values;
}

/** Asked of the same trees for several reasons. */
const valuesByRoot = editMemory<TreeNode, readonly SecretValue[]>();

/** Without those of parts of the document that the edit left as they are: these are there on both sides. */
function changedValuesIn(edit: Edit, text: string): readonly SecretValue[] {
  const format = formatIn(edit);
  if (format === undefined || !SAYS_WHAT_IS_WRITTEN.has(format) || rootsOf(edit, text).length === 0)
    return changedRoots(edit, text).flatMap(valuesBelow);
  // Also where only one of them speaks of secrets: what was kept is in both.
  const [[old, ...more], [now]] = [documentsOf(format, edit, edit.before), documentsOf(format, edit, edit.after)];
  const isSameKind = isSample(edit.path, edit.before) === isSample(edit.path, edit.after);
  if (old === undefined || now === undefined || more.length > 0 || !isSameKind) return rootsOf(edit, text).flatMap(valuesBelow);
  const part = changedPart(edit.before, edit.after);
  const root = text === edit.after ? now : old;
  const known = changedByRoot.get(root);
  if (known?.part === part) return known.values;
  const values = secretValuesIn(root, keptIn(old, now, part));
  changedByRoot.set(root, { part, values });
  return values;
}

const changedByRoot = editMemory<TreeNode, { readonly part: ChangedPart; readonly values: readonly SecretValue[] }>();

/** Formats in which a value means what its own characters say, wherever it stands. */
const SAYS_WHAT_IS_WRITTEN: ReadonlySet<Format> = new Set(['json', 'dotenv', 'sql']);

/**
 * The same without documents that are written in the same characters at both ends of both texts. What stands right behind a change is
 * looked at: a tag in front of a document is none of its characters.
 */
function changedRoots(edit: Edit, text: string): readonly TreeNode[] {
  const [old, now] = [rootsOf(edit, edit.before), rootsOf(edit, edit.after)];
  const roots = text === edit.after ? now : old;
  if (formatIn(edit) !== 'yaml' || old.length < 2 || now.length < 2) return roots;
  const { start, end } = keptEnds(old, now, changedPart(edit.before, edit.after));
  return roots.slice(start, roots.length - Math.max(0, end - 1));
}

/** The documents of a text that may hold values under the names of secrets. */
function rootsOf(edit: Edit, text: string): readonly TreeNode[] {
  if (text.trim() === '' || isSample(edit.path, text)) return [];
  const side = text === edit.after ? 'after' : 'before';
  if (!speakOfSecrets(edit)[side]) return [];
  const format = formatIn(edit);
  return format === undefined || !FORMATS.has(format) ? [] : documentsOf(format, edit, text);
}

function documentsOf(format: Format, { after }: Edit, text: string): readonly TreeNode[] {
  return readOnce(format, text, text === after ? 'after' : 'before').documents;
}

function formatIn({ path, before, after }: Edit): Format | undefined {
  return formatOf(path, after.trim() === '' ? before : after);
}

/** Which of the texts has a word that names of secrets are made of. What they share is searched once. */
function speakOfSecrets({ before, after }: Edit): Readonly<Record<'before' | 'after', boolean>> {
  if (asked?.before === before && asked.after === after) return asked.answer;
  const part = changedPart(before, after);
  const within = (text: string, { start, end }: ChangedPart['after']): boolean =>
    SECRET_WORDS.test(text.slice(Math.max(0, start - LONGEST_WORD), end + LONGEST_WORD));
  const around = SECRET_WORDS.test(before.slice(0, part.before.start)) || SECRET_WORDS.test(before.slice(part.before.end));
  const answer = { before: around || within(before, part.before), after: around || within(after, part.after) };
  asked = { before, after, answer };
  return answer;
}

let asked: { readonly before: string; readonly after: string; readonly answer: ReturnType<typeof speakOfSecrets> } | undefined;

/** Every name that secret-names knows has one of them. By their first letters, so that a character is looked at once. */
const SECRET_WORDS = /p(?:ass|w)|s(?:ecret|as)|token|key|c(?:red|onnection)|d(?:sn|atabase)|auth/i;
const LONGEST_WORD = 10;

const FORMATS: ReadonlySet<Format> = new Set(['json', 'yaml', 'hcl', 'toml', 'ini', 'dotenv', 'npmrc', 'bicep', 'dockerfile', 'sql']);

/** Made to be copied and filled in. */
function isSample(path: string, text: string): boolean {
  // What CloudFormation calls a template is no sample.
  if (/\.template\.(json|ya?ml)$/i.test(path) && /["']?Resources["']?\s*:/.test(text)) return false;
  return /\.(example|sample|template|tmpl|dist|defaults?)$|[._-](example|sample|template)\.[a-z]+$/i.test(path);
}

function credentialFinding(edit: Edit, what: string, group: readonly Credential[], place: PlaceOf): Finding {
  const said = group.map(({ start, end }) => edit.after.slice(start, end));
  // A password may be short enough to be guessed from its digest.
  const digests = / password/.test(what) ? [] : said.map((text) => createHash('sha256').update(text).digest('hex')).sort();
  const bare = what.replace(/^an? /, '');
  return made(SECRET_RULES['credential-written'], edit, {
    severity: 'high',
    confidence: 'proved',
    consequence: `Whoever can read \`${fileName(edit)}\` gets ${group.length === 1 ? what : `${group.length} credentials (${bare})`}.`,
    previously: edit.before === '' ? 'Before: this file was not there.' : 'Before: it did not stand in this file.',
    opened: { name: bare, kind: 'credential' },
    ranges: group.map(({ start, end }) => place(start, end)),
    fingerprint: fingerprint(edit.path, { credential: what, count: group.length, digests }),
  });
}

function literalFinding(edit: Edit, name: string, group: readonly SecretValue[], place: PlaceOf): Finding {
  const format = formatOf(edit.path, edit.after);
  return made(SECRET_RULES['secret-literal'], edit, {
    severity: format === 'dotenv' ? 'medium' : 'high',
    confidence: 'likely',
    consequence: `Whoever can read \`${fileName(edit)}\` gets the secret written out as \`${shown(name)}\`.`,
    previously: edit.before === '' ? 'Before: this file was not there.' : 'Before: it was not written out here.',
    opened: { name: shown(name), kind: 'secret' },
    ranges: group.map(({ node }) => place(node.offset, node.offset + node.length)),
    fingerprint: fingerprint(edit.path, { secret: name, trails: group.map(({ trail }) => trail).sort() }),
  });
}

type PlaceOf = (start: number, end: number) => Place;
type Told = Pick<Finding, 'confidence' | 'consequence' | 'previously' | 'opened' | 'ranges' | 'fingerprint'> & {
  readonly severity: Severity;
};

function made(rule: Rule, edit: Edit, told: Told): Finding {
  return {
    rule: rule.id,
    ...told,
    rating: {
      sensitivity: { level: 'restricted', why: 'a secret opens what it protects' },
      blastRadius: { level: 'service', what: edit.path },
      gain: rule.gain,
    },
    fix: rule.fix,
    failureMode: rule.failureMode,
    unchecked: rule.unchecked,
    references: rule.references,
  };
}

function fileName({ path }: Edit): string {
  return shown(path.split(/[/\\]/).at(-1) ?? path);
}

function overlap({ start, end }: Credential, offset: number, length: number): boolean {
  return start < offset + length && offset < end;
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): readonly (readonly [string, readonly T[]])[] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return [...groups];
}
