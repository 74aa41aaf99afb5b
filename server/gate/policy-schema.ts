import { isAbsolute } from 'node:path';
import * as v from 'valibot';
import { patternProblem } from '../engine/rules/pattern.ts';
import { mapSeverities } from './ladder.ts';
import { NAMED_KEY, namedKeyId, PUBLIC_KEY, publicKeyIn } from './named-keys.ts';
import { AgentDeclaration } from './policy-agents.ts';
import { isDay } from './policy-day.ts';
import { count, glob, globs, keyText, person, sensitivity, severity, table, text, verdict } from './policy-fields.ts';
import { Packs } from './policy-packs.ts';
import { Sinks } from './policy-sinks.ts';
import { PRESENCES } from './types.ts';

/** What a file said, as parsed. Absent keys leave what was there. */
export type PolicySettings = v.InferOutput<typeof Settings>;

const verdicts = table(
  mapSeverities(() => v.optional(verdict)),
  '“verdicts”',
);
const hours = { defaultHours: v.optional(count('“defaultHours”', 1, 8760)), longestHours: v.optional(count('“longestHours”', 1, 8760)) };

/** All that a policy may say, each with the words for where it does not say that. */
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
    expiry: v.optional(
      table({ ...hours, ...mapSeverities((severity) => v.optional(table(hours, `The expiry of ${severity}`))) }, '“expiry”'),
    ),
    presence: v.optional(
      table(
        mapSeverities(() => v.optional(v.picklist(PRESENCES, 'A presence is one of none, touch, verified. Write one of these.'))),
        '“presence”',
      ),
    ),
    retryMinutes: v.optional(count('“retryMinutes”', 1, 1440)),
    sensitivity: v.optional(
      v.array(
        table(
          {
            pattern: text('“pattern”'),
            level: sensitivity,
            label: v.optional(text('“label”')),
          },
          'A sensitivity entry',
        ),
        '“sensitivity” is a list. Begin each entry with “- pattern: …”.',
      ),
    ),
    packs: v.optional(Packs),
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
        AgentDeclaration,
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
