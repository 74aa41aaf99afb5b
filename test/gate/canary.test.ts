import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CANARY_SESSION, canaryRecords, isCanary } from '../../server/gate/canary.ts';

const provenance = { agent: { session: CANARY_SESSION } };
const workspace = '/tmp/countersign-canary-a1B2c3';
const files = [{ path: 'policy.json' }];

for (const [what, about, expected] of [
  ['the canary itself', {}, true],
  ['on Windows', { workspace: 'C:\\Temp\\countersign-canary-a1B2c3' }, true],
  ['another session', { provenance: { agent: { session: 's-1' } } }, false],
  ['no agent', { provenance: {} }, false],
  ['its session in a real workspace', { workspace: '/home/u/shop' }, false],
  ['a folder below that of a canary', { workspace: `${workspace}/shop` }, false],
  ['a folder that is only called alike', { workspace: '/home/u/countersign-canary-of-mine' }, false],
  ['a file outside of it', { files: [{ path: '/home/u/shop/policy.json' }] }, false],
  ['a file outside of it beside its own', { files: [...files, { path: '/home/u/shop/policy.json' }] }, false],
  ['another file in it', { files: [{ path: 'main.tf' }] }, false],
  ['a command in it', { files: [{ path: '$ aws iam' }] }, false],
  ['no file', { files: [] }, false],
] as const) {
  void test(`a canary: ${what} is ${expected ? 'one' : 'none'}`, () => {
    assert.equal(isCanary({ workspace, provenance, files, ...about }), expected);
  });
}

void test("a record without files is a canary's only by the hold of one", () => {
  const isCanarys = canaryRecords();
  assert.equal(isCanarys({ hold: 'H-1', workspace, provenance }), false, 'not known yet');
  assert.equal(isCanarys({ hold: 'H-1', workspace, provenance, files }), true);
  assert.equal(isCanarys({ hold: 'H-1', workspace, provenance }), true);
  assert.equal(isCanarys({ hold: 'H-2', workspace, provenance }), false, 'a hold of an agent with its session');
  assert.equal(isCanarys({ workspace, provenance }), false);
  assert.equal(isCanarys({ hold: 'H-1', workspace, provenance: { agent: { session: 's-1' } } }), false);
});
