import { member, membersOf, type TreeNode } from '../read/tree.ts';
import type { Declaration, System } from './declaration.ts';
import { itemsOf } from './nodes.ts';
import { checksDeclared } from './pipeline-parts.ts';

/** A pipeline: the whole of it (`pipeline`) and each of its jobs (`job`), also hidden ones that others extend. */
export const gitlabCi: System = {
  id: 'gitlab-ci',
  declarations: (tree, path) =>
    tree.documents
      .filter((root) => isPipeline(root, path))
      .flatMap((root, i): readonly Declaration[] => [
        { system: 'gitlab-ci', type: 'pipeline', key: `pipeline${i === 0 ? '' : i}`, name: 'pipeline', node: root },
        ...jobsOf(root).map(
          ({ key, value }): Declaration => ({ system: 'gitlab-ci', type: 'job', key: `job/${key}`, name: key, node: value }),
        ),
        ...checksDeclared(
          'gitlab-ci',
          jobsOf(root).flatMap(({ value }) => scriptsOf(value)),
          root,
        ),
      ]),
};

function scriptsOf(job: TreeNode): readonly TreeNode[] {
  return ['before_script', 'script', 'after_script'].flatMap((key) => itemsOf(member(job, key)).filter(({ type }) => type === 'string'));
}

function isPipeline(root: TreeNode, path: string): boolean {
  if (root.type !== 'object') return false;
  if (/(^|\/|\.)\.?gitlab-ci[^/]*\.ya?ml$|(^|\/)\.gitlab\/(ci\/)?[^/]+\.ya?ml$/.test(path)) return true;
  // Elsewhere: a job with a script, and a word that only a pipeline has at its top.
  const words = ['stages', 'include', 'image', 'before_script', 'default', 'workflow', 'variables'];
  const scripted = jobsOf(root).some(({ value }) => member(value, 'script') !== undefined);
  return (
    scripted &&
    (words.some((word) => member(root, word) !== undefined) || jobsOf(root).some(({ value }) => member(value, 'stage') !== undefined))
  );
}

function jobsOf(root: TreeNode): ReturnType<typeof membersOf> {
  return membersOf(root).filter(
    ({ key, value }) =>
      value.type === 'object' && !GLOBAL.has(key) && (key.startsWith('.') || JOB_KEYS.some((each) => member(value, each) !== undefined)),
  );
}

const GLOBAL = new Set(['default', 'include', 'stages', 'variables', 'workflow', 'image', 'services', 'cache', 'spec', 'jobs', 'on']);
const JOB_KEYS = ['script', 'trigger', 'extends', 'run', 'stage', 'rules', 'only'];
