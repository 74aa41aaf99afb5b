/** What no hook of an agent sees, by its id: facts of agents' documentation and of trials with the agents themselves. */
export function beyondHook(id: string): readonly string[] {
  return [...(BEYOND[id] ?? []), ...EVERYWHERE];
}

const EVERYWHERE = [
  'what a program does that the agent starts (a build, a test runner, an MCP server of others): the watch over the disk and the check of the commit see the file it writes.',
];

const BEYOND: Readonly<Record<string, readonly string[]>> = {
  'claude-code': [
    'sessions with hooks switched off on the command line (--bare, --settings with disableAllHooks), and settings changed while it runs.',
    'some sub-agents and editor variants, whose calls were reported not to fire hooks.',
  ],
  codex: [
    'what is typed into a terminal that is open already (write_stdin): opening one is refused while watched paths exist.',
    'runs of which the folder or the hook is not trusted: Codex skips them without a word.',
  ],
  'gemini-cli': [
    'runs with --skip-trust or in a folder that is not trusted: hooks of the project are skipped.',
    'tools that an extension runs in its own process.',
  ],
  'qwen-code': ['runs in a folder that is not trusted: hooks of the project are skipped.'],
  'vscode-chat': [
    'inline chat and inline suggestions: the editor extension holds those.',
    'agents of other extensions, which do not read these hooks.',
  ],
  'copilot-cli': [
    'the coding agent in the cloud, unless this folder’s .github/hooks is committed: the check in CI sees what it writes.',
    'a hook that takes too long: Copilot goes on then.',
  ],
  cursor: ['Tab completions and inline edits (Cmd-K): the editor extension holds those.', 'background agents in the cloud.'],
  windsurf: ['Tab completions and inline edits.', 'any end of the hook but exit code 2.'],
  cline: ['hooks switched off in its own settings, which cannot be read from here.', 'Windows, where Cline runs no hook scripts.'],
  opencode: ['a run that loads no plugins (--pure), or whose other plugin fails while it loads.'],
};
