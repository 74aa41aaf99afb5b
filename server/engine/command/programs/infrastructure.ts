import { argumentsOf } from '../arguments.ts';
import type { DirectChange } from '../../types.ts';
import type { Effect, Program } from '../effect.ts';

/** Programs that carry plans out: Terraform and its like, containers, services, the machine itself. */
export const infrastructure: Program = {
  names: [
    'terraform',
    'tofu',
    'terragrunt',
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
    if (args.includes('--help') || (program === 'crontab' && args.includes('-l'))) return [];
    // Without its volumes nothing is lost.
    if (/^compose down\b/.test(line) && !read.has('-v', '--volumes', '--rmi')) return [];
    const found = CALLS.find(({ programs, calls }) => programs.includes(program) && calls.test(line));
    if (found !== undefined) return [{ kind: 'change', change: found.change(line, program, args) }];
    if (program === 'gh' && /^api\b/.test(line)) return api(args, read.plain[1] ?? '', read.value('-X', '--method'));
    return [];
  },
};

function api(args: readonly string[], path: string, method: string | undefined): readonly Effect[] {
  const writes = method === undefined ? args.some((arg) => /^(-f|-F|--field|--raw-field|--input)/.test(arg)) : !/^get$/i.test(method);
  // A query of GraphQL is sent like a change, and is none.
  if (
    !writes ||
    (path === 'graphql' && args.some((arg) => /^query=\s*(query\b[^]*)?\{/.test(arg)) && !args.some((arg) => /\bmutation\b/.test(arg)))
  )
    return [];
  const guard = /protection|rulesets|environments|hooks|collaborators|keys|secrets|permissions|actions|teams|members|invitations/.test(
    path,
  );
  return [
    {
      kind: 'change',
      change: {
        rule: guard ? 'command-weakens-safeguard' : 'command-changes-access',
        system: 'GitHub',
        does: `changes \`${path}\` on GitHub`,
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

const CALLS: readonly { readonly programs: readonly string[]; readonly calls: RegExp; readonly change: Made }[] = [
  {
    programs: ['terraform', 'tofu', 'terragrunt'],
    calls: /^(run-all )?(destroy|state (rm|mv|push|replace-provider)|force-unlock|workspace delete)\b/,
    change: made('command-destroys-data', (line, program) => `runs \`${program} ${line}\``, 'infrastructure', 'high'),
  },
  {
    programs: ['terraform', 'tofu', 'terragrunt'],
    calls: /^(run-all )?(apply|import|taint|untaint)\b/,
    change: made(
      'command-changes-access',
      (line, program) => `carries out a plan with \`${program} ${line}\``,
      'infrastructure',
      (_, args) => (args.some((arg) => /auto-approve|destroy/.test(arg)) ? 'high' : 'medium'),
    ),
  },
  {
    programs: ['pulumi', 'cdk', 'sam', 'serverless', 'sls'],
    calls: /^(destroy|stack rm|delete|remove)\b/,
    change: made('command-destroys-data', (line, program) => `runs \`${program} ${line}\``, 'infrastructure', 'high'),
  },
  {
    programs: ['pulumi', 'cdk', 'sam', 'serverless', 'sls'],
    calls: /^(up|deploy|import)\b/,
    change: made('command-changes-access', (line, program) => `carries out a plan with \`${program} ${line}\``, 'infrastructure', 'medium'),
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
    calls: /^(policy (write|delete)|write (auth|sys|identity)|auth (enable|disable)|audit disable|delete|kv (delete|destroy))\b/,
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
      /^(secret (set|delete)|variable set|ruleset|repo (delete|edit|archive|deploy-key)|ssh-key add|auth token|pr merge|release delete|workflow (disable|enable))\b/,
    change: made(
      'command-weakens-safeguard',
      (line, program) => `runs \`${program} ${line}\``,
      'repository',
      (line) => (/delete|ruleset|edit|deploy-key/.test(line) ? 'high' : 'medium'),
    ),
  },
];
