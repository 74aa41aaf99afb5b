import { normalPath } from '../read/governed-path.ts';
import type { System } from './declaration.ts';
import { wholeDocuments } from './whole-document.ts';

/** Settings and hooks of every agent but Claude Code. The type is whose they are; MCP servers within are declared by mcp.ts. */
export const agentSettings: System = {
  id: 'agent-settings',
  declarations: (tree, path) => {
    const normal = normalPath(path);
    const type = TYPES.find(([pattern]) => pattern.test(normal))?.[1];
    return type === undefined ? [] : wholeDocuments('agent-settings', type, tree, path);
  },
};

const TYPES: readonly (readonly [RegExp, string])[] = [
  [/\/\.cursor\/(?!rules\/)[^/]+\.json$/, 'cursor'],
  [/\/\.codex\/[^/]+\.(toml|json)$|\/codex\/(config|requirements|managed_config)\.toml$/, 'codex'],
  [/\/\.gemini\/[^/]+\.(json|toml)$/, 'gemini'],
  [/\/\.qwen\/[^/]+\.json$/, 'qwen'],
  [/\/(\.windsurf|\.codeium)\/.*\.json$/, 'windsurf'],
  [/\/\.kiro\/.*\.(json|ya?ml)$/, 'kiro'],
  [/\/opencode\.jsonc?$|\/\.opencode\/.*\.jsonc?$|\/\.config\/opencode\/.*\.jsonc?$/, 'opencode'],
  [/\/\.github\/(hooks|copilot)\/.*\.json$|\/\.copilot\/.*\.json$/, 'copilot'],
  [/\/\.continue\/.*\.(json|ya?ml)$/, 'continue'],
  [/\/\.amazonq\/.*\.json$/, 'amazonq'],
  [/\/\.(cline|roo)\/.*\.json$|\/\.clinerules\/hooks\//, 'cline'],
  [/\/\.aider[^/]*\.ya?ml$/, 'aider'],
];
