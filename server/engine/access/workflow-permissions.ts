import { assertNever } from '../assert-never.ts';
import { WORKFLOW_ACCESS_RULES, type WorkflowAccessRuleId } from '../packs/workflow-access-rules.ts';
import { member, membersOf, type TreeNode } from '../read/tree.ts';
import { worseOf } from '../rate.ts';
import type { Declaration } from '../systems/declaration.ts';
import type { Severity } from '../types.ts';
import { globAxis, pathAxis } from './box.ts';
import { objects, scalar, scalars } from './fields.ts';
import type { AccessFinding, Grant, GrantExpansion, GrantPrincipal } from './grant.ts';
import type { AccessSystem, Compared, ReadSide } from './side.ts';
import { groupedBy, listed, named, shortened } from './wording.ts';
import { WrittenGrant } from './written-grant.ts';

/** GitHub Actions: what the token of each job may do, and whether strangers can have their code run with it. */
export const workflowPermissions: AccessSystem = {
  id: 'workflow-permissions',
  systems: ['github-actions'],
  concerns: ({ system, type }) => system === 'github-actions' && type === 'workflow',
  grants,
  findings,
  subjectOf: ({ principal }) => principal.name,
  rules: WORKFLOW_ACCESS_RULES,
};

function* grants(side: ReadSide): Generator<Grant> {
  const workflow = side.declarations.find(({ system, type }) => system === 'github-actions' && type === 'workflow');
  if (workflow === undefined) return;
  const jobs = side.declarations.filter(({ system, type }) => system === 'github-actions' && type === 'job');
  const whole = permissionsOf(workflow.node);
  const known = knownJobs(side);
  // A job that is new and says nothing gets what the workflow gives to all that say nothing.
  const silent = jobs.filter(({ node }) => member(node, 'permissions') === undefined);
  const steps = silent.length === 0 ? [] : tokenGrants(workflow, 'jobs', whole, workflow, side);
  yield* steps;
  const fresh = firstOfEach();
  for (const job of jobs) {
    const own = permissionsOf(job.node);
    const identity = side.identityOf(job);
    if (own === undefined) {
      if (known(job)) yield* tokenGrants(job, identity, whole, workflow, side);
    } else yield* tokenGrants(job, identity, isKept(job, side) ? own.filter(fresh) : own, job, side);
  }
  yield* triggerGrants(workflow, jobs, side);
}

/** Was a job there in the other text too? */
function knownJobs({ other, changed, identityOf }: ReadSide): (job: Declaration) => boolean {
  // Both declare the same then.
  if (changed !== undefined) return () => true;
  const known = new Set(other.declarations.filter(({ type }) => type === 'job').map(identityOf));
  return (job) => known.has(identityOf(job));
}

/**
 * Did the edit leave a job as it is, and every other where it stood? What it says of its own token counts for no other job then, and is
 * the same on both sides: only that somebody may do it is told.
 */
function isKept(job: Declaration, { changed, twinOf }: ReadSide): boolean {
  return changed !== undefined && twinOf(job) !== undefined;
}

function firstOfEach(): (permission: Permission) => boolean {
  const told = new Set<string>();
  return ({ scope, level }) => {
    const text = `${scope}: ${level}`;
    if (told.has(text)) return false;
    told.add(text);
    return true;
  };
}

type Permission = { readonly scope: string; readonly level: string; readonly nodes: readonly TreeNode[] };

/** Undefined where nothing is said. "read-all" and "write-all" are a scope of their own. */
function permissionsOf(node: TreeNode): readonly Permission[] | undefined {
  const found = member(node, 'permissions');
  if (found === undefined) return undefined;
  const all = scalar(found);
  if (all !== undefined) return /^(read|write)-all$/.test(all) ? [{ scope: '*', level: all.replace('-all', ''), nodes: [found] }] : [];
  return membersOf(found).flatMap(({ key, keyNode, value }) => {
    const level = scalar(value) ?? 'none';
    return level === 'none' ? [] : [{ scope: key, level, nodes: [keyNode, value] }];
  });
}

function* tokenGrants(
  of: Declaration,
  identity: string,
  permissions: readonly Permission[] | undefined,
  declared: Declaration,
  side: ReadSide,
): Generator<Grant> {
  const principal: GrantPrincipal = {
    kind: 'workload',
    name: identity,
    label: of.type === 'job' ? `Job \`${shortened(of.name)}\`` : 'Every job that sets no permissions',
  };
  const base = { system: 'workflow-permissions', principal, declaration: declared } as const;
  // The default of a repository is unknown: reading is taken for granted, writing may be.
  const given = permissions ?? [
    { scope: 'contents', level: 'read', nodes: [] },
    { scope: 'packages', level: 'read', nodes: [] },
    { scope: 'metadata', level: 'read', nodes: [] },
    { scope: DEFAULT, level: 'write', nodes: [] },
  ];
  for (const { scope, level, nodes } of given) {
    const path = level === 'read' ? ['write', 'read'] : ['write'];
    yield new WrittenGrant(
      {
        ...base,
        action: scope === DEFAULT ? DEFAULT : `${scope === '*' ? 'everything' : scope}: ${level}`,
        resource: scope,
        scope: [],
        boxes:
          // Writing everything does not hand out identities: that is never a default, and has to be asked for.
          [[pathAxis(identity), globAxis(scope), pathAxis(...path)]],
      },
      // Marked where it stands; a block that is gone, on the line where it stood.
      () => nodes.map(side.placeOf),
    );
  }
}

const DEFAULT = 'the default of the repository';

/** Triggers that run with secrets for whoever opens a pull request, comments or waits for another workflow. */
const RISKY_TRIGGERS = ['pull_request_target', 'workflow_run', 'issue_comment'];
const HEAD =
  /github\.event\.(pull_request|workflow_run)\.(head|merge_commit_sha|head_(sha|branch|commit)|pull_requests|head_repository)|github\.head_ref|refs\/pull\/|github\.event\.issue\.number|github\.event\.number|pull_request\.number|event\.pull_request\.head/;
const FETCHES =
  /\bgh\s+pr\s+checkout\b|\bgit\s+(fetch|checkout|pull|clone|switch)\b[^\n]*(pull\/|head\.(sha|ref)|head_(ref|sha|branch)|HEAD_(REF|SHA))/;

function* triggerGrants(workflow: Declaration, jobs: readonly Declaration[], side: ReadSide): Generator<Grant> {
  const on = member(workflow.node, 'on') ?? member(workflow.node, 'true');
  const triggers = on?.type === 'object' ? membersOf(on).map(({ key, keyNode }) => ({ text: key, node: keyNode })) : scalars(on);
  const principal: GrantPrincipal = { kind: 'anyone', name: 'whoever opens a pull request', label: 'Anyone with a GitHub account' };
  const base = { system: 'workflow-permissions', principal, resource: workflow.name, scope: [], declaration: workflow } as const;
  for (const { text, node } of triggers.filter((each) => RISKY_TRIGGERS.includes(each.text))) {
    yield {
      ...base,
      action: `start: ${text}`,
      places: [side.placeOf(node)],
      boxes: [[pathAxis('strangers'), globAxis(text), pathAxis('run', 'start')]],
    };
    for (const job of jobs) {
      const fetched = foreignCheckout(job.node);
      if (fetched === undefined) continue;
      yield {
        ...base,
        declaration: job,
        action: `run code: ${text}`,
        places: [side.placeOf(fetched), side.placeOf(node)],
        boxes: [[pathAxis('strangers'), globAxis(text), pathAxis('run')]],
      };
    }
  }
}

/** The step that fetches the code of the pull request. */
function foreignCheckout(job: TreeNode): TreeNode | undefined {
  for (const step of objects(member(job, 'steps'))) {
    const uses = scalar(member(step, 'uses')) ?? '';
    if (/^actions\/checkout(@|$)/i.test(uses)) {
      const ref = member(member(step, 'with'), 'ref') ?? member(member(step, 'with'), 'repository');
      if (HEAD.test(scalar(ref) ?? '')) return ref;
    }
    const run = member(step, 'run');
    if (run !== undefined && FETCHES.test(scalar(run) ?? '')) return run;
  }
  return undefined;
}

function findings(expansions: readonly GrantExpansion[], compared: Compared): readonly AccessFinding[] {
  const foreign = expansions.some(({ grant }) => grant.action.startsWith('run code'));
  // What the default may read goes without saying.
  const told = expansions.filter(
    ({ grant }) => !(foreign && grant.action.startsWith('start')) && (grant.places.length > 0 || grant.action === DEFAULT),
  );
  // What all silent jobs get is said once, not again for each.
  const shared = new Set(told.filter(({ grant }) => grant.principal.name === 'jobs').map(({ grant }) => grant.action));
  const left = told.filter(({ grant }) => grant.principal.name === 'jobs' || grant.declaration.type === 'job' || !shared.has(grant.action));
  return groupedBy(left, ({ grant }) => `${rate(grant, compared).rule}\n${grant.principal.name}`).map((group) =>
    findingOf(group, compared),
  );
}

type Rated = { readonly rule: WorkflowAccessRuleId; readonly severity: Severity };

const STRONG = new Set([
  'contents',
  'packages',
  'actions',
  'deployments',
  'workflows',
  'id-token',
  'attestations',
  'security-events',
  'pull-requests',
  'administration',
  'secrets',
]);

function rate({ action, resource, principal }: Grant, { before }: Compared): Rated {
  if (action.startsWith('run code')) return { rule: 'workflow-runs-foreign-code', severity: 'critical' };
  if (action === 'start: pull_request_target') return { rule: 'workflow-started-by-strangers', severity: 'medium' };
  if (action.startsWith('start')) return { rule: 'workflow-started-by-strangers', severity: 'low' };
  if (action === DEFAULT) return { rule: 'workflow-token-default', severity: before.length === 0 ? 'low' : 'high' };
  if (action.endsWith(': read')) return { rule: 'workflow-token-read', severity: resource === '*' ? 'low' : 'info' };
  if (resource === '*') return { rule: 'workflow-token-write', severity: 'high' };
  if (resource === 'id-token') return { rule: 'workflow-token-identity', severity: 'high' };
  // Where the default was in force, it may have held this already.
  const wasDefault = before.some((grant) => grant.principal.name === principal.name && grant.action === DEFAULT);
  return {
    rule: 'workflow-token-write',
    severity: STRONG.has(resource) ? (wasDefault ? 'medium' : 'high') : wasDefault ? 'low' : 'medium',
  };
}

function findingOf(group: readonly [GrantExpansion, ...GrantExpansion[]], compared: Compared): AccessFinding {
  const [{ grant }] = group;
  const { rule } = rate(grant, compared);
  const scopes = group.map((each) => each.grant.resource);
  const own = compared.before.filter(({ principal }) => principal.name === grant.principal.name);
  const uncertain = own.some(({ action }) => action === DEFAULT) || grant.action === DEFAULT;
  return {
    rule,
    severity: group.map((each) => rate(each.grant, compared).severity).reduce(worseOf),
    confidence: uncertain || rule === 'workflow-started-by-strangers' ? 'likely' : 'proved',
    blastRadius:
      grant.principal.kind === 'anyone'
        ? { level: 'public', what: 'everyone who can open a pull request' }
        : { level: 'service', what: 'the repository' },
    gain: WORKFLOW_ACCESS_RULES[rule].gain,
    consequence: consequence(grant, rule, scopes, group),
    previously:
      own.length === 0
        ? grant.principal.kind === 'anyone'
          ? 'Before: strangers could not start it with its secrets.'
          : 'Before: this file gave it no permissions.'
        : `Before: ${listed(
            own.map(({ action }) => (action === DEFAULT ? action : `\`${action}\``)),
            3,
          )}.`,
    opened: {
      name: shortened(
        grant.principal.kind === 'workload' && grant.declaration.type === 'job' ? grant.declaration.name : grant.declaration.name,
      ),
      kind: grant.declaration.type,
    },
    expansions: group,
  };
}

function consequence(grant: Grant, rule: WorkflowAccessRuleId, scopes: readonly string[], group: readonly GrantExpansion[]): string {
  const { label } = grant.principal;
  const triggers = named(
    group.map((each) => each.grant.action.replace(/^.*: /, '')),
    2,
  );
  switch (rule) {
    case 'workflow-runs-foreign-code':
      return `${label} can have their code run with this repository’s secrets, through ${triggers}.`;
    case 'workflow-started-by-strangers':
      return `${label} can start this workflow with its secrets, through ${triggers}.`;
    case 'workflow-token-default':
      return `${label} gets whatever the repository gives by default, which may be everything.`;
    case 'workflow-token-identity':
      return `${label} can sign in to clouds and registries as this repository.`;
    case 'workflow-token-read':
      return `${label} can read ${scopes.includes('*') ? 'everything' : named(scopes, 2)} of the repository.`;
    case 'workflow-token-write':
      return `${label} can change ${scopes.includes('*') ? 'everything the token reaches in the repository' : `${named(scopes, 3)} of the repository`}.`;
    default:
      return assertNever(rule);
  }
}
