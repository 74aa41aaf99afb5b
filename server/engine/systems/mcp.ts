import { governedBy, normalPath } from '../read/governed-path.ts';
import { member, membersOf, type TreeNode } from '../read/tree.ts';
import type { Declaration, System } from './declaration.ts';

/** Where agents and editors keep their servers. `servers` and `mcp` are everyday words, so they count in governed files alone. */
const KEYS = ['mcpServers', 'mcp_servers', 'context_servers', 'amp.mcpServers'];
const EVERYDAY = ['projects', 'servers', 'mcp', 'settings', 'mcp.servers'];

/** Servers of the Model Context Protocol, one declaration each, whatever the file and its agent call their list. */
export const mcp: System = {
  id: 'mcp',
  words: [...KEYS, ...EVERYDAY],
  declarations: ({ documents, format }, path) => {
    if (format !== 'json' && format !== 'yaml' && format !== 'toml') return [];
    return documents.flatMap((root) => listsOf(root, path).flatMap(serversOf));
  },
};

function isGoverned(path: string): boolean {
  return governedBy(path) !== undefined || /\/mcp[^/]*\.json$|\/claude_desktop_config\.json$/.test(normalPath(path));
}

/** A list of servers, and what tells it from another of the same file. */
type ServerList = { readonly node: TreeNode; readonly where: string };

function listsOf(root: TreeNode, path: string): readonly ServerList[] {
  const found = KEYS.flatMap((key) => listAt(member(root, key), ''));
  // Few files have one, and what governs takes many patterns to tell.
  if (EVERYDAY.every((key) => member(root, key) === undefined) || !isGoverned(path)) return found;
  const projects = membersOf(member(root, 'projects')).flatMap(({ key, value }) => listAt(member(value, 'mcpServers'), `projects/${key}`));
  return [
    ...found,
    ...listAt(member(root, 'servers'), ''),
    ...listAt(member(member(root, 'mcp'), 'servers') ?? member(root, 'mcp'), ''),
    ...listAt(member(member(member(root, 'settings'), 'mcp'), 'servers'), 'settings'),
    ...listAt(member(root, 'mcp.servers'), ''),
    ...projects,
  ];
}

function listAt(node: TreeNode | undefined, where: string): readonly ServerList[] {
  return node === undefined ? [] : [{ node, where }];
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
