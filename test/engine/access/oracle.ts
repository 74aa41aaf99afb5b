import { anonymousPrincipal, runSimulation } from '@cloud-copilot/iam-simulate';
import type { PlainPolicy, PlainRequest, Shape } from './random-policies.ts';

/** How a caller meets a resource policy: with everything allowed by its own account, or with nothing. */
export type Footing = 'own-policy' | 'no-own-policy';

/** What the independent simulator answers; `error` when it will not take the request. */
export async function simulate(
  policy: PlainPolicy,
  request: PlainRequest,
  shape: Shape,
  footing: Footing,
): Promise<'allowed' | 'denied' | { readonly error: string }> {
  const result = await runSimulation(shape === 'identity' ? identityCase(policy, request) : resourceCase(policy, request, footing), {});
  if (result.resultType === 'error') return { error: JSON.stringify(result.errors) };
  return result.overallResult === 'Allowed' ? 'allowed' : 'denied';
}

type Simulation = Parameters<typeof runSimulation>[0];

const ACCOUNT = '123456789012';

function identityCase(policy: PlainPolicy, { action, resource, context }: PlainRequest): Simulation {
  return {
    request: {
      principal: `arn:aws:iam::${ACCOUNT}:user/holder`,
      action,
      resource: { resource, accountId: ACCOUNT },
      contextVariables: contextOf(context),
    },
    identityPolicies: [{ name: 'policy', policy }],
    serviceControlPolicies: [],
    resourceControlPolicies: [],
  };
}

function resourceCase(policy: PlainPolicy, { action, resource, principal, context }: PlainRequest, footing: Footing): Simulation {
  const anonymous = principal === '*' || principal === 'anonymous';
  const account = /^arn:[^:]*:[^:]*:[^:]*:(\d+):/.exec(principal)?.[1];
  const everything = { name: 'own', policy: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] } };
  return {
    request: {
      principal: anonymous ? anonymousPrincipal : principal,
      action,
      // In one's own account a resource policy suffices; from another both sides must allow.
      resource: { resource, accountId: footing === 'own-policy' ? '999999999999' : (account ?? '999999999999') },
      contextVariables: contextOf(context),
    },
    identityPolicies: anonymous || footing === 'no-own-policy' ? [] : [everything],
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    resourcePolicy: policy,
  };
}

function contextOf(context: PlainRequest['context']): Record<string, string | string[]> {
  return Object.fromEntries(Object.entries(context).map(([key, value]) => [key, typeof value === 'string' ? value : [...value]]));
}
