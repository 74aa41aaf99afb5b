/** What is looked at once, whatever the agents: state folder, log, policy, packs, keys, git, CI and the editor. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createHash, randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { readHalt } from '../../gate/halt.ts';
import { problemWords, readPolicy } from '../../gate/policy.ts';
import { removeIfThere, writeWhole } from '../../gate/small-file.ts';
import { systemWords } from '../../ledger/system-words.ts';
import { ensureRoom, realFolder, roomFolder, userPolicyFile } from '../../gate/state-folder.ts';
import { listTrips } from '../../gate/tripped.ts';
import { trustedKeys } from '../../ledger/keys.ts';
import { verifyLog } from '../../ledger/verify.ts';
import { git, lineOf, openRepository } from '../git/repository.ts';
import { GITHUB_FILE, GITLAB_FILE } from './check-ci-files.ts';
import { fine, type Found, look, wrong } from './doctor-words.ts';
import { count } from '../report/report-words.ts';

export type Machine = { readonly project: string; readonly home: string; readonly env: NodeJS.ProcessEnv; readonly state: string };

export async function machineFound(machine: Machine): Promise<readonly Found[]> {
  return [
    nodeFound(),
    ...stateFound(machine),
    await logFound(machine),
    ...policyFound(machine),
    keysFound(machine),
    ...stoppedFound(machine),
    ...checkFound(machine),
    ...editorFound(machine),
  ];
}

function nodeFound(): Found {
  const { node, electron } = process.versions;
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const name = electron === undefined ? `Node.js ${node}` : `Node.js ${node} of the editor`;
  return major > 20 || (major === 20 && minor >= 19)
    ? fine(`Runs on ${name}.`)
    : wrong(`Runs on ${name}.`, 'Install Node.js 20.19 or later.');
}

function stateFound({ state }: Machine): readonly Found[] {
  const problems = (['holds', 'log', 'keys'] as const).flatMap((room) => {
    const probe = join(roomFolder(state, room), `.doctor-${randomBytes(6).toString('hex')}`);
    try {
      mkdirSync(state, { recursive: true, mode: 0o700 });
      ensureRoom(state, room);
      writeWhole(probe, '');
      removeIfThere(probe);
      return [];
    } catch (error) {
      return [`${roomFolder(state, room)} cannot be written: ${systemWords(error)}`];
    }
  });
  const [first] = problems;
  if (first === undefined) return [fine(`The state folder ${state} can be written.`)];
  return [
    wrong(
      `${first} The gate refuses every edit of a watched file until it can be.`,
      `Make ${state} and all in it yours: chown, chmod -R u+rwX.`,
    ),
  ];
}

async function logFound({ state }: Machine): Promise<Found> {
  const folder = roomFolder(state, 'log');
  if (!existsSync(folder) || readdirSync(folder).every((name) => name.startsWith('.')))
    return fine('Nothing was recorded yet: the log begins with the first hold.');
  const report = await verifyLog({ folder, keysFolder: roomFolder(state, 'keys') });
  if (!report.ok) return wrong(report.sentence, 'Run countersign log verify, and keep a copy of the log before you mend anything.');
  const { head } = report;
  return fine(
    `The log verifies: ${count(report.records, 'record')}${head === undefined ? '' : `, head ${head.seq}:${head.head.slice(0, 12)}…`}.`,
  );
}

function policyFound({ project, home, env, state }: Machine): readonly Found[] {
  const { policy, problems, applied } = readPolicy(project, userPolicyFile(env, process.platform, home), { stateFolder: state });
  const bad = problems.map((problem) =>
    wrong(problemWords(problem), 'Run countersign policy check. Until then agents’ edits of watched files are refused.'),
  );
  const packs = policy.packs.problems.map((problem) => wrong(problem, 'Until then agents’ edits of watched files are refused.'));
  const refused = policy.refused.map(({ sentence }) => look(sentence, 'It has no effect; take it out.'));
  const layers = applied.length === 0 ? 'no policy file: the default holds' : applied.map(({ of, file }) => `${of} (${file})`).join(', ');
  const count = policy.packs.origins.length;
  const added = count === 0 ? '' : `, with ${count} added ${count === 1 ? 'pack' : 'packs'}`;
  return bad.length + packs.length > 0 ? [...bad, ...packs, ...refused] : [fine(`The policy loads${added}: ${layers}.`), ...refused];
}

function keysFound({ state }: Machine): Found {
  const { size } = trustedKeys(roomFolder(state, 'keys'));
  return size > 0
    ? fine(`${size === 1 ? 'One person’s key' : `${size} keys of people`} may acknowledge.`)
    : look(
        'No person’s key is known yet, so nobody can acknowledge what is held.',
        'The editor makes one when you first acknowledge there. At a terminal: countersign key new',
      );
}

function stoppedFound({ state }: Machine): readonly Found[] {
  const halt = readHalt(state);
  return [
    ...(halt === undefined ? [] : [look(`All agents are stopped: ${halt.reason}`, 'countersign resume, when they may go on.')]),
    ...listTrips(state).map(({ agent, cause }) =>
      look(`The breaker has stopped ${agent}: ${cause}.`, 'Look at what it tried (countersign holds), then countersign resume.'),
    ),
  ];
}

function checkFound({ project, env }: Machine): readonly Found[] {
  const opened = openRepository(project, env, false);
  if (!opened.ok) return [look('This folder is in no git repository, so no commit is checked.', 'Nothing to do, if that is meant.')];
  const { repository } = opened;
  const asked = git(repository, ['rev-parse', '--git-path', 'hooks']);
  const folder = resolve(repository.folder, asked.ok ? lineOf(asked.out) : '.git/hooks');
  const hook = [join(folder, 'pre-commit'), join(folder, '..', 'pre-commit'), join(repository.folder, '.pre-commit-config.yaml')].some(
    namesCheck,
  );
  const places = [GITHUB_FILE, GITLAB_FILE, '.gitlab-ci.yml'].map((file) => join(repository.folder, ...file.split('/')));
  const workflows = join(repository.folder, '.github', 'workflows');
  const others = existsSync(workflows) ? readdirSync(workflows).map((name) => join(workflows, name)) : [];
  const ci = [...places, ...others].some(namesCheck);
  return [
    hook ? fine('Each commit is checked (pre-commit).') : look('Commits are not checked on this machine.', 'countersign init --git-hook'),
    ci
      ? fine('CI checks pull requests.')
      : look('No CI file asks countersign check: what no hook saw can be merged.', 'countersign init --ci'),
  ];
}

function namesCheck(file: string): boolean {
  try {
    return /countersign/i.test(readFileSync(file, 'utf8'));
  } catch {
    return false;
  }
}

/** The editor keeps what it knows of a folder's files below the state folder, from the first time it watched it. */
function editorFound({ project, state }: Machine): readonly Found[] {
  const ids = [project, realFolder(project)].map((folder) => createHash('sha256').update(folder).digest('hex').slice(0, 24));
  const watched = ids.some((id) => existsSync(join(roomFolder(state, 'baselines'), id, 'index.json')));
  return [
    watched
      ? fine('The editor has watched this folder’s disk: writes that no hook saw are shown.')
      : look(
          'No editor has watched this folder’s disk yet: writes that no hook sees would go unnoticed.',
          'Open the folder in the editor with Countersign.',
        ),
  ];
}
