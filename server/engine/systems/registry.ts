import type { Format, TextTree } from '../read/tree.ts';
import { ansible } from './ansible.ts';
import { arm } from './arm.ts';
import { azureRole } from './azure-role.ts';
import { cloudformation } from './cloudformation.ts';
import { compose } from './compose.ts';
import type { Declaration, System, SystemId } from './declaration.ts';
import { dependencyBot } from './dependency-bot.ts';
import { gcpDeploymentManager } from './gcp-deployment-manager.ts';
import { gcpPolicy } from './gcp-policy.ts';
import { githubActions } from './github-actions.ts';
import { githubSettings } from './github-settings.ts';
import { gitlabCi } from './gitlab-ci.ts';
import { helmValues } from './helm-values.ts';
import { kubernetes } from './kubernetes.ts';
import { serverless } from './serverless.ts';
import { terraformPlan } from './terraform-plan.ts';
import { terraform } from './terraform.ts';

/** Everything a text declares, in the words of every system that it speaks. Empty: nothing here is known, which is not the same as safe. */
export function declarationsOf(tree: TextTree, path: string): readonly Declaration[] {
  if (tree.documents.length === 0) return [];
  return SYSTEMS.filter(([formats]) => formats.includes(tree.format)).flatMap(([, system]) => system.declarations(tree, path));
}

const DATA: readonly Format[] = ['json', 'yaml'];
const YAML: readonly Format[] = ['yaml'];

/** In which formats a system is written. */
const SYSTEMS: readonly (readonly [formats: readonly Format[], system: System])[] = [
  [DATA, kubernetes],
  [DATA, helmValues],
  [DATA, cloudformation],
  [DATA, serverless],
  [DATA, arm],
  [DATA, azureRole],
  [DATA, gcpDeploymentManager],
  [DATA, gcpPolicy],
  [YAML, githubActions],
  [DATA, githubSettings],
  [YAML, gitlabCi],
  [DATA, dependencyBot],
  [DATA, compose],
  [YAML, ansible],
  [['hcl', 'json'], terraform],
  [['json'], terraformPlan],
];

/** The systems that have a file here. */
export const KNOWN_SYSTEMS: readonly SystemId[] = SYSTEMS.map(([, { id }]) => id);
