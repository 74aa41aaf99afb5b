// The editor suite: Countersign, installed from its .vsix, in a real VS Code workbench, used by a person.
//   node --test test/editor/suite.mjs            all of it, five minutes, more on a busy machine
//   ONLY=paste,hook node --test …                some of it
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { install } from './install.mjs';
import { holdsOnDisk } from './records.mjs';
import { commands } from './scenarios/commands.mjs';
import { configs } from './scenarios/configs.mjs';
import { decisions } from './scenarios/decisions.mjs';
import { disk } from './scenarios/disk.mjs';
import { gate } from './scenarios/gate.mjs';
import { hook } from './scenarios/hook.mjs';
import { insertion } from './scenarios/insertion.mjs';
import { keyboard } from './scenarios/keyboard.mjs';
import { keys } from './scenarios/keys.mjs';
import { language } from './scenarios/language.mjs';
import { looks } from './scenarios/looks.mjs';
import { messages } from './scenarios/messages.mjs';
import { packs } from './scenarios/packs.mjs';
import { paste } from './scenarios/paste.mjs';
import { policyError } from './scenarios/policy-error.mjs';
import { quiet } from './scenarios/quiet.mjs';
import { report } from './scenarios/report.mjs';
import { rollback } from './scenarios/rollback.mjs';
import { scripted } from './scenarios/scripted.mjs';
import { secondPersons } from './scenarios/second-person.mjs';
import { tools } from './scenarios/tools.mjs';
import { breakLauncher, restricted, severalFolders } from './scenarios/windows.mjs';
import { buildCountersign } from './vsix.mjs';
import { FAILURES, SHOTS, openWorkbench, until } from './workbench.mjs';

const only = process.env.ONLY?.split(',');
let vsix;
const oneFolder = {
  quiet,
  looks,
  paste,
  decisions,
  hook,
  disk,
  insertion,
  configs,
  packs,
  commands,
  scripted,
  language,
  keyboard,
  messages,
  gate,
  policyError,
  tools,
  rollback,
  report,
  secondPersons,
  keys,
};
/** In an editor that is asked for trust and has two folders open. */
const twoFolders = { restricted, severalFolders };

rmSync(FAILURES, { recursive: true, force: true });

// One server and one browser for many: starting them takes as long as ten tests.
test('in the editor', { timeout: 15 * 60_000 }, (t) => play(t, oneFolder, {}));
test('in an editor with two folders, which it does not trust yet', { timeout: 10 * 60_000 }, (t) =>
  play(t, twoFolders, {
    trust: 'asked',
    more: ['billing-service'],
    settings: { 'security.workspace.trust.startupPrompt': 'never', 'security.workspace.trust.banner': 'never' },
    prepare: breakLauncher,
  }),
);

async function play(t, all, options) {
  const areas = Object.entries(all).filter(([name]) => only === undefined || only.includes(name));
  if (areas.length === 0) return;
  mkdirSync(SHOTS, { recursive: true });
  await install();
  vsix ??= buildCountersign();
  const workbench = await openWorkbench({ vsix, ...options });
  const w = { ...workbench, shot: (name) => join(SHOTS, `${name}.png`) };
  try {
    for (const [area, scenarios] of areas) {
      // A scenario that keeps what it did is the first part of the next.
      let parts = [];
      for (const [name, run, { keep = false } = {}] of scenarios) {
        await t.test(`${area}: ${name}`, { timeout: 150_000 }, async (scenario) => {
          parts.push(run);
          try {
            await run(w).catch(async (error) => {
              await keepEvidence(w, `${area} ${name}`);
              await onceMore(w, scenario, error, parts);
            });
          } finally {
            if (!keep) {
              parts = [];
              await clean(w);
            }
          }
        });
      }
    }
  } finally {
    await w.close();
  }
}

/** A window that a busy machine is late to draw is no fault of the product: what passes when tried again is named, and counts. */
async function onceMore(w, t, error, parts) {
  t.diagnostic(`unsteady: failed once, tried again: ${error.message.split('\n')[0]}`);
  await w.page.keyboard.press('Escape');
  await clean(w);
  for (const part of parts) await part(w);
}

/** Nothing open, nothing held, for the next one. */
async function clean(w) {
  await w.ask('closeAll');
  for (const { id } of holdsOnDisk(w)) await w.ask('run', { command: 'countersign.review.discard', args: [id] });
  await until('nothing is held', () => holdsOnDisk(w).length === 0, 5000).catch((error) => console.error(error.message));
  await w.ask('run', { command: 'notifications.clearAll' });
  // What an agent was refused before must not stop it in the next one: each counts as a day of its own.
  for (const name of ['refusals', 'tripped', 'halt.json'])
    rmSync(join(w.env.XDG_STATE_HOME, 'countersign', name), { recursive: true, force: true });
}

async function keepEvidence(w, name) {
  const folder = join(FAILURES, name.replace(/[^\w]+/g, '-').slice(0, 60));
  mkdirSync(folder, { recursive: true });
  await w.page.screenshot({ path: join(folder, 'window.png') }).catch(() => {});
  writeFileSync(join(folder, 'console.txt'), w.messages.join('\n'));
  // What the extension host says is in the console; without its native logger it keeps no files.
  if (existsSync(join(w.home, 'server.log'))) cpSync(join(w.home, 'server.log'), join(folder, 'server.txt'));
}
