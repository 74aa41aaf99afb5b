import { argumentsOf } from '../arguments.ts';
import type { DirectChange } from '../../types.ts';
import type { Effect, Program } from '../effect.ts';

/** The command lines of Google Cloud and Azure. */
export const clouds: Program = {
  names: ['gcloud', 'gsutil', 'bq', 'az'],
  effects: ({ program, args }) => (program === 'az' ? azure(args) : google(args, program)),
};

const PUBLIC = /allUsers|allAuthenticatedUsers/;
const GREAT_ROLE = /^roles\/(owner|editor)$|admin$|Admin$|tokenCreator$|TokenCreator$|serviceAccountUser$/;

function google(args: readonly string[], program: string): readonly Effect[] {
  const read = argumentsOf(
    args,
    new Set([
      '--project',
      '--member',
      '--role',
      '--zone',
      '--region',
      '--account',
      '--format',
      '--source-ranges',
      '--condition',
      '--impersonate-service-account',
    ]),
  );
  const line = read.plain.join(' ');
  const object = read.plain.at(-1) ?? program;
  if (
    / (add-iam-policy-binding|set-iam-policy)\b/.test(` ${line}`) ||
    (program === 'gsutil' && /^(iam (ch|set)|acl (ch|set)|defacl)/.test(line))
  ) {
    const member = read.value('--member') ?? (PUBLIC.exec(args.join(' '))?.[0] || undefined);
    const role = read.value('--role');
    const open = PUBLIC.test(args.join(' '));
    const severity = open ? 'critical' : role === undefined || GREAT_ROLE.test(role) ? 'high' : 'medium';
    const does = open
      ? `lets anyone on the internet have ${role === undefined ? 'access' : `\`${role}\``} on \`${object}\``
      : member === undefined || role === undefined
        ? `sets who may use \`${object}\``
        : `gives \`${role}\` on \`${object}\` to \`${member}\``;
    return [change('command-changes-access', 'Google Cloud', does, object, 'resource', severity)];
  }
  if (/(service-accounts keys create)/.test(line))
    return [
      change(
        'command-changes-access',
        'Google Cloud',
        `makes a lasting key for \`${read.value('--iam-account') ?? 'a service account'}\``,
        read.value('--iam-account') ?? 'service account',
        'service account',
        'high',
      ),
    ];
  if (/firewall-rules (create|update)/.test(line)) {
    const open = /0\.0\.0\.0\/0|::\/0/.test(args.join(' ')) || (read.value('--source-ranges') === undefined && /create/.test(line));
    return [
      change(
        'command-changes-access',
        'Google Cloud',
        open ? `lets anyone on the internet through the firewall rule \`${object}\`` : `changes the firewall rule \`${object}\``,
        object,
        'firewall rule',
        open ? 'critical' : 'medium',
      ),
    ];
  }
  if (
    /\b(delete|destroy|purge)\b/.test(line) ||
    (program === 'gsutil' && /^(-m )?(rm|rb)\b/.test(line)) ||
    (program === 'bq' && /^rm\b/.test(line))
  )
    return [change('command-destroys-data', 'Google Cloud', `deletes \`${object}\``, object, 'resource', 'high')];
  if (/secrets versions access|auth print-(access|identity)-token/.test(line))
    return [change('command-reads-secret', 'Google Cloud', 'reads a secret', object, 'secret', 'medium')];
  if (
    /(iam roles (create|update)|org-policies (delete|set-policy|reset)|sql (instances patch|users set-password)|projects set-iam-policy|kms .*destroy|logging (sinks|buckets) (delete|update))/.test(
      line,
    )
  )
    return [change('command-weakens-safeguard', 'Google Cloud', `runs \`${program} ${line}\``, object, 'resource', 'medium')];
  return [];
}

const GREAT_AZURE = /^(Owner|Contributor|User Access Administrator|Role Based Access Control Administrator)$/i;

function azure(args: readonly string[]): readonly Effect[] {
  const read = argumentsOf(
    args,
    new Set(['--role', '--assignee', '--scope', '--resource-group', '-g', '--name', '-n', '--subscription', '-o', '--output']),
  );
  const line = read.plain.join(' ');
  const object = read.value('--name', '-n', '--scope', '--ids', '--vault-name', '--account-name') ?? line;
  if (line.startsWith('role assignment create')) {
    const role = read.value('--role') ?? 'a role';
    const who = read.value('--assignee', '--assignee-object-id') ?? 'somebody';
    const scope = read.value('--scope') ?? 'the subscription';
    const wide = !/resourcegroups\//i.test(scope) || /^\/?$/.test(scope);
    return [
      change(
        'command-changes-access',
        'Azure',
        `gives \`${role}\` on \`${scope}\` to \`${who}\``,
        scope,
        'scope',
        GREAT_AZURE.test(role) ? (wide ? 'critical' : 'high') : 'medium',
      ),
    ];
  }
  if (/^role definition (create|update)/.test(line))
    return [change('command-changes-access', 'Azure', 'writes a role of your own', object, 'role', 'high')];
  if (
    /^(ad (sp|app|user) (create|credential|owner|permission)|ad app credential reset|keyvault (set-policy|update)|storage (container set-permission|account update|account keys))/.test(
      line,
    )
  )
    return [change('command-changes-access', 'Azure', `runs \`az ${line}\` on \`${object}\``, object, 'resource', 'high')];
  if (/^network nsg rule (create|update)/.test(line)) {
    const open = /(^|[\s,])(\*|Internet|0\.0\.0\.0\/0|Any)([\s,]|$)/i.test(
      read.values('--source-address-prefixes', '--source-address-prefix').join(' '),
    );
    return [
      change(
        'command-changes-access',
        'Azure',
        open ? `lets anyone on the internet through \`${object}\`` : `changes the network rule \`${object}\``,
        object,
        'network rule',
        open ? 'critical' : 'medium',
      ),
    ];
  }
  if (/\b(delete|purge)\b/.test(line))
    return [change('command-destroys-data', 'Azure', `deletes \`${object}\``, object, 'resource', 'high')];
  if (/^(keyvault secret (show|download)|account get-access-token|storage account keys list)/.test(line))
    return [change('command-reads-secret', 'Azure', 'reads a secret', object, 'secret', 'medium')];
  if (/^(lock delete|policy assignment (delete|update)|monitor diagnostic-settings delete)/.test(line))
    return [change('command-weakens-safeguard', 'Azure', `runs \`az ${line}\``, object, 'safeguard', 'high')];
  return [];
}

function change(
  rule: DirectChange['rule'],
  system: string,
  does: string,
  object: string,
  kind: string,
  severity: DirectChange['severity'],
): Effect {
  return { kind: 'change', change: { rule, system, does, object: object === '' ? system : object, kind, severity } };
}
