import { argumentsOf } from '../arguments.ts';
import type { DirectChange } from '../../types.ts';
import { statements } from './databases.ts';
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
    / (add-iam-policy-binding|set-iam-policy|add-invoker-policy-binding)\b/.test(` ${line}`) ||
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
  const all = args.join(' ');
  if (
    /--allow-unauthenticated\b|--no-enable-master-authorized-networks|--ingress[= ]all\b|--no-invoker-iam-check|--no-public-access-prevention|publicRead|(^|\s)-a public-read|entity=all(Users|AuthenticatedUsers)/i.test(
      all,
    )
  )
    return [change('command-changes-access', 'Google Cloud', `opens \`${object}\` to everybody`, object, 'resource', 'critical')];
  if (args.some((arg) => arg.startsWith('--flags-file')))
    return [
      change(
        'command-runs-unread-code',
        'Google Cloud',
        `runs \`${program}\` with options that stand in a file`,
        object,
        'options',
        'medium',
      ),
    ];
  if (program === 'bq' && /^query\b/.test(line)) return statements(read.plain.slice(1).join(' '), 'bq');
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
  if (/^compute (ssh|tpus tpu-vm ssh)\b/.test(line) && args.some((arg) => /^--command(=|$)/.test(arg)))
    return [change('command-runs-unread-code', 'Google Cloud', `runs a command on \`${object}\``, object, 'machine', 'medium')];
  if (
    /(instances (add-metadata|set-service-account|add-access-config)|project-info add-metadata|os-login ssh-keys add|clusters update|run services update-traffic|services disable|org-policies disable-enforce|deployment-manager deployments (create|update)|infra-manager deployments apply|workload-identity-pools|config set auth\/|auth activate-service-account|ssh .*--command|app firewall-rules|access-context-manager|iam roles (create|update)|org-policies (delete|set-policy|reset)|sql (instances patch|users set-password)|projects set-iam-policy|kms .*destroy|logging (sinks|buckets) (delete|update))/.test(
      line,
    )
  )
    return [change('command-weakens-safeguard', 'Google Cloud', `runs \`${program} ${line}\``, object, 'resource', 'medium')];
  return [];
}

const OPENS_AZURE =
  /publicNetworkAccess[=:]\s*Enabled|--(enable-)?public-network(-access)?[= ](true|Enabled)|--allow-blob-public-access[= ]true|--anonymous-pull-enabled[= ]true|--default-action[= ]Allow|--api-server-authorized-ip-ranges[= ]['"]*(\s|$)|--ip-range-filter[= ]['"]*(\s|$)|--enabled[= ]false/i;

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
  const all = args.join(' ');
  if (/^rest\b/.test(line)) {
    const method = (read.value('--method', '-m') ?? 'get').toUpperCase();
    return /^(PUT|PATCH|POST|DELETE)$/.test(method)
      ? [
          change(
            'command-changes-access',
            'Azure',
            `asks Azure to change \`${read.value('--url', '--uri', '-u') ?? 'something'}\` (${method})`,
            read.value('--url', '--uri', '-u') ?? 'az rest',
            'address',
            'high',
          ),
        ]
      : [];
  }
  if (OPENS_AZURE.test(all))
    return [change('command-changes-access', 'Azure', `opens \`${object}\` with \`az ${line}\``, object, 'resource', 'high')];
  if (
    /^(vm (run-command|user|extension|open-port)|aks (command invoke|get-credentials.*--admin)|webapp (auth|config access-restriction|ssh)|functionapp (cors|auth)|ad group member add|keyvault network-rule|network (nsg|firewall)|acr (update|token|scope-map)|(deployment|stack) (group|sub|mg|tenant|resource) (create|deploy)|policy exemption create|storage account generate-sas|storage (blob|container|account) generate-sas|postgres .*(firewall-rule|execute)|(sql|mysql|mariadb|cosmosdb|redis) .*(firewall-rule|update|execute)|devops security|resource update|role assignment update)/.test(
      `${line}${all.includes('--admin') ? ' --admin' : ''}`,
    )
  )
    return /firewall-rule (show|list)|nsg (show|list)|list\b|show\b/.test(line)
      ? []
      : [
          change(
            'command-changes-access',
            'Azure',
            `runs \`az ${line}\` on \`${object}\``,
            object,
            'resource',
            /0\.0\.0\.0|255\.255\.255\.255|\*/.test(all) ? 'high' : 'medium',
          ),
        ];
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
