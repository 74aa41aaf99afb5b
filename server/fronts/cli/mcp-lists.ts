/** Where each agent lists the MCP servers it may use: facts from the vendors' documentation. */
import type { Scope } from './wiring.ts';

/** A file, relative to the project or the home folder, and the key of it below which servers stand by name. */
export type McpList = { readonly path: readonly string[]; readonly key: string; readonly format?: 'toml' };

/** Of each scope, `countersign init --mcp` writes into the first. By the agent's id in wiring.ts. */
export const MCP_LISTS: Readonly<Record<string, Readonly<Record<Scope, readonly McpList[]>>>> = {
  'claude-code': {
    project: [list('.mcp.json'), list('.claude/settings.json'), list('.claude/settings.local.json')],
    user: [list('.claude.json'), list('.claude/settings.json'), list('.claude/settings.local.json')],
  },
  codex: inBoth({ path: ['.codex', 'config.toml'], key: 'mcp_servers', format: 'toml' }),
  'gemini-cli': inBoth(list('.gemini/settings.json')),
  'qwen-code': inBoth(list('.qwen/settings.json')),
  cursor: inBoth(list('.cursor/mcp.json')),
  'copilot-cli': { project: [list('.mcp.json'), list('.github/mcp.json')], user: [list('.copilot/mcp-config.json')] },
  windsurf: { project: [], user: [list('.codeium/windsurf/mcp_config.json')] },
  opencode: {
    project: [list('opencode.json', 'mcp'), list('opencode.jsonc', 'mcp')],
    user: [list('.config/opencode/opencode.json', 'mcp'), list('.config/opencode/opencode.jsonc', 'mcp')],
  },
};

function list(path: string, key = 'mcpServers'): McpList {
  return { path: path.split('/'), key };
}

function inBoth(one: McpList): Readonly<Record<Scope, readonly McpList[]>> {
  return { project: [one], user: [one] };
}
