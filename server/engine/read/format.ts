import type { Place } from '../types.ts';
import { governedBy, normalPath } from './governed-path.ts';
import { positionsOf } from './positions.ts';
import type { Format, Reader, TextTree } from './tree.ts';

/**
 * The format of a file by its path, and by its text where the path leaves it open. `undefined`: unread, which is not the same as safe.
 */
export function formatOf(path: string, text: string): Format | undefined {
  const { plain, byName } = namedBy(normalPath(path));
  if (byName !== undefined) return byName;
  if (governedBy(path)?.of === 'instructions') return 'lines';
  return formatOfText(plain, text);
}

/** What a path tells without its text; everybody asks of the same one, again and again. */
function namedBy(normal: string): Named {
  if (lastNamed?.normal === normal) return lastNamed;
  const plain = normal.replace(TEMPLATE_SUFFIX, '');
  lastNamed = { normal, plain, byName: NAMES.find(([pattern]) => pattern.test(plain))?.[1] };
  return lastNamed;
}

type Named = { readonly normal: string; readonly plain: string; readonly byName: Format | undefined };
let lastNamed: Named | undefined;

/** Reads a text in its format. Never throws; what has no reader gives a problem that blinds. */
export function readText(format: Format, text: string, side: Place['side']): TextTree {
  const known = recent.find((each) => each.format === format && each.side === side && each.text === text);
  if (known !== undefined) return known;
  const load = READERS[format];
  const tree = load === undefined ? unread(format, text, side) : load()(text, side);
  recent = [tree, ...recent.slice(0, 1)];
  return tree;
}

/** The two sides of the last edit: policies and rules both ask for them, and a tree never changes. */
let recent: readonly TextTree[] = [];

/** What has a reader. */
export function hasReader(format: Format): boolean {
  return READERS[format] !== undefined;
}

/** Loaded by need: a hook reads one file and must answer at once. */
const READERS: Readonly<Partial<Record<Format, () => Reader>>> = {
  json: () => readJsonTree,
  yaml: () => {
    const { readYaml }: typeof import('./yaml.ts') = require('./yaml.ts');
    return readYaml;
  },
  json5: () => {
    const { readJson5 }: typeof import('./json5.ts') = require('./json5.ts');
    return readJson5;
  },
  toml: () => {
    const { readToml }: typeof import('./toml.ts') = require('./toml.ts');
    return readToml;
  },
  ini: () => {
    const { readIni }: typeof import('./ini.ts') = require('./ini.ts');
    return readIni;
  },
  dotenv: () => {
    const { readDotenv }: typeof import('./dotenv.ts') = require('./dotenv.ts');
    return readDotenv;
  },
  hcl: () => {
    const { readHcl }: typeof import('./hcl.ts') = require('./hcl.ts');
    return readHcl;
  },
  dockerfile: () => {
    const { readDockerfile }: typeof import('./dockerfile.ts') = require('./dockerfile.ts');
    return readDockerfile;
  },
  sql: () => {
    const { readSql }: typeof import('./sql.ts') = require('./sql.ts');
    return readSql;
  },
  bicep: () => {
    const { readBicep }: typeof import('./bicep.ts') = require('./bicep.ts');
    return readBicep;
  },
  nginx: () => {
    const { readNginx }: typeof import('./nginx.ts') = require('./nginx.ts');
    return readNginx;
  },
  sudoers: () => {
    const { readSudoers }: typeof import('./sudoers.ts') = require('./sudoers.ts');
    return readSudoers;
  },
  sshd: () => {
    const { readSshd }: typeof import('./sshd.ts') = require('./sshd.ts');
    return readSshd;
  },
  'pg-hba': () => {
    const { readPgHba }: typeof import('./pg-hba.ts') = require('./pg-hba.ts');
    return readPgHba;
  },
  codeowners: () => {
    const { readCodeowners }: typeof import('./codeowners.ts') = require('./codeowners.ts');
    return readCodeowners;
  },
  npmrc: () => {
    const { readNpmrc }: typeof import('./npmrc.ts') = require('./npmrc.ts');
    return readNpmrc;
  },
  'firebase-rules': () => {
    const { readFirebaseRules }: typeof import('./firebase-rules.ts') = require('./firebase-rules.ts');
    return readFirebaseRules;
  },
  lines: () => {
    const { readLines }: typeof import('./lines.ts') = require('./lines.ts');
    return readLines;
  },
};

/** Loaded once: in a bundle every `require` makes an object of what the module exports. */
let json: typeof import('./json.ts') | undefined;

function readJsonTree(text: string, side: Place['side']): TextTree {
  const { readJson }: typeof import('./json.ts') = (json ??= require('./json.ts'));
  const { root, problems, positionAt, placeOf } = readJson(text, side);
  return { format: 'json', text, side, documents: root === undefined ? [] : [root], problems, positionAt, placeOf };
}

function unread(format: Format, text: string, side: Place['side']): TextTree {
  const message = `Files of the format ${format} cannot be read yet. Have a person look at the edit.`;
  return {
    format,
    text,
    side,
    documents: [],
    problems: [{ kind: 'unreadable', message, blinds: side === 'after' }],
    ...positionsOf(text, side),
  };
}

/** `deployment.yaml.j2` is a template of YAML. */
const TEMPLATE_SUFFIX = /\.(tmpl|tpl|gotmpl|gotpl|j2|jinja2?|erb|mustache|sample|example|dist|bak|orig)$/;

/** First match wins. Patterns see normalPath: lower case, forward slashes. */
const NAMES: readonly (readonly [RegExp, Format])[] = [
  [/\/(docker|container)file(\.[^/]*)?$|\.(docker|container)file$/, 'dockerfile'],
  [/\/codeowners$/, 'codeowners'],
  [/\/\.npmrc$/, 'npmrc'],
  [/\/sudoers$|\/sudoers\.d\//, 'sudoers'],
  [/\/sshd_config$|\/sshd_config\.d\//, 'sshd'],
  [/\/pg_hba\.conf$/, 'pg-hba'],
  [/\/(firestore|storage)\.rules$/, 'firebase-rules'],
  [/\/nginx(\.[^/]*)?\.conf$|\/nginx\/|\/sites-(available|enabled)\//, 'nginx'],
  [/\/\.env(\.[^/]*)?$|\.env$|\/\.envrc$|\/\.dev\.vars$/, 'dotenv'],
  [/\.tf\.json$|\.tfvars\.json$/, 'json'],
  [
    /\/\.(git|docker|npm|helm|claude|cursor|aiexclude)?ignore$|\/\.cursorrules$|\/(redis|valkey|keydb|sentinel)[^/]*\.conf$|\/users\.acl$|\/(requirements|constraints)[^/]*\.(txt|in)$|\/requirements\/[^/]+\.(txt|in)$|\/_headers$|\/caddyfile[^/]*$|\.caddy$|\/haproxy[^/]*\.cfg$|\/\.htaccess$|\/(httpd|apache2?)[^/]*\.conf$|\/apache2?\/.*\.conf$|\/jenkinsfile[^/]*$|\.jenkinsfile$/,
    'lines',
  ],
  [/\.(tf|tfvars|tofu|hcl|nomad)$/, 'hcl'],
  [/\.(bicep|bicepparam)$/, 'bicep'],
  [/\.(sql|psql|pgsql)$/, 'sql'],
  [/\.toml$|\/pipfile$/, 'toml'],
  [
    /\.(ini|cfg|cnf|properties)$|\/\.(gitconfig|gitmodules|pypirc|pip\.conf)$|\/pip\.conf$|\/postgres(ql)?(\.[^/]*)?\.conf$|\/rabbitmq[^/]*\.conf$|\/\.git\/config$|\/\.aws\/(config|credentials)$/,
    'ini',
  ],
  [/\.json5$/, 'json5'],
  [/\.(jsonc?|code-workspace|tfstate)$|\/\.(renovaterc|babelrc|eslintrc|swcrc|devcontainer)$/, 'json'],
  [/\.(ya?ml|mdc\.yaml)$|\/\.(clang-format|yarnrc\.yml)$|\/mongod\.conf$/, 'yaml'],
];

/** What is left are endings that several formats share, and none. */
function formatOfText(plain: string, text: string): Format | undefined {
  const start = text.slice(0, 20_000);
  const ending = /\.([a-z0-9]+)$/.exec(plain)?.[1];
  if (ending === 'rules')
    return /\bservice\s+(cloud\.firestore|firebase\.storage)\b|\brules_version\b/.test(start) ? 'firebase-rules' : undefined;
  if (ending === 'conf' || ending === 'config' || ending === 'vhost') {
    if (/^[ \t]*(server|http|events|upstream|location|map|stream)\b[^;{}]*\{/m.test(start)) return 'nginx';
    if (/^[ \t]*<(VirtualHost|Directory|Location|Files|IfModule)\b/im.test(start)) return 'lines';
    if (/^[ \t]*(local|host|hostssl|hostnossl)\s+\S+\s+\S+/m.test(start)) return 'pg-hba';
    if (/^[ \t]*(PermitRootLogin|PasswordAuthentication|AuthorizedKeysFile|AllowUsers|Match (User|Group|Address|Host))\b/im.test(start))
      return 'sshd';
    if (/^[ \t]*(server_name|proxy_pass|listen|add_header|ssl_\w+|alias|root)\s[^\n]*;/m.test(start)) return 'nginx';
    if (/^[ \t]*\[[^\]\n]+\][ \t\r]*$/m.test(start)) return 'ini';
  }
  if (ending === undefined || ['template', 'policy', 'iam', 'conf', 'config', 'txt'].includes(ending)) {
    if (/^[ \t\uFEFF]*[[{]\s*(["'\]}[{/]|$)/.test(start)) return 'json';
    if (/^(apiVersion|AWSTemplateFormatVersion|Resources|Statement|services|jobs)\s*:/m.test(start)) return 'yaml';
  }
  return undefined;
}
