/**
 * What a path alone says. Loaded on the cold path of every hook call, so this file imports nothing.
 * A path is compared as the laxest file system would: without case, look-alike letters, invisible characters, trailing dots and `..`.
 */

/** A file that decides what an agent, an editor or Countersign itself may do or does by itself. */
export type Governed = {
  /** `countersign`: our own. `agent`: what an agent may do or runs by itself. `editor`: what runs on open. `instructions`: prose an agent follows. */
  readonly of: 'countersign' | 'agent' | 'editor' | 'instructions';
  /** Whose file it is, for sentences: "Claude Code". */
  readonly owner: string;
};

/** Path alone: can a file of this name hold anything the engine governs? false = surely not. */
export function mayBeGoverned(path: string): boolean {
  return mayHoldPolicyByName(path) || mayHoldConfigByName(path) || governedBy(path) !== undefined;
}

/** Path alone: is this a path where failure must close the gate (looks like a policy by name, or governs an agent, an editor or Countersign)? */
export function isWatchedByName(path: string): boolean {
  if (governedBy(path) !== undefined) return true;
  const normal = normalPath(path);
  if (JSON_NAME.test(normal) && POLICY_NAME.test(spaced(normal))) return true;
  // Of other formats the name alone counts: `roles/` is also where Ansible keeps everything.
  return ALWAYS_WATCHED.test(normal) || (CONFIG_NAME.test(normal) && CONFIG_WATCHED.test(spaced(normal.slice(normal.lastIndexOf('/')))));
}

/** Path alone: could this be a config file of a format that is read, JSON apart? */
export function mayHoldConfigByName(path: string): boolean {
  return CONFIG_NAME.test(normalPath(path));
}

/** Path alone: could this be JSON, so that an access policy may stand in it? */
export function mayHoldPolicyByName(path: string): boolean {
  return JSON_NAME.test(normalPath(path));
}

/** Which governing file this is, if it is one. */
export function governedBy(path: string): Governed | undefined {
  const normal = normalPath(path);
  if (last.governed === undefined) last.governed = { is: TABLE.find(([pattern]) => pattern.test(normal))?.[1] };
  return last.governed.is;
}

/** Lower case, forward slashes, `.` and `..` resolved, look-alikes mapped, with a leading slash. */
export function normalPath(path: string): string {
  if (path !== last.path) last = { path, normal: normalized(path) };
  return last.normal;
}

/** Everybody asks of the same path, again and again. */
let last: { readonly path: string; readonly normal: string; governed?: { readonly is: Governed | undefined } } = { path: '', normal: '/' };

function normalized(path: string): string {
  const plain = /^[\x20-\x7e]*$/.test(path) ? path : latin(path);
  const segments: string[] = [];
  for (const raw of plain.toLowerCase().split(/[/\\]/)) {
    // Windows drops trailing dots and spaces, and reads "name::$DATA" as the file itself.
    const segment =
      raw === '..'
        ? raw
        : raw
            .replace(/^(?![a-z]:$)([^:]+):.*$/, '$1')
            .replace(/[. ]+$/, '')
            .trimStart();
    if (segment === '..') segments.pop();
    else if (segment !== '') segments.push(segment);
  }
  return `/${segments.join('/')}`;
}

const JSON_NAME = /\.(json[c5]?|template|policy|iam|code-workspace)$|\.json\.|\/(policy|trust-policy|iam-policy)$/;
const POLICY_NAME =
  /(^|[^a-z])(iam|polic(y|ies)|trust|scps?|rcps?|boundar(y|ies)|permissions?|roles?|assume|grants?|access|service-control)([^a-z]|$)/;

/** Files whose settings decide access or what runs: formats with a reader, also as templates. */
const CONFIG_NAME =
  /\.(ya?ml|tf|tfvars|tofu|hcl|nomad|toml|bicep|bicepparam|sql|psql|pgsql|ini|cfg|cnf|conf|properties|env|rules|vhost)(\.(tmpl|tpl|gotmpl|gotpl|j2|jinja2?|erb|mustache|sample|example|dist|bak|orig))?$|\/[^/]*(docker|container)file(\.[^/]*)?$|\.(docker|container)file$|\/(codeowners|sudoers|sshd_config|pipfile|users\.acl)$|\/jenkinsfile[^/]*$|\.jenkinsfile$|\/(requirements|constraints)[^/]*\.(txt|in)$|\/requirements\/[^/]+\.(txt|in)$|\/_headers$|\/caddyfile[^/]*$|\.caddy$|\/\.htaccess$|\/(sudoers|sshd_config)\.d\/|\/\.(npmrc|yarnrc|gitignore|dockerignore|npmignore|gitmodules|pypirc|dev\.vars|renovaterc)$|\/\.env(\.[^/]*)?$|\/\.aws\/(config|credentials)$|\/nginx\/|\/sites-(available|enabled)\//;

/** Where failure closes the gate whatever the file is called: who may log in, review, run or read. */
const ALWAYS_WATCHED =
  /\/(codeowners|sudoers|sshd_config|pg_hba\.conf|\.npmrc|\.gitlab-ci\.ya?ml|(firestore|storage|database)\.rules(\.json)?)$|\/(sudoers|sshd_config)\.d\/|\/\.github\/(workflows|actions)\/|\/\.github\/settings\.ya?ml$/;

const CONFIG_WATCHED =
  /(^|[^a-z])(iam|rbac|polic(y|ies)|trust|scps?|boundar(y|ies)|permissions?|roles?|(cluster)?rolebindings?|grants?|access|firewalls?|security(groups?)?|secrets?|serviceaccounts?)([^a-z]|$)/;

const countersign: Governed = { of: 'countersign', owner: 'Countersign' };
const agent = (owner: string): Governed => ({ of: 'agent', owner });
const editor = (owner: string): Governed => ({ of: 'editor', owner });
const instructions = (owner: string): Governed => ({ of: 'instructions', owner });

/** First match wins. Patterns see normalPath. */
const TABLE: readonly (readonly [RegExp, Governed])[] = [
  [/\/\.countersign(\/|$)/, countersign],
  [/\/(etc|\.config|state|share|application support|local|roaming|programdata)\/countersign(\/|$)/, countersign],
  [/\/claude\.local\.md$|\/claude\.md$/, instructions('Claude Code')],
  [/\/\.claude\/(rules|output-styles)\//, instructions('Claude Code')],
  [/\/\.claude(\/|$)|\/\.claude\.json$|\/\.claude-plugin\/|\/claude-?code\/managed-/, agent('Claude Code')],
  [/\/hooks\/hooks\.json$/, agent('Claude Code')],
  [/\/\.mcp\.json$|\/mcp\.json$|\/mcp_config\.json$/, agent('your agents')],
  [/\/agents?(\.override|\.local)?\.md$/, instructions('your agents')],
  [/\/\.cursor\/rules\/|\/\.cursorrules$/, instructions('Cursor')],
  [/\/\.cursor(\/|$)/, agent('Cursor')],
  [/\/\.codex(\/|$)/, agent('Codex')],
  [/\/gemini\.md$/, instructions('Gemini CLI')],
  [/\/\.gemini(\/|$)/, agent('Gemini CLI')],
  [/\/qwen\.md$/, instructions('Qwen Code')],
  [/\/\.qwen(\/|$)/, agent('Qwen Code')],
  [/\/\.windsurf\/rules\/|\/\.windsurfrules$/, instructions('Windsurf')],
  [/\/\.(windsurf|codeium)(\/|$)/, agent('Windsurf')],
  [/\/\.clinerules\/hooks\//, agent('Cline')],
  [/\/\.clinerules(\/|$)/, instructions('Cline')],
  [/\/\.(cline|roo)(\/|$)|\/cline_mcp_settings\.json$/, agent('Cline')],
  [/\/\.kiro\/steering\//, instructions('Kiro')],
  [/\/\.kiro(\/|$)/, agent('Kiro')],
  [/\/opencode\.jsonc?$|\/\.opencode(\/|$)|\/\.config\/opencode\//, agent('OpenCode')],
  [/\/\.github\/copilot-instructions\.md$|\/\.github\/(instructions|prompts)\//, instructions('Copilot')],
  [/\/\.github\/(hooks|copilot|agents|chatmodes)(\/|$)|\/\.copilot(\/|$)/, agent('Copilot')],
  [/\/\.aider[^/]*$|\/\.continue(\/|$)|\/\.amazonq(\/|$)/, agent('your agents')],
  [/\/\.vscode\/|\.code-workspace$|\/(code|code - insiders|vscodium|code-server)\/user\/[^/]+\.json$/, editor('the editor')],
  [/\/\.devcontainer(\/|$)|\/\.devcontainer\.json$/, editor('the editor')],
  [/\/\.git\/(hooks|config|info|modules)|\/\.gitconfig$|\/\.husky(\/|$)/, editor('git')],
  [/\/\.envrc$/, editor('the shell')],
];

/** "TrustPolicy" and "trust_policy" show their words. Works on lower case, so only separators count. */
function spaced(normal: string): string {
  return normal.replace(/[_. ]/g, '-');
}

/** Letters of other scripts that look like Latin ones, invisible characters and accents taken away. */
function latin(path: string): string {
  return path
    .normalize('NFKD')
    .replace(/[\p{M}\p{Cf}\p{Cc}]/gu, '')
    .replace(/./gu, (letter) => LOOK_ALIKES[letter.toLowerCase()] ?? letter);
}

const LOOK_ALIKES: Readonly<Record<string, string>> = {
  а: 'a',
  в: 'b',
  с: 'c',
  ԁ: 'd',
  е: 'e',
  һ: 'h',
  н: 'h',
  і: 'i',
  ı: 'i',
  ј: 'j',
  к: 'k',
  ӏ: 'l',
  м: 'm',
  о: 'o',
  р: 'p',
  ԛ: 'q',
  ѕ: 's',
  т: 't',
  ц: 'u',
  ѵ: 'v',
  ԝ: 'w',
  х: 'x',
  у: 'y',
  α: 'a',
  ε: 'e',
  ι: 'i',
  κ: 'k',
  ν: 'v',
  ο: 'o',
  ρ: 'p',
  τ: 't',
  υ: 'u',
  χ: 'x',
  ɡ: 'g',
  ɑ: 'a',
  ո: 'n',
  ս: 'u',
  օ: 'o',
  հ: 'h',
  '․': '.',
  '。': '.',
  '⁄': '/',
  '∕': '/',
  '‐': '-',
  '‑': '-',
  '–': '-',
  '−': '-',
};
