import { member, membersOf, type TreeNode } from '../read/tree.ts';
import { snakeCased, terraformType } from './cloud-manifests.ts';
import type { Declaration, System } from './declaration.ts';
import { madeMember, madeObject } from './nodes.ts';
import { azureNativeDeclaration } from './pulumi-azure.ts';
import { rewrite, withReferences } from './rewrite.ts';
import { textAt } from './text-of.ts';

/**
 * Resources of a program of Pulumi in YAML. Its providers take their words from Terraform's, so they are declared as Terraform's resources:
 * `aws:s3:BucketV2` is an "aws_s3_bucket", `forceDestroy` is `force_destroy`, and `options.protect` is `lifecycle.prevent_destroy`.
 * Those of `azure-native` are declared as the resources of an ARM template, see pulumi-azure.ts.
 */
export const pulumi: System = {
  id: 'terraform',
  words: ['resources'],
  declarations: (tree) =>
    tree.documents.flatMap((root) =>
      membersOf(member(root, 'resources')).flatMap(({ key, value }): readonly Declaration[] => {
        const token = textAt(value, 'type') ?? '';
        if (token.startsWith('azure-native:')) {
          const properties = member(value, 'properties');
          const own = properties === undefined ? undefined : rewrite(properties, withReferences(/\$\{/));
          const native = azureNativeDeclaration(token, key, own, value);
          return native === undefined ? [] : [native];
        }
        const type = typeOf(token);
        if (type === undefined) return [];
        return [{ system: 'terraform', type, key: `${type}.${key}`, name: key, node: bodyOf(value) }];
      }),
    ),
};

/** `aws:s3:Bucket`, or in full `aws:s3/bucket:Bucket`. */
function typeOf(token: string): string | undefined {
  const [, provider = '', service = '', kind = ''] = /^(aws|gcp|azure):([\w]+)(?:\/\w+)?:(\w+)$/.exec(token) ?? [];
  if (kind === '') return undefined;
  const plain = kind.replace(/V\d$/, '');
  return KINDS[`${provider}:${service}:${plain}`] ?? terraformType(provider, service, plain);
}

/** Where Pulumi has a word of its own. */
const KINDS: Readonly<Record<string, string>> = {
  'aws:lb:LoadBalancer': 'aws_lb',
  'aws:cloudtrail:Trail': 'aws_cloudtrail',
  'aws:rds:SubnetGroup': 'aws_db_subnet_group',
  'gcp:projects:IAMMember': 'google_project_iam_member',
  'gcp:projects:IAMBinding': 'google_project_iam_binding',
  'gcp:projects:IAMPolicy': 'google_project_iam_policy',
  'gcp:organizations:IAMMember': 'google_organization_iam_member',
  'gcp:folder:IAMMember': 'google_folder_iam_member',
  'gcp:serviceaccount:IAMMember': 'google_service_account_iam_member',
  'gcp:cloudrunv2:Service': 'google_cloud_run_v2_service',
  'azure:keyvault:KeyVault': 'azurerm_key_vault',
  'azure:authorization:Assignment': 'azurerm_role_assignment',
  'azure:management:Lock': 'azurerm_management_lock',
};

function bodyOf(resource: TreeNode): TreeNode {
  const properties = member(resource, 'properties');
  const own = properties === undefined ? [] : (snakeCased(rewrite(properties, withReferences(/\$\{/))).children ?? []);
  const options = membersOf(member(resource, 'options')).flatMap(({ key, keyNode, value }) =>
    key === 'protect' ? [madeMember('lifecycle', madeObject([madeMember('prevent_destroy', value, keyNode)], value), keyNode)] : [],
  );
  return madeObject([...own, ...options], resource);
}
