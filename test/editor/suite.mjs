// The editor suite: Countersign, installed from its .vsix, in a real VS Code workbench, used by a person.
//   node --test test/editor/suite.mjs            all of it, about three minutes
//   ONLY=paste,hook node --test …                some of it
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { install } from './install.mjs';
import { holdsOnDisk } from './records.mjs';
import { decisions } from './scenarios/decisions.mjs';
import { hook } from './scenarios/hook.mjs';
import { insertion } from './scenarios/insertion.mjs';
import { keyboard } from './scenarios/keyboard.mjs';
import { language } from './scenarios/language.mjs';
import { looks } from './scenarios/looks.mjs';
import { paste } from './scenarios/paste.mjs';
import { quiet } from './scenarios/quiet.mjs';
import { scripted } from './scenarios/scripted.mjs';
import { buildCountersign } from './vsix.mjs';
import { FAILURES, SHOTS, openWorkbench, until } from './workbench.mjs';

const only = process.env.ONLY?.split(',');
const areas = Object.entries({ quiet, looks, paste, decisions, hook, insertion, scripted, language, keyboard });

// One server and one browser for all: starting them takes as long as ten tests.
test('in the editor', { timeout: 10 * 60_000 }, async (t) => {
  mkdirSync(SHOTS, { recursive: true });
  rmSync(FAILURES, { recursive: true, force: true });
  await install();
  const workbench = await openWorkbench({ vsix: buildCountersign() });
  const w = { ...workbench, shot: (name) => join(SHOTS, `${name}.png`) };
  try {
    for (const [area, scenarios] of areas.filter(([name]) => only === undefined || only.includes(name))) {
      for (const [name, play, { keep = false } = {}] of scenarios) {
        await t.test(`${area}: ${name}`, { timeout: 90_000 }, async () => {
          try {
            await play(w);
          } catch (error) {
            await keepEvidence(w, `${area} ${name}`);
            throw error;
          } finally {
            if (!keep) await clean(w);
          }
        });
      }
    }
  } finally {
    await w.close();
  }
});

/** Nothing open, nothing held, for the next one. */
async function clean(w) {
  await w.ask('closeAll');
  for (const { id } of holdsOnDisk(w)) await w.ask('run', { command: 'countersign.review.discard', args: [id] });
  await until('nothing is held', () => holdsOnDisk(w).length === 0, 5000).catch((error) => console.error(error.message));
  await w.palette('Notifications: Clear All Notifications').catch(() => {});
}

async function keepEvidence(w, name) {
  const folder = join(FAILURES, name.replace(/[^\w]+/g, '-').slice(0, 60));
  mkdirSync(folder, { recursive: true });
  await w.page.screenshot({ path: join(folder, 'window.png') }).catch(() => {});
  writeFileSync(join(folder, 'console.txt'), w.messages.join('\n'));
  // What the extension host says is in the console; without its native logger it keeps no files.
  if (existsSync(join(w.home, 'server.log'))) cpSync(join(w.home, 'server.log'), join(folder, 'server.txt'));
}
