import { assertNever } from '../assert-never.ts';
import { STOPPING } from '../packs/action-classes.ts';
import { AWS_RULES, type AwsRuleId } from '../packs/aws-rules.ts';
import type { Gain } from './gains.ts';

/** What is gained, as a clause: "strangers can read data", "its holder can delete what was denied". */
export function gainWords(rule: AwsRuleId, gain: Gain): string {
  const stops = gain.rule === 'aws-data-destruction' && gain.actions.every(STOPPING);
  const does = stops ? 'delete what runs' : AWS_RULES[gain.rule].gain;
  switch (rule) {
    case 'aws-public-access':
      return `strangers can ${does}`;
    case 'aws-trust-any-principal':
      return 'strangers can become this role';
    case 'aws-cross-account-trust':
      return 'another account can become this role';
    case 'aws-cross-account-access':
      return `another account can ${does}`;
    case 'aws-federated-trust':
      return 'people or jobs signed in elsewhere can become this role';
    case 'aws-principal-added':
      return `one more of your own can ${does}`;
    case 'aws-condition-weakened':
      return `a check is gone, and its holder can ${does}`;
    case 'aws-deny-removed':
      return `a denial is gone, and its holder can ${does}`;
    case 'aws-admin-access':
    case 'aws-escalation-path':
    case 'aws-permissions-management':
    case 'aws-resource-exposure':
    case 'aws-credential-exposure':
    case 'aws-data-destruction':
    case 'aws-logging-disabled':
    case 'aws-run-code-with-role':
    case 'aws-data-read':
    case 'aws-service-wildcard':
    case 'aws-future-actions':
    case 'aws-infrastructure-change':
    case 'aws-metadata-read':
      return `its holder can ${does}`;
    default:
      return assertNever(rule);
  }
}
