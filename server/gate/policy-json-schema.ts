import type { Schema } from '../engine/rules/pack-schema.ts';
import { SEVERITIES } from '../engine/types.ts';
import { Settings } from './policy-schema.ts';

/** What editors complete a policy with and check it against: policy-schema.ts as JSON Schema (draft-07), with what each key is for. */
export function policyJsonSchema(): Schema & { readonly $schema: string; readonly title: string } {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Countersign policy',
    ...schemaOf(Settings, ''),
  };
}

/** As much of valibot's runtime shape as policies use. A part that is none of these throws, so that its test finds it. */
type Part = {
  readonly type: string;
  readonly entries?: Readonly<Record<string, unknown>>;
  readonly wrapped?: unknown;
  readonly item?: unknown;
  readonly value?: unknown;
  readonly options?: readonly unknown[];
  readonly literal?: unknown;
  readonly pipe?: readonly unknown[];
  readonly requirement?: unknown;
  readonly metadata?: unknown;
};

/** `at`: keys joined by dots, `*` for an entry of a list or of a table of names. */
function schemaOf(value: unknown, at: string): Schema {
  const part = partOf(value);
  const description = descriptionOf(at);
  const said = description === undefined ? {} : { description };
  return { ...bareSchema(part, at), ...limitsOf(part), ...said };
}

function bareSchema(part: Part, at: string): Schema {
  switch (part.type) {
    case 'optional':
      return schemaOf(part.wrapped, at);
    case 'strict_object': {
      const entries = Object.entries(part.entries ?? {});
      const required = entries.filter(([, entry]) => partOf(entry).type !== 'optional').map(([key]) => key);
      return {
        type: 'object',
        additionalProperties: false,
        properties: Object.fromEntries(entries.map(([key, entry]) => [key, schemaOf(entry, at === '' ? key : `${at}.${key}`)])),
        ...(required.length === 0 ? {} : { required }),
      };
    }
    case 'record':
      return { type: 'object', additionalProperties: schemaOf(part.value, `${at}.*`) };
    case 'array':
      return { type: 'array', items: schemaOf(part.item, `${at}.*`) };
    case 'union':
      return { oneOf: (part.options ?? []).map((option) => schemaOf(option, at)) };
    case 'picklist':
      return { enum: part.options ?? [] };
    case 'literal':
      return { enum: [part.literal] };
    case 'string':
    case 'number':
    case 'boolean':
      return { type: part.type === 'number' ? 'integer' : part.type };
    default:
      throw new Error(`A policy's ${at} is of a kind that has no JSON Schema here: ${part.type}.`);
  }
}

/** What the steps behind a part ask for beside its kind. */
function limitsOf(part: Part): Schema {
  const steps = stepsOf(part);
  const isList = part.type === 'array';
  return steps.reduce<Schema>((limits, { type, requirement, metadata }) => {
    if (type === 'min_length' && typeof requirement === 'number') return { ...limits, [isList ? 'minItems' : 'minLength']: requirement };
    if (type === 'max_length' && typeof requirement === 'number') return { ...limits, [isList ? 'maxItems' : 'maxLength']: requirement };
    if (type === 'regex' && requirement instanceof RegExp) return { ...limits, pattern: requirement.source };
    if (type === 'metadata' && typeof metadata === 'object' && metadata !== null) return { ...limits, ...metadata };
    return limits;
  }, {});
}

function stepsOf(part: Part): readonly Part[] {
  const [first, ...rest] = part.pipe ?? [];
  return first === undefined ? [] : [...stepsOf(partOf(first)), ...rest.map(partOf)];
}

function partOf(value: unknown): Part {
  if (typeof value !== 'object' || value === null || !('type' in value) || typeof value.type !== 'string') {
    throw new Error('A part of the policy schema has no type.');
  }
  return { ...value, type: value.type };
}

function descriptionOf(at: string): string | undefined {
  const keys = at.split('.');
  const last = keys.at(-1) ?? '';
  return DESCRIPTIONS[at] ?? (SEVERITIES.some((one) => one === last) ? `For findings of severity ${last}.` : undefined);
}

/** By key: what it is for, in a sentence. A test asks for each. */
const DESCRIPTIONS: Readonly<Record<string, string>> = {
  '': 'What the gate says to the edits of agents. Layers: the organization, the user, the workspace; a workspace may only tighten.',
  version: 'The version of this language.',
  verdicts:
    'What each severity gets. allow; note: shown only; acknowledge: held for a person; approve: held for a person and someone else; forbid: cannot be acknowledged.',
  environments: 'Places with verdicts of their own, by name: prod, sandbox. Where several match, the strictest counts.',
  'environments.*': 'A place with verdicts of its own.',
  'environments.*.match': 'Globs over paths and over names of what is opened: infra/prod/**, prod-*.',
  'environments.*.verdicts': 'What each severity gets here.',
  noGo: 'What no agent may touch: globs over paths and over names of what is opened. Nobody can acknowledge it.',
  'noGo.*.pattern': 'A glob over paths and over names of what is opened.',
  'noGo.*.owner': 'Whom to ask.',
  watch: 'Globs over paths that are watched beside the built-in ones: what cannot be read there closes the gate.',
  reason: 'What an acknowledgement must say.',
  'reason.minimumLength': 'Characters of a reason, at least.',
  'reason.ticketRequired': 'A ticket must be given.',
  'reason.ticketPattern': 'An RE2 pattern that a ticket must match as a whole: OPS-[0-9]+',
  'reason.categories': 'What a person may choose from, in place of the built-in five.',
  'reason.categories.*.id': 'A short word; it goes into the log.',
  'reason.categories.*.label': 'What the person reads.',
  expiry: 'How long an acknowledgement holds.',
  ...Object.fromEntries(
    ['', ...SEVERITIES.map((severity) => `.${severity}`)].flatMap((at) => [
      [`expiry${at}.defaultHours`, 'Hours that are preset.'],
      [`expiry${at}.longestHours`, 'Hours, at most.'],
    ]),
  ),
  presence:
    'What a signature must prove, by severity. none; touch: somebody touched a security key; verified: and the key knows who (PIN, finger).',
  retryMinutes: 'Minutes within which the agent’s retry of an acknowledged edit is let through, once.',
  sensitivity: 'How sensitive things are, by name. The first match counts.',
  'sensitivity.*.pattern': 'A glob over names of resources, paths, namespaces and tables.',
  'sensitivity.*.level': 'How sensitive it is.',
  'sensitivity.*.label': 'What it is, for the review: customer exports.',
  packs: 'Packs of rules beside the built-in ones.',
  'packs.*.name': 'A pack of this name must be there.',
  'packs.*.path': 'The folder it lies in.',
  'packs.*.npm': 'The installed npm package it lies in.',
  'packs.*.keys': 'Public keys, one of which must have signed it: PEM, or files beside the policy.',
  'packs.*.lock': 'The SHA-256 that its packs.lock must have.',
  ignore: 'Findings that are let pass, for a time and with a reason.',
  'ignore.*.rule': 'The id of the rule.',
  'ignore.*.path': 'A glob over paths.',
  'ignore.*.reason': 'Why it is safe there.',
  'ignore.*.until': 'The last day it counts: 2027-01-31.',
  ignores: 'What may be ignored at all.',
  'ignores.longestDays': 'Days that an ignore may be for.',
  'ignores.upTo': 'The worst severity that a policy may ignore.',
  'ignores.workspaceUpTo': 'The worst severity that a workspace and comments in its files may ignore.',
  newRules: 'What the new rules of an upgrade get until countersign pack accept.',
  accounts: 'Your own AWS accounts, twelve digits in quotes.',
  diskWrites: 'What becomes of a risky write to disk by an unknown process: it is shown, or the text before it is put back.',
  agents: 'What each agent is declared to touch and do, by its name. Outside of that, findings count one level higher.',
  'agents.*': 'What this agent is declared to touch and do.',
  'agents.*.tier': 'How far it is trusted.',
  'agents.*.mayTouch': 'Globs over paths it may change.',
  'agents.*.mayAct': 'How far what it opens may reach.',
  'agents.*.mayAct.blastRadius': 'The widest reach.',
  'agents.*.mayAct.sensitivity': 'The most sensitive thing.',
  'agents.*.mayAct.environments': 'Globs over environments it may act in.',
  'agents.*.mayAct.systems': 'Globs over systems it may act in.',
  'agents.*.mayAct.actions': 'Globs over actions it may open.',
  'agents.*.mayAct.rules': 'Globs over rules whose findings it may cause.',
  'agents.*.mcpServers': 'Globs over MCP servers it may use.',
  'agents.*.commands': 'Globs over commands it may run.',
  breaker: 'When agents are stopped by themselves.',
  'breaker.held': 'Held or forbidden edits within the time, from which on.',
  'breaker.minutes': 'Minutes that are looked back.',
  'breaker.retries': 'Retries around a denial, from which on.',
  'breaker.stops': 'The agent alone, or all.',
  approvals: 'How somebody else is asked for an approval.',
  'approvals.folder':
    'The absolute path of a shared folder that requests are put into, with the texts of the edits. Without it they travel with the repository, without texts.',
  'approvals.hours': 'Hours within which an approval may be given.',
  approvers:
    'Who may approve, where the verdict is “approve”. Every layer with such a list must name a key for it to count; without a list anybody trusted may, but for whoever asked.',
  'approvers.*.person': 'Their name. Keys that are listed under one name are one person.',
  'approvers.*.keys': 'All keys of this person: ids, fingerprints (SHA256:…), or public keys.',
  'approvers.*.keys.*': 'An id, a fingerprint, or a public key.',
  'approvers.*.severities': 'Only findings of these severities. Absent: of any.',
  'approvers.*.environments': 'Only in these environments of the policy. Absent: in any.',
  'approvers.*.match': 'Only where one of these globs fits the path or the name of what is opened. Absent: anywhere.',
  trustedKeys:
    'Public keys that are trusted beside those of a repository’s .countersign/keys/ and of a log: in countersign check, for approvals, and where logs are checked. A workspace cannot add any.',
  'trustedKeys.*.person': 'Whose key it is.',
  'trustedKeys.*.key': 'The public key: a line of a .pub file, or PEM.',
  revokedKeys: 'Ids of keys that sign nothing here, whatever a log says of them.',
  sinks: 'Where the log is shipped.',
  'sinks.*.otlp': 'The URL of an OTLP/HTTP collector: https://collector.example.com/v1/logs',
  'sinks.*.file': 'The absolute path of a file of OCSF JSON lines.',
  'sinks.*.syslog': 'host:port of a syslog server over TLS.',
  'sinks.*.headers': 'HTTP headers.',
  'sinks.*.headersFile': 'The absolute path of a file with HTTP headers, for those that are secret.',
  'sinks.*.ca': 'The absolute path of the certificates that the server’s is checked against.',
  'sinks.*.certificate': 'The absolute path of the client’s certificate.',
  'sinks.*.key': 'The absolute path of the client’s key.',
  'sinks.*.serverName': 'The name that the server’s certificate must have.',
};
