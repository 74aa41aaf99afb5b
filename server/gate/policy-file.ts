import * as v from 'valibot';
import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import { type PolicySettings, Settings } from './policy-schema.ts';
import { sinkOf } from './policy-sinks.ts';
import { type Loosening, loosenings } from './tighten.ts';
import type { Policy, PolicyIgnore } from './types.ts';

/** A step to a value in the file: ['verdicts', 'high'], ['noGo', 0]. */
export type KeyPath = readonly (string | number)[];

/** `tighten`: whatever would make the gate milder is an error. Settings: only where these set something, as an organization's do. */
export type May = 'any' | 'tighten' | PolicySettings;

/**
 * Lays one policy file over `base`.
 * Problems are sentences, each with file, line, column and remedy.
 */
export function applyPolicyFile(
  base: Policy,
  file: { readonly file: string; readonly text: string },
  may: May,
): { ok: true; policy: Policy; settings: PolicySettings; placeOf: (keys: KeyPath) => string } | { ok: false; problem: string } {
  const lines = new LineCounter();
  const document = parseDocument(file.text, { lineCounter: lines, uniqueKeys: true });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file.file}, line ${line}, column ${col}`;
  };
  const refuse = (problems: readonly string[]) => ({ ok: false as const, problem: problems.slice(0, 5).join(' ') });

  const unreadable = [...document.errors, ...document.warnings];
  if (unreadable.length > 0) {
    return refuse(
      unreadable.map((error) => `${at(error.pos[0])}: not valid YAML: ${firstLine(error.message)}. Mend this line or remove the file.`),
    );
  }
  const aliases = firstAlias(document);
  if (aliases !== undefined) return refuse([`${at(aliases)}: anchors and aliases are not read here. Write the value out.`]);

  if (document.contents !== null && !isMap(document.contents) && !(isScalar(document.contents) && document.contents.value === null)) {
    return refuse([`${at(offsetOf(document, []))}: a policy is a table of “key: value” lines. Begin with a key such as “verdicts:”.`]);
  }
  const raw: unknown = document.toJS();
  // An empty file, or one with comments alone, says nothing.
  const parsed = v.safeParse(Settings, raw ?? {});
  if (!parsed.success) return refuse(parsed.issues.map((issue) => `${at(offsetOf(document, keysOf(issue)))}: ${whatIsWrong(issue)}`));

  const settings = parsed.output;
  const placeOf = (keys: KeyPath) => at(offsetOf(document, keys));
  const policy = layOver(base, settings, placeOf, may === 'tighten' ? 'workspace' : 'own', file.file);
  if (policy.expiry.defaultHours > policy.expiry.longestHours && settings.expiry?.defaultHours !== undefined) {
    const place = at(offsetOf(document, ['expiry', 'defaultHours']));
    return refuse([`${place}: defaultHours is longer than longestHours (${policy.expiry.longestHours}). Lower it.`]);
  }
  if (may !== 'any') {
    const loose = loosenings(base, settings).filter(({ keys }) => may === 'tighten' || isSet(may, keys));
    const who =
      may === 'tighten' ? 'a workspace may only tighten the policy' : 'your organization has set this, and you may only tighten it';
    if (loose.length > 0) return refuse(loose.map((one: Loosening) => `${placeOf(one.keys)}: ${who}: ${one.sentence}`));
  }
  return {
    ok: true,
    policy: { ...policy, expiry: { ...policy.expiry, defaultHours: Math.min(policy.expiry.defaultHours, policy.expiry.longestHours) } },
    settings,
    placeOf,
  };
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

function layOver(
  base: Policy,
  settings: PolicySettings,
  place: (keys: KeyPath) => string,
  from: PolicyIgnore['from'],
  layer: string,
): Policy {
  const { verdicts, reason, expiry, ignores, breaker } = settings;
  return {
    digest: base.digest,
    layers: base.layers,
    refused: base.refused,
    environments: base.environments,
    presence: base.presence,
    verdicts: {
      critical: verdicts?.critical ?? base.verdicts.critical,
      high: verdicts?.high ?? base.verdicts.high,
      medium: verdicts?.medium ?? base.verdicts.medium,
      low: verdicts?.low ?? base.verdicts.low,
      info: verdicts?.info ?? base.verdicts.info,
    },
    noGo: [
      ...base.noGo,
      ...(settings.noGo ?? []).map((entry, index) => ({ pattern: entry.pattern, owner: entry.owner, source: place(['noGo', index]) })),
    ],
    watch: [...base.watch, ...(settings.watch ?? [])],
    reason: {
      minimumLength: reason?.minimumLength ?? base.reason.minimumLength,
      ticketRequired: reason?.ticketRequired ?? base.reason.ticketRequired,
    },
    expiry: {
      defaultHours: expiry?.defaultHours ?? base.expiry.defaultHours,
      longestHours: expiry?.longestHours ?? base.expiry.longestHours,
    },
    retryMinutes: settings.retryMinutes ?? base.retryMinutes,
    packs: base.packs,
    ignore: [...base.ignore, ...(settings.ignore ?? []).map((entry, index) => ({ ...entry, source: place(['ignore', index]), from }))],
    ignores: {
      longestDays: ignores?.longestDays ?? base.ignores.longestDays,
      upTo: ignores?.upTo ?? base.ignores.upTo,
      workspaceUpTo: ignores?.workspaceUpTo ?? base.ignores.workspaceUpTo,
    },
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

type Issue = v.InferIssue<typeof Settings>;

function whatIsWrong(outer: Issue): string {
  const issue = branchOf(outer) ?? outer;
  if (issue.type !== 'strict_object' || issue.expected !== 'never') return issue.message;
  const key = String(issue.path?.at(-1)?.key);
  return `the key “${key}” is not known here. ${remedyForKey(key, issue.message)}`;
}

/** A union reports itself; where a table was meant, what is wrong inside of it says more. */
function branchOf(issue: Issue) {
  const inside = issue.type === 'union' ? (issue.issues ?? []).filter((one) => one.path !== undefined || one.type === 'check') : [];
  return inside.find((one) => one.expected === 'never') ?? inside[0];
}

function remedyForKey(key: string, message: string): string {
  const known = /these keys: ([^.]*)\./.exec(message)?.[1]?.split(', ') ?? [];
  const plain = (word: string) => word.toLowerCase().replace(/[^a-z]/g, '');
  const near = known.find((name) => plain(name) === plain(key) || plain(name).startsWith(plain(key).slice(0, 4)));
  return near === undefined ? `Known keys are ${known.join(', ')}. Remove it.` : `Did you mean “${near}”?`;
}

function keysOf(issue: Issue): KeyPath {
  const keys = [...(issue.path ?? []), ...(branchOf(issue)?.path ?? [])];
  return keys.map((item) => String(item.key));
}

/** Where in the text a key path stands; its nearest parent where it is not there itself. */
function offsetOf(document: Document, keys: KeyPath): number {
  let node: unknown = document.contents;
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  for (const key of keys) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
      if (pair === undefined) return offset;
      // An unknown key is named at the key, a bad value at the value.
      offset = isNode(pair.key) ? (pair.key.range?.[0] ?? offset) : offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(key)];
      offset = isNode(node) ? (node.range?.[0] ?? offset) : offset;
    } else return offset;
  }
  return offset;
}

/** A few aliases of aliases can grow without bound; policies need none. */
function firstAlias(document: Document): number | undefined {
  let found: number | undefined;
  visit(document, {
    Alias: (_key, node) => {
      found ??= node.range?.[0] ?? 0;
      return visit.BREAK;
    },
  });
  return found;
}

function firstLine(message: string): string {
  return (message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '').replace(/\.$/, '');
}
