import { join } from 'node:path';
import { isTable } from '../engine/is-table.ts';
import { version as product } from '../../package.json';
import { SEVERITIES, type Severity } from '../engine/types.ts';
import { builtInRules } from '../engine/rules/built-in.ts';
import type { PackRule } from '../engine/rules/pack.ts';
import { addedPacks, BUILT_IN, type OriginalPack, packsOf } from './rule-of.ts';
import { readWhole, writeWhole } from './small-file.ts';
import { ensureRoom, roomFolder } from './state-folder.ts';
import type { Policy } from './types.ts';

/**
 * A rule that an upgrade brought and nobody accepted yet. `stricter`: its findings get the verdict of a severity that is `by`
 * steps milder, the one that was accepted.
 */
export type Newer = { readonly kind: 'new' } | { readonly kind: 'stricter'; readonly by: number };

export type NewerRule = Newer & { readonly rule: string; readonly pack: string; readonly version: string; readonly severity: Severity };

/**
 * Rules that a newer version of a known pack brought: by id, among `packs` of the policy. A pack that was never recorded is accepted
 * as it came, so that a record that is gone, unreadable or forged downward in part makes nothing milder than it was installed.
 */
export function newerRules(policy: Policy, stateFolder: string): ReadonlyMap<string, NewerRule> {
  const written = readWritten(stateFolder);
  if (policy.newRules === 'enforce' || !mayAnyBeNewer(policy, written)) return NONE;
  const record = recordOf(written);
  if (record === undefined) return NONE;
  const known = severitiesIn(record);
  const found = new Map<string, NewerRule>();
  const seen = new Set<string>();
  for (const { origin, pack } of packsOf(policy)) {
    const version = versionOf({ origin, pack });
    const isNewer = isLater(version, record.packs[keyOf({ origin, pack })]);
    for (const rule of pack.rules) {
      if (seen.has(rule.id)) continue;
      seen.add(rule.id);
      if (!isNewer) continue;
      const severity = worstOf(rule);
      // A rule that only moved to another pack is an old one.
      const before = known.get(rule.id);
      const by = before === undefined ? 0 : SEVERITIES.indexOf(before) - SEVERITIES.indexOf(severity);
      const told = { rule: rule.id, pack: pack.pack, version, severity };
      if (before === undefined) found.set(rule.id, { kind: 'new', ...told });
      else if (by > 0) found.set(rule.id, { kind: 'stricter', by, ...told });
    }
  }
  return found;
}

/** The usual answer is no. It needs none of the built-in packs, and of the record only the versions. */
function mayAnyBeNewer(policy: Policy, written: unknown): boolean {
  const packs = packsIn(written);
  return (
    isLater(product, packs[BUILT_IN]) ||
    addedPacks(policy).some(({ origin, pack }) => isLater(pack.version, packs[keyOf({ origin, pack })]))
  );
}

function packsIn(written: unknown): Readonly<Record<string, unknown>> {
  return isTable(written) && isTable(written['packs']) ? written['packs'] : {};
}

function isLater(version: string, accepted: unknown): boolean {
  return isTable(accepted) && typeof accepted['version'] === 'string' && compareVersions(version, accepted['version']) > 0;
}

/**
 * Writes down what is in force: packs that are not known yet, and rules of known ones at the version that was accepted. What a
 * newer version brought stays open. Throws as fs does.
 */
export function recordRules(policy: Policy, stateFolder: string): void {
  if (areRulesRecorded(policy, stateFolder)) return;
  keep(policy, stateFolder, (version, accepted) => accepted === undefined || compareVersions(version, accepted.version) <= 0);
}

/** True: there is nothing that recordRules would have to look for. */
export function areRulesRecorded(policy: Policy, stateFolder: string): boolean {
  return addedPacks(policy).length === 0 && isWhole(packsIn(readWritten(stateFolder))[BUILT_IN]);
}

/** This version of the built-in packs is known, rule by rule: a record only grows. */
function isWhole(accepted: unknown): boolean {
  return (
    isTable(accepted) &&
    accepted['version'] === product &&
    isTable(accepted['rules']) &&
    Object.keys(accepted['rules']).length >= builtInRules()
  );
}

/** Accepts what the packs say now. Only ever adds and raises: an older pack put in the place of a newer one takes nothing back. */
export function acceptRules(policy: Policy, stateFolder: string): void {
  keep(policy, stateFolder, () => true);
}

type Accepted = { readonly version: string; readonly rules: Readonly<Record<string, Severity>> };
type RulesRecord = { readonly schema: 'countersign.rules/1'; readonly packs: Readonly<Record<string, Accepted>> };

const NONE: ReadonlyMap<string, NewerRule> = new Map();
const FILE = 'accepted.json';

function keep(policy: Policy, stateFolder: string, mayKeep: (version: string, accepted: Accepted | undefined) => boolean): void {
  const record = readRecord(stateFolder);
  const packs: Record<string, Accepted> = { ...record?.packs };
  for (const each of packsOf(policy)) {
    const key = keyOf(each);
    const version = versionOf(each);
    const old = packs[key];
    if (!mayKeep(version, record?.packs[key])) continue;
    const rules: Record<string, Severity> = { ...old?.rules };
    for (const rule of each.pack.rules) rules[rule.id] = worst(rules[rule.id], worstOf(rule));
    packs[key] = { version: old === undefined || compareVersions(version, old.version) > 0 ? version : old.version, rules };
  }
  const next = JSON.stringify({ schema: 'countersign.rules/1', packs } satisfies RulesRecord);
  if (record === undefined || next !== JSON.stringify(record)) writeWhole(join(ensureRoom(stateFolder, 'rules'), FILE), next);
}

/** All built-in packs come with one version of Countersign: a new one among them is news like a new rule. */
function keyOf({ origin, pack }: OriginalPack): string {
  return origin === BUILT_IN ? BUILT_IN : `${origin}#${pack.pack}`;
}

function versionOf({ origin, pack }: OriginalPack): string {
  return origin === BUILT_IN ? product : pack.version;
}

function worstOf({ severity, levels }: PackRule): Severity {
  return (levels ?? []).reduce<Severity>((found, level) => worst(found, level.severity), severity);
}

function worst(one: Severity | undefined, other: Severity): Severity {
  return one !== undefined && SEVERITIES.indexOf(one) <= SEVERITIES.indexOf(other) ? one : other;
}

function severitiesIn({ packs }: RulesRecord): ReadonlyMap<string, Severity> {
  const known = new Map<string, Severity>();
  for (const { rules } of Object.values(packs))
    for (const [id, severity] of Object.entries(rules)) known.set(id, worst(known.get(id), severity));
  return known;
}

/** By their numbers, part by part; a version with "-" behind it comes before the one without. */
export function compareVersions(one: string, other: string): number {
  const parts = (text: string) => (text.split(/[-+]/, 1)[0] ?? '').split('.').map((part) => Number(part) || 0);
  const [a, b] = [parts(one), parts(other)];
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return Number(other.includes('-')) - Number(one.includes('-'));
}

/** Undefined when there is none, or none that was written here: then every rule counts in full. */
function readRecord(stateFolder: string): RulesRecord | undefined {
  return recordOf(readWritten(stateFolder));
}

/** What stands in the file, whatever that is. */
function readWritten(stateFolder: string): unknown {
  try {
    const bytes = readWhole(join(roomFolder(stateFolder, 'rules'), FILE));
    return bytes === undefined ? undefined : JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

function recordOf(raw: unknown): RulesRecord | undefined {
  if (!isTable(raw) || raw['schema'] !== 'countersign.rules/1' || !isTable(raw['packs'])) return undefined;
  const packs: Record<string, Accepted> = {};
  for (const [key, value] of Object.entries(raw['packs'])) {
    if (!isTable(value) || typeof value['version'] !== 'string' || !isTable(value['rules'])) return undefined;
    const rules: Record<string, Severity> = {};
    for (const [id, severity] of Object.entries(value['rules'])) {
      const known = SEVERITIES.find((each) => each === severity);
      if (known === undefined) return undefined;
      rules[id] = known;
    }
    packs[key] = { version: value['version'], rules };
  }
  return { schema: 'countersign.rules/1', packs };
}
