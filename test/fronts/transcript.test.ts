import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { transcriptFacts } from '../../server/fronts/hooks/transcript.ts';

const folder = mkdtempSync(join(tmpdir(), 'countersign-transcript-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const lines = (...entries: readonly object[]): string => entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
const padding = { type: 'progress', text: 'x'.repeat(1000) };
const long = (count: number): readonly object[] => Array.from({ length: count }, () => padding);

type Case = { readonly name?: string; readonly text: string; readonly model?: string; readonly version?: string; readonly prompt?: string };

const CASES: Readonly<Record<string, Case>> = {
  'Claude Code': {
    text: lines(
      { type: 'user', version: '2.4.1', message: { role: 'user', content: 'first' } },
      { type: 'user', version: '2.4.1', message: { role: 'user', content: [{ type: 'text', text: 'open it' }] } },
      { type: 'user', isMeta: true, version: '2.4.1', message: { role: 'user', content: 'of the program itself' } },
      { type: 'assistant', version: '2.4.1', message: { role: 'assistant', model: 'claude-sonnet-4-5', content: [] } },
      { type: 'user', version: '2.4.1', message: { role: 'user', content: [{ type: 'tool_result', content: 'ok' }] } },
    ),
    model: 'claude-sonnet-4-5',
    version: '2.4.1',
    prompt: 'open it',
  },
  'Codex CLI': {
    text: lines(
      { type: 'session_meta', payload: { id: 's', cli_version: '0.169.0', model_provider: 'openai' } },
      {
        type: 'response_item',
        payload: {
          type: 'message',
          role: 'user',
          content: [{ type: 'input_text', text: '<environment_context>\n</environment_context>' }],
        },
      },
      { type: 'turn_context', payload: { model: 'gpt-5.2-codex', approval_policy: 'never' } },
      { type: 'event_msg', payload: { type: 'user_message', message: 'open it' } },
      { type: 'response_item', payload: { type: 'function_call', name: 'shell' } },
    ),
    model: 'gpt-5.2-codex',
    version: '0.169.0',
    prompt: 'open it',
  },
  'Codex CLI, a long session: the version stands at its beginning': {
    text: lines(
      { type: 'session_meta', payload: { cli_version: '0.169.0' } },
      ...long(700),
      { type: 'turn_context', payload: { model: 'gpt-5' } },
      { type: 'event_msg', payload: { type: 'user_message', message: 'open it' } },
    ),
    model: 'gpt-5',
    version: '0.169.0',
    prompt: 'open it',
  },
  'a long session without a message near its end: the prompt is not known': {
    text: lines(
      { type: 'session_meta', payload: { cli_version: '1' } },
      { type: 'event_msg', payload: { type: 'user_message', message: 'long ago' } },
      ...long(700),
    ),
    version: '1',
  },
  'Copilot CLI': {
    text: lines(
      {
        type: 'session.start',
        data: { sessionId: 's', producer: 'copilot-agent', copilotVersion: '0.0.407', selectedModel: 'claude-sonnet-4.5' },
      },
      { type: 'user.message', data: { content: 'open it' } },
      { type: 'session.model_change', data: { newModel: 'gpt-5' } },
      { type: 'assistant.message', data: { content: 'I do.' } },
    ),
    model: 'gpt-5',
    version: '0.0.407',
    prompt: 'open it',
  },
  'VS Code chat': {
    text: lines(
      { type: 'session.start', data: { producer: 'copilot-agent', copilotVersion: '0.40', vscodeVersion: '1.110.0' } },
      { type: 'user.message', data: { content: 'open it' } },
    ),
    version: '1.110.0',
    prompt: 'open it',
  },
  'Gemini CLI, one document': {
    name: 'session.json',
    text: JSON.stringify(
      {
        sessionId: 's',
        messages: [
          { type: 'user', content: [{ text: 'open it' }] },
          { type: 'gemini', content: 'yes', model: 'gemini-2.5-flash' },
        ],
      },
      null,
      2,
    ),
    model: 'gemini-2.5-flash',
    prompt: 'open it',
  },
  'Gemini CLI, one document on one line': {
    name: 'session.json',
    text: JSON.stringify({
      sessionId: 's',
      messages: [
        { type: 'user', content: 'open it' },
        { type: 'gemini', content: 'yes', model: 'gemini-3' },
      ],
    }),
    model: 'gemini-3',
    prompt: 'open it',
  },
  'Gemini CLI, lines': {
    text: lines({ sessionId: 's' }, { type: 'user', content: [{ text: 'open it' }] }, { type: 'gemini', content: '', model: 'gemini-3' }),
    model: 'gemini-3',
    prompt: 'open it',
  },
  'Qwen Code': {
    text: lines(
      { type: 'user', version: '0.24.4', message: { role: 'user', parts: [{ text: 'open it' }] } },
      { type: 'assistant', version: '0.24.4', model: 'qwen3-coder', message: { role: 'model', parts: [] } },
    ),
    model: 'qwen3-coder',
    version: '0.24.4',
    prompt: 'open it',
  },
  Cursor: {
    text: lines(
      { role: 'user', message: { content: [{ type: 'text', text: 'open it' }] } },
      { role: 'assistant', message: { content: [] } },
    ),
    prompt: 'open it',
  },
  'a broken end': { text: `${lines({ type: 'user', message: { content: 'open it' } })}{"type": "assis`, prompt: 'open it' },
  'no transcript at all': { text: 'Hello\n[1, 2]\nnull\n{}\n' },
  empty: { text: '' },
};

void describe('what a transcript tells', () => {
  for (const [name, { name: file = 'session.jsonl', text, model, version, prompt }] of Object.entries(CASES)) {
    void test(name, () => {
      const path = join(folder, file);
      writeFileSync(path, text);
      const facts = transcriptFacts(path);
      assert.deepEqual([facts.model, facts.version, facts.prompt], [model, version, prompt === undefined ? undefined : digest(prompt)]);
    });
  }
  void test('no file, a folder, a name with NUL', () => {
    for (const path of [undefined, join(folder, 'none'), folder, 'a\0b'])
      assert.deepEqual(Object.values(transcriptFacts(path)).filter(Boolean), []);
  });
});
