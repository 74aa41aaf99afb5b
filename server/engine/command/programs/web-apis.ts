import { argumentsOf } from '../arguments.ts';
import type { Effect, Invocation, Program } from '../effect.ts';
import { fileRead } from '../made.ts';
import { inputOf } from '../output.ts';
import { sends } from '../carried.ts';
import { ENVIRONMENT, isSecretFile, secretIn } from '../secret-files.ts';
import { hostOf, isDiverted, isThisMachine } from './hosts.ts';
import type { DirectChange } from '../../types.ts';

/** Programs that ask over HTTP: what they change where the addresses are those of clouds, clusters and code hosts. */
export const webApis: Program = {
  names: ['curl', 'wget', 'http', 'https', 'xh', 'xhs'],
  effects: (invocation) => (/^(curl|wget)$/.test(invocation.program) ? asked(invocation) : inWords(invocation)),
};

const VALUED = new Set(
  (
    '-X --request -d --data --data-raw --data-binary --data-urlencode --data-ascii --json -F --form -T --upload-file -H --header -u --user -o --output ' +
    '-b --cookie -c --cookie-jar -A --user-agent -e --referer -K --config -m --max-time -w --write-out -x --proxy --url --unix-socket --aws-sigv4 ' +
    '--cacert --cert --key -E --resolve --connect-to --retry --connect-timeout --oauth2-bearer --method --body-data --body-file --post-data --post-file -O -P ' +
    '--preproxy --proxy1.0 --socks4 --socks4a --socks5 --socks5-hostname --doh-url --dns-servers --url-query --variable --expand-data --execute'
  ).split(' '),
);

const asked: Program['effects'] = (invocation) => {
  const { program, args, command } = invocation;
  // `-sSXPOST`, `-dBODY`: a letter that takes a value ends the bunch.
  const apart = args.flatMap((arg): readonly string[] => {
    const [, bunch = '', letter = '', value = ''] = (program === 'curl' && /^-([a-zA-Z#0-9]*?)([XdFTHuo])(.*)$/s.exec(arg)) || [];
    if (letter === '' || arg.startsWith('--') || (bunch !== '' && /[bcAeKmwxEOP]/.test(bunch))) return [arg];
    return [...(bunch === '' ? [] : [`-${bunch}`]), `-${letter}`, ...(value === '' ? [] : [value])];
  });
  const read = argumentsOf(joinedAt(apart), VALUED);
  const bodies = read
    .values(
      ...'-d --data --data-raw --data-binary --data-urlencode --data-ascii --json -F --form -T --upload-file --post-data --post-file --body-data --body-file'.split(
        ' ',
      ),
    )
    .map((body) => (body === '@-' || body === '-' ? (inputOf(command) ?? body) : body));
  const files = [
    ...bodies.flatMap((body) => filesOf(/(?:^|=)[@<](.+)$/s.exec(body)?.[1])),
    ...read.values('--data-urlencode', '--url-query', '--variable').flatMap((text) => /^[^=@]*@(.+)$/s.exec(text)?.[1] ?? []),
    ...read.values('-H', '--header', '--proxy-header').flatMap((text) => /^@(.+)$/s.exec(text)?.[1] ?? []),
    ...(program === 'curl' ? read.values('-b', '--cookie').filter((text) => !text.includes('=')) : []),
    ...read.values('-e', '--execute').flatMap((text) => /^\s*(?:post|body)_file\s*=\s*(\S+)/.exec(text)?.[1] ?? []),
    ...read
      .values('-T', '--upload-file', '--post-file', '--body-file')
      .flatMap((text) => /^\{(.*)\}$/s.exec(text)?.[1]?.split(',') ?? [text]),
  ]
    .map((file) => (file === '-' ? (fileRead(command) ?? file) : file))
    .map((file) => secretIn(file, command) ?? file);
  const given = read.value('-X', '--request', '--method');
  const method =
    given ??
    (read.has('-G', '--get') || read.has('-I', '--head') || bodies.length === 0 ? 'GET' : read.has('-T', '--upload-file') ? 'PUT' : 'POST');
  const headers = read.values('-H', '--header').join('\n');
  const urls = [...read.values('--url'), ...read.plain].filter((word) => /^[\w[{]|^\/\//.test(word));
  const diverted = isDiverted(invocation);
  const socket = read.value('--unix-socket');
  return urls.flatMap((url) => requests({ method, url, body: bodies.join('&'), headers, files, socket, diverted }));
};

/** `@<(cat a)`: the grammar cuts the word in two. */
function joinedAt(args: readonly string[]): readonly string[] {
  return args.flatMap((arg, i) => (args[i - 1] === '@' ? [] : arg === '@' ? [`@${args[i + 1] ?? ''}`] : [arg]));
}

/** `name=@a,b;type=text/plain`: the files of a part of a form. */
function filesOf(text: string | undefined): readonly string[] {
  return text === undefined ? [] : (text.split(';')[0] ?? '').split(',');
}

/** `http PUT ADDRESS a=b` */
const inWords: (invocation: Invocation) => readonly Effect[] = (invocation) => {
  const { args, command } = invocation;
  const words = args.filter((arg) => !arg.startsWith('-'));
  const [first = '', second = ''] = words;
  const named = /^[A-Z]{3,7}$/.test(first);
  const rest = words.slice(named ? 2 : 1);
  const url = named ? second : first;
  const method = named ? first : rest.some((word) => /^[\w.[\]-]+(:?=|@)/.test(word)) ? 'POST' : 'GET';
  const files = rest.flatMap((word) => /^[\w.[\]-]*(?::?=)?@(.+)$/s.exec(word)?.[1] ?? []).map((file) => secretIn(file, command) ?? file);
  const saved = args.flatMap((arg, i) =>
    /^(-[a-zA-Z]*o|--output)$/.test(arg) ? [args[i + 1] ?? ''] : (/^--output=(.+)$/.exec(arg)?.slice(1) ?? []),
  );
  const last = args.some((arg) => /^(-[a-zA-Z]*d|--download)$/.test(arg)) && saved.length === 0 ? (args.at(-1) ?? '') : '';
  const written = [
    ...saved,
    ...(last === ''
      ? []
      : [
          last
            .replace(/[?#].*$/, '')
            .split('/')
            .at(-1) ?? '',
        ]),
  ].filter((path) => path !== '' && path !== '-');
  return [
    ...written.map((path): Effect => ({ kind: 'write', path, text: undefined, append: false })),
    ...(url === ''
      ? []
      : requests({ method, url, body: rest.join('&'), headers: '', files, socket: undefined, diverted: isDiverted(invocation) })),
  ];
};

export type Request = {
  readonly method: string;
  readonly url: string;
  readonly body: string;
  readonly headers?: string;
  /** Files that are sent. */
  readonly files?: readonly string[];
  readonly socket?: string | undefined;
  /** It reaches another machine than its address names. */
  readonly diverted?: boolean;
};

/** What a request changes, as far as its address says. Reading is no change, but where a secret is handed out. */
export function requests(request: Request): readonly Effect[] {
  const url = /^[a-z]+:\/\//i.test(request.url) ? request.url : `https://${request.url.replace(/^\/\//, '')}`;
  const host = hostOf(url);
  const [, path = ''] = /^[a-z]+:\/\/(?:[^/?#]*@)?(?:\[[^\]]*\]|[^/?#:]+)(?::\d+)?([^#]*)/i.exec(url) ?? [];
  const writes = /^(POST|PUT|PATCH|DELETE)$/i.test(request.method);
  const stays = isThisMachine(host) && request.diverted !== true;
  const sent = stays ? [] : (request.files ?? []).filter((file) => isSecretFile(file) || file === ENVIRONMENT);
  const place = PLACES.find((one) => one.is(host, path, request));
  return [
    ...sent.map((file) => sends(file, request.diverted === true && isThisMachine(host) ? undefined : host)),
    ...(place === undefined ? [] : place.does({ ...request, url, method: request.method.toUpperCase() }, host, path, writes)),
  ];
}

type Place = {
  readonly is: (host: string, path: string, request: Request) => boolean;
  readonly does: (request: Request, host: string, path: string, writes: boolean) => readonly Effect[];
};

const at =
  (hosts: RegExp): Place['is'] =>
  (host) =>
    hosts.test(host);

/** Every change at these addresses counts, but those whose path is ordinary work. */
const everyChange =
  (system: string, ordinary: RegExp, grave: RegExp): Place['does'] =>
  ({ method, body }, host, path, writes) => {
    const where = path.replace(/[?#].*$/, '') || '/';
    if (!writes || (method !== 'DELETE' && ordinary.test(where))) return [];
    if (where.endsWith('/graphql') && !/\bmutation\b|^@/.test(body)) return [];
    const isGrave = grave.test(path) || method === 'DELETE';
    const rule = method === 'DELETE' && !grave.test(path) ? 'command-destroys-data' : 'command-changes-access';
    return [
      change(rule, system, `asks ${system} to change \`${host}${where}\` (${method})`, where, 'address', isGrave ? 'high' : 'medium'),
    ];
  };

const NEVER = /(?!)/;
const CODE_HOST_GRAVE =
  /protection|protected|rulesets|environments|hooks|collaborators|keys|secrets|permissions|actions|teams|members|invitations|variables|approval/;

const PLACES: readonly Place[] = [
  {
    is: (host, path) => host === 'api.github.com' || path.startsWith('/api/v3/'),
    does: everyChange(
      'GitHub',
      /\/(issues|comments|reviews|reactions|labels|assignees|statuses|check-(runs|suites)|markdown|requested_reviewers|gists)(\/[\w-]+)*$|\/pulls(\/\d+(\/(comments|reviews))?)?$|^\/(markdown|gists)/,
      CODE_HOST_GRAVE,
    ),
  },
  {
    is: (_, path) => /^\/api\/v4\/(projects|groups|users|admin|application|personal_access_tokens|runners)\b/.test(path),
    does: everyChange(
      'GitLab',
      /\/(issues|notes|discussions|award_emoji|labels|statuses)(\/[\w-]+)*$|\/merge_requests(\/\d+(\/(notes|discussions)(\/\w+)*)?)?$/,
      CODE_HOST_GRAVE,
    ),
  },
  {
    is: at(
      /^(?:[\w-]+\.)*(iam|sts|kms|organizations|ec2|secretsmanager|cloudtrail|guardduty|config|rds|lambda|eks|ssm|s3-control|route53|cloudformation)(\.[\w-]+)*\.amazonaws\.com$/,
    ),
    does: ({ method, body, url, headers = '' }, host) => {
      const action = /Action=(\w+)/.exec(`${url}&${body}`)?.[1] ?? /x-amz-target:\s*\w+\.(\w+)/i.exec(headers)?.[1];
      const isRead = action === undefined ? method === 'GET' || method === 'HEAD' : /^(Get|List|Describe|Simulate|Lookup)/.test(action);
      if (isRead && !/GetSecretValue|AssumeRole|GetParameter/.test(action ?? '')) return [];
      const does = action === undefined ? `asks AWS to change something at \`${host}\`` : `asks AWS for \`${action}\``;
      return [change('command-changes-access', 'AWS', does, action ?? host, 'address', 'high')];
    },
  },
  {
    is: at(/^(management\.azure\.com|management\.core\.windows\.net|graph\.microsoft\.com|[\w-]+\.vault\.azure\.net)$/),
    does: everyChange(
      'Azure',
      /\/(sendMail|\$batch|search\/query|query)$/,
      /Authorization|role|servicePrincipals|applications|networkSecurity|firewall|policy|locks|secrets/i,
    ),
  },
  {
    is: (host, path) => host.endsWith('.googleapis.com') && GOOGLE_ACCESS.test(`${host}${path}`),
    does: everyChange(
      'Google Cloud',
      /:(testIamPermissions|getIamPolicy|search\w*|query\w*|generateContent|predict)$/,
      /IamPolicy|firewalls|keys|acl|roles/i,
    ),
  },
  {
    is: (_, path) => CLUSTER.test(path),
    does: (request, host, path, writes) =>
      /\/secrets(\/|$|\?)/.test(path) && !writes
        ? [change('command-reads-secret', 'the cluster', `reads secrets at \`${host}\``, path, 'secret', 'medium')]
        : everyChange(
            'the cluster',
            /\/(tokenreviews|(self)?subjectaccessreviews)$/,
            /rbac|roles|secrets|namespaces\/[\w-]+$|serviceaccounts/,
          )(request, host, path, writes),
  },
  {
    is: (_host, _path, { socket }) => socket !== undefined && /docker|podman|containerd/.test(socket),
    does: everyChange('Docker', NEVER, /create|exec|volumes|privileged/),
  },
  {
    is: (_, path, { headers = '' }) => /x-vault-token/i.test(headers) || /^\/v1\/(sys|auth|identity)\//.test(path),
    does: (request, host, path, writes) =>
      writes || /^LIST$/i.test(request.method)
        ? everyChange('Vault', NEVER, /./)(request, host, path, writes)
        : /^\/v1\/(?!sys\/health)/.test(path)
          ? [change('command-reads-secret', 'Vault', `reads \`${path}\``, path, 'secret', 'medium')]
          : [],
  },
  {
    is: at(/^(169\.254\.169\.254|169\.254\.170\.2|metadata\.google\.internal|\[fd00:ec2::254\])$/),
    does: ({ url }, host, path) =>
      /security-credentials\/.|\/token|identity\/oauth2|\/v2\/credentials|user-data/.test(path)
        ? [change('command-reads-secret', 'the cloud', `takes the credentials of this machine from \`${host}\``, url, 'secret', 'high')]
        : [],
  },
  {
    is: at(
      /^api\.(cloudflare|digitalocean|vercel|netlify|heroku|fly|hetzner|linode|pagerduty|datadoghq|snyk|okta)\.(com|cloud|io)$|\.okta\.com$|^api\.hetzner\.cloud$|^registry\.npmjs\.org$|^dev\.azure\.com$/,
    ),
    does: (request, host, path, writes) =>
      everyChange(host, /\/(-\/npm\/v1\/security|deployments\/preview)/, /token|member|firewall|user|polic|dns|role|key/)(
        request,
        host,
        path,
        writes,
      ),
  },
];

const GOOGLE_ACCESS =
  /^(cloudresourcemanager|iam|iamcredentials|orgpolicy|cloudkms|secretmanager|serviceusage|compute|container|sqladmin|cloudfunctions|run|logging)\.|[sS]etIamPolicy|\/(acl|iam|defaultObjectAcl)\b/;

/** The API of Kubernetes, wherever it is served. */
const CLUSTER =
  /^(?:\/k8s\/clusters\/[\w:-]+)?\/(?:api\/v1\/(?:namespaces|nodes|secrets|pods|configmaps|serviceaccounts|persistentvolumes)\b|apis\/(?:apps|batch|policy|autoscaling|[\w-]+\.(?:[\w-]+\.)*[\w-]+)\/v\d\w*\/)/;

function change(
  rule: DirectChange['rule'],
  system: string,
  does: string,
  object: string,
  kind: string,
  severity: DirectChange['severity'],
): Effect {
  return { kind: 'change', change: { rule, system, does, object, kind, severity } };
}
