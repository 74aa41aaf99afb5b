import type { TextTree, TreeNode } from '../read/tree.ts';

/** Changes values from the leaves up, never keys. What does not change stays the same node, and a node that stands in several places is changed once. */
export function rewrite(node: TreeNode, change: (node: TreeNode) => TreeNode): TreeNode {
  const done = new Map<TreeNode, TreeNode>();
  const visit = (each: TreeNode): TreeNode => {
    if (each.children === undefined) return each.type === 'property' ? each : change(each);
    const known = done.get(each);
    if (known !== undefined) return known;
    let children: TreeNode[] | undefined;
    for (const [i, child] of each.children.entries()) {
      if (each.type === 'property' && i === 0) continue;
      const now = visit(child);
      if (now === child) continue;
      children ??= [...each.children];
      children[i] = now;
    }
    const whole = children === undefined ? each : { ...each, children };
    const changed = each.type === 'property' ? whole : change(whole);
    done.set(each, changed);
    return changed;
  };
  return visit(node);
}

/** `yes`, `on` and their like are booleans to readers of YAML 1.1: Kubernetes, Ansible, CloudFormation. Quoted ones are text. Undefined: the text has none. */
export function withYaml11Booleans(tree: TextTree): ((node: TreeNode) => TreeNode) | undefined {
  if (tree.format !== 'yaml' || !/(?:[:,-][ \t]+|\[[ \t]*|\n[ \t]*)(?:yes|on|no|off)\b/i.test(tree.text)) return undefined;
  return (node) => {
    if (node.type !== 'string' || node.unresolved === true || typeof node.value !== 'string') return node;
    if (node.length !== node.value.length || !/^(yes|on|no|off)$/i.test(node.value)) return node;
    if (tree.text.slice(node.offset, node.offset + node.length) !== node.value) return node;
    return { type: 'boolean', offset: node.offset, length: node.length, value: /^(yes|on)$/i.test(node.value) };
  };
}

/** Text that matches names a value that stands elsewhere: it is no literal. */
export function withReferences(pattern: RegExp): (node: TreeNode) => TreeNode {
  return (node) =>
    node.type === 'string' && node.unresolved !== true && typeof node.value === 'string' && pattern.test(node.value)
      ? { ...node, unresolved: true }
      : node;
}
