// The editor suite: Countersign, installed from its .vsix, in a real VS Code workbench, used by a person.
//   node --test test/editor/suite.mjs            all of it, five minutes, more on a busy machine
//   ONLY=paste,hook node --test …                some of it
// Two editors are used at once, each for areas of its own. A scenario that failed is tried once more where it stands, and
// then in a new editor when the others are done: a window that a busy machine is late to draw is no fault of the product.
// What passed at a later try is named as unsteady.
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

/** Milliseconds for one scenario with its tries. */
const LONGEST = 300_000;
const only = process.env.ONLY?.split(',');
/** Starting a server and a browser takes as long as ten scenarios, so many share one. An area needs nothing of another. */
const editors = [
  { areas: { quiet, looks, paste, decisions, hook, disk, insertion, keys } },
  {
    areas: { configs, packs, commands, scripted, language, keyboard, messages, gate, policyError, tools, rollback, report, secondPersons },
  },
  {
    // One that is asked for trust and has two folders open.
    areas: { restricted, severalFolders },
    options: {
      trust: 'asked',
      more: ['billing-service'],
      settings: { 'security.workspace.trust.startupPrompt': 'never', 'security.workspace.trust.banner': 'never' },
      prepare: breakLauncher,
    },
  },
];

rmSync(FAILURES, { recursive: true, force: true });

test('in the editor', { timeout: 20 * 60_000, concurrency: 2 }, async (t) => {
  mkdirSync(SHOTS, { recursive: true });
  await install();
  const vsix = buildCountersign();
  const [one, two, twoFolders] = editors.map(({ areas, options = {} }) => ({
    areas: Object.entries(areas).filter(([name]) => only === undefined || only.includes(name)),
    open: async () => {
      const opened = () => openWorkbench({ vsix, ...options });
      return { ...(await opened().catch(opened)), shot: (name) => join(SHOTS, `${name}.png`) };
    },
  }));
  const late = await Promise.all([play(t, one), play(t, two).then(async (failed) => [...failed, ...(await play(t, twoFolders))])]);
  for (const scenario of late.flat()) await inNewEditor(t, scenario);
});

/** @returns the scenarios that failed twice, to be tried in an editor of their own */
async function play(t, { areas, open }) {
  if (areas.length === 0) return [];
  const failed = [];
  const w = await open();
  try {
    for (const [area, scenarios] of areas) {
      // A scenario that keeps what it did is the first part of the next.
      let parts = [];
      for (const [scenario, run, { keep = false } = {}] of scenarios) {
        const name = `${area}: ${scenario}`;
        parts.push(run);
        await t.test(name, { timeout: LONGEST }, async (subtest) => {
          const error = await twice(w, subtest, { name, parts, keep });
          if (error === undefined) return;
          failed.push({ name, parts: [...parts], open });
          subtest.skip(`failed twice, tried in a new editor below: ${firstLine(error)}`);
        });
        if (!keep) parts = [];
      }
    }
  } finally {
    await w.close();
  }
  return failed;
}

/** Plays the last of the parts, and all of them once more if it fails. @returns the second error, or undefined where it passed */
async function twice(w, t, { name, parts, keep }) {
  const tried = async (some) => {
    for (const part of some) await part(w);
    if (!keep) await clean(w);
  };
  try {
    await tried(parts.slice(-1));
  } catch (error) {
    t.diagnostic(`unsteady: failed once, tried again: ${firstLine(error)}`);
    await keepEvidence(w, name);
    try {
      await w.page.keyboard.press('Escape');
      await clean(w);
      await tried(parts);
    } catch (again) {
      await clean(w).catch(() => {});
      return again;
    }
  }
  return undefined;
}

async function inNewEditor(t, { name, parts, open }) {
  await t.test(`${name}, in a new editor`, { timeout: LONGEST }, async () => {
    const w = await open();
    try {
      for (const part of parts) await part(w);
    } catch (error) {
      await keepEvidence(w, `${name} in a new editor`);
      throw error;
    } finally {
      await w.close();
    }
  });
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

function firstLine(error) {
  return error.message.split('\n')[0];
}
