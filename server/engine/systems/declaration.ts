import type { TextTree, TreeNode } from '../read/tree.ts';

/** Whose words a document speaks. One file each in this folder. */
export type SystemId =
  | 'kubernetes'
  | 'helm-values'
  | 'terraform'
  | 'terraform-plan'
  | 'cloudformation'
  | 'serverless'
  | 'arm'
  | 'bicep'
  | 'gcp-deployment-manager'
  | 'gcp-policy'
  | 'azure-role'
  | 'github-actions'
  | 'github-settings'
  | 'gitlab-ci'
  | 'azure-pipelines'
  | 'circleci'
  | 'bitbucket-pipelines'
  | 'buildkite'
  | 'drone'
  | 'tekton'
  | 'jenkinsfile'
  | 'dependency-bot'
  | 'compose'
  | 'dockerfile'
  | 'ansible'
  | 'devcontainer'
  | 'claude-settings'
  | 'agent-settings'
  | 'mcp'
  | 'vscode'
  | 'instructions'
  | 'countersign'
  | 'nginx'
  | 'sshd'
  | 'sudoers'
  | 'pg-hba'
  | 'sql'
  | 'codeowners'
  | 'npmrc'
  | 'gitignore'
  | 'dotenv'
  | 'redis'
  | 'mongo'
  | 'elasticsearch'
  | 'firebase-rules'
  | 'supabase'
  | 'settings';

/**
 * A thing that a file declares: a Kubernetes object, a Terraform block, a CloudFormation resource, a workflow,
 * a compose file, a server's configuration. Rules speak of these.
 */
export type Declaration = {
  readonly system: SystemId;
  /** As the system spells it: "Deployment", "aws_s3_bucket", "AWS::S3::Bucket", "workflow". */
  readonly type: string;
  /** Its identity within the file: "shop/web", "logs". Not shown. */
  readonly key: string;
  /** What people call it: "web". */
  readonly name: string;
  /** Its body: what the paths of rules start from. */
  readonly node: TreeNode;
};

/** What every system exports. */
export type System = {
  readonly id: SystemId;
  /**
   * Members of which a document, or an item of a list, has one at its root wherever it speaks these words, so that others need not be
   * looked at. Absent where the path or what stands deeper tells.
   */
  readonly words?: readonly string[];
  /** What a text declares in this system's words; empty when it does not speak them. Never throws. */
  readonly declarations: (tree: TextTree, path: string) => readonly Declaration[];
};
