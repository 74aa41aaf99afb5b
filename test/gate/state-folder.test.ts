import assert from 'node:assert/strict';
import { symlinkSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ensureRoom, stateFolder, userPolicyFile } from '../../server/gate/state-folder.ts';
import { temporaryFolder } from './builders.ts';

const rows: readonly (readonly [NodeJS.ProcessEnv, NodeJS.Platform, string, string, string])[] = [
  [{}, 'linux', '/home/u', '/home/u/.local/state/countersign', '/home/u/.config/countersign/policy.yaml'],
  [{ XDG_STATE_HOME: '/s', XDG_CONFIG_HOME: '/c' }, 'linux', '/home/u', '/s/countersign', '/c/countersign/policy.yaml'],
  [
    { XDG_STATE_HOME: 's', XDG_CONFIG_HOME: 'c' },
    'linux',
    '/home/u',
    '/home/u/.local/state/countersign',
    '/home/u/.config/countersign/policy.yaml',
  ],
  [{ COUNTERSIGN_STATE: '/x', XDG_STATE_HOME: '/s' }, 'linux', '/home/u', '/x', '/home/u/.config/countersign/policy.yaml'],
  [{ COUNTERSIGN_STATE: '' }, 'linux', '/home/u', '/home/u/.local/state/countersign', '/home/u/.config/countersign/policy.yaml'],
  [{}, 'darwin', '/Users/u', '/Users/u/Library/Application Support/countersign', '/Users/u/.config/countersign/policy.yaml'],
  [{}, 'win32', 'C:\\u', 'C:\\u\\AppData\\Local\\countersign', 'C:\\u\\AppData\\Roaming\\countersign\\policy.yaml'],
  [{ LOCALAPPDATA: 'D:\\l', APPDATA: 'D:\\r' }, 'win32', 'C:\\u', 'D:\\l\\countersign', 'D:\\r\\countersign\\policy.yaml'],
];

for (const [env, platform, home, state, policy] of rows) {
  void test(`folders on ${platform} with ${JSON.stringify(env)}`, () => {
    assert.equal(stateFolder(env, platform, home), state);
    assert.equal(userPolicyFile(env, platform, home), policy);
  });
}

void test('rooms are for their owner alone, and never a link to elsewhere', (t) => {
  const state = join(temporaryFolder(t), 'deep', 'state');
  assert.equal(statSync(ensureRoom(state, 'keys')).mode & 0o777, 0o700);
  assert.equal(statSync(state).mode & 0o777, 0o700);
  mkdirSync(join(state, 'elsewhere'));
  symlinkSync(join(state, 'elsewhere'), join(state, 'used'));
  assert.throws(() => ensureRoom(state, 'used'), /is not a folder/);
});
