import { isAbsolute } from 'node:path';
import * as v from 'valibot';
import { patternProblem } from '../engine/rules/pattern.ts';
import { SEVERITIES, type Severity } from '../engine/types.ts';
import { globProblem } from './glob.ts';
import { NAMED_KEY, namedKeyId, PUBLIC_KEY, publicKeyIn } from './named-keys.ts';
import { isDay } from './policy-day.ts';
import { Sinks } from './policy-sinks.ts';
import { PRESENCES, TIERS, VERDICTS } from './types.ts';

/** What a file said, as parsed. Absent keys leave what was there. */
export type PolicySettings = v.InferOutput<typeof Settings>;

type PackShape = {
  readonly name?: string | undefined;
  readonly path?: string | undefined;
  readonly npm?: string | undefined;
  readonly keys?: readonly string[] | undefined;
  readonly lock?: string | undefined;
};

const WHICH_PACK = 'a pack entry needs “name”, “path” or “npm”. Write one.';

const verdict = v.picklist(VERDICTS, 'A verdict is one of allow, note, acknowledge, approve, forbid. Write one of these.');
const severity = v.picklist(SEVERITIES, 'A severity is one of critical, high, medium, low, info. Write one of these.');
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
    v.metadata({ minimum: from, maximum: to }),
  );
const table = <T extends v.ObjectEntries>(entries: T, what: string) =>
  v.strictObject(
    entries,
    `${what} is a table with these keys: ${Object.keys(entries).join(', ')}. Write “key: value” lines, one key once.`,
  );

const keyText = (what: string, form: RegExp, isKey: (text: string) => boolean) =>
  v.pipe(
    v.string(`${what} Put it in quotes.`),
    v.regex(form, `${what} Mend it.`),
    v.check(isKey, `${what} This is none that is known. Mend it.`),
  );
const person = v.pipe(text('“person”'), v.maxLength(120, '“person” has more than 120 characters. Shorten it.'));

const globs = (what: string) => v.array(glob(`A pattern of ${what}`), `${what} is a list of patterns. Begin each with “- ”.`);

const verdicts = table(
  bySeverity(() => v.optional(verdict)),
  '“verdicts”',
);
const hours = { defaultHours: v.optional(count('“defaultHours”', 1, 8760)), longestHours: v.optional(count('“longestHours”', 1, 8760)) };

/** What an agent is declared to touch and do. */
const Declaration = table(
  {
    tier: v.optional(v.picklist(TIERS, 'A tier is one of trusted, supervised, restricted. Write one of these.')),
    mayTouch: v.optional(globs('“mayTouch”')),
    mayAct: v.optional(
      table(
        {
          blastRadius: v.optional(
            v.picklist(
              ['resource', 'service', 'account', 'organization', 'public'],
              'A blast radius is one of resource, service, account, organization, public. Write one of these.',
            ),
          ),
          sensitivity: v.optional(
            v.picklist(
              ['public', 'internal', 'confidential', 'restricted'],
              'A sensitivity is one of public, internal, confidential, restricted. Write one of these.',
            ),
          ),
          environments: v.optional(globs('“environments”')),
          systems: v.optional(globs('“systems”')),
          actions: v.optional(globs('“actions”')),
          rules: v.optional(globs('“rules”')),
        },
        '“mayAct”',
      ),
    ),
    mcpServers: v.optional(globs('“mcpServers”')),
    commands: v.optional(globs('“commands”')),
  },
  'What an agent is declared to do',
);

export const Settings = table(
  {
    version: v.optional(v.literal(1, 'The only version is 1. Write “version: 1” or remove the line.')),
    verdicts: v.optional(verdicts),
    environments: v.optional(
      v.record(
        v.pipe(v.string(), v.regex(/^[A-Za-z0-9][\w.-]{0,63}$/, 'An environment has a short name such as prod. Mend it.')),
        table({ match: globs('“match”'), verdicts }, 'An environment'),
        '“environments” is a table of names, each with “match” and “verdicts”. Write “prod:” and these below it.',
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
          ticketPattern: v.optional(
            v.pipe(
              text('“ticketPattern”'),
              v.rawCheck(({ dataset, addIssue }) => {
                const problem = dataset.typed ? patternProblem(dataset.value) : undefined;
                if (problem !== undefined) addIssue({ message: `“ticketPattern” cannot be used: ${problem}` });
              }),
            ),
          ),
          categories: v.optional(
            v.pipe(
              v.array(
                table(
                  {
                    id: v.pipe(text('“id”'), v.regex(/^[a-z0-9][a-z0-9-]{0,39}$/, '“id” is a short word such as audit-finding. Mend it.')),
                    label: v.pipe(text('“label”'), v.maxLength(120, '“label” has more than 120 characters. Shorten it.')),
                  },
                  'A category',
                ),
                '“categories” is a list. Begin each entry with “- id: …”.',
              ),
              v.minLength(1, '“categories” is empty. Write one, or remove the line.'),
              v.maxLength(12, '“categories” has more than 12 entries. Nobody reads that many.'),
              v.check((all) => new Set(all.map(({ id }) => id)).size === all.length, 'Two categories have one id. Change one.'),
            ),
          ),
        },
        '“reason”',
      ),
    ),
    expiry: v.optional(table({ ...hours, ...bySeverity((severity) => v.optional(table(hours, `The expiry of ${severity}`))) }, '“expiry”')),
    presence: v.optional(
      table(
        bySeverity(() => v.optional(v.picklist(PRESENCES, 'A presence is one of none, touch, verified. Write one of these.'))),
        '“presence”',
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
    packs: v.optional(
      v.array(
        v.union(
          [
            v.pipe(
              text('A folder of packs'),
              v.transform((path): PackShape => ({ path })),
            ),
            v.pipe(
              table(
                {
                  name: v.optional(text('“name”')),
                  path: v.optional(text('“path”')),
                  npm: v.optional(
                    v.pipe(
                      text('“npm”'),
                      v.regex(/^(@[a-z0-9~-][\w.~-]*\/)?[a-z0-9~-][\w.~-]*$/, '“npm” is the name of an installed package. Mend it.'),
                    ),
                  ),
                  keys: v.optional(
                    v.pipe(
                      v.array(text('A key'), '“keys” is a list of public keys: PEM, or files beside the policy. Begin each with “- ”.'),
                      v.minLength(1, '“keys” is empty. Write a key, or remove the line.'),
                    ),
                  ),
                  lock: v.optional(
                    v.pipe(text('“lock”'), v.regex(/^[0-9a-f]{64}$/, '“lock” is the SHA-256 of packs.lock, 64 letters. Mend it.')),
                  ),
                },
                'A pack entry',
              ),
              v.check(({ name, path, npm }) => name !== undefined || path !== undefined || npm !== undefined, WHICH_PACK),
              v.check(({ path, npm }) => path === undefined || npm === undefined, '“path” and “npm” exclude each other. Keep one.'),
              v.transform((entry): PackShape => entry),
            ),
          ],
          'A pack entry is a folder, or a table with “name”, “path” or “npm” and perhaps “keys”. Mend this entry.',
        ),
        '“packs” is a list. Begin each entry with “- ”.',
      ),
    ),
    ignore: v.optional(
      v.array(
        table(
          {
            rule: v.pipe(
              text('“rule”'),
              v.regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, '“rule” is the id of one rule. Write it as findings show it.'),
            ),
            path: glob('“path”'),
            reason: text('“reason”'),
            until: v.pipe(text('“until”'), v.check(isDay, '“until” is a day such as 2027-01-31. Mend it.')),
          },
          'An ignore',
        ),
        '“ignore” is a list. Begin each entry with “- rule: …”.',
      ),
    ),
    ignores: v.optional(
      table(
        {
          longestDays: v.optional(count('“longestDays”', 1, 3650)),
          upTo: v.optional(severity),
          workspaceUpTo: v.optional(severity),
        },
        '“ignores”',
      ),
    ),
    agents: v.optional(
      v.record(
        glob('The name of an agent'),
        Declaration,
        '“agents” is a table: one agent a line, “*” for all others, and below it what it may touch.',
      ),
    ),
    breaker: v.optional(
      table(
        {
          held: v.optional(count('“held”', 2, 1000)),
          minutes: v.optional(count('“minutes”', 1, 1440)),
          retries: v.optional(count('“retries”', 1, 1000)),
          stops: v.optional(v.picklist(['agent', 'all'], '“stops” is agent or all. Write one of these.')),
        },
        '“breaker”',
      ),
    ),
    diskWrites: v.optional(v.picklist(['show', 'revert'], '“diskWrites” is show or revert. Write one of these.')),
    newRules: v.optional(v.picklist(['note', 'enforce'], '“newRules” is note or enforce. Write one of these.')),
    approvals: v.optional(
      table(
        {
          folder: v.optional(
            v.pipe(
              v.string('“folder” is the absolute path of a shared folder. Put it in quotes.'),
              v.check((path) => isAbsolute(path), '“folder” is an absolute path. Mend it.'),
            ),
          ),
          hours: v.optional(count('“hours”', 1, 720)),
        },
        '“approvals”',
      ),
    ),
    revokedKeys: v.optional(
      v.array(
        v.pipe(
          v.string('A key is named by its id, 64 hexadecimal digits. Put it in quotes.'),
          v.regex(/^[0-9a-f]{64}$/, 'A key is named by its id, 64 lower-case hexadecimal digits: countersign key list shows it. Mend it.'),
        ),
        '“revokedKeys” is a list. Begin each entry with “- ”.',
      ),
    ),
    trustedKeys: v.optional(
      v.array(
        table(
          {
            person,
            key: keyText('“key” is a public key: a line of a .pub file, or PEM.', PUBLIC_KEY, (given) => publicKeyIn(given) !== undefined),
          },
          'A trusted key',
        ),
        '“trustedKeys” is a list. Begin each entry with “- person: …”.',
      ),
    ),
    approvers: v.optional(
      v.pipe(
        v.array(
          table(
            {
              person,
              keys: v.pipe(
                v.array(
                  keyText(
                    'A key is named by its id, 64 lower-case hexadecimal digits, its fingerprint, SHA256:…, or as the public key itself: countersign key list shows them.',
                    NAMED_KEY,
                    (given) => namedKeyId(given) !== undefined,
                  ),
                  '“keys” is a list of all keys of this person. Begin each with “- ”.',
                ),
                v.minLength(1, '“keys” is empty: a name alone can be taken by anybody. Write a key.'),
              ),
              severities: v.optional(v.array(severity, '“severities” is a list such as [critical, high]. Mend it.')),
              environments: v.optional(
                v.array(text('The name of an environment'), '“environments” is a list of names. Begin each with “- ”.'),
              ),
              match: v.optional(globs('“match”')),
            },
            'An approver',
          ),
          '“approvers” is a list. Begin each entry with “- person: …”.',
        ),
        v.minLength(1, '“approvers” is empty: nobody could approve anything. Write one, or remove the line.'),
      ),
    ),
    sinks: v.optional(Sinks),
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

/** One key for each severity. */
function bySeverity<T>(of: (severity: Severity) => T): Record<Severity, T> {
  return { critical: of('critical'), high: of('high'), medium: of('medium'), low: of('low'), info: of('info') };
}
