import { blocked, silence } from './answer.ts';
import { names, parserOf } from './dialect.ts';
import { fieldsIn, textIn } from './fields.ts';
import type { AgentHook } from './tool-call.ts';

/**
 * OpenCode: https://opencode.ai/docs/plugins — no hook commands, but a plugin that may throw before a tool runs.
 * The plugin that `countersign init` writes starts this hook and throws whenever it ends with another code than 0.
 */
export const openCode: AgentHook = {
  id: 'opencode',
  name: 'OpenCode',
  projectVariable: 'OPENCODE_PROJECT_DIR',
  parse: parserOf({
    envelope: (payload) => {
      const tool = textIn(payload, 'tool');
      if (tool === undefined) return 'The hook payload has no tool';
      return {
        phase: payload['event'] === 'tool.execute.after' ? 'after' : 'before',
        tool,
        input: fieldsIn(payload, 'args'),
        id: textIn(payload, 'callID'),
        session: textIn(payload, 'sessionID'),
        model: textIn(payload, 'model'),
        version: textIn(payload, 'version'),
        prompt: textIn(payload, 'prompt'),
        cwd: textIn(payload, 'directory', 'cwd'),
      };
    },
    looks: names('read grep glob list ls webfetch websearch codesearch todowrite todoread task skill lsp question batch_read'),
    edits: names('edit write patch apply_patch multiedit'),
    shells: { bash: ['command'], shell: ['command'] },
  }),
  allow: silence,
  deny: blocked,
  halt: blocked,
  crash: blocked,
};
