import { member, membersOf, type TreeNode } from '../read/tree.ts';
import { madeByTask } from './ansible-modules.ts';
import type { Declaration, System } from './declaration.ts';
import { rewrite, withYaml11Booleans } from './rewrite.ts';
import { itemsOf, numbered, textAt } from './text-of.ts';

/** Plays (`play`) and tasks (`task`), also those in blocks and in the task files of roles; and what a task makes elsewhere, see ansible-modules.ts. */
export const ansible: System = {
  id: 'ansible',
  declarations: (tree, path) => {
    const booleans = withYaml11Booleans(tree);
    return tree.documents
      .filter((root) => root.type === 'array')
      .flatMap((root) => {
        const unique = numbered();
        const node = booleans === undefined ? root : rewrite(root, booleans);
        const items = itemsOf(node).filter((each) => each.type === 'object');
        if (items.some(isPlay)) return items.flatMap((play) => playDeclarations(play, unique));
        return isTaskFile(items, path) ? items.flatMap((each) => taskDeclarations(each, '', unique)) : [];
      });
  },
};

function isPlay(node: TreeNode): boolean {
  return member(node, 'hosts') !== undefined && PLAY_KEYS.some((key) => member(node, key) !== undefined);
}

const PLAY_KEYS = [
  'tasks',
  'roles',
  'pre_tasks',
  'post_tasks',
  'handlers',
  'become',
  'vars',
  'vars_files',
  'gather_facts',
  'connection',
  'name',
];
const TASK_LISTS = ['pre_tasks', 'tasks', 'post_tasks', 'handlers'];
const BLOCKS = ['block', 'rescue', 'always'];

function isTaskFile(items: readonly TreeNode[], path: string): boolean {
  if (items.length === 0) return false;
  const placed = /(^|\/)(tasks|handlers)\/[^/]+\.ya?ml$/.test(path);
  return items.every(
    (each) => placed || membersOf(each).some(({ key }) => /^\w+\.\w+\.\w+$/.test(key) || BUILT_IN.has(key) || BLOCKS.includes(key)),
  );
}

/** The modules that nearly every play has; the others are known by their full name. */
const BUILT_IN = new Set([
  'apt',
  'yum',
  'dnf',
  'copy',
  'template',
  'file',
  'lineinfile',
  'command',
  'shell',
  'service',
  'systemd',
  'user',
  'get_url',
  'unarchive',
  'set_fact',
  'include_tasks',
  'import_tasks',
  'import_playbook',
  'debug',
]);

function playDeclarations(play: TreeNode, unique: (key: string) => string): readonly Declaration[] {
  const name = textAt(play, 'name') ?? textAt(play, 'hosts') ?? 'play';
  const whole: Declaration = { system: 'ansible', type: 'play', key: unique(`play/${name}`), name, node: play };
  return [whole, ...TASK_LISTS.flatMap((list) => itemsOf(member(play, list)).flatMap((each) => taskDeclarations(each, name, unique)))];
}

function taskDeclarations(task: TreeNode, play: string, unique: (key: string) => string, depth = 0): readonly Declaration[] {
  if (task.type !== 'object' || depth > 20) return [];
  const name = textAt(task, 'name') ?? membersOf(task)[0]?.key ?? 'task';
  const inner = BLOCKS.flatMap((list) => itemsOf(member(task, list)).flatMap((each) => taskDeclarations(each, play, unique, depth + 1)));
  if (inner.length > 0) return inner;
  const key = unique(`task/${play}/${name}`);
  return [{ system: 'ansible', type: 'task', key, name, node: task }, ...madeByTask(task, key, name)];
}
