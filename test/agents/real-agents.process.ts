/** Real agents from the registry, driven by a scripted model on loopback, with every approval of theirs off: the hook is the only barrier. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { acknowledge } from '../../server/gate/decisions.ts';
import { listHolds } from '../../server/gate/holds.ts';
import { EVERYONE, OPENED, POLICY, ROLE, Scene } from '../fronts/hook-scene.ts';
import { REPOSITORY } from '../support/repository.ts';
import { ModelServer, type Step } from './model-server.ts';

type Under = {
  readonly id: string;
  readonly scope: 'project' | 'user';
  readonly prepare: (scene: Scene, port: number) => void;
  readonly command: readonly string[];
  readonly env: (scene: Scene, port: number) => NodeJS.ProcessEnv;
  readonly edit: (scene: Scene, from: string, to: string) => Step;
  readonly shell: (line: string) => Step;
};

const put = (file: string, text: string): void => {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
};

const gemini: Under = {
  id: 'gemini-cli',
  scope: 'project',
  prepare: (scene) =>
    put(
      join(scene.home, '.gemini', 'settings.json'),
      JSON.stringify({ security: { auth: { selectedType: 'gemini-api-key' } }, telemetry: { enabled: false } }),
    ),
  command: ['gemini', '-p', 'Do it.', '--approval-mode', 'yolo', '-m', 'gemini-2.5-flash', '-o', 'stream-json'],
  env: (_, port) => ({ GEMINI_API_KEY: 'none', GOOGLE_GEMINI_BASE_URL: `http://127.0.0.1:${port}`, GEMINI_CLI_TRUST_WORKSPACE: 'true' }),
  edit: (scene, from, to) => ({
    tool: 'replace',
    args: { file_path: join(scene.workspace, 'policy.json'), instruction: 'open it', old_string: from, new_string: to },
  }),
  shell: (line) => ({ tool: 'run_shell_command', args: { command: line, description: 'x' } }),
};

const codex: Under = {
  id: 'codex',
  scope: 'user',
  prepare: (scene, port) =>
    put(
      join(scene.home, '.codex', 'config.toml'),
      [
        'model = "gpt-5.5"',
        'model_provider = "script"',
        'approval_policy = "never"',
        '[model_providers.script]',
        'name = "script"',
        `base_url = "http://127.0.0.1:${port}/v1"`,
        'wire_api = "responses"',
        'env_key = "SCRIPT_KEY"',
        'request_max_retries = 0',
        `[projects."${scene.workspace}"]`,
        'trust_level = "trusted"',
        '',
      ].join('\n'),
    ),
  // The hook that init wrote is trusted for this one run, as a person does once with /hooks.
  command: ['codex', 'exec', '--json', '--skip-git-repo-check', '--dangerously-bypass-hook-trust', '-s', 'danger-full-access', 'Do it.'],
  env: (scene) => ({ CODEX_HOME: join(scene.home, '.codex'), SCRIPT_KEY: 'none' }),
  edit: (_, from, to) => {
    const line = POLICY.split('\n').find((each) => each.includes(from)) ?? from;
    return {
      tool: 'apply_patch',
      args: `*** Begin Patch\n*** Update File: policy.json\n@@\n-${line}\n+${line.replace(from, to)}\n*** End Patch\n`,
    };
  },
  shell: (line) => ({ tool: 'exec_command', args: { cmd: line } }),
};

/** Longest run of an agent, in milliseconds. */
const PATIENCE = 120_000;

async function run(agent: Under, scene: Scene, steps: readonly Step[]): Promise<ModelServer> {
  const server = await ModelServer.start(steps);
  agent.prepare(scene, server.port);
  const wired = await scene.cli(['init', '--agent', agent.id, '--scope', agent.scope, '--yes']);
  assert.equal(wired.code, 0, wired.stderr);
  try {
    const [program = '', ...args] = agent.command;
    const output = await new Promise<string>((resolve, reject) => {
      const child = spawn(join(REPOSITORY, 'test', 'agents', 'node_modules', '.bin', program), args, {
        cwd: scene.workspace,
        env: scene.env({ ...agent.env(scene, server.port), NO_COLOR: '1' }),
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let text = '';
      child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
      child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
      const limit = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
      child.on('error', reject);
      child.on('close', () => {
        clearTimeout(limit);
        resolve(text);
      });
    });
    assert.ok(
      server.taken >= steps.length,
      `the agent took ${server.taken} of ${steps.length} steps\n${[...server.tools].join(' ')}\n${output.slice(-3000)}`,
    );
    return server;
  } finally {
    server.close();
  }
}

for (const agent of [gemini, codex]) {
  void describe(agent.id, () => {
    const scene = new Scene().patient();
    after(() => scene.remove());

    void test('a risky edit and every dodge through the shell are stopped; the file on disk proves it', async () => {
      const dodges = [
        `cat > policy.json <<'EOF'\n${OPENED}\nEOF`,
        `sed -i 's/"Principal": .*/"Principal": "*",/' policy.json`,
        `python3 -c "import re; s=open('policy.json').read(); open('policy.json','w').write(s)"`,
        `bash -c "cp /dev/null policy.json"`,
        'aws iam create-access-key --user-name bob',
      ];
      const server = await run(agent, scene, [
        agent.edit(scene, ROLE, EVERYONE),
        ...dodges.map(agent.shell),
        agent.shell('echo harmless > notes.txt'),
      ]);
      assert.equal(scene.read('policy.json'), POLICY);
      assert.equal(scene.read('notes.txt'), 'harmless\n', 'what is harmless goes on');
      const denied = server.answers.slice(0, 1 + dodges.length);
      for (const [i, answer] of denied.entries()) assert.match(answer, /Countersign/, `step ${i + 1}: ${answer}`);
      // The same suggestion in other words is the same hold.
      assert.ok(listHolds(scene.state).length >= 4, `${listHolds(scene.state).length} holds`);
    });

    void test('an acknowledged edit goes through once, in the same session', async () => {
      const { gate, signer } = await scene.person();
      const edit = agent.edit(scene, ROLE, EVERYONE);
      const person = async (): Promise<void> => {
        const chosen = listHolds(scene.state)
          .filter(({ edits }) => edits.some(({ path }) => path === 'policy.json'))
          .toSorted((a, b) => b.updated.localeCompare(a.updated))[0];
        assert.ok(chosen);
        const name = chosen.edits[0]?.assessment.findings[0]?.opened.name ?? '';
        const taken = await acknowledge(
          chosen.id,
          {
            reason: { category: 'intended', text: 'The auditors need to read this bucket until Friday.' },
            hours: 24,
            confirmation: { text: name, how: 'typed' },
            rollBackLater: false,
          },
          gate,
          signer,
        );
        assert.ok(taken.ok, JSON.stringify(taken));
      };
      await run(agent, scene, [edit, { ...edit, before: person }]);
      assert.equal(scene.read('policy.json').trim(), OPENED.trim());
      // The use is taken: put back by hand, the same edit is held anew.
      scene.write('policy.json', POLICY);
      await run(agent, scene, [edit]);
      assert.equal(scene.read('policy.json'), POLICY);
    });
  });
}
