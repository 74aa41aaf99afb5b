/** Calls of a program in Python or JavaScript that change access or data directly, where its text says so plainly. */
import { sends } from './carried.ts';
import type { Effect } from './effect.ts';
import { aws } from './programs/aws.ts';
import { statements } from './programs/databases.ts';
import { hostOf, isThisMachine } from './programs/hosts.ts';
import { requests } from './programs/web-apis.ts';
import { isSecretFile, mayNameSecret } from './secret-files.ts';

/** @param text of the program; nothing of it is run */
export function callsIn(text: string): readonly Effect[] {
  if (text.length > LONGEST) return [];
  return [...ofAmazon(text), ...ofKubernetes(text), ...ofDatabases(text), ...ofWeb(text), ...sending(text), ...unpacked(text)];
}

const LONGEST = 100_000;
const MOST = 20;
const ALONE = { words: [], assignments: {}, redirects: [], input: { kind: 'terminal' }, piped: false, folder: '', source: '' } as const;

/** `boto3.client('iam').create_user(UserName='u')`, `new CreateUserCommand({UserName: 'u'})`: the same as on AWS's own command line. */
function ofAmazon(text: string): readonly Effect[] {
  if (!/\bboto3|aws-sdk|botocore|AWS\./.test(text)) return [];
  const named = new Map(
    [...text.matchAll(/\b(\w+)\s*=\s*(?:await\s+)?(?:[\w.]+\.(?:client|resource)\(\s*["']([\w-]+)["']|new AWS\.(\w+)\()/g)].map(
      ([, name = '', service, other = '']) => [name, (service ?? other).toLowerCase()] as const,
    ),
  );
  const direct = [...text.matchAll(/\.(?:client|resource)\(\s*["']([\w-]+)["'][^)]*\)\s*\.(\w+)\(([^)]*)/g)].map(
    ([, service = '', method = '', given = '']) => [service, method, given] as const,
  );
  const called = [...text.matchAll(/\b(\w+)\.(\w+)\(([^)]*)/g)].flatMap(([, name = '', method = '', given = '']) => {
    const service = named.get(name);
    return service === undefined ? [] : [[service, method, given] as const];
  });
  const services = [...text.matchAll(/@aws-sdk\/client-([\w-]+)/g)].map(([, service = '']) => service);
  const commands = [...text.matchAll(/\b([A-Z]\w+)Command\)?\(\s*(\{[^}]*)?/g)].flatMap(([, method = '', given = '']) =>
    services.slice(0, 3).map((service) => [service, method, given] as const),
  );
  const emptied = /\.(?:objects|object_versions)(?:\.all\(\))?\.delete\(/.test(text) ? [['s3', 'rm', ''] as const] : [];
  return [...direct, ...called, ...commands, ...emptied].slice(0, MOST).flatMap(([service, method, given]) =>
    aws.effects({
      program: 'aws',
      args: [/^s3$/.test(service) && method !== 'rm' ? 's3api' : service, kebab(method), ...optionsIn(given)],
      command: ALONE,
    }),
  );
}

/** `UserName='u', Policy: "p"` as options of a command line. */
function optionsIn(given: string): readonly string[] {
  return [...given.matchAll(/\b([A-Z]\w+)\s*[=:]\s*(["'`])((?:(?!\2).)*)\2/gs)].flatMap(([, name = '', , value = '']) => [
    `--${kebab(name)}`,
    value,
  ]);
}

function kebab(name: string): string {
  return name
    .replaceAll('_', '-')
    .replace(/([a-z\d])([A-Z])/g, '$1-$2')
    .toLowerCase();
}

function ofKubernetes(text: string): readonly Effect[] {
  if (!/\bkubernetes\b|@kubernetes\/client-node/.test(text)) return [];
  return [
    ...text.matchAll(
      /\.((?:create|patch|replace|delete)_?(?:[nN]amespaced)?_?[cC]?\w*(?:[rR]ole|[bB]inding|[sS]ecret|[nN]amespace|[dD]eployment|[pP]od|[sS]ervice_?[aA]ccount|[pP]olicy|[wW]ebhook\w*)\w*)\(/g,
    ),
  ]
    .slice(0, MOST)
    .map(([, method = '']) => ({
      kind: 'change',
      change: {
        rule: method.startsWith('delete') ? 'command-destroys-data' : 'command-changes-access',
        system: 'the cluster',
        does: `calls \`${method}\` of the cluster`,
        object: method,
        kind: 'cluster',
        severity: /[rR]ole|[bB]inding|^delete/.test(method) ? 'high' : 'medium',
      },
    }));
}

/** `cursor.execute("GRANT …")`, `$executeRawUnsafe(…)` */
function ofDatabases(text: string): readonly Effect[] {
  return [
    ...text.matchAll(
      /\b(?:execute(?:script|many|_sql)?|executeRaw(?:Unsafe)?|query|raw|exec|text|run)\(\s*[fbr]?("""|'''|["'`])((?:(?!\1)[^])*)\1/g,
    ),
  ]
    .slice(0, MOST)
    .flatMap(([, , sql = '']) => (SQL.test(sql) ? statements(sql, 'the database') : []));
}

const SQL = /^\s*(?:--[^\n]*\n\s*)*(?:grant|alter|create|drop|truncate|delete\s+from|update\s+\w|do\s+\$|copy\s)/i;

/** `requests.put(ADDRESS)`, `fetch(ADDRESS, {method: 'DELETE'})` */
function ofWeb(text: string): readonly Effect[] {
  const calls = [
    ...[
      ...text.matchAll(
        /\b(?:requests|httpx|session|client|axios|got|ky|superagent|s|r)\.(put|post|patch|delete)\(\s*[fbr]?["'`](\w+:\/\/[^"'`]+)["'`]([^)]*)/gi,
      ),
    ].map(([, method = '', url = '', body = '']) => ({ method, url, body })),
    ...[...text.matchAll(/(?:\bfetch|Request|\.request|axios)\(\s*(?:["'](\w+)["']\s*,\s*)?[fbr]?["'`](\w+:\/\/[^"'`]+)["'`]([^;]*)/g)].map(
      ([, first, url = '', rest = '']) => ({
        method: first ?? /\bmethod["']?\s*[:=]\s*["'](\w+)/.exec(rest)?.[1] ?? (/\bdata\s*=/.test(rest) ? 'POST' : 'GET'),
        url,
        body: rest,
      }),
    ),
  ];
  return calls.slice(0, MOST).flatMap((call) => requests(call));
}

/** A file of secrets that is read, and asked or sent with over the network. A call that signs in with one value of it is not meant. */
function sending(text: string): readonly Effect[] {
  if (!mayNameSecret(text) || !SENDS.test(text) || SIGNS_IN.test(text)) return [];
  const [, host] =
    [...text.matchAll(HOSTS)]
      .map(([, url, other]) => ['', url === undefined ? (other ?? '') : hostOf(url)])
      .find(([, name = '']) => name !== '' && !isThisMachine(name)) ?? [];
  const file = [...text.matchAll(READS)].map(([, path = '']) => path).find(isSecretFile);
  return host === undefined || file === undefined ? [] : [sends(file, host)];
}

const HOSTS = /\b(https?:\/\/[\w.[\]:@-]+)|connect(?:ion)?\(\s*(?:\(\s*)?["']([\w.-]+)["']/g;
const READS =
  /\b(?:open|\w{0,30}[rR]ead\w{0,30}|file_get_contents|slurp|file|Path|createReadStream|cat|[gG]et-[cC]ontent|gc|-?[iI]n[fF]ile)\b[\s(]*["'`]?([~\w./$-]+)/g;
const SENDS =
  /\b(?:post|put|patch|request|sendall|send|sendto|urlopen|urlretrieve|Invoke-\w+|iwr|irm|curl|wget|InFile|upload\w*)\b|\bbody\b|\bdata\s*=|\bfetch\s*\(|\bfile_get_contents\(\s*["']http|\bget\s*\(\s*["']http[^"']*["']\s*[.+,%]/i;
const SIGNS_IN = /authorization|bearer|api[-_]?key|\.auth\b|auth\s*=/i;

/** `exec(base64.b64decode(…))`, `eval(atob(…))`, `exec(urlopen(…).read())`: a program that nobody sees. */
function unpacked(text: string): readonly Effect[] {
  const [, , source = ''] = RUNS_UNSEEN.exec(text) ?? [];
  if (source === '') return [];
  const isFetched = /url|requests|fetch|http/i.test(source);
  return [
    {
      kind: 'change',
      change: {
        rule: 'command-runs-unread-code',
        system: 'this machine',
        does: isFetched
          ? 'runs a program that it fetches, with all your rights'
          : `runs a program that is hidden in a text (\`${source}\`)`,
        object: source,
        kind: 'program',
        severity: isFetched ? 'high' : 'medium',
      },
    },
  ];
}

const RUNS_UNSEEN =
  /\b(exec|eval|Function|runInThisContext|runInNewContext|system|popen|execSync|spawnSync|run)\s*\([^;\n]{0,120}?\b(b64decode|base64\.\w*decode\w*|codecs\.decode|fromhex|unhexlify|decompress|marshal\.loads|atob|urlopen|requests\.get|httpx\.get|Buffer\.from\([^)]*['"](?:base64|hex)|gunzipSync|inflateSync)/;
