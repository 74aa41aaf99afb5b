import type { Program } from '../effect.ts';

/** Countersign's own command line and the agents': an agent that runs these decides about itself. */
export const own: Program = {
  names: ['countersign', 'claude', 'codex', 'gemini', 'qwen', 'cursor-agent', 'opencode', 'copilot', 'aider', 'code', 'cursor'],
  effects: ({ program, args }) => {
    const line = args.join(' ');
    if (program === 'countersign')
      return /^(hook|review|log (show|verify|export)|holds?( list| show)?|halt|backtest|pack (test|lint|docs|verify)|demo|check(?!.*\s--also)|doctor|agents|policy (show|check)|--help|--version|help)\b|^$/.test(
        line,
      )
        ? []
        : [change(`runs Countersign itself: \`countersign ${line}\``, 'countersign', 'high')];
    const loose =
      /--dangerously-skip-permissions|--dangerously-bypass-approvals-and-sandbox|--yolo|--approval-mode[= ]yolo|bypassPermissions|--full-auto|--allow-all-tools|--no-sandbox|danger-full-access|--force\b/.exec(
        line,
      )?.[0];
    if (loose !== undefined) return [change(`starts \`${program}\` with its guards off (\`${loose}\`)`, program, 'critical')];
    // Other settings than those that have the hook.
    const elsewhere =
      /--settings\b|--setting-sources|--bare\b|--config(-file|-dir)?\b|(^|\s)-c\s+(hooks|features)\b|--skip-trust|--disable-hooks|--no-hooks|--disable\s+\S*hooks/.exec(
        line,
      )?.[0];
    if (elsewhere !== undefined && AGENTS.test(program))
      return [change(`starts \`${program}\` with other settings (\`${elsewhere.trim()}\`)`, program, 'high')];
    return /^(tunnel\b(?! (status|unregister|kill))|mcp add|plugin (install|marketplace add)|config set|--install-extension|--uninstall-extension)/.test(
      line,
    )
      ? [change(`changes what \`${program}\` may do: \`${line}\``, program, 'high')]
      : [];
  },
};

const AGENTS = /^(claude|codex|gemini|qwen|cursor-agent|opencode|copilot|aider)$/;

function change(does: string, object: string, severity: 'critical' | 'high') {
  return {
    kind: 'change',
    change: { rule: 'command-weakens-safeguard', system: 'your agents', does, object, kind: 'program', severity },
  } as const;
}
