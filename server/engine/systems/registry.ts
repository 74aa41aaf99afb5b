import type { Format, TextTree, TreeNode } from '../read/tree.ts';
import { ansible } from './ansible.ts';
import { arm } from './arm.ts';
import { azurePipelines } from './azure-pipelines.ts';
import { azureRole } from './azure-role.ts';
import { bitbucketPipelines } from './bitbucket-pipelines.ts';
import { buildkite } from './buildkite.ts';
import { circleci } from './circleci.ts';
import { cloudManifests } from './cloud-manifests.ts';
import { cloudformation } from './cloudformation.ts';
import { compose } from './compose.ts';
import { agentSettings } from './agent-settings.ts';
import { claudeSettings } from './claude-settings.ts';
import { countersign } from './countersign.ts';
import { devcontainer } from './devcontainer.ts';
import { instructions } from './instructions.ts';
import { mcp } from './mcp.ts';
import { vscode } from './vscode.ts';
import type { Declaration, System } from './declaration.ts';
import { dependencyBot } from './dependency-bot.ts';
import { dotenv } from './dotenv.ts';
import { gcpDeploymentManager } from './gcp-deployment-manager.ts';
import { gcpPolicy } from './gcp-policy.ts';
import { githubActions } from './github-actions.ts';
import { githubSettings } from './github-settings.ts';
import { gitlabCi } from './gitlab-ci.ts';
import { headers } from './headers.ts';
import { helmValues } from './helm-values.ts';
import { jenkinsfile } from './jenkinsfile.ts';
import { kubernetes } from './kubernetes.ts';
import { pulumi } from './pulumi.ts';
import { serverless } from './serverless.ts';
import { settings } from './settings.ts';
import { terraformPlan } from './terraform-plan.ts';
import { bicep } from './bicep.ts';
import { codeowners } from './codeowners.ts';
import { dockerfile } from './dockerfile.ts';
import { drone } from './drone.ts';
import { elasticsearch } from './elasticsearch.ts';
import { filesWithin } from './files-within.ts';
import { firebaseRules } from './firebase-rules.ts';
import { gitignore } from './gitignore.ts';
import { mongo } from './mongo.ts';
import { nginx } from './nginx.ts';
import { npmrc } from './npmrc.ts';
import { pgHba } from './pg-hba.ts';
import { redis } from './redis.ts';
import { requirements } from './requirements.ts';
import { sql } from './sql.ts';
import { sshd } from './sshd.ts';
import { sudoers } from './sudoers.ts';
import { supabase } from './supabase.ts';
import { traefik } from './traefik.ts';
import { webServer } from './web-server.ts';
import { tekton } from './tekton.ts';
import { terraform } from './terraform.ts';

/** Everything a text declares, in the words of every system that it speaks. Empty: nothing here is known, which is not the same as safe. */
export function declarationsOf(tree: TextTree, path: string): readonly Declaration[] {
  const own = spoken(tree, path);
  // What speaks no system's words may still be what an application is set up with.
  const found = own.length === 0 ? [...settings.declarations(tree, path)] : own;
  for (const file of filesWithin(tree, own)) {
    const within = spoken({ ...tree, ...file.tree }, file.path);
    const isOverlay = file.path === 'patch.yaml';
    for (const each of within) {
      // Of the workloads in a patch, what takes protection away is told of the overlay.
      if (isOverlay && !OF_OVERLAYS.test(each.type)) continue;
      found.push({
        system: each.system,
        type: each.type,
        key: `${file.path} in ${file.of}: ${each.key}`,
        name: each.name,
        node: each.node,
      });
    }
  }
  return found;
}

const OF_OVERLAYS = /Role|Binding|Policy|Webhook|Namespace|Constraint/;

function spoken(tree: TextTree, path: string): Declaration[] {
  const found: Declaration[] = [];
  if (tree.documents.length === 0) return found;
  let words: ReadonlySet<string> | undefined;
  for (const system of systemsOf(tree.format)) {
    if (!maySpeak(system, () => (words ??= wordsOf(tree)))) continue;
    for (const declaration of system.declarations(tree, path)) found.push(declaration);
  }
  return found;
}

function maySpeak({ words }: System, said: () => ReadonlySet<string>): boolean {
  return words === undefined || words.some((word) => said().has(word));
}

/** Members at the roots of a text's documents, and of the items of those that are lists. Exported for the test that holds systems to their words. */
export function wordsOf({ documents }: Pick<TextTree, 'documents'>): ReadonlySet<string> {
  const words = new Set<string>();
  const visit = (node: TreeNode): void => {
    if (node.type === 'array') for (const item of node.children ?? []) visit(item);
    if (node.type === 'object') for (const { children } of node.children ?? []) words.add(String(children?.[0]?.value));
  };
  for (const root of documents) visit(root);
  return words;
}

function systemsOf(format: Format): readonly System[] {
  const known = BY_FORMAT.get(format) ?? SYSTEMS.flatMap(([formats, system]) => (formats.includes(format) ? [system] : []));
  BY_FORMAT.set(format, known);
  return known;
}

const BY_FORMAT = new Map<Format, readonly System[]>();

const DATA: readonly Format[] = ['json', 'yaml'];
const YAML: readonly Format[] = ['yaml'];

/** In which formats a system is written. */
export const SYSTEMS: readonly (readonly [formats: readonly Format[], system: System])[] = [
  [DATA, kubernetes],
  [DATA, helmValues],
  [DATA, cloudManifests],
  [DATA, pulumi],
  [DATA, cloudformation],
  [DATA, serverless],
  [DATA, arm],
  [DATA, azureRole],
  [DATA, gcpDeploymentManager],
  [DATA, gcpPolicy],
  [YAML, githubActions],
  [DATA, githubSettings],
  [YAML, gitlabCi],
  [YAML, azurePipelines],
  [YAML, circleci],
  [YAML, bitbucketPipelines],
  [YAML, buildkite],
  [YAML, drone],
  [YAML, tekton],
  [['lines'], jenkinsfile],
  [['json', 'json5', 'yaml'], dependencyBot],
  [DATA, compose],
  [YAML, ansible],
  [['dotenv'], dotenv],
  [['hcl', 'json'], terraform],
  [['json'], terraformPlan],
  [['toml'], supabase],
  [['sudoers'], sudoers],
  [['sshd'], sshd],
  [['sql'], sql],
  [['lines'], redis],
  [['lines'], requirements],
  [['lines'], webServer],
  [['json', 'yaml', 'toml', 'lines'], headers],
  [['yaml', 'toml'], traefik],
  [['pg-hba'], pgHba],
  [['npmrc'], npmrc],
  [['nginx'], nginx],
  [YAML, mongo],
  [['lines'], gitignore],
  [['firebase-rules', 'json'], firebaseRules],
  [YAML, elasticsearch],
  [['dockerfile'], dockerfile],
  [['codeowners'], codeowners],
  [['bicep'], bicep],
  [['json'], claudeSettings],
  [['json', 'yaml', 'toml'], agentSettings],
  [['json', 'yaml', 'toml'], mcp],
  [['json'], vscode],
  [['json'], devcontainer],
  [['lines'], instructions],
  [['json', 'yaml', 'lines'], countersign],
];
