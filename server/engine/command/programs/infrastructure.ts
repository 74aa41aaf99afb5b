import { argumentsOf } from '../arguments.ts';
import type { DirectChange } from '../../types.ts';
import type { Effect, Program } from '../effect.ts';
import { commandLine } from '../words.ts';
import { PLATFORMS, TUNNELS } from './platforms.ts';

/** Programs that carry plans out: Terraform and its like, containers, services, the machine itself. */
export const infrastructure: Program = {
  names: [
    'terraform',
    'tofu',
    'terragrunt',
    'tf',
    'terramate',
    'cdktf',
    'sst',
    'aws-cdk',
    'copilot',
    'amplify',
    'chalice',
    'zappa',
    'ansible',
    'ansible-playbook',
    ...PLATFORMS,
    'pip',
    ...TUNNELS,
    'pulumi',
    'cdk',
    'sam',
    'serverless',
    'sls',
    'docker',
    'podman',
    'systemctl',
    'crontab',
    'at',
    'batch',
    'launchctl',
    'iptables',
    'ufw',
    'nft',
    'visudo',
    'passwd',
    'usermod',
    'useradd',
    'adduser',
    'setenforce',
    'ssh-copy-id',
    'vault',
    'npm',
    'pnpm',
    'yarn',
    'gh',
    'glab',
  ],
  effects: ({ program, args }) => {
    const read = argumentsOf(
      args,
      new Set([
        '-chdir',
        '-var',
        '-var-file',
        '-target',
        '--profile',
        '-u',
        '-g',
        '-G',
        '-R',
        '--repo',
        '-X',
        '--method',
        '-f',
        '-F',
        '--field',
        '--raw-field',
        '-H',
        '--header',
        '--input',
        '-b',
        '--body',
      ]),
    );
    const line = read.plain.join(' ');
    if (/^(npm|pnpm|yarn)$/.test(program) && args.includes('--dry-run')) return [];
    if (program.startsWith('ansible')) return playbook(program, args);
    if (args.includes('--help') || (program === 'crontab' && args.includes('-l'))) return [];
    // Without its volumes nothing is lost.
    if (/^compose down\b/.test(line) && !read.has('-v', '--volumes', '--rmi')) return [];
    if (/^(railway|heroku)$/.test(program) && args[0] === 'run') return started(program, args.slice(1));
    const found = CALLS.find(
      ({ programs, calls, told }) => programs.includes(program) && (calls.test(line) || told?.test(args.join(' ')) === true),
    );
    if (found !== undefined) return [{ kind: 'change', change: found.change(line, program, args) }];
    if (
      program === 'gh' &&
      /^(gist|repo) create\b/.test(line) &&
      args.some((arg) => /^(-p|--public)$/.test(arg) && (arg !== '-p' || line.startsWith('gist')))
    )
      return [{ kind: 'change', change: published(line) }];
    if (program === 'gh' && line.startsWith('pr review') && args.some((arg) => /^(-a|--approve)$/.test(arg)))
      return [{ kind: 'change', change: approves(line) }];
    if (/^(gh|glab)$/.test(program) && /^api\b/.test(line))
      return api(program, args, read.plain[1] ?? '', read.value('-X', '--method') ?? joinedMethod(args));
    return [];
  },
};

/** `railway run LINE` runs it here, `heroku run LINE` there. */
function started(program: string, args: readonly string[]): readonly Effect[] {
  const valued = /^(-[as]|--(app|service|environment|size|remote|env|type|project))$/;
  const at = args.findIndex((arg, i) => !arg.startsWith('-') && !valued.test(args[i - 1] ?? ''));
  if (at === -1) return [];
  const words = args.slice(at);
  return [
    { kind: 'shell', text: words.length === 1 ? (words[0] ?? '') : commandLine(words), perhaps: true, elsewhere: program === 'heroku' },
  ];
}

function approves(line: string): DirectChange {
  const rule = 'command-weakens-safeguard';
  return {
    rule,
    system: 'GitHub',
    does: 'approves a change that people are to review',
    object: last(line),
    kind: 'review',
    severity: 'medium',
  };
}

function published(line: string): DirectChange {
  const does = `shows what is here to everybody with \`gh ${line}\``;
  return { rule: 'command-changes-access', system: 'GitHub', does, object: last(line), kind: 'repository', severity: 'medium' };
}

/** `-XPUT` */
function joinedMethod(args: readonly string[]): string | undefined {
  return args.flatMap((arg) => /^-X([A-Za-z]+)$/.exec(arg)?.[1] ?? [])[0];
}

/** Plays change the machines that they are for; a check or a list does not. */
function playbook(program: string, args: readonly string[]): readonly Effect[] {
  if (args.some((arg) => /^(--check|-C|--syntax-check|--list-[\w-]+|--version|--help|-h)$/.test(arg))) return [];
  const read = argumentsOf(
    args,
    new Set([
      '-m',
      '--module-name',
      '-a',
      '--args',
      '-i',
      '--inventory',
      '-e',
      '--extra-vars',
      '-u',
      '-l',
      '--limit',
      '-t',
      '--tags',
      '-c',
      '-f',
      '-b',
    ]),
  );
  const object = read.plain[0] ?? program;
  const module = read.value('-m', '--module-name') ?? 'command';
  if (
    program === 'ansible' &&
    (/^(ansible\.builtin\.)?(ping|setup|debug|gather_facts|stat|find|slurp)$/.test(module) || read.plain.length === 0)
  )
    return [];
  const does = program === 'ansible' ? `runs \`${module}\` on the machines of \`${object}\`` : `carries out the play \`${object}\``;
  return [
    { kind: 'change', change: { rule: 'command-changes-access', system: 'Ansible', does, object, kind: 'machines', severity: 'medium' } },
  ];
}

function api(program: string, args: readonly string[], path: string, method: string | undefined): readonly Effect[] {
  const writes = method === undefined ? args.some((arg) => /^(-f|-F|--field|--raw-field|--input)/.test(arg)) : !/^get$/i.test(method);
  // A query of GraphQL is sent like a change, and is none.
  if (
    !writes ||
    (path === 'graphql' && args.some((arg) => /^query=\s*(query\b[^]*)?\{/.test(arg)) && !args.some((arg) => /\bmutation\b/.test(arg)))
  )
    return [];
  // Words in a conversation are no access.
  if (
    /(^|\/)(issues|pulls|merge_requests)(\/\d+(\/(comments|notes|reviews|labels|assignees|discussions))?)?$|\/comments(\/\d+)?$|\/reactions$/.test(
      path,
    ) &&
    !/^delete$/i.test(method ?? '')
  )
    return [];
  const guard =
    /protected|protection|rulesets|environments|hooks|collaborators|keys|secrets|permissions|actions|teams|members|invitations/.test(path);
  return [
    {
      kind: 'change',
      change: {
        rule: guard ? 'command-weakens-safeguard' : 'command-changes-access',
        system: program === 'glab' ? 'GitLab' : 'GitHub',
        does: `changes \`${path}\` on ${program === 'glab' ? 'GitLab' : 'GitHub'}`,
        object: path,
        kind: 'setting',
        severity: guard || /^delete$/i.test(method ?? '') ? 'high' : 'medium',
      },
    },
  ];
}

type Made = (line: string, program: string, args: readonly string[]) => DirectChange;

const last = (line: string): string => line.split(' ').at(-1) ?? line;

const made =
  (
    rule: DirectChange['rule'],
    does: (line: string, program: string) => string,
    kind: string,
    severity: DirectChange['severity'] | ((line: string, args: readonly string[]) => DirectChange['severity']),
  ): Made =>
  (line, program, args) => ({
    rule,
    system: program,
    does: does(line, program),
    object: last(line) === '' ? program : last(line),
    kind,
    severity: typeof severity === 'string' ? severity : severity(line, args),
  });

type Call = {
  readonly programs: readonly string[];
  /** Of its words, without options. */
  readonly calls: RegExp;
  /** Of all that it is told. */
  readonly told?: RegExp;
  readonly change: Made;
};

const CALLS: readonly Call[] = [
  {
    programs: ['terraform', 'tofu', 'terragrunt', 'tf', 'terramate'],
    calls: /^(run-all |run |terraform |tofu )*(destroy|state (rm|mv|push|replace-provider)|force-unlock|workspace delete)\b/,
    change: made('command-destroys-data', (line, program) => `runs \`${program} ${line}\``, 'infrastructure', 'high'),
  },
  {
    programs: ['terraform', 'tofu', 'terragrunt', 'tf', 'terramate'],
    calls: /^(run-all |run |terraform |tofu |stack )*(apply|import|taint|untaint)\b/,
    change: made(
      'command-changes-access',
      (line, program) => `carries out a plan with \`${program} ${line}\``,
      'infrastructure',
      (_, args) => (args.some((arg) => /auto-approve|destroy/.test(arg)) ? 'high' : 'medium'),
    ),
  },
  {
    programs: ['pulumi', 'cdk', 'aws-cdk', 'cdktf', 'sam', 'serverless', 'sls', 'sst', 'copilot', 'amplify', 'chalice', 'zappa'],
    calls: /^(destroy|stack rm|delete|remove|undeploy|app delete|svc delete|env delete)\b/,
    change: made('command-destroys-data', (line, program) => `runs \`${program} ${line}\``, 'infrastructure', 'high'),
  },
  {
    programs: ['pulumi', 'cdk', 'aws-cdk', 'cdktf', 'sam', 'serverless', 'sls', 'sst', 'copilot', 'amplify', 'chalice', 'zappa'],
    calls: /^(up|deploy|import|push|(app|svc|env|job) deploy|update)\b/,
    change: made('command-changes-access', (line, program) => `carries out a plan with \`${program} ${line}\``, 'infrastructure', 'medium'),
  },
  {
    programs: PLATFORMS,
    calls:
      /^(apps? destroy|apps:destroy|destroy|delete|projects? (rm|delete)|db delete|pg:reset|firestore:delete|database:remove|volumes? (destroy|delete)|job stop|namespace delete|system gc|kv delete|rm|remove)\b/,
    change: made('command-destroys-data', (line, program) => `runs \`${program} ${line}\``, 'resource', 'high'),
  },
  {
    programs: PLATFORMS,
    calls:
      /^(secrets? (put|set|import|unset|bulk)|env (add|rm|set)|env:set|config:(set|unset)|access:(add|remove)|authorizations:create|(compute )?firewall|firewall(s)? (create|add-rule|add-rules|update|apply-to-resource)|certs? add|tokens? create|orgs? invite|acl (policy|token|role|bootstrap|auth-method|binding-rule)|intention (create|delete)|config (write|delete)|ssh-key|projects? (api-keys|add-policy)|ips? allocate)\b/,
    told: /^functions deploy\b.*\s--no-verify-jwt\b/,
    change: made('command-changes-access', (line, program) => `runs \`${program} ${line}\``, 'setting', 'high'),
  },
  {
    programs: ['nomad'],
    calls: /^(job )?run\b/,
    change: made('command-changes-access', (line, program) => `runs \`${program} ${line}\``, 'setting', 'high'),
  },
  {
    programs: ['wrangler', 'fly', 'flyctl', 'vercel', 'netlify', 'railway', 'firebase', 'supabase'],
    calls: /^(deploy|publish|up|--prod|db push|functions deploy|link --project)\b/,
    change: made('command-changes-access', (line, program) => `puts \`${program} ${line}\` before everybody`, 'service', 'medium'),
  },
  {
    programs: ['pip'],
    calls: /^config set global\.(index-url|extra-index-url|trusted-host)\b/,
    change: made('command-runs-unread-code', (line) => `makes pip take packages from \`${last(line)}\``, 'setting', 'high'),
  },
  {
    programs: ['lt', 'localtunnel'],
    calls: /^/,
    change: made(
      'command-changes-access',
      (_, program) => `lets anyone on the internet reach this machine with \`${program}\``,
      'tunnel',
      'high',
    ),
  },
  {
    programs: TUNNELS,
    calls: /^(http|tcp|tls|tunnel|start|local|funnel|host|share public|$)/,
    change: made(
      'command-changes-access',
      (line, program) => `lets anyone on the internet reach this machine with \`${program} ${line}\``,
      'tunnel',
      'high',
    ),
  },
  {
    programs: ['docker', 'podman'],
    calls: /^(volume (rm|prune)|system prune|compose down)\b/,
    change: made('command-destroys-data', (line, program) => `runs \`${program} ${line}\``, 'volume', 'medium'),
  },
  {
    programs: ['systemctl'],
    calls: /^(stop|disable|mask)\b.*(audit|falco|crowdstrike|firewalld|ufw|fail2ban|osquery|sshd|wazuh)/,
    change: made('command-weakens-safeguard', (line) => `switches off \`${last(line)}\``, 'service', 'high'),
  },
  {
    programs: ['crontab', 'at', 'batch', 'launchctl'],
    calls: /^(?!-l$|list).*/,
    change: made('command-runs-unread-code', (_, program) => `makes \`${program}\` run something later, without you`, 'schedule', 'medium'),
  },
  {
    programs: ['iptables', 'ufw', 'nft', 'setenforce'],
    calls: /(disable|flush|reset|^0$|allow|accept|delete)/i,
    change: made('command-weakens-safeguard', (line, program) => `loosens the firewall with \`${program} ${line}\``, 'firewall', 'high'),
  },
  {
    programs: ['visudo', 'passwd', 'usermod', 'useradd', 'adduser'],
    calls: /./,
    change: made(
      'command-changes-access',
      (line, program) => `changes who may use this machine with \`${program} ${line}\``,
      'account',
      'high',
    ),
  },
  {
    programs: ['ssh-copy-id'],
    calls: /./,
    change: made('command-changes-access', (line) => `lets your key into \`${last(line)}\``, 'host', 'medium'),
  },
  {
    programs: ['vault'],
    calls:
      /^(policy (write|delete)|write (auth|sys|identity)|auth (enable|disable)|audit disable|delete|kv (delete|destroy)|secrets disable|operator (seal|rekey|generate-root|unseal)|token revoke)\b/,
    change: made('command-changes-access', (line) => `runs \`vault ${line}\``, 'vault', 'high'),
  },
  {
    programs: ['vault'],
    calls: /^(read|kv get|token create)\b/,
    change: made('command-reads-secret', () => 'reads a secret', 'secret', 'medium'),
  },
  {
    programs: ['npm', 'pnpm', 'yarn'],
    calls: /^(publish|unpublish|deprecate|owner (add|rm)|access|token|dist-tag|config set)\b/,
    change: made('command-changes-access', (line, program) => `runs \`${program} ${line}\``, 'package', 'high'),
  },
  {
    programs: ['gh', 'glab'],
    calls:
      /^(secret (set|delete)|variable set|ruleset|repo (delete|edit|archive|deploy-key)|ssh-key add|auth (token|refresh)|pr merge|mr (merge|approve)|release delete|workflow (disable|enable)|gpg-key add|extension install|alias import|codespace ports visibility .*:public)\b/,
    told: /^repo sync\b.*\s--force\b/,
    change: made(
      'command-weakens-safeguard',
      (line, program) => `runs \`${program} ${line}\``,
      'repository',
      (line) => (/delete|ruleset|edit|deploy-key/.test(line) ? 'high' : 'medium'),
    ),
  },
];
