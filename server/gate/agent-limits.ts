/**
 * What an agent is declared to touch and do. An edit outside of that is told, and each of its findings counts one level higher.
 * Layers of the policy narrow each other: an agent may do what every layer lets it.
 */
import { basename } from 'node:path';
import { fingerprint } from '../engine/fingerprint.ts';
import { compareSeverity, shift } from '../engine/rate.ts';
import {
  type Assessment,
  type BlastRadius,
  type Edit,
  type Finding,
  SEVERITIES,
  type Sensitivity,
  type Severity,
} from '../engine/types.ts';
import { agentId } from './agent-names.ts';
import { globMatcher } from './glob.ts';
import { mapSeverities, stricter } from './ladder.ts';
import { opensMatch, pathMatcher, plainPath } from './no-go.ts';
import { type AgentDeclaration, type Policy, type Tier, TIERS, type Verdict } from './types.ts';

export const OUTSIDE_DECLARATION = 'outside-declaration';

export type Limits = {
  readonly agent: string;
  /** The strictest of all layers. */
  readonly tier: Tier;
  /** One of each layer that says something of this agent. Each must let an edit through. */
  readonly declarations: readonly AgentDeclaration[];
};

/** What holds for an agent, by its display name or id. Undefined where no layer declares it. */
export function limitsOf(name: string, { agents }: Pick<Policy, 'agents'>): Limits | undefined {
  const names = [agentId(name), name.toLowerCase()];
  const layers = [...new Set(agents.map(({ layer }) => layer))];
  const declarations = layers.flatMap((layer) => {
    const fitting = agents
      .filter((one) => one.layer === layer)
      .map((one) => ({ one, fit: fitOf(one.agent, names) }))
      .filter(({ fit }) => fit > 0);
    const best = fitting.toSorted((a, b) => b.fit - a.fit)[0];
    return best === undefined ? [] : [best.one];
  });
  if (declarations.length === 0) return undefined;
  const tiers = declarations.flatMap(({ tier }) => tier ?? []);
  const strictest = tiers.reduce<Tier>((worst, tier) => (TIERS.indexOf(tier) > TIERS.indexOf(worst) ? tier : worst), 'trusted');
  return { agent: name, tier: tiers.length === 0 ? 'supervised' : strictest, declarations };
}

/** The assessment of an agent's edit as its declaration makes it. */
export function withLimits(edit: Edit, assessment: Assessment, workspace: string, policy: Policy): Assessment {
  const limits = limitsFor(edit, policy);
  if (limits === undefined || (edit.before === edit.after && edit.command === undefined)) return assessment;
  const outside = reasonsOutside(edit, assessment, workspace, limits, policy);
  const [first] = outside;
  if (first === undefined) return assessment;
  const raised = assessment.findings.map((finding) => ({ ...finding, severity: shift(finding.severity, 1) }));
  const own = outsideFinding(edit, limits, outside, raised.length > 0);
  return { ...assessment, findings: [...raised, own].toSorted((a, b) => compareSeverity(a.severity, b.severity)) };
}

/** The policy as it holds for the agents of these edits: their tiers make its verdicts stricter, never milder. */
export function policyForAgents(edits: readonly Edit[], assessments: readonly Assessment[], policy: Policy): Policy {
  if (policy.agents.length === 0) return policy;
  const tiers = edits.flatMap((edit) => limitsFor(edit, policy)?.tier ?? []);
  const isOutside = assessments.some(({ findings }) => findings.some(({ rule }) => rule === OUTSIDE_DECLARATION));
  if (tiers.length === 0) return policy;
  const least = (severity: Severity): Verdict =>
    tiers.reduce<Verdict>((worst, tier) => stricter(worst, LEAST[tier][severity]), isOutside && severity !== 'info' ? 'note' : 'allow');
  return {
    ...policy,
    verdicts: mapSeverities((severity) => stricter(policy.verdicts[severity], least(severity))),
    environments: policy.environments.map((environment) => ({
      ...environment,
      verdicts: Object.fromEntries(
        SEVERITIES.flatMap((severity) => {
          const verdict = environment.verdicts[severity];
          return verdict === undefined ? [] : [[severity, stricter(verdict, least(severity))]];
        }),
      ),
    })),
  };
}

/** What a tier asks at least, whatever the policy says. */
const LEAST: Readonly<Record<Tier, Readonly<Record<Severity, Verdict>>>> = {
  trusted: { critical: 'allow', high: 'allow', medium: 'allow', low: 'allow', info: 'allow' },
  supervised: { critical: 'acknowledge', high: 'acknowledge', medium: 'note', low: 'note', info: 'note' },
  restricted: { critical: 'acknowledge', high: 'acknowledge', medium: 'acknowledge', low: 'acknowledge', info: 'note' },
};

/** Nothing is declared of people; of an edit that names no agent, only where a hook or a tool brought it. */
function limitsFor({ provenance }: Edit, policy: Policy): Limits | undefined {
  if (policy.agents.length === 0 || provenance.certainty === 'human') return undefined;
  const { agent, channel } = provenance;
  if (agent === undefined && channel !== 'hook' && channel !== 'tool') return undefined;
  return limitsOf(agent?.name ?? 'An agent', policy);
}

/** 0 where an entry does not speak of the agent; the more exactly it does, the more. */
function fitOf(pattern: string, names: readonly string[]): number {
  if (pattern === '*') return 1;
  if (names.includes(pattern.toLowerCase())) return 1000;
  const matches = globMatcher([pattern]);
  return names.some(matches) ? 1 + Math.min(pattern.length, 900) : 0;
}

/** Why an edit is outside: each a clause that follows "which is". Empty where it is within. */
function reasonsOutside(edit: Edit, assessment: Assessment, workspace: string, limits: Limits, policy: Policy): readonly Outside[] {
  return limits.declarations.flatMap((declaration) => [
    ...pathsOutside(edit, workspace, declaration),
    ...commandOutside(edit, declaration),
    ...toolOutside(edit, declaration),
    ...actsOutside(edit, assessment, workspace, declaration, policy),
  ]);
}

type Outside = {
  /** What it does, for "Claude Code ‹does›, outside …". */
  readonly does: string;
  /** What was declared, for "Declared: ‹declared›." */
  readonly declared: string;
  readonly source: string;
};

function pathsOutside(edit: Edit, workspace: string, { mayTouch, source }: AgentDeclaration): readonly Outside[] {
  if (mayTouch === undefined) return [];
  const paths = edit.path.startsWith('$ ') ? pathsOf(edit) : [edit.path];
  const matchers = mayTouch.map(pathMatcher);
  const stray = paths.find((path) => !matchers.some((matches) => matches(plainPath(path, workspace))));
  return stray === undefined ? [] : [{ does: `changes \`${shown(stray)}\``, declared: `may touch ${listed(mayTouch)}`, source }];
}

function pathsOf({ command }: Edit): readonly string[] {
  return (command ?? []).flatMap((act) => (act.kind === 'unread' ? act.paths : []));
}

function commandOutside(edit: Edit, { commands, mayTouch, mayAct, source }: AgentDeclaration): readonly Outside[] {
  const changes = (edit.command ?? []).flatMap((act) => (act.kind === 'change' ? [act.change] : []));
  if (edit.command === undefined) return [];
  const line = edit.after.trim();
  const isDeclared = commands?.some((pattern) => commandMatches(pattern, line)) === true;
  if (commands !== undefined && !isDeclared) return [{ does: 'runs this command', declared: `may run ${listed(commands)}`, source }];
  if (isDeclared) return [];
  const systems = mayAct?.systems;
  // Who is declared to touch files alone changes nothing beside them.
  if (systems === undefined && mayTouch === undefined) return [];
  const stray = changes.find(({ system }) => systems === undefined || !globMatcher(systems)(systemId(system)));
  if (stray === undefined) return [];
  const declared = systems === undefined ? `may touch ${listed(mayTouch ?? [])}` : `may change ${listed(systems)}`;
  return [{ does: `changes ${stray.system}`, declared, source }];
}

/** "the cluster" → "cluster", "this repository" → "repository", "AWS" → "aws". */
export function systemId(system: string): string {
  return system.replace(/^(the|this|your) /i, '').toLowerCase();
}

/** What runs several commands is matched only by its own exact words: "npm *" must not let "npm test && rm -rf x" through. */
export function commandMatches(pattern: string, line: string): boolean {
  if (pattern.trim() === line) return true;
  if (/[;&|\n`<>]|\$\(/.test(line)) return false;
  const flat = (text: string) => text.replaceAll('/', '\u0001');
  return globMatcher([flat(pattern.trim())])(flat(line));
}

/** Tools of MCP servers are called mcp__server__tool, or mcp_server_tool in some agents. */
function toolOutside({ provenance }: Edit, { mcpServers, source }: AgentDeclaration): readonly Outside[] {
  const server = /^mcp__(.+?)__/.exec(provenance.agent?.tool ?? '')?.[1];
  if (mcpServers === undefined || server === undefined || globMatcher(mcpServers)(server)) return [];
  return [{ does: `uses the MCP server \`${shown(server)}\``, declared: `may use ${listed(mcpServers)}`, source }];
}

const RADII: readonly BlastRadius[] = ['resource', 'service', 'account', 'organization', 'public'];
const SENSITIVITIES: readonly Sensitivity[] = ['public', 'internal', 'confidential', 'restricted'];

function actsOutside(
  edit: Edit,
  { findings }: Assessment,
  workspace: string,
  { mayAct, source }: AgentDeclaration,
  policy: Policy,
): readonly Outside[] {
  if (mayAct === undefined) return [];
  const { blastRadius, sensitivity, environments, actions, rules } = mayAct;
  const out: Outside[] = [];
  const add = (does: string | undefined, declared: string): void => {
    if (does !== undefined) out.push({ does, declared, source });
  };
  const first = (isOutside: (finding: Finding) => boolean) => findings.find(isOutside);
  if (blastRadius !== undefined) {
    const far = first(({ rating }) => RADII.indexOf(rating.blastRadius.level) > RADII.indexOf(blastRadius));
    add(far && `reaches ${REACH[far.rating.blastRadius.level]}`, `at most ${REACH[blastRadius]}`);
  }
  if (sensitivity !== undefined) {
    const secret = first(({ rating }) => SENSITIVITIES.indexOf(rating.sensitivity.level) > SENSITIVITIES.indexOf(sensitivity));
    add(secret && `concerns ${secret.rating.sensitivity.level} data`, `at most ${sensitivity} data`);
  }
  if (environments !== undefined) {
    const matches = globMatcher(environments);
    const stray = environmentsOf(edit, findings, workspace, policy).find((names) => !names.some(matches));
    add(stray && `changes ${stray[0] ?? ''}`, `only ${listed(environments)}`);
  }
  if (actions !== undefined) {
    const matches = globMatcher(actions);
    const stray = first(({ witness }) => witness !== undefined && !matches(witness.action));
    add(stray?.witness && `opens \`${shown(stray.witness.action)}\``, `only ${listed(actions)}`);
  }
  if (rules !== undefined) {
    const matches = globMatcher(rules);
    const stray = first(({ rule }) => !matches(rule));
    add(stray && `does what rule \`${stray.rule}\` finds`, `only what ${listed(rules)} find`);
  }
  return out;
}

const REACH: Readonly<Record<BlastRadius, string>> = {
  resource: 'one resource',
  service: 'a whole service',
  account: 'a whole account',
  organization: 'the whole organization',
  public: 'the public',
};

/** Environments that paths and names speak of, each with its other names. The policy's own environments count by their patterns. */
function environmentsOf(edit: Edit, findings: readonly Finding[], workspace: string, policy: Policy): readonly (readonly string[])[] {
  const path = plainPath(edit.path, workspace);
  const words = [path.relative, ...pathsOf(edit), ...findings.map(({ opened }) => opened.name)].flatMap((text) =>
    text.toLowerCase().split(/[^a-z0-9]+/),
  );
  const named = ENVIRONMENTS.filter((names) => names.some((name) => words.includes(name)));
  const stated = policy.environments.filter(({ match }) =>
    match.some((pattern) => pathMatcher(pattern)(path) || findings.some((finding) => opensMatch(pattern, finding))),
  );
  return [...named, ...stated.map(({ name }) => [name])];
}

const ENVIRONMENTS: readonly (readonly string[])[] = [
  ['production', 'prod', 'prd'],
  ['staging', 'stage', 'stg', 'preprod', 'uat'],
  ['development', 'dev', 'sandbox'],
  ['qa'],
];

function outsideFinding(edit: Edit, { agent, tier }: Limits, outside: readonly Outside[], hasOthers: boolean): Finding {
  const [first] = outside;
  const end = { line: 1, column: 1, offset: 0 };
  return {
    rule: OUTSIDE_DECLARATION,
    severity: tier === 'restricted' ? 'medium' : 'low',
    confidence: 'proved',
    rating: {
      sensitivity: { level: 'internal', why: `it is outside what ${agent} is declared to touch` },
      blastRadius: { level: 'resource', what: edit.path },
      gain: 'act outside its declaration',
    },
    consequence: `${agent} ${first?.does ?? 'acts'}, outside what it is declared to touch.`,
    previously: [...new Set(outside.map(({ declared, source }) => `Declared: ${declared} (${source}).`))].join(' '),
    opened: { name: edit.path.startsWith('$ ') ? 'this command' : basename(edit.path.replaceAll('\\', '/')), kind: 'file' },
    ranges: [{ side: 'after', start: end, end }],
    // Where nothing else is found, the text itself is what somebody accepts.
    fingerprint: fingerprint(edit.path, {
      outside: agentId(agent),
      does: outside.map(({ does }) => does),
      ...(hasOthers ? {} : { after: edit.after.trim() }),
    }),
    fix: 'Make this change yourself, or widen what the agent is declared to touch in the policy.',
    failureMode: 'An agent that works beyond its task does damage where nobody looks for it.',
    unchecked: [],
    references: ['CWE-250', 'OWASP LLM06:2025 Excessive Agency', 'OWASP ASI03 Identity and Privilege Abuse'],
  };
}

function listed(patterns: readonly string[]): string {
  if (patterns.length === 0) return 'nothing';
  const few = patterns.slice(0, 4).map((pattern) => `\`${shown(pattern)}\``);
  return patterns.length > 4 ? `${few.join(', ')} and ${patterns.length - 4} more` : few.join(', ');
}

function shown(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}`]/gu, '·').slice(0, 80);
}
