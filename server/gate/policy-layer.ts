import { SEVERITIES, type Severity } from '../engine/types.ts';
import { mapSeverities, stricter } from './ladder.ts';
import { namedKeyId, publicKeyIn } from './named-keys.ts';
import { type KeyPath, parsePolicy, type PolicyProblem } from './policy-file.ts';
import { type PolicyPlace, placeWords } from './policy-place.ts';
import type { PolicySettings } from './policy-schema.ts';
import { sinkOf } from './policy-sinks.ts';
import { type Loosening, loosenings } from './tighten.ts';
import type { Loosened, Policy, PolicyIgnore, PolicyLayer, Verdict } from './types.ts';

/** `any`: an organization's, and a user's where there is none. `tighten`: a workspace's. Settings: a user's, over what these set. */
export type May = 'any' | 'tighten' | PolicySettings;

/** `organization`: what that layer has set, where there is one. */
export function mayOf(of: PolicyLayer['of'], organization: PolicySettings | undefined): May {
  if (of === 'workspace') return 'tighten';
  return of === 'user' ? (organization ?? 'any') : 'any';
}

export type AppliedLayer =
  | {
      readonly ok: true;
      readonly policy: Policy;
      /** What it says, loosenings included. */
      readonly written: PolicySettings;
      /** What of that has effect. */
      readonly settings: PolicySettings;
      readonly placeOf: (keys: KeyPath) => PolicyPlace;
      readonly refused: readonly Loosened[];
    }
  | { readonly ok: false; readonly problems: readonly PolicyProblem[] };

/** Lays one policy file over `base`. A setting that would make the gate milder than it may has no effect, and is told. */
export function applyPolicy(
  base: Policy,
  { of, file, text }: Required<Pick<PolicyLayer, 'of' | 'file'>> & { readonly text: string },
  may: May,
): AppliedLayer {
  const parsed = parsePolicy(text);
  if (!parsed.ok) return parsed;
  const { settings: written, placeOf } = parsed;
  const problem = contradiction(base, written, placeOf);
  if (problem !== undefined) return { ok: false, problems: [problem] };
  const loose = may === 'any' ? [] : loosenings(base, written).filter((one) => may === 'tighten' || setBy(may, one));
  const refused = of === 'organization' ? [] : loose.map((one) => loosened(of, file, one, placeOf(one.keys)));
  const settings = without(
    written,
    refused.map(({ keys }) => keys),
  );
  const place = (keys: KeyPath) => placeWords(file, placeOf(keys));
  const policy = layOver(base, settings, place, of === 'workspace' ? 'workspace' : 'own', of);
  return { ok: true, policy: { ...policy, refused: [...base.refused, ...refused] }, written, settings, placeOf, refused };
}

function loosened(of: Loosened['of'], file: string, { keys, sentence }: Loosening, place: PolicyPlace): Loosened {
  const who =
    of === 'workspace' ? 'a workspace may only tighten the policy' : 'your organization has set this, and you may only tighten it';
  return { of, file, ...place, keys, sentence: `${placeWords(file, place)}: ${who}: ${sentence}` };
}

/** What no layer may say, whoever it is. */
function contradiction(base: Policy, { expiry }: PolicySettings, placeOf: (keys: KeyPath) => PolicyPlace): PolicyProblem | undefined {
  if (expiry === undefined) return undefined;
  const over = expiryOver(base.expiry, expiry);
  if (expiry.defaultHours !== undefined && expiry.defaultHours > (expiry.longestHours ?? base.expiry.longestHours)) {
    const longest = expiry.longestHours ?? base.expiry.longestHours;
    return { ...placeOf(['expiry', 'defaultHours']), message: `defaultHours is longer than longestHours (${longest}). Lower it.` };
  }
  for (const severity of SEVERITIES) {
    const own = expiry[severity];
    const longest = own?.longestHours ?? over.bySeverity?.[severity]?.longestHours ?? over.longestHours;
    if (own?.defaultHours !== undefined && own.defaultHours > longest) {
      const keys = ['expiry', severity, 'defaultHours'];
      return { ...placeOf(keys), message: `defaultHours is longer than longestHours (${longest}). Lower it.` };
    }
  }
  return undefined;
}

/** Has the organization said something that this would loosen? */
function setBy(organization: PolicySettings, { keys, against }: Loosening): boolean {
  return [keys, ...(against ?? [])].some((path) => isSet(organization, path));
}

/** Do these settings say something at this place? */
function isSet(settings: PolicySettings, keys: KeyPath): boolean {
  let value: unknown = settings;
  for (const key of keys) {
    // A list counts as a whole.
    if (Array.isArray(value)) return true;
    if (typeof value !== 'object' || value === null) return false;
    value = Object.entries(value).find(([name]) => name === String(key))?.[1];
  }
  return value !== undefined;
}

/** Lists that take the place of a stronger layer's: without one of its entries such a list is not what anybody wrote. */
const WHOLE: ReadonlySet<string | number> = new Set(['accounts', 'categories']);

/** The settings without what has no effect. Of a list the entry goes, of a table the key. */
function without(settings: PolicySettings, paths: readonly KeyPath[]): PolicySettings {
  if (paths.length === 0) return settings;
  const left = structuredClone(settings);
  const entries = new Map<unknown[], number[]>();
  for (const full of paths) {
    const path = full.slice(0, full.findIndex((key) => WHOLE.has(key)) + 1 || full.length);
    let value: unknown = left;
    for (const [index, key] of path.entries()) {
      if (Array.isArray(value)) {
        entries.set(value, [...(entries.get(value) ?? []), Number(key)]);
        break;
      }
      if (typeof value !== 'object' || value === null) break;
      if (index === path.length - 1) Reflect.deleteProperty(value, String(key));
      else value = Reflect.get(value, String(key));
    }
  }
  for (const [list, indexes] of entries) for (const index of indexes.toSorted((a, b) => b - a)) list.splice(index, 1);
  return left;
}

function layOver(
  base: Policy,
  settings: PolicySettings,
  place: (keys: KeyPath) => string,
  from: PolicyIgnore['from'],
  layer: PolicyLayer['of'],
): Policy {
  const { verdicts, reason, expiry, ignores, breaker } = settings;
  const ticketPatterns = joined(base.reason.ticketPatterns, reason?.ticketPattern);
  const categories = reason?.categories ?? base.reason.categories;
  return {
    digest: base.digest,
    layers: base.layers,
    refused: base.refused,
    environments: [
      ...base.environments.map((one) => ({ ...one, verdicts: raised(one.verdicts, verdicts) })),
      ...Object.entries(settings.environments ?? {}).map(([name, { match, verdicts: own }]) => ({
        name,
        match,
        verdicts: own,
        source: place(['environments', name]),
      })),
    ],
    presence: mapSeverities((severity) => settings.presence?.[severity] ?? base.presence[severity]),
    verdicts: mapSeverities((severity) => verdicts?.[severity] ?? base.verdicts[severity]),
    noGo: [
      ...base.noGo,
      ...(settings.noGo ?? []).map((entry, index) => ({ pattern: entry.pattern, owner: entry.owner, source: place(['noGo', index]) })),
    ],
    watch: [...base.watch, ...(settings.watch ?? [])],
    reason: {
      minimumLength: reason?.minimumLength ?? base.reason.minimumLength,
      ticketRequired: reason?.ticketRequired ?? base.reason.ticketRequired,
      // Each counts: a later one can only narrow what an earlier one takes.
      ...(ticketPatterns === undefined ? {} : { ticketPatterns }),
      ...(categories === undefined ? {} : { categories }),
    },
    expiry: expiryOver(base.expiry, expiry),
    retryMinutes: settings.retryMinutes ?? base.retryMinutes,
    packs: base.packs,
    ignore: [...base.ignore, ...(settings.ignore ?? []).map((entry, index) => ({ ...entry, source: place(['ignore', index]), from }))],
    ignores: {
      longestDays: ignores?.longestDays ?? base.ignores.longestDays,
      upTo: ignores?.upTo ?? base.ignores.upTo,
      workspaceUpTo: ignores?.workspaceUpTo ?? base.ignores.workspaceUpTo,
    },
    diskWrites: settings.diskWrites ?? base.diskWrites,
    newRules: settings.newRules ?? base.newRules,
    agents: [
      ...base.agents,
      ...Object.entries(settings.agents ?? {}).map(([agent, declared]) => ({
        agent,
        ...declared,
        source: place(['agents', agent]),
        layer,
      })),
    ],
    breaker: {
      held: breaker?.held ?? base.breaker.held,
      minutes: breaker?.minutes ?? base.breaker.minutes,
      retries: breaker?.retries ?? base.breaker.retries,
      stops: breaker?.stops ?? base.breaker.stops,
    },
    approvals: {
      ...((settings.approvals?.folder ?? base.approvals.folder) === undefined
        ? {}
        : { folder: settings.approvals?.folder ?? base.approvals.folder }),
      hours: settings.approvals?.hours ?? base.approvals.hours,
    },
    revokedKeys: [...base.revokedKeys, ...(settings.revokedKeys ?? [])],
    trustedKeys: [
      ...base.trustedKeys,
      ...(settings.trustedKeys ?? []).flatMap(({ person, key: given }, index) => {
        const key = publicKeyIn(given);
        return key === undefined || base.trustedKeys.some(({ id }) => id === key.id)
          ? []
          : [{ id: key.id, text: key.text, person, source: place(['trustedKeys', index]), layer }];
      }),
    ],
    approvers: [
      ...base.approvers,
      ...(settings.approvers ?? []).map(({ keys, ...entry }, index) => ({
        ...entry,
        keys: keys.flatMap((one) => namedKeyId(one) ?? []),
        source: place(['approvers', index]),
        layer,
      })),
    ],
    sinks: [...base.sinks, ...(settings.sinks ?? []).map(sinkOf)],
    engine: {
      // First match wins: the later file is asked first.
      sensitivity: [
        ...(settings.sensitivity ?? []).map(({ pattern, level, label }) => ({ pattern, level, label: label ?? pattern })),
        ...base.engine.sensitivity,
      ],
      accounts: settings.accounts ?? base.engine.accounts,
    },
  };
}

/** A later layer's verdict for everywhere counts in the places of earlier layers too, where it is stricter. */
function raised(own: Policy['environments'][number]['verdicts'], by: PolicySettings['verdicts']): typeof own {
  if (by === undefined) return own;
  const pairs = SEVERITIES.flatMap((severity): readonly (readonly [Severity, Verdict])[] => {
    const verdict = own[severity];
    if (verdict === undefined) return [];
    const other = by[severity];
    return [[severity, other === undefined ? verdict : stricter(verdict, other)]];
  });
  return Object.fromEntries(pairs);
}

function expiryOver(base: Policy['expiry'], set: PolicySettings['expiry']): Policy['expiry'] {
  const longestHours = set?.longestHours ?? base.longestHours;
  const bySeverity = SEVERITIES.flatMap((severity): readonly (readonly [Severity, NonNullable<typeof base.bySeverity>[Severity]])[] => {
    const [before, own] = [base.bySeverity?.[severity], set?.[severity]];
    if (before === undefined && own === undefined) return [];
    // A shorter time for everything is one for what had a time of its own, too.
    const cap = own?.longestHours ?? Math.min(before?.longestHours ?? longestHours, set?.longestHours ?? Number.POSITIVE_INFINITY);
    const preset = own?.defaultHours ?? before?.defaultHours;
    return [[severity, { longestHours: cap, ...(preset === undefined ? {} : { defaultHours: Math.min(preset, cap) }) }]];
  });
  return {
    defaultHours: Math.min(set?.defaultHours ?? base.defaultHours, longestHours),
    longestHours,
    ...(bySeverity.length === 0 ? {} : { bySeverity: Object.fromEntries(bySeverity) }),
  };
}

function joined<T>(all: readonly T[] | undefined, one: T | undefined): readonly T[] | undefined {
  return one === undefined ? all : [...(all ?? []), one];
}
