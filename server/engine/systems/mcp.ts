import { governedBy, normalPath } from '../read/governed-path.ts';
import { member, membersOf, type TextTree, type TreeNode } from '../read/tree.ts';
import type { Declaration, System } from './declaration.ts';

/** Servers of the Model Context Protocol, one declaration each, whatever the file and its agent call their list. */
export const mcp: System = {
  id: 'mcp',
  declarations: (tree, path) => tree.documents.flatMap((root) => listsOf(root, tree, path).flatMap(serversOf)),
};

/** A list of servers, and what tells it from another of the same file. */
type ServerList = { readonly node: TreeNode; readonly where: string };

/** Where agents and editors keep their servers. `servers` and `mcp` are everyday words, so they count in governed files alone. */
function listsOf(root: TreeNode, { format }: TextTree, path: string): readonly ServerList[] {
  if (format !== 'json' && format !== 'yaml' && format !== 'toml') return [];
  const governed = governedBy(path) !== undefined || /\/mcp[^/]*\.json$|\/claude_desktop_config\.json$/.test(normalPath(path));
  const settings = member(root, 'settings');
  const projects = membersOf(member(root, 'projects')).map(({ key, value }) => ({
    node: member(value, 'mcpServers'),
    where: `projects/${key}`,
  }));
  const found = [
    ...['mcpServers', 'mcp_servers', 'context_servers', 'amp.mcpServers'].map((key) => ({ node: member(root, key), where: '' })),
    ...(governed
      ? [
          { node: member(root, 'servers'), where: '' },
          { node: member(member(root, 'mcp'), 'servers') ?? member(root, 'mcp'), where: '' },
          { node: member(member(settings, 'mcp'), 'servers'), where: 'settings' },
          { node: member(root, 'mcp.servers'), where: '' },
          ...projects,
        ]
      : []),
  ];
  return found.flatMap(({ node, where }) => (node === undefined ? [] : [{ node, where }]));
}

function serversOf({ node, where }: ServerList): readonly Declaration[] {
  const servers =
    node.type === 'array'
      ? (node.children ?? []).map((value, index) => ({ key: String(member(value, 'name')?.value ?? index), value }))
      : membersOf(node);
  return servers.flatMap(({ key, value }) =>
    value.type === 'object' ? [{ system: 'mcp', type: 'server', key: where === '' ? key : `${where}/${key}`, name: key, node: value }] : [],
  );
}
