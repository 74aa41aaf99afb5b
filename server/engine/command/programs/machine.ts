import type { DirectChange } from '../../types.ts';
import type { Effect, Program } from '../effect.ts';

/** Programs that change who may use this machine, a broker or a directory, or what guards them, in a word of their own. */
export const machine: Program = {
  names:
    'gpasswd chpasswd dscl net setcap spctl csrutil xhost firewall-cmd pfctl netsh auditctl journalctl aa-disable aa-complain sysctl security update-ca-certificates update-ca-trust loginctl networksetup kafka-acls kafka-acls.sh kafka-configs kafka-configs.sh rabbitmqctl nsc mosquitto_passwd ldapmodify ldapadd ldapdelete ldappasswd samba-tool kcadm kcadm.sh mc grafana-cli auth0 influx htpasswd lxc incus virsh vagrant crictl ctr snap flatpak nixos-rebuild'.split(
      ' ',
    ),
  effects: ({ program, args }): readonly Effect[] => {
    if (/^(--help|-h|help|--version)$/.test(args[0] ?? '') && !/^(htpasswd|ldap\w+)$/.test(program)) return [];
    if (args.at(-1) === '--help' && HELPS.test(program)) return [];
    const line = args.join(' ');
    const found = CALLS.find(([programs, calls]) => programs.test(program) && calls.test(line));
    if (found === undefined) return [];
    const [, , rule, does, severity] = found;
    const object = args.findLast((arg) => !arg.startsWith('-')) ?? program;
    return [
      { kind: 'change', change: { rule, system: 'this machine', does: `${does} with \`${program}\``, object, kind: 'setting', severity } },
    ];
  },
};

/** With this option they do nothing else, wherever it stands. */
const HELPS = /^(kcadm(\.sh)?|mc|auth0|influx|nsc|lxc|incus|snap|flatpak|samba-tool|loginctl|vagrant|ctr|crictl)$/;

type Call = readonly [RegExp, RegExp, DirectChange['rule'], string, DirectChange['severity']];

const ACCESS = 'command-changes-access';
const SAFEGUARD = 'command-weakens-safeguard';
const DATA = 'command-destroys-data';

/** Which programs, and what they are told; the first that fits counts. */
const CALLS: readonly Call[] = [
  [/^(gpasswd|chpasswd)$/, /^(?!.*-d\b)/, ACCESS, 'changes who may use this machine', 'high'],
  [/^dscl$/, /-(append|create|passwd|merge|change)\b/, ACCESS, 'changes who may use this machine', 'high'],
  [/^net$/, /^(user|localgroup|group)\b.*\/(add|active)/i, ACCESS, 'changes who may use this machine', 'high'],
  [/^setcap$/, /[+=]\w*[ep]/, ACCESS, 'gives a program rights of the system', 'high'],
  [/^(spctl|csrutil)$/, /disable/, SAFEGUARD, 'switches off what guards this machine', 'high'],
  [/^xhost$/, /^\+/, ACCESS, 'lets others reach the screen', 'high'],
  [
    /^firewall-cmd$/,
    /--add-(port|service|source|rich-rule|masquerade)|--panic-off|--set-default-zone=trusted/,
    SAFEGUARD,
    'loosens the firewall',
    'high',
  ],
  [/^pfctl$/, /(^|\s)-[a-zA-Z]*[dF]/, SAFEGUARD, 'loosens the firewall', 'high'],
  [/^netsh$/, /firewall.*(state off|action=allow|disable)/i, SAFEGUARD, 'loosens the firewall', 'high'],
  [/^auditctl$/, /(^|\s)-(e\s*0|D|d)\b/, SAFEGUARD, 'switches off the audit log', 'high'],
  [/^journalctl$/, /--vacuum-/, DATA, 'removes logs', 'medium'],
  [/^aa-(disable|complain)$/, /./, SAFEGUARD, 'switches off a confinement', 'high'],
  [
    /^sysctl$/,
    /(ptrace_scope|randomize_va_space|kptr_restrict|dmesg_restrict|unprivileged_\w+|protected_\w+|suid_dumpable)\s*=|ip_forward\s*=\s*1/,
    SAFEGUARD,
    'loosens a safeguard of the kernel',
    'high',
  ],
  [
    /^security$/,
    /^(add-trusted-cert|authorizationdb write|set-key-partition-list|delete-)/,
    SAFEGUARD,
    'changes what this machine trusts',
    'high',
  ],
  [/^update-ca-(certificates|trust)$/, /^(?!.*--help)/, SAFEGUARD, 'changes what this machine trusts', 'medium'],
  [/^loginctl$/, /^enable-linger/, ACCESS, 'lets programs run on without anybody', 'medium'],
  [/^networksetup$/, /^-set(web|secureweb|socksfirewall|autoproxy|dns)/, SAFEGUARD, 'leads what this machine asks elsewhere', 'high'],
  [/^kafka-(acls|configs)(\.sh)?$/, /--(add|alter|remove)\b/, ACCESS, 'changes who may use the broker', 'high'],
  [
    /^rabbitmqctl$/,
    /\b(add_user|set_user_tags|set_permissions|set_topic_permissions|change_password|clear_password|authenticate_user)\b/,
    ACCESS,
    'changes who may use the broker',
    'high',
  ],
  [/^rabbitmqctl$/, /\b(delete_\w+|purge_queue|reset|force_reset)\b/, DATA, 'takes data off the broker', 'high'],
  [/^nsc$/, /^(add|edit|delete) (user|account|signing-key|export)/, ACCESS, 'changes who may use the broker', 'high'],
  [/^mosquitto_passwd$/, /./, ACCESS, 'changes who may use the broker', 'medium'],
  [/^ldap(modify|add|delete|passwd)$/, /./, ACCESS, 'changes the directory', 'high'],
  [
    /^samba-tool$/,
    /^(user|group|domain|dsacl|acl)\b.*\b(add|create|addmembers|setpassword|enable|set|delete)\b/,
    ACCESS,
    'changes the directory',
    'high',
  ],
  [/^kcadm(\.sh)?$/, /^(add-roles|remove-roles|create|update|delete|set-password)\b/, ACCESS, 'changes who may sign in', 'high'],
  [
    /^mc$/,
    /^(anonymous|policy) set|^admin (user|policy|group|idp|accesskey|service) (add|attach|create|set|enable|svcacct)|^share /,
    ACCESS,
    'changes who may reach what is stored',
    'high',
  ],
  [/^mc$/, /^(rb|rm)\b.*(--force|--recursive|-r)|^admin (user|policy) (rm|remove)/, DATA, 'removes what is stored', 'high'],
  [/^grafana-cli$/, /admin reset-admin-password|--insecure/, ACCESS, 'changes who may sign in', 'high'],
  [/^auth0$/, /\b(assign|create|update|delete|add|remove|set|reset)\b/, ACCESS, 'changes who may sign in', 'high'],
  [/^influx$/, /^(auth|user|org|v1 auth) (create|active|password|members add)/, ACCESS, 'changes who may read the data', 'high'],
  [/^htpasswd$/, /^(?!-v)(?=.*\S\s+\S)(?!.*(^|\s)-[a-zA-Z]*n)/, ACCESS, 'changes who may sign in', 'medium'],
  [
    /^(lxc|incus)$/,
    /security\.(privileged|nesting|idmap)|raw\.lxc|\bsource=\/(\s|$)/,
    ACCESS,
    'gives a container rights over this machine',
    'high',
  ],
  [/^(lxc|incus|virsh|vagrant)$/, /^(delete|destroy|undefine|rm)\b/, DATA, 'removes a machine', 'medium'],
  [/^ctr$/, /\brun\b.*--privileged|--mount\b.*src=\/,/, ACCESS, 'starts a container with rights over this machine', 'high'],
  [/^snap$/, /^install\b.*--(devmode|dangerous|jailmode=false)/, SAFEGUARD, 'installs a program without its confinement', 'high'],
  [/^flatpak$/, /^override\b.*--(filesystem|device|socket|share|talk-name)/, SAFEGUARD, 'loosens a confinement', 'medium'],
  [/^nixos-rebuild$/, /^(switch|boot|test)\b/, ACCESS, 'puts another configuration of this machine in force', 'medium'],
];
