import { argumentsOf } from '../arguments.ts';
import type { DirectChange } from '../../types.ts';
import type { Effect, Program } from '../effect.ts';
import { inputOf } from '../output.ts';

/** kubectl, helm and what goes around a file into the cluster. */
export const kubernetes: Program = {
  names: [
    'kubectl',
    'oc',
    'k',
    'helm',
    'kustomize',
    'argocd',
    'flux',
    'eksctl',
    'helmfile',
    'kops',
    'velero',
    'istioctl',
    'skaffold',
    'werf',
  ],
  effects: (invocation) => [
    ...argumentsOf(invocation.args, VALUED)
      .values('--kubeconfig')
      .map((path): Effect => ({ kind: 'script', program: 'kubeconfig', path, args: [] })),
    ...changes(invocation),
  ],
};

const changes: Program['effects'] = ({ program, args, command }) => {
  const read = argumentsOf(args, VALUED);
  const [verb = '', ...rest] = read.plain;
  const dry =
    read.values('--dry-run').some((value) => /client|server|true/.test(value)) ||
    args.some((arg) => arg.startsWith('--dry-run') && !arg.endsWith('=none'));
  if (dry) return [];
  if (program === 'helm') return helm(verb, rest);
  if (program !== 'kubectl' && program !== 'oc' && program !== 'k')
    return /delete|destroy|uninstall/.test(verb + rest.join(' '))
      ? [change('command-destroys-data', `runs \`${program} ${verb}\``, rest.at(-1) ?? program, 'resource', 'high')]
      : CARRIES_OUT.test(`${program} ${read.plain.join(' ')}`) && (program !== 'kops' || args.includes('--yes'))
        ? [
            change(
              'command-changes-access',
              `carries out \`${program} ${read.plain.join(' ')}\``,
              rest.at(-1) ?? program,
              'cluster',
              'medium',
            ),
          ]
        : [];
  const object = rest.join('/') || read.value('-f', '--filename') || 'the cluster';
  switch (verb) {
    case 'apply':
    case 'create':
    case 'replace':
    case 'patch':
    case 'edit':
    case 'set': {
      const what = rest[0] ?? '';
      if (/^(clusterrolebinding|rolebinding)s?$/.test(what)) {
        const role = read.value('--clusterrole', '--role') ?? 'a role';
        const who = read.value('--user', '--group', '--serviceaccount') ?? 'somebody';
        return [
          change(
            'command-changes-access',
            `gives \`${role}\` to \`${who}\``,
            who,
            'identity',
            /admin|edit/.test(role) ? 'critical' : 'high',
          ),
        ];
      }
      if (/^(token|clusterroles?|roles?)$/.test(what))
        return [change('command-changes-access', `runs \`kubectl ${verb} ${rest.join(' ')}\``, object, what, 'high')];
      if (verb === 'create' && /^(namespace|ns|configmap|cm|job)$/.test(what)) return [];
      const manifest = inputOf(command);
      return [
        {
          ...change(
            'command-changes-access',
            `puts ${rest.length > 0 ? `\`${object}\`` : `what \`${object}\` says`} into the cluster`,
            object,
            'cluster',
            verb === 'apply' || verb === 'create' ? 'medium' : 'high',
            manifest,
          ),
        },
      ];
    }
    case 'delete':
      return [
        change(
          'command-destroys-data',
          `deletes \`${object}\` from the cluster`,
          object,
          'resource',
          /^(pod|pods|po|job|jobs)\b/.test(rest[0] ?? '') && !read.has('--all', '-A', '--all-namespaces') ? 'medium' : 'high',
        ),
      ];
    case 'exec':
      // `kubectl exec pod -- ls`
      if (args.includes('--') && LOOKS.test(args[args.indexOf('--') + 1] ?? '')) return [];
      return [change('command-runs-unread-code', `runs a command inside \`${object}\``, object, 'pod', 'medium')];
    case 'proxy':
    case 'port-forward':
      return /0\.0\.0\.0|--accept-hosts|\[::\]/.test(args.join(' '))
        ? [
            change(
              'command-changes-access',
              `lets others on this network reach the cluster with \`kubectl ${verb}\``,
              object,
              'cluster',
              'high',
            ),
          ]
        : [];
    case 'run':
      return args.some((arg) => /^--(privileged|overrides)/.test(arg))
        ? [change('command-changes-access', `starts \`${object}\` with rights of its own`, object, 'pod', 'high')]
        : [];
    case 'expose':
      return read.values('--type').some((type) => /LoadBalancer|NodePort/.test(type))
        ? [change('command-changes-access', `lets others reach \`${object}\` from outside`, object, 'service', 'high')]
        : [];
    case 'auth':
      return rest[0] === 'reconcile'
        ? [change('command-changes-access', 'puts roles and bindings into the cluster', object, 'cluster', 'high')]
        : [];
    case 'adm':
      return /^(policy|groups)\b/.test(rest.join(' ')) && !/who-can|review/.test(rest.join(' '))
        ? [change('command-changes-access', `runs \`${program} ${read.plain.join(' ')}\``, rest.at(-1) ?? object, 'identity', 'critical')]
        : [];
    case 'config':
      if (args.some((arg) => arg.startsWith('--exec-command')))
        return [change('command-runs-unread-code', 'makes kubectl run a program for its credentials', object, 'setting', 'high')];
      return rest[0] === 'view' && args.includes('--raw')
        ? [change('command-reads-secret', 'reads the credentials of the clusters', 'kubeconfig', 'secret', 'medium')]
        : [];
    case 'attach':
    case 'debug':
    case 'cp':
      return [change('command-runs-unread-code', `runs a command inside \`${object}\``, object, 'pod', 'medium')];
    case 'scale':
      return read.values('--replicas').includes('0')
        ? [change('command-destroys-data', `stops \`${object}\``, object, 'workload', 'medium')]
        : [];
    case 'rollout':
      return rest[0] === 'undo'
        ? [
            change(
              'command-weakens-safeguard',
              `brings back an earlier form of \`${rest[1] ?? object}\``,
              rest[1] ?? object,
              'workload',
              'medium',
            ),
          ]
        : [];
    case 'drain':
    case 'cordon':
      return [change('command-destroys-data', `takes \`${object}\` out of use`, object, 'node', 'medium')];
    case 'taint':
    case 'label':
    case 'annotate':
      return /pod-security\.kubernetes\.io|eks\.amazonaws\.com\/role-arn|iam\.gke\.io/.test(args.join(' '))
        ? [change('command-weakens-safeguard', `changes a safeguard of \`${object}\``, object, 'namespace', 'high')]
        : [];
    case 'certificate':
      return rest[0] === 'approve'
        ? [
            change(
              'command-changes-access',
              `approves the certificate \`${rest[1] ?? ''}\``,
              rest[1] ?? 'certificate',
              'certificate',
              'high',
            ),
          ]
        : [];
    case 'get':
      if (/\/secrets(\/|$|\?)/.test(read.value('--raw') ?? ''))
        return [change('command-reads-secret', 'reads secrets of the cluster', read.value('--raw') ?? 'secrets', 'secret', 'medium')];
      return /^secrets?(\/|$)/.test(rest[0] ?? '') &&
        /json|yaml|template/.test(read.value('-o', '--output') ?? args.find((arg) => /^-o./.test(arg)) ?? '')
        ? [
            change(
              'command-reads-secret',
              `reads the secret \`${rest[1] ?? 'of the namespace'}\``,
              rest[1] ?? 'secrets',
              'secret',
              'medium',
            ),
          ]
        : [];
    default:
      return [];
  }
};

/** Programs that print what nobody guards. */
const LOOKS = /^(ls|pwd|ps|df|du|date|whoami|id|uname|hostname|uptime|free|which)$/;

const CARRIES_OUT =
  /^(argocd (app (sync|set|create|rollback|patch)|account|proj (create|role|set)|repo add|cluster add)|flux (bootstrap|reconcile|create|suspend|resume)|eksctl (create|update|upgrade|enable|associate)|helmfile (apply|sync|destroy)|kops (update|rolling-update|edit|replace)|velero restore|istioctl install|skaffold (run|deploy)|werf (converge|dismiss))\b/;

const VALUED = new Set([
  '--raw',
  '-n',
  '--namespace',
  '-f',
  '--filename',
  '-o',
  '--output',
  '-l',
  '--selector',
  '-c',
  '--context',
  '--kubeconfig',
  '-k',
  '--kustomize',
  '-p',
  '--patch',
  '--type',
  '--clusterrole',
  '--role',
  '--user',
  '--group',
  '--serviceaccount',
  '--replicas',
  '--set',
  '--values',
]);

function helm(verb: string, rest: readonly string[]): readonly Effect[] {
  const object = rest[0] ?? 'a release';
  if (/^(uninstall|delete)$/.test(verb))
    return [change('command-destroys-data', `removes the release \`${object}\``, object, 'release', 'high')];
  if (/^(install|upgrade|rollback)$/.test(verb))
    return [change('command-changes-access', `puts the release \`${object}\` into the cluster`, object, 'release', 'medium')];
  return [];
}

function change(
  rule: DirectChange['rule'],
  does: string,
  object: string,
  kind: string,
  severity: DirectChange['severity'],
  document?: string,
): Extract<Effect, { kind: 'change' }> {
  return { kind: 'change', change: { rule, system: 'the cluster', does, object, kind, severity, document } };
}
