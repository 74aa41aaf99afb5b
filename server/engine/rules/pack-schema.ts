import { SEVERITIES } from '../types.ts';

/** As much of JSON Schema (draft-07) as the pack language needs; check-schema.ts reads it, and editors complete with it. */
export type Schema = {
  readonly $ref?: string;
  readonly type?: 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean' | 'null' | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly minItems?: number;
  readonly minProperties?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly oneOf?: readonly Schema[];
  readonly default?: unknown;
};

const text = (description: string): Schema => ({ type: 'string', minLength: 1, description });
const path = (description: string): Schema =>
  text(`${description} A path: keys joined by dots; * any key, ** any depth, {a,b} either, ^ from the declaration's body.`);
const list = (items: Schema, description: string): Schema => ({ type: 'array', items, minItems: 1, description });
const scalar: Schema = { type: ['string', 'number', 'boolean', 'null'] };
const matcher: Schema = { $ref: '#/definitions/matcher' };
const predicate: Schema = { $ref: '#/definitions/predicate' };

const ID = '^[a-z][a-z0-9]*(-[a-z0-9]+)*$';

const SYSTEM_NAMES = [
  '*',
  'kubernetes',
  'helm-values',
  'terraform',
  'terraform-plan',
  'cloudformation',
  'serverless',
  'arm',
  'bicep',
  'gcp-deployment-manager',
  'gcp-policy',
  'azure-role',
  'github-actions',
  'github-settings',
  'gitlab-ci',
  'azure-pipelines',
  'circleci',
  'bitbucket-pipelines',
  'buildkite',
  'drone',
  'tekton',
  'jenkinsfile',
  'dependency-bot',
  'compose',
  'dockerfile',
  'ansible',
  'devcontainer',
  'claude-settings',
  'agent-settings',
  'mcp',
  'vscode',
  'instructions',
  'countersign',
  'nginx',
  'sshd',
  'sudoers',
  'pg-hba',
  'sql',
  'codeowners',
  'npmrc',
  'gitignore',
  'dotenv',
  'redis',
  'mongo',
  'elasticsearch',
  'firebase-rules',
  'supabase',
  'settings',
] as const;

const severity: Schema = { enum: SEVERITIES, description: 'How bad it is: critical, high, medium, low or info.' };

const itemPredicate: Schema = {
  type: 'object',
  additionalProperties: false,
  required: ['each'],
  properties: { each: path('Where the items are.'), when: predicate },
};

const matcherTests: Schema = {
  type: 'object',
  description: 'Tests of the value, all of which must hold.',
  additionalProperties: false,
  minProperties: 1,
  properties: {
    is: { ...scalar, description: 'Equal; true is like "true" and "yes", 1 like "1".' },
    in: list(scalar, 'Equal to one of these.'),
    matches: text('Pattern of RE2, found anywhere in the text. (?i) for any case. No look-around, no back-references.'),
    like: {
      description: 'Glob over the whole text, without case: * any characters, ? one. A list: any of them.',
      oneOf: [
        { type: 'string', minLength: 1 },
        { type: 'array', items: { type: 'string', minLength: 1 }, minItems: 1 },
      ],
    },
    contains: { ...matcher, description: 'One item of the list passes this.' },
    every: { ...matcher, description: 'Every item passes this, and there is one.' },
    absent: { enum: [true], description: 'There is no such key, or it has no value.' },
    present: { enum: [true], description: 'There is such a key with a value.' },
    empty: { type: 'boolean', description: 'It is there with nothing in it: {}, [] or "".' },
    above: { type: 'number', description: 'A number above this.' },
    below: { type: 'number', description: 'A number below this.' },
    size: {
      type: 'object',
      description: 'How many items it has.',
      additionalProperties: false,
      minProperties: 1,
      properties: { above: { type: 'number' }, below: { type: 'number' } },
    },
    not: { ...matcher, description: 'Does not pass this. A missing value passes no test, so it is "not" any value.' },
    any: list(matcher, 'Passes one of these.'),
    openRange: { type: 'boolean', description: 'The sources together let the whole internet in.' },
    publicRange: { type: 'boolean', description: 'An address range that is not private.' },
    literal: { type: 'boolean', description: 'Written out, not a reference, variable or placeholder.' },
    secretLike: { type: 'boolean', description: 'Written out and looks like a credential.' },
    default: { ...scalar, description: 'What a missing value means to the other tests.' },
  },
};

const rule: Schema = {
  type: 'object',
  additionalProperties: false,
  required: ['id', 'title', 'severity', 'on', 'blastRadius', 'gain', 'consequence', 'fix', 'failureMode', 'references'],
  properties: {
    id: { type: 'string', pattern: ID, description: 'Kebab-case, unique over all packs. Also the anchor of its page.' },
    title: text('What happened, in a few words.'),
    classes: list({ type: 'integer', minimum: 1, maximum: 80 }, 'Numbers of the list of risky-edit classes, in built-in packs.'),
    severity,
    levels: list(
      { type: 'object', additionalProperties: false, required: ['severity', 'when'], properties: { severity, when: predicate } },
      'Other severities: the first whose predicate holds for the item counts.',
    ),
    confidence: { enum: ['proved', 'likely'], default: 'proved', description: 'proved: follows from the text. likely: a known pattern.' },
    on: list(
      {
        type: 'object',
        additionalProperties: false,
        required: ['system'],
        properties: {
          system: { enum: SYSTEM_NAMES, description: 'Whose words the declaration speaks. "*" for every system.' },
          type: {
            description: 'Types of declarations, with *. Without it every type.',
            oneOf: [
              { type: 'string', minLength: 1 },
              { type: 'array', items: { type: 'string', minLength: 1 }, minItems: 1 },
            ],
          },
        },
      },
      'What the rule speaks of.',
    ),
    each: path('Where the items of a declaration are; without it the declaration is the one item.'),
    when: { ...predicate, description: 'The risky state of an item. Without it every item is in it.' },
    was: { ...predicate, description: 'What the item must have been before. New items never were.' },
    alarm: {
      enum: ['becomes', 'gone', 'lost', 'lowered', 'raised', 'changed'],
      default: 'becomes',
      description:
        'becomes: in the state after, not before. gone: in the state before, no longer there. lost: still there, no longer in the state. lowered, raised, changed: the value at `at` differs that way.',
    },
    new: {
      enum: ['alarm', 'quiet', 'written', 'first'],
      default: 'alarm',
      description:
        'Whether an item that was not there before alarms; written: only where a value stands at `at`; first: only beside others of which none was in the state.',
    },
    missing: {
      enum: ['safe', 'risky'],
      default: 'safe',
      description:
        'For becomes. risky: an item that was not in the state and is no longer there, in a declaration that still is, alarms: what then counts is a risky default.',
    },
    pairing: {
      enum: ['loose', 'strict'],
      default: 'loose',
      description: 'loose: what vanished and what appeared in its place are one thing, renamed. strict: they are two.',
    },
    at: path('What to mark, and what lowered, raised and changed compare.'),
    default: { ...scalar, description: 'What a missing value at `at` means.' },
    order: list(scalar, 'The words at `at` from lowest to highest.'),
    blastRadius: { enum: ['resource', 'service', 'account', 'organization', 'public'], description: 'How far it reaches.' },
    gain: text('What is gained, in a few words: "read data".'),
    consequence: text(
      'One plain sentence of at most 18 words. {name}, {type}, {item}, {value}, {before}, {path} or a path are filled in; {path|words} when there is none.',
    ),
    previously: text('What was true before, a sentence that begins with "Before:".'),
    opened: {
      type: 'object',
      description: 'The thing that is opened: its bare name and what it is.',
      additionalProperties: false,
      required: ['name', 'kind'],
      properties: { name: text('Its bare name, as a person types it.'), kind: text('What it is: "bucket".') },
    },
    fix: text('What a person should do instead.'),
    failureMode: text('How this goes wrong.'),
    unchecked: list(text('A short noun phrase.'), 'What was not looked at.'),
    references: list(text('CWE-250, ATT&CK T1611, OWASP …'), 'Identifiers of OWASP, NIST AI RMF, CWE or ATT&CK.'),
    governsAgent: { type: 'boolean', default: false, description: 'One level up when the agent edits what governs it.' },
    ignorable: { type: 'boolean', default: true, description: 'Whether an ignore with reason and expiry is taken.' },
    tests: list(
      {
        type: 'object',
        additionalProperties: false,
        required: ['path', 'before', 'after', 'alarms'],
        properties: {
          title: text('What the case shows.'),
          path: text('Path of the file, relative to the workspace.'),
          before: { type: 'string', description: 'The whole text before; empty for a new file.' },
          after: { type: 'string', description: 'The whole text after.' },
          alarms: {
            type: 'array',
            description: 'Findings of this rule. Empty: a neutral case; every rule has one at least.',
            items: {
              type: 'object',
              additionalProperties: false,
              required: ['severity'],
              properties: {
                severity,
                lines: list({ type: 'integer', minimum: 1 }, 'Lines of the text after that are marked.'),
              },
            },
          },
          reverse: {
            enum: ['quiet', 'alarms'],
            default: 'quiet',
            description: 'alarms: the reverse is no hardening either and is not tried.',
          },
          agent: text('The agent that makes the edit.'),
        },
      },
      'Cases that must alarm (their reverse is tried too, and must stay below medium), and at least one neutral case.',
    ),
  },
};

/** The schema of a pack, as published. */
export const PACK_SCHEMA: Schema & {
  readonly $schema: string;
  readonly title: string;
  readonly definitions: Readonly<Record<string, Schema>>;
} = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Countersign rule pack',
  description: 'A shareable set of rules with their tests: data only.',
  type: 'object',
  additionalProperties: false,
  required: ['pack', 'version', 'title', 'rules'],
  properties: {
    pack: { type: 'string', pattern: ID, description: 'Kebab-case name of the pack.' },
    version: { type: 'string', pattern: '^\\d+\\.\\d+\\.\\d+(-[0-9A-Za-z.-]+)?$', description: 'Semantic version.' },
    title: text('What the pack is about.'),
    description: text('More words on it.'),
    rules: list(rule, 'The rules.'),
  },
  definitions: {
    predicate: {
      type: 'object',
      description: 'All keys must hold. A key is a path and its value a matcher, or one of the words all, any, none, some, no, cel.',
      minProperties: 1,
      properties: {
        all: list(predicate, 'All of these hold.'),
        any: list(predicate, 'One of these holds.'),
        none: list(predicate, 'None of these holds.'),
        some: { ...itemPredicate, description: 'One of the items below passes.' },
        no: { ...itemPredicate, description: 'None of the items below passes.' },
        cel: text('An expression of CEL over item, before (null when new), name, type and path. For what matchers cannot say.'),
      },
      additionalProperties: matcher,
    },
    matcher: {
      description: 'A value is equal to it; a list holds one equal; a table of tests holds whole.',
      oneOf: [scalar, { type: 'array', items: scalar, minItems: 1 }, matcherTests],
    },
  },
};
