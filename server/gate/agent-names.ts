/** Loaded on the cold path of the hooks, so this file imports nothing. */

/** The id under which an agent is declared and stopped: "VS Code chat" → "vscode-chat". Safe as the name of a file. */
export function agentId(name: string): string {
  const slug = name
    // A mark or a letter that nobody sees makes no other agent.
    .normalize('NFKD')
    .replace(/[\p{M}\p{Cf}\p{Default_Ignorable_Code_Point}]/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 60);
  return SAME[slug] ?? (slug === '' ? 'unnamed' : slug);
}

/** Display names whose id is another than their letters. */
const SAME: Readonly<Record<string, string>> = {
  'codex-cli': 'codex',
  'vs-code-chat': 'vscode-chat',
  'github-copilot-cli': 'copilot-cli',
  gemini: 'gemini-cli',
};
