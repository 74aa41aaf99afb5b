import { SEVERITIES } from '../engine/types.ts';
import { expiryFor } from './ladder.ts';
import { namedKeyId } from './named-keys.ts';
import type { KeyPath } from './policy-file.ts';
import type { PolicySettings } from './policy-schema.ts';
import { type Policy, PRESENCES, TIERS, VERDICTS } from './types.ts';

export type Loosening = {
  readonly keys: KeyPath;
  readonly sentence: string;
  /** Other settings that this would undo. */
  readonly against?: readonly KeyPath[];
};

/** Every setting that would make the gate milder than `base`. */
export function loosenings(base: Policy, settings: PolicySettings): readonly Loosening[] {
  return [
    ...SEVERITIES.flatMap((severity) => {
      const set = settings.verdicts?.[severity];
      if (set === undefined || VERDICTS.indexOf(set) >= VERDICTS.indexOf(base.verdicts[severity])) return [];
      return one(['verdicts', severity], `${severity} is “${base.verdicts[severity]}”, “${set}” is milder. Remove this line.`);
    }),
    ...Object.entries(settings.environments ?? {}).flatMap(([name, { verdicts }]) =>
      SEVERITIES.flatMap((severity) => {
        const set = verdicts[severity];
        if (set === undefined || VERDICTS.indexOf(set) >= VERDICTS.indexOf(base.verdicts[severity])) return [];
        const sentence = `${severity} is “${base.verdicts[severity]}”, “${set}” is milder in ${name}. Remove this line.`;
        return one(['environments', name, 'verdicts', severity], sentence, [['verdicts', severity]]);
      }),
    ),
    ...SEVERITIES.flatMap((severity) => {
      const set = settings.presence?.[severity];
      if (set === undefined || PRESENCES.indexOf(set) >= PRESENCES.indexOf(base.presence[severity])) return [];
      return one(['presence', severity], `${severity} asks for “${base.presence[severity]}”, “${set}” is milder. Remove this line.`);
    }),
    ...(settings.reason?.categories ?? []).flatMap(({ id, label }, index) =>
      base.reason.categories === undefined || base.reason.categories.some((known) => known.id === id && known.label === label)
        ? []
        : one(['reason', 'categories', index], `“${id}: ${label}” is not among the categories. Choose from these, or leave some out.`),
    ),
    ...SEVERITIES.flatMap((severity) => {
      const [set, allowed] = [settings.expiry?.[severity], expiryFor(base, severity)];
      return [
        ...higher(['expiry', severity, 'defaultHours'], set?.defaultHours, allowed.defaultHours, 'hours', [['expiry', 'defaultHours']]),
        ...higher(['expiry', severity, 'longestHours'], set?.longestHours, allowed.longestHours, 'hours', [['expiry', 'longestHours']]),
      ];
    }),
    ...lower(['reason', 'minimumLength'], settings.reason?.minimumLength, base.reason.minimumLength, 'characters'),
    ...(settings.reason?.ticketRequired === false && base.reason.ticketRequired
      ? one(['reason', 'ticketRequired'], 'a ticket is required. Remove this line.')
      : []),
    ...higher(['expiry', 'defaultHours'], settings.expiry?.defaultHours, base.expiry.defaultHours, 'hours'),
    ...higher(['expiry', 'longestHours'], settings.expiry?.longestHours, base.expiry.longestHours, 'hours'),
    ...higher(['retryMinutes'], settings.retryMinutes, base.retryMinutes, 'minutes'),
    ...higher(['ignores', 'longestDays'], settings.ignores?.longestDays, base.ignores.longestDays, 'days'),
    ...(['upTo', 'workspaceUpTo'] as const).flatMap((key) => {
      const set = settings.ignores?.[key];
      if (set === undefined || SEVERITIES.indexOf(set) >= SEVERITIES.indexOf(base.ignores[key])) return [];
      return one(['ignores', key], `up to “${base.ignores[key]}” may be ignored, “${set}” is worse. Remove this line.`);
    }),
    ...(settings.diskWrites === 'show' && base.diskWrites === 'revert'
      ? one(['diskWrites'], 'risky writes to disk are reverted. Remove this line.')
      : []),
    ...(settings.newRules === 'note' && base.newRules === 'enforce'
      ? one(['newRules'], 'new rules are enforced at once. Remove this line.')
      : []),
    // What is declared of agents adds up, so that only a tier can be milder than what is there.
    ...Object.entries(settings.agents ?? {}).flatMap(([agent, { tier }]) => {
      const set = base.agents.findLast((one) => one.agent === agent && one.tier !== undefined)?.tier;
      if (tier === undefined || set === undefined || TIERS.indexOf(tier) >= TIERS.indexOf(set)) return [];
      return one(['agents', agent, 'tier'], `${agent} is “${set}”, “${tier}” is milder. Remove this line.`);
    }),
    ...higher(['breaker', 'held'], settings.breaker?.held, base.breaker.held, 'held edits'),
    ...higher(['breaker', 'retries'], settings.breaker?.retries, base.breaker.retries, 'retries'),
    ...(settings.breaker?.minutes !== undefined && settings.breaker.minutes < base.breaker.minutes
      ? one(
          ['breaker', 'minutes'],
          `${base.breaker.minutes} minutes are looked back, ${settings.breaker.minutes} are fewer. Raise it or remove this line.`,
        )
      : []),
    ...(settings.breaker?.stops === 'agent' && base.breaker.stops === 'all'
      ? one(['breaker', 'stops'], 'the breaker stops all agents. Remove this line.')
      : []),
    // The first match wins over the built-in map, so that any level but the highest could lower something.
    ...(settings.sensitivity ?? []).flatMap((entry, index) =>
      entry.level === 'restricted'
        ? []
        : one(
            ['sensitivity', index, 'level'],
            `only “restricted” surely raises what is there. Put “${entry.level}” into your own policy instead.`,
          ),
    ),
    ...higher(['approvals', 'hours'], settings.approvals?.hours, base.approvals.hours, 'hours'),
    // The texts of edits travel there.
    ...(settings.approvals?.folder === undefined || settings.approvals.folder === base.approvals.folder
      ? []
      : one(['approvals', 'folder'], 'where requests for approval are put is not set here. Remove this.')),
    // Whoever is trusted could trust themselves. What narrows who may approve is no loosening: every layer's list must let a key in.
    ...(settings.trustedKeys ?? []).flatMap(({ key }, index) =>
      base.trustedKeys.some(({ id }) => id === namedKeyId(key))
        ? []
        : one(['trustedKeys', index], 'who is trusted is not set here; a repository keeps its keys in .countersign/keys/. Remove this.'),
    ),
    // Neither added nor removed: what a repository says must not send a person's log anywhere.
    ...(settings.sinks === undefined ? [] : one(['sinks'], 'where the log is shipped is not set here. Remove this.')),
    // An account of one's own is trusted more than a stranger's.
    ...(settings.accounts ?? []).flatMap((account, index) =>
      base.engine.accounts.includes(account)
        ? []
        : one(['accounts', index], `${account} is not among your own accounts. Add it to your own policy instead.`),
    ),
  ];
}

function lower(keys: KeyPath, set: number | undefined, base: number, unit: string): readonly Loosening[] {
  return set === undefined || set >= base ? [] : one(keys, `${base} ${unit} are required, ${set} are fewer. Raise it or remove this line.`);
}

function higher(
  keys: KeyPath,
  set: number | undefined,
  base: number,
  unit: string,
  against: readonly KeyPath[] = [],
): readonly Loosening[] {
  return set === undefined || set <= base
    ? []
    : one(keys, `at most ${base} ${unit} are allowed, ${set} are more. Lower it or remove this line.`, against);
}

function one(keys: KeyPath, sentence: string, against: readonly KeyPath[] = []): readonly Loosening[] {
  return [{ keys, sentence, against }];
}
