import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { DIST, OPENED, Scene } from './hook-scene.ts';

/** The real /etc/countersign, in a copy of /etc that this process alone sees. */
const ENTER =
  'cp -a /etc "$SCENE/etc" 2>/dev/null; mount --bind "$SCENE/etc" /etc && rm -rf /etc/countersign && mkdir -m 755 /etc/countersign';

const skip = process.platform !== 'linux' || spawnSync('unshare', ['-m', 'true']).status !== 0 ? 'needs a mount namespace' : false;

void test('the organization’s policy as it is installed: it counts, and closes when it is loose, mistaken or gone', { skip }, (t) => {
  const scene = new Scene();
  t.after(() => scene.remove());
  scene.write('opened.json', OPENED);
  let calls = 0;
  const payload = () => {
    calls += 1;
    const input = { file_path: join(scene.workspace, `iam/policy-${calls}.json`), content: OPENED };
    return JSON.stringify({
      hook_event_name: 'PreToolUse',
      session_id: `s-${calls}`,
      cwd: scene.workspace,
      tool_name: 'Write',
      tool_use_id: `t-${calls}`,
      tool_input: input,
    });
  };
  const POLICY_FILE = '/etc/countersign/policy.yaml';
  const steps: readonly (readonly [string, RegExp])[] = [
    [`printf 'verdicts: {critical: forbid, high: forbid}\\n' > ${POLICY_FILE}`, /Forbidden by Countersign/],
    [`chmod 666 ${POLICY_FILE}`, /closed the gate: .*can write the file \/etc\/countersign\/policy\.yaml.*chmod go-w/],
    [`chmod 644 ${POLICY_FILE}; chown 4242 /etc/countersign`, /closed the gate: .*the folder \/etc\/countersign belongs to user 4242/],
    [`chown 0 /etc/countersign; printf 'verdicts: strict\\n' > ${POLICY_FILE}`, /closed the gate: .*policy\.yaml, line 1/],
    [`printf 'verdicts: {critical: forbid, high: forbid}\\n' > ${POLICY_FILE}`, /Forbidden by Countersign/],
    [`rm ${POLICY_FILE}`, /closed the gate: .*policy\.yaml is missing\. It was in force since .*empty file/],
    [`touch ${POLICY_FILE}`, /Held by Countersign/],
    [`rm ${POLICY_FILE}`, /Held by Countersign/],
    ['touch /etc/countersign/policy.required', /closed the gate: .*policy\.required says that it must be there/],
  ];
  const script = [
    ENTER,
    ...steps.map(
      ([prepare], index) =>
        `${prepare}; echo "#${index}"; rm -rf "$STATE_TRIPS"; node "$DIST/hook.js" claude-code < "$SCENE/call-${index}.json"; echo`,
    ),
    'echo "#show"; node "$DIST/cli.js" policy show | head -3',
  ].join('\n');
  for (const index of steps.keys()) scene.write(`../call-${index}.json`, payload());
  const ran = spawnSync('unshare', ['-m', 'sh', '-c', script], {
    encoding: 'utf8',
    cwd: scene.workspace,
    env: {
      PATH: process.env['PATH'],
      HOME: scene.home,
      COUNTERSIGN_STATE: scene.state,
      SCENE: scene.folder,
      DIST,
      STATE_TRIPS: join(scene.state, 'tripped'),
    },
    timeout: 120_000,
  });
  const said = ran.stdout.split(/^#(?:\d+|show)$/m).slice(1);
  assert.equal(said.length, steps.length + 1, `${ran.stdout}\n${ran.stderr}`);
  for (const [index, [prepare, expected]] of steps.entries()) assert.match(said[index] ?? '', expected, `after: ${prepare}`);
  assert.match(said.at(-1) ?? '', /organization +not usable +\/etc\/countersign\/policy\.yaml/);
});
