import * as v from 'valibot';
import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import type { Severity } from '../engine/types.ts';
import { globProblem } from './glob.ts';
import { type Loosening, loosenings } from './tighten.ts';
import type { Policy, Verdict } from './types.ts';

/** What a file said, as parsed. Absent keys leave what was there. */
export type PolicySettings = v.InferOutput<typeof Settings>;

/** A step to a value in the file: ['verdicts', 'high'], ['noGo', 0]. */
export type KeyPath = readonly (string | number)[];

/**
 * Lays one policy file over `base`. `tighten`: whatever would make the gate milder than `base` is an error.
 * Problems are sentences, each with file, line, column and remedy.
 */
export function applyPolicyFile(
  base: Policy,
  file: { readonly file: string; readonly text: string },
  may: 'any' | 'tighten',
): { ok: true; policy: Policy } | { ok: false; problem: string } {
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
  const policy = layOver(base, settings, (keys) => at(offsetOf(document, keys)));
  if (policy.expiry.defaultHours > policy.expiry.longestHours && settings.expiry?.defaultHours !== undefined) {
    const place = at(offsetOf(document, ['expiry', 'defaultHours']));
    return refuse([`${place}: defaultHours is longer than longestHours (${policy.expiry.longestHours}). Lower it.`]);
  }
  if (may === 'tighten') {
    const loose = loosenings(base, settings);
    if (loose.length > 0) {
      return refuse(
        loose.map((one: Loosening) => `${at(offsetOf(document, one.keys))}: a workspace may only tighten the policy: ${one.sentence}`),
      );
    }
  }
  return {
    ok: true,
    policy: { ...policy, expiry: { ...policy.expiry, defaultHours: Math.min(policy.expiry.defaultHours, policy.expiry.longestHours) } },
  };
}

const verdict = v.picklist(
  ['allow', 'note', 'acknowledge', 'forbid'] satisfies Verdict[],
  'A verdict is one of allow, note, acknowledge, forbid. Write one of these.',
);
const text = (what: string) =>
  v.pipe(v.string(`${what} is a text. Put it in quotes.`), v.minLength(1, `${what} is empty. Write it or remove the line.`));
const glob = (what: string) =>
  v.pipe(
    text(what),
    v.rawCheck(({ dataset, addIssue }) => {
      const problem = dataset.typed ? globProblem(dataset.value) : undefined;
      if (problem !== undefined) addIssue({ message: `${what} cannot be used: ${problem}` });
    }),
  );
const count = (what: string, from: number, to: number) =>
  v.pipe(
    v.number(`${what} is a whole number from ${from} to ${to}. Write one without quotes.`),
    v.check((n) => Number.isInteger(n) && n >= from && n <= to, `${what} is a whole number from ${from} to ${to}. Change it.`),
  );
const table = <T extends v.ObjectEntries>(entries: T, what: string) =>
  v.strictObject(
    entries,
    `${what} is a table with these keys: ${Object.keys(entries).join(', ')}. Write “key: value” lines, one key once.`,
  );

const Settings = table(
  {
    version: v.optional(v.literal(1, 'The only version is 1. Write “version: 1” or remove the line.')),
    verdicts: v.optional(
      table(
        {
          critical: v.optional(verdict),
          high: v.optional(verdict),
          medium: v.optional(verdict),
          low: v.optional(verdict),
          info: v.optional(verdict),
        } satisfies Record<Severity, unknown>,
        '“verdicts”',
      ),
    ),
    noGo: v.optional(
      v.array(
        v.union(
          [
            v.pipe(
              glob('A no-go pattern'),
              v.transform((pattern) => ({ pattern, owner: undefined })),
            ),
            table({ pattern: glob('“pattern”'), owner: v.optional(text('“owner”')) }, 'A no-go entry'),
          ],
          'A no-go entry is a pattern, or a table with “pattern” and perhaps “owner”. Mend this entry.',
        ),
        '“noGo” is a list. Begin each entry with “- ”.',
      ),
    ),
    watch: v.optional(v.array(glob('A watched pattern'), '“watch” is a list of patterns. Begin each with “- ”.')),
    reason: v.optional(
      table(
        {
          minimumLength: v.optional(count('“minimumLength”', 20, 1000)),
          ticketRequired: v.optional(v.boolean('“ticketRequired” is true or false. Write one of these.')),
        },
        '“reason”',
      ),
    ),
    expiry: v.optional(
      table(
        { defaultHours: v.optional(count('“defaultHours”', 1, 8760)), longestHours: v.optional(count('“longestHours”', 1, 8760)) },
        '“expiry”',
      ),
    ),
    retryMinutes: v.optional(count('“retryMinutes”', 1, 1440)),
    sensitivity: v.optional(
      v.array(
        table(
          {
            pattern: text('“pattern”'),
            level: v.picklist(
              ['public', 'internal', 'confidential', 'restricted'],
              'A sensitivity is one of public, internal, confidential, restricted. Write one of these.',
            ),
            label: v.optional(text('“label”')),
          },
          'A sensitivity entry',
        ),
        '“sensitivity” is a list. Begin each entry with “- pattern: …”.',
      ),
    ),
    accounts: v.optional(
      v.array(
        v.pipe(
          v.string('An account is twelve digits in quotes: unquoted, YAML would drop leading zeros. Put it in quotes.'),
          v.regex(/^\d{12}$/, 'An account is twelve digits. Mend it.'),
        ),
        '“accounts” is a list. Begin each entry with “- ”.',
      ),
    ),
  },
  'A policy',
);

function layOver(base: Policy, settings: PolicySettings, place: (keys: KeyPath) => string): Policy {
  const { verdicts, reason, expiry } = settings;
  return {
    digest: base.digest,
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
  const inside = issue.type === 'union' ? (issue.issues ?? []).filter((one) => one.path !== undefined) : [];
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
