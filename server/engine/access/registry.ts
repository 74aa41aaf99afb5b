import type { Rule } from '../rules/rule.ts';
import { azureRoles } from './azure-roles.ts';
import { gcpBindings } from './gcp-bindings.ts';
import { kubernetesRbac } from './kubernetes-rbac.ts';
import { network } from './network.ts';
import type { AccessSystem } from './side.ts';
import { sqlGrants } from './sql-grants.ts';
import { workflowPermissions } from './workflow-permissions.ts';

/** Every access system but AWS's, which has its own way of comparing. */
export const ACCESS_SYSTEMS: readonly AccessSystem[] = [kubernetesRbac, gcpBindings, azureRoles, network, sqlGrants, workflowPermissions];

/** Every rule of the access systems, by id. */
export const ACCESS_RULES: ReadonlyMap<string, Rule> = new Map(
  ACCESS_SYSTEMS.flatMap(({ rules }) => Object.values(rules)).map((rule) => [rule.id, rule]),
);
