import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { shipInBackground } from '../../server/fronts/lsp/shipping.ts';
import { openLedger } from '../../server/ledger/open.ts';
import { REPOSITORY } from '../support/repository.ts';

const CLI = join(REPOSITORY, 'dist', 'cli.js');

void test('an editor ships the log where a policy names a sink, and no longer once it is closed', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'countersign-shipping-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const stateFolder = join(root, 'state');
  const config = join(root, 'config', 'countersign');
  mkdirSync(config, { recursive: true });
  const file = join(root, 'events.jsonl');
  const env = { ...process.env, XDG_CONFIG_HOME: join(root, 'config'), HOME: root, APPDATA: join(root, 'config') };
  writeFileSync(join(config, 'policy.yaml'), `sinks:\n  - file: ${JSON.stringify(file)}\n`);
  const folders = { folder: join(stateFolder, 'log'), keysFolder: join(stateFolder, 'keys') };
  const opened = await openLedger({ ...folders, now: () => new Date(), actor: { user: 'ada', host: 'box', process: 'test' } });
  assert(opened.ok);

  const shipping = shipInBackground({ cli: CLI, stateFolder, env, firstLook: 1 });
  await until(() => existsSync(file) && readFileSync(file, 'utf8').includes('"sequence":1,'));
  await opened.ledger.append({ kind: 'closed', cause: 'Something failed.' });
  await until(() => readFileSync(file, 'utf8').includes('"sequence":2,'));

  const status = execFileSync(process.execPath, [CLI, 'log', 'ship', '--status', '--state', stateFolder], { env, encoding: 'utf8' });
  assert.match(status, /shipped up to record 2 of 2/);
  const cut = execFileSync(process.execPath, [CLI, 'log', 'collect', file], { env, encoding: 'utf8' });
  assert.match(cut, /All is whole: 1 log with 2 records/);

  shipping.close();
  // The lease goes when the process ends.
  const lease = join(stateFolder, 'ship');
  await until(() => !readdirSync(lease).some((name) => name.endsWith('.lease')));
});

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1200 && !holds(); tries++) await new Promise((resolve) => setTimeout(resolve, 25));
  assert.ok(holds(), 'it did not come to pass');
}
