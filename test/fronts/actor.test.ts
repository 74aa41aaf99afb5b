import assert from 'node:assert/strict';
import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import { test } from 'node:test';
import { actorOf } from '../../server/fronts/actor.ts';

void test('an account that the system has no name for, as in some containers, can still be recorded', (t) => {
  const { userInfo } = os;
  const { USER, USERNAME } = process.env;
  t.after(() => {
    os.userInfo = userInfo;
    syncBuiltinESMExports();
    for (const [name, value] of Object.entries({ USER, USERNAME })) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
  os.userInfo = () => {
    throw new Error('ENOENT: no such user');
  };
  syncBuiltinESMExports();
  process.env['USER'] = 'ada';
  assert.deepEqual(actorOf('countersign halt'), { user: 'ada', host: os.hostname(), process: 'countersign halt' });
  delete process.env['USER'];
  delete process.env['USERNAME'];
  assert.equal(actorOf('countersign halt').user, 'unknown');
});
