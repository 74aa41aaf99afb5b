/** Settings of agents that switch hooks off, or skip ours without a word. Facts from the vendors' documentation, one function for each agent. */
import { existsSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fieldOf, valueIn } from './agent-settings.ts';
import { type Found, look, wrong } from './doctor-words.ts';
import { managedClaude, type WiredHook } from './doctor-wired.ts';

type Where = { readonly project: string; readonly home: string; readonly env: NodeJS.ProcessEnv; readonly hooks: readonly WiredHook[] };

/** What speaks against the hooks of this agent, given where ours stand. Empty where nothing does. */
export function switchesOf(id: string, where: Where): readonly Found[] {
  switch (id) {
    case 'claude-code':
      return claude(where);
    case 'codex':
      return codex(where);
    case 'gemini-cli':
      return gemini(where, '.gemini', '/etc/gemini-cli/settings.json', 'GEMINI_CLI_TRUST_WORKSPACE');
    case 'qwen-code':
      return gemini(where, '.qwen', '/etc/qwen-code/settings.json', 'QWEN_CODE_TRUST_WORKSPACE');
    case 'vscode-chat':
      return vscode(where);
    case 'copilot-cli':
      return copilot(where);
    case 'cursor':
      return cursor(where);
    case 'cline':
      return where.hooks.length === 0
        ? []
        : [
            look(
              'Whether hooks are on in the settings of Cline cannot be read from here.',
              'See that they are: Cline, Settings, Features, Hooks.',
            ),
          ];
    case 'opencode':
      return where.env['OPENCODE_PURE'] === undefined || where.env['OPENCODE_PURE'] === '0'
        ? []
        : [wrong('OPENCODE_PURE is set: OpenCode loads no plugins.', 'Unset it.')];
    default:
      return [];
  }
}

/** Absent, or not to be read: undefined. What cannot be read is told where the hooks are looked for. */
function settingsIn(file: string, format: 'json' | 'toml' = 'json'): unknown {
  if (!existsSync(file)) return undefined;
  const read = valueIn(file, format);
  return read.ok ? read.value : undefined;
}

const off = (file: string, key: string, what = 'switches every hook off'): Found =>
  wrong(`${file} ${what}: ${key}.`, `Take ${key} out of ${file}.`);

function claude({ project, home, hooks }: Where): readonly Found[] {
  const managed = managedClaude(process.platform);
  const layers = [
    managed,
    join(home, '.claude', 'settings.json'),
    join(project, '.claude', 'settings.json'),
    join(project, '.claude', 'settings.local.json'),
  ];
  const ofMachine = hooks.some(({ scope }) => scope === 'managed');
  return [
    ...layers.filter((file) => fieldOf(settingsIn(file), 'disableAllHooks') === true).map((file) => off(file, 'disableAllHooks')),
    ...(fieldOf(settingsIn(managed), 'allowManagedHooksOnly') === true && !ofMachine
      ? [
          wrong(
            `${managed} lets only the administrator’s hooks run (allowManagedHooksOnly).`,
            `Let the administrator put Countersign’s hook into ${managed}.`,
          ),
        ]
      : []),
  ];
}

function gemini({ project, home, env, hooks }: Where, folder: string, system: string, trusts: string): readonly Found[] {
  const own = join(home, folder, 'settings.json');
  const layers = [system, own, join(project, folder, 'settings.json')];
  const found = layers.flatMap((file): readonly Found[] => {
    const value = settingsIn(file);
    const config = fieldOf(value, 'hooksConfig');
    const keys = [
      ...(fieldOf(value, 'disableAllHooks') === true ? ['disableAllHooks'] : []),
      ...(fieldOf(config, 'enabled') === false ? ['hooksConfig.enabled'] : []),
      ...(fieldOf(fieldOf(value, 'hooks'), 'enabled') === false ? ['hooks.enabled'] : []),
      ...(fieldOf(fieldOf(value, 'tools'), 'enableHooks') === false ? ['tools.enableHooks'] : []),
    ];
    const disabled = [fieldOf(config, 'disabled'), fieldOf(fieldOf(value, 'hooks'), 'disabled')].flat();
    const ours = disabled.some((name) => typeof name === 'string' && /countersign/i.test(name));
    return [
      ...keys.map((key) => off(file, key)),
      ...(ours ? [wrong(`${file} lists our hook as disabled.`, 'Take it out of the list “disabled”.')] : []),
    ];
  });
  const untrusted = fieldOf(fieldOf(fieldOf(settingsIn(own), 'security'), 'folderTrust'), 'enabled') === true && env[trusts] !== 'true';
  if (
    !untrusted ||
    hooks.some(({ scope }) => scope === 'user') ||
    isTrusted(settingsIn(join(home, folder, 'trustedFolders.json')), project)
  )
    return found;
  return [
    ...found,
    wrong(
      `This folder is not trusted in ${join(home, folder, 'trustedFolders.json')}: hooks of a project are skipped there.`,
      'Trust the folder, or run countersign init --scope user.',
    ),
  ];
}

/** `folders`: of each path whether it, or the folder it lies in, is trusted. */
function isTrusted(folders: unknown, project: string): boolean {
  for (let at = real(project); ; at = dirname(at)) {
    const said = fieldOf(folders, at);
    if (said === 'DO_NOT_TRUST') return false;
    if (said === 'TRUST_FOLDER' || said === 'TRUST_PARENT') return true;
    // Trusting one folder's parent trusts its brothers.
    if (
      typeof folders === 'object' &&
      folders !== null &&
      Object.entries(folders).some(([path, how]) => how === 'TRUST_PARENT' && dirname(path) === at)
    )
      return true;
    if (dirname(at) === at) return false;
  }
}

function codex({ project, home, env, hooks }: Where): readonly Found[] {
  const given = env['CODEX_HOME'];
  const folder = given === undefined || given === '' ? join(home, '.codex') : given;
  const file = join(folder, 'config.toml');
  const value = settingsIn(file, 'toml');
  const layers = [
    { file, value },
    { file: join(project, '.codex', 'config.toml'), value: settingsIn(join(project, '.codex', 'config.toml'), 'toml') },
  ];
  const switched = layers.flatMap((layer) =>
    ['hooks', 'codex_hooks']
      .filter((key) => fieldOf(fieldOf(layer.value, 'features'), key) === false)
      .map((key) => off(layer.file, `features.${key} = false`)),
  );
  const before = hooks.filter(({ phase }) => phase === 'before');
  if (before.length === 0) return switched;
  const ofProject = before.every(({ scope }) => scope === 'project');
  const levels = fieldOf(value, 'projects');
  return [
    ...switched,
    ...(ofProject && !isTrustedProject(levels, project)
      ? [
          wrong(
            `Codex reads no hooks of a project that it does not trust, and ${file} does not say that it trusts ${project}.`,
            'Start Codex in this folder and trust it, or run countersign init --agent codex --scope user.',
          ),
        ]
      : []),
    ...(before.some((hook) => hasTrust(fieldOf(fieldOf(value, 'hooks'), 'state'), hook))
      ? sinceChanged(before, file)
      : [untrustedHook(before, file)]),
  ];
}

function untrustedHook(hooks: readonly WiredHook[], file: string): Found {
  return wrong(
    `Codex skips a hook until a person has trusted it, and ${file} holds no trust in that of ${hooks.map((hook) => hook.file).join(', ')}.`,
    'Start Codex, type /hooks and trust it.',
  );
}

/** The hash of what is trusted is Codex's own secret: only that the file is younger can be seen. */
function sinceChanged(hooks: readonly WiredHook[], config: string): readonly Found[] {
  const trusted = statSync(config).mtimeMs;
  return hooks
    .filter(({ file }) => statSync(file).mtimeMs > trusted + 1000)
    .slice(0, 1)
    .map(({ file }) =>
      look(
        `${file} was changed after the hook was trusted. If the hook itself changed, Codex skips it.`,
        'Start Codex, type /hooks and see that it is trusted.',
      ),
    );
}

/** Keys are "/home/ada/.codex/hooks.json:pre_tool_use:0:0". */
function hasTrust(state: unknown, { file, event, place }: WiredHook): boolean {
  const name = event.replace(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
  return Object.entries(typeof state === 'object' && state !== null ? state : {}).some(([key, entry]) => {
    const [, source, of, group, index] = /^(.*):([a-z_]+):(\d+):(\d+)$/.exec(key) ?? [];
    if (source === undefined || of !== name || Number(group) !== place[0] || Number(index) !== place[1]) return false;
    return real(source) === real(file) && fieldOf(entry, 'enabled') !== false && typeof fieldOf(entry, 'trusted_hash') === 'string';
  });
}

function isTrustedProject(levels: unknown, project: string): boolean {
  for (let at = real(project); ; at = dirname(at)) {
    const level = fieldOf(fieldOf(levels, at), 'trust_level');
    if (level !== undefined) return level === 'trusted';
    if (dirname(at) === at) return false;
  }
}

function vscode({ project, home }: Where): readonly Found[] {
  const user =
    process.platform === 'darwin'
      ? join(home, 'Library', 'Application Support', 'Code', 'User')
      : process.platform === 'win32'
        ? join(home, 'AppData', 'Roaming', 'Code', 'User')
        : join(home, '.config', 'Code', 'User');
  return [join(user, 'settings.json'), join(project, '.vscode', 'settings.json')].flatMap((file): readonly Found[] => {
    const value = settingsIn(file);
    const locations = fieldOf(value, 'chat.hookFilesLocations');
    return [
      ...(fieldOf(value, 'chat.useHooks') === false ? [off(file, 'chat.useHooks')] : []),
      ...(fieldOf(locations, '.github/hooks') === false ? [off(file, 'chat.hookFilesLocations', 'takes .github/hooks out')] : []),
    ];
  });
}

function copilot({ project, home, hooks }: Where): readonly Found[] {
  const files = [
    join(home, '.copilot', 'config.json'),
    join(home, '.copilot', 'settings.json'),
    join(project, '.github', 'copilot', 'settings.json'),
    join(project, '.github', 'copilot', 'settings.local.json'),
    ...new Set(hooks.map(({ file }) => file)),
  ];
  return files.filter((file) => fieldOf(settingsIn(file), 'disableAllHooks') === true).map((file) => off(file, 'disableAllHooks'));
}

function cursor({ hooks }: Where): readonly Found[] {
  return hooks
    .filter(({ phase, fields }) => phase === 'before' && fields['failClosed'] !== true)
    .map(({ file, event }) =>
      look(`${file}: ${event} has no failClosed, so Cursor goes on when the hook itself fails.`, 'Run countersign init --agent cursor.'),
    );
}

function real(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return resolve(path);
  }
}
