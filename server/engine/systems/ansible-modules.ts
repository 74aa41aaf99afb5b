import { member, membersOf, type TreeNode } from '../read/tree.ts';
import type { Declaration } from './declaration.ts';
import { itemsOf, madeMember, madeObject } from './nodes.ts';
import { rewrite, withReferences } from './rewrite.ts';
import { textAt } from './text-of.ts';

/**
 * What a task of Ansible makes in a cloud, in Kubernetes or as a container, in the words of those that make the same: most modules
 * of clouds take their words from the same interface as Terraform's providers, so `amazon.aws.rds_instance` is an "aws_db_instance".
 */
export function madeByTask(task: TreeNode, key: string, name: string): readonly Declaration[] {
  return membersOf(task).flatMap(({ key: module, value }): readonly Declaration[] => {
    if (value.type !== 'object') return [];
    const plain = module.split('.').at(-1) ?? module;
    const body = (): TreeNode => rewrite(value, withReferences(/\{\{|\{%/));
    const type = TERRAFORM[plain];
    if (type !== undefined) return [{ system: 'terraform', type, key: `${key}/${type}`, name, node: renamed(body()) }];
    if (plain === 'docker_container' || plain === 'podman_container')
      return [{ system: 'compose', type: 'service', key: `${key}/service`, name: textAt(value, 'name') ?? name, node: renamed(body()) }];
    if (plain === 'k8s' || plain === 'openshift')
      return objectsIn(member(body(), 'definition') ?? member(body(), 'resource_definition'), key);
    return [];
  });
}

function objectsIn(definition: TreeNode | undefined, key: string): readonly Declaration[] {
  return itemsOf(definition).flatMap((node, i): readonly Declaration[] => {
    const type = textAt(node, 'kind');
    if (type === undefined) return [];
    return [{ system: 'kubernetes', type, key: `${key}/${type}/${i}`, name: textAt(member(node, 'metadata'), 'name') ?? type, node }];
  });
}

/** Modules by their last word. Firewalls are not here: rules of their own look at them. */
const TERRAFORM: Readonly<Record<string, string>> = {
  rds_instance: 'aws_db_instance',
  rds_cluster: 'aws_rds_cluster',
  redshift: 'aws_redshift_cluster',
  iam_role: 'aws_iam_role',
  iam_user: 'aws_iam_user',
  kms_key: 'aws_kms_key',
  aws_kms: 'aws_kms_key',
  cloudtrail: 'aws_cloudtrail',
  ec2_instance: 'aws_instance',
  ec2: 'aws_instance',
  ec2_vpc_subnet: 'aws_subnet',
  ecs_ecr: 'aws_ecr_repository',
  elb_application_lb: 'aws_lb',
  elb_network_lb: 'aws_lb',
  lambda_policy: 'aws_lambda_permission',
  dynamodb_table: 'aws_dynamodb_table',
  gcp_storage_bucket: 'google_storage_bucket',
  gcp_sql_instance: 'google_sql_database_instance',
  gcp_container_cluster: 'google_container_cluster',
  gcp_compute_instance: 'google_compute_instance',
  gcp_bigquery_dataset: 'google_bigquery_dataset',
  gcp_kms_crypto_key: 'google_kms_crypto_key',
  gcp_compute_subnetwork: 'google_compute_subnetwork',
  azure_rm_storageaccount: 'azurerm_storage_account',
  azure_rm_keyvault: 'azurerm_key_vault',
  azure_rm_aks: 'azurerm_kubernetes_cluster',
  azure_rm_roleassignment: 'azurerm_role_assignment',
  azure_rm_roledefinition: 'azurerm_role_definition',
  azure_rm_rediscache: 'azurerm_redis_cache',
  azure_rm_sqlfirewallrule: 'azurerm_mssql_firewall_rule',
  azure_rm_postgresqlfirewallrule: 'azurerm_postgresql_firewall_rule',
  azure_rm_mysqlfirewallrule: 'azurerm_mysql_firewall_rule',
  azure_rm_containerregistry: 'azurerm_container_registry',
  azure_rm_lock: 'azurerm_management_lock',
};

function renamed(node: TreeNode): TreeNode {
  const children = membersOf(node).map(({ key, keyNode, value }) => madeMember(WORDS[key] ?? key, value, keyNode));
  return madeObject(children, node);
}

/** Where a module has a word of its own. */
const WORDS: Readonly<Record<string, string>> = {
  managed_policies: 'managed_policy_arns',
  managed_policy: 'managed_policy_arns',
  assume_role_policy_document: 'assume_role_policy',
  boundary: 'permissions_boundary',
  https_only: 'https_traffic_only_enabled',
  allow_blob_public_access: 'allow_nested_items_to_be_public',
  network_acls: 'network_rules',
  minimum_tls_version: 'min_tls_version',
  enable_purge_protection: 'purge_protection_enabled',
  enable_soft_delete: 'soft_delete_enabled',
  admin_user_enabled: 'admin_enabled',
  pid_mode: 'pid',
  ipc_mode: 'ipc',
  userns_mode: 'userns_mode',
  capabilities: 'cap_add',
  security_opts: 'security_opt',
  published_ports: 'ports',
};
