import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { listHolds } from '../../server/gate/holds.ts';
import { WIRINGS } from '../../server/fronts/cli/wiring.ts';
import { readRecords } from '../../server/ledger/open.ts';
import { Scene } from './hook-scene.ts';

type Found = { readonly mark: 'fine' | 'look' | 'wrong'; readonly what: string; readonly remedy?: string };
type Health = {
  readonly ok: boolean;
  readonly agents: readonly {
    readonly id: string;
    readonly covered: boolean;
    readonly found: readonly Found[];
    readonly beyond: readonly string[];
  }[];
  readonly machine: readonly Found[];
};

const ALL = WIRINGS.map(({ id }) => id);
const scene = new Scene();
after(() => scene.remove());

/** Only what is needed: no agent of this machine is found by its program. */
const env = { PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, CODEX_HOME: '' };
const launcher = join(scene.state, 'bin', 'countersign-hook');

async function wire(agents: readonly string[]): Promise<void> {
  const ran = await scene.cli(['init', '--agent', agents.join(','), '--yes'], { env });
  assert.equal(ran.code, 0, ran.stderr);
  trustCodex();
}

/** As Codex keeps it, once a person has trusted folder and hook. */
function trustCodex(): void {
  const hooks = join(scene.workspace, '.codex', 'hooks.json');
  const lines = [
    `[projects."${scene.workspace}"]`,
    'trust_level = "trusted"',
    ...['pre_tool_use', 'post_tool_use'].flatMap((event) => [`[hooks.state."${hooks}:${event}:0:0"]`, 'trusted_hash = "sha256:00"']),
  ];
  mkdirSync(join(scene.home, '.codex'), { recursive: true });
  writeFileSync(join(scene.home, '.codex', 'config.toml'), `${lines.join('\n')}\n`);
}

async function doctor(agents: string): Promise<{ readonly code: number | null; readonly health: Health }> {
  const ran = await scene.cli(['doctor', '--agent', agents, '--json'], { env });
  assert.equal(ran.stderr, '');
  const health: Health = JSON.parse(ran.stdout);
  return { code: ran.code, health };
}

function change(path: string, how: (text: string) => string): void {
  const file = path.startsWith('/') ? path : join(scene.workspace, path);
  const before = readFileSync(file, 'utf8');
  const after = how(before);
  assert.notEqual(after, before, `${path} was to be changed`);
  writeFileSync(file, after);
}

const swap = (from: string | RegExp, to: string) => (text: string) =>
  typeof from === 'string' ? text.replaceAll(from, to) : text.replace(from, to);
const GUARD = / \|\| \{[^}]*\}/g;

void describe('countersign doctor', () => {
  void test('every agent, wired by init: covered, its canary held and taken back, and counted by no report', async () => {
    await wire(ALL);
    const { code, health } = await doctor('all');
    const wrong = [...health.machine, ...health.agents.flatMap(({ found }) => found)].filter(({ mark }) => mark === 'wrong');
    assert.deepEqual(wrong, []);
    assert.equal(code, 0);
    assert.deepEqual(
      health.agents.map(({ id, covered }) => [id, covered]),
      ALL.map((id) => [id, true]),
    );
    for (const { id, found, beyond } of health.agents) {
      assert.ok(
        found.some(({ mark, what }) => mark === 'fine' && /canary edit .* denied within .*, held as H-/.test(what)),
        `${id}: ${JSON.stringify(found)}`,
      );
      assert.ok(beyond.length > 0, id);
    }
    assert.deepEqual(listHolds(scene.state), []);
    assert.deepEqual(readdirSync(join(scene.state, 'refusals')), []);
    const kinds: string[] = [];
    for await (const { record } of readRecords(join(scene.state, 'log'), 1)) {
      if (record.event.kind === 'held' || record.event.kind === 'discarded') {
        kinds.push(record.event.kind);
        assert.equal(record.event.provenance?.agent?.session, 'countersign-doctor');
      }
    }
    assert.deepEqual(kinds.sort(), [...ALL.map(() => 'discarded'), ...ALL.map(() => 'held')]);
    const shown = await scene.cli(['agents', '--json'], { env });
    const agents: { record?: unknown }[] = JSON.parse(shown.stdout).agents;
    assert.deepEqual(
      agents.filter(({ record }) => record !== undefined),
      [],
    );
  });

  void test('for people: marks with words, what is not seen, and a sum', async () => {
    const ran = await scene.cli(['doctor', '--agent', 'windsurf'], { env });
    assert.equal(ran.code, 0, ran.stderr);
    assert.match(ran.stdout, /^Windsurf: covered$/m);
    assert.match(ran.stdout, /^ {2}✓ fine {3}A canary edit/m);
    assert.match(ran.stdout, /Not seen by its hook: /);
    assert.match(ran.stdout, /The agent is covered\.\n$/);
  });

  void test('without --agent, those that are found; an unknown one is refused with the known', async () => {
    const bare = new Scene();
    try {
      mkdirSync(join(bare.home, '.gemini'));
      const found = await bare.cli(['doctor', '--json'], { env });
      assert.equal(found.code, 1);
      const health: Health = JSON.parse(found.stdout);
      assert.deepEqual(
        health.agents.map(({ id, covered }) => [id, covered]),
        [['gemini-cli', false]],
      );
      assert.match(health.agents[0]?.found[0]?.remedy ?? '', /countersign init --agent gemini-cli/);
      assert.equal(existsSync(join(bare.workspace, '.gemini')), false, 'nothing is written into the project');
      const unknown = await bare.cli(['doctor', '--agent', 'clyde'], { env });
      assert.equal(unknown.code, 3);
      assert.match(unknown.stderr, /no agent "clyde".*claude-code/);
    } finally {
      bare.remove();
    }
  });

  type Break = {
    readonly agent: string;
    readonly breaks: () => void;
    /** Undone after it, where init does not do so. */
    readonly mend?: () => void;
    readonly says: RegExp;
    readonly remedy: RegExp;
    /** Worth a look only: the agent is covered all the same. */
    readonly looks?: true;
  };
  const claude = '.claude/settings.json';
  const local = join(scene.workspace, '.claude', 'settings.local.json');
  const init = /countersign init/;
  const all: Readonly<Record<string, Break>> = {
    'no hook at all': {
      agent: 'claude-code',
      breaks: () => change(claude, () => '{}'),
      says: /No settings of Claude Code start the hook/,
      remedy: init,
    },
    'settings that are no JSON': {
      agent: 'claude-code',
      breaks: () => change(claude, (text) => text.slice(0, 40)),
      mend: () => writeFileSync(join(scene.workspace, claude), ''),
      says: /not valid JSON/,
      remedy: init,
    },
    'the launcher is removed': { agent: 'claude-code', breaks: () => rmSync(launcher), says: /countersign-hook is missing/, remedy: init },
    'the launcher may not be executed': {
      agent: 'claude-code',
      breaks: () => chmodSync(launcher, 0o600),
      mend: () => rmSync(launcher),
      says: /may not be executed/,
      remedy: init,
    },
    'the program is gone': {
      agent: 'claude-code',
      breaks: () => change(launcher, swap(/^hook=.*$/m, "hook='/nowhere/hook.js'")),
      says: /starts \/nowhere\/hook\.js, which is gone/,
      remedy: /Install Countersign again/,
    },
    'its Node.js is gone': {
      agent: 'claude-code',
      breaks: () => change(launcher, swap(/^known=.*$/m, "known='/nowhere/node'")),
      says: /\/nowhere\/node, which is gone/,
      remedy: init,
      looks: true,
    },
    'another state folder': {
      agent: 'claude-code',
      breaks: () => change(launcher, swap(/^COUNTERSIGN_STATE='[^']*'/m, `COUNTERSIGN_STATE='${scene.folder}/elsewhere'`)),
      says: /writes to .*elsewhere/,
      remedy: init,
    },
    'a wrong path in the settings': {
      agent: 'claude-code',
      breaks: () => change(claude, swap(/bin\/countersign-hook/g, 'gone/countersign-hook')),
      says: /gone\/countersign-hook is missing/,
      remedy: init,
    },
    'hooks switched off': {
      agent: 'claude-code',
      breaks: () => writeFileSync(local, '{"disableAllHooks": true}'),
      mend: () => rmSync(local),
      says: /switches every hook off: disableAllHooks/,
      remedy: /Take disableAllHooks out/,
    },
    'a matcher that is too narrow': {
      agent: 'claude-code',
      breaks: () => change(claude, swap(/"matcher": "[^"]*"/g, '"matcher": "Edit|Write"')),
      says: /not asked before: MultiEdit, NotebookEdit, Bash, Monitor, Config, mcp__server__tool/,
      remedy: init,
    },
    'a time-out that is too short': {
      agent: 'claude-code',
      breaks: () => change(claude, swap(/"timeout": 60/g, '"timeout": 1')),
      says: /wait only 1 s/,
      remedy: init,
    },
    'a hook in the background': {
      agent: 'claude-code',
      breaks: () => change(claude, swap(/"timeout": 60/g, '"timeout": 60, "async": true')),
      says: /in the background/,
      remedy: init,
    },
    'a byte too many on stdout': {
      agent: 'claude-code',
      breaks: () => change(launcher, swap('#!/bin/sh\n', '#!/bin/sh\necho loading\n')),
      says: /not exactly one JSON document: loading/,
      remedy: init,
    },
    'an exit code that the agent ignores': {
      agent: 'claude-code',
      breaks: () => {
        change(launcher, swap('#!/bin/sh\n', '#!/bin/sh\nexit 1\n'));
        change(claude, swap(GUARD, ''));
      },
      says: /answer is exit code 1/,
      remedy: init,
    },
    'a hook that lets all pass': {
      agent: 'claude-code',
      breaks: () => change(launcher, swap('#!/bin/sh\n', '#!/bin/sh\nexit 0\n')),
      says: /lets the edit pass/,
      remedy: init,
    },
    'agents are halted': {
      agent: 'claude-code',
      breaks: () => writeFileSync(join(scene.state, 'halt.json'), '{}'),
      mend: () => rmSync(join(scene.state, 'halt.json')),
      says: /denies everything: agents are stopped/,
      remedy: /countersign resume/,
      looks: true,
    },
    'a policy that cannot be used': {
      agent: 'claude-code',
      breaks: () => {
        scene.writeUserPolicy('verdicts: 7\n');
      },
      mend: () => rmSync(join(scene.home, '.config', 'countersign', 'policy.yaml')),
      says: /policy\.yaml/,
      remedy: init,
    },
    'a trust that is missing': {
      agent: 'codex',
      breaks: () => change(join(scene.home, '.codex', 'config.toml'), swap(/trusted_hash.*/g, 'enabled = true')),
      mend: trustCodex,
      says: /Codex skips a hook until a person has trusted it/,
      remedy: /\/hooks/,
    },
    'a project that is not trusted': {
      agent: 'codex',
      breaks: () => change(join(scene.home, '.codex', 'config.toml'), swap('"trusted"', '"untrusted"')),
      mend: trustCodex,
      says: /no hooks of a project that it does not trust/,
      remedy: init,
    },
    'milliseconds taken for seconds': {
      agent: 'gemini-cli',
      breaks: () => change('.gemini/settings.json', swap(/60000/g, '60')),
      says: /wait only 60 ms/,
      remedy: init,
    },
    'Gemini’s own switch': {
      agent: 'gemini-cli',
      breaks: () => change('.gemini/settings.json', swap(/^\{/, '{"hooksConfig": {"enabled": false},')),
      mend: () => writeFileSync(join(scene.workspace, '.gemini', 'settings.json'), ''),
      says: /switches every hook off: hooksConfig\.enabled/,
      remedy: /Take/,
    },
    'Cursor that fails open': {
      agent: 'cursor',
      breaks: () => change('.cursor/hooks.json', swap(/"failClosed": true/g, '"failClosed": false')),
      says: /no failClosed/,
      remedy: init,
      looks: true,
    },
    'an event of Windsurf that is missing': {
      agent: 'windsurf',
      breaks: () => change('.windsurf/hooks.json', swap('pre_run_command', 'pre_nothing')),
      mend: () => rmSync(join(scene.workspace, '.windsurf'), { recursive: true }),
      says: /not asked before: pre_run_command/,
      remedy: init,
    },
    'a script of Cline that is none': {
      agent: 'cline',
      breaks: () => chmodSync(join(scene.workspace, '.clinerules', 'hooks', 'PreToolUse'), 0o644),
      mend: () => rmSync(join(scene.workspace, '.clinerules'), { recursive: true }),
      says: /may not be executed, so Cline passes it by/,
      remedy: init,
    },
    'a plugin of OpenCode that does not load': {
      agent: 'opencode',
      breaks: () => change('.opencode/plugin/countersign.js', (text) => `throw new Error('broken');\n${text}`),
      says: /was not denied: its answer is exit code 1/,
      remedy: init,
    },
  };

  for (const [name, { agent, breaks, mend, says, remedy, looks }] of Object.entries(all)) {
    void test(`${name}: ${looks === true ? 'worth a look' : 'wrong'}, with its remedy`, async () => {
      await wire([agent]);
      breaks();
      try {
        const { code, health } = await doctor(agent);
        const [only] = health.agents;
        const told = only?.found.find(({ mark, what }) => mark === (looks === true ? 'look' : 'wrong') && says.test(what));
        assert.ok(told !== undefined, JSON.stringify(only?.found, null, 1));
        assert.match(told.remedy ?? '', remedy);
        assert.equal(only?.covered, looks === true);
        if (looks !== true) assert.deepEqual([code, health.ok], [1, false]);
        assert.deepEqual(listHolds(scene.state), [], 'no canary stays behind');
      } finally {
        mend?.();
      }
    });
  }

  void test('a state folder that cannot be written: said of the machine, and the hook refuses', async () => {
    await wire(['claude-code']);
    const holds = join(scene.state, 'holds');
    rmSync(holds, { recursive: true });
    writeFileSync(holds, '');
    try {
      const { code, health } = await doctor('claude-code');
      assert.equal(code, 1);
      assert.ok(
        health.machine.some(({ mark, what }) => mark === 'wrong' && /holds cannot be written/.test(what)),
        JSON.stringify(health.machine),
      );
      assert.ok(
        health.agents[0]?.found.some(({ mark, what }) => mark === 'wrong' && /refuses every edit/.test(what)),
        JSON.stringify(health.agents),
      );
    } finally {
      rmSync(holds);
    }
  });

  void test('a log that was changed: said of the machine', async () => {
    await wire(['claude-code']);
    await doctor('claude-code');
    const log = join(scene.state, 'log');
    const [second] = readdirSync(log, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('0002.json'));
    assert.ok(second !== undefined, readdirSync(log).join());
    change(join(log, second), (text) => `${text} `);
    const { health } = await doctor('claude-code');
    assert.ok(
      health.machine.some(({ mark, remedy }) => mark === 'wrong' && /log verify/.test(remedy ?? '')),
      JSON.stringify(health.machine),
    );
  });
});
