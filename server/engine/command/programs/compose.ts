import { mayBeGoverned } from '../../read/governed-path.ts';
import { argumentsOf } from '../arguments.ts';
import type { Effect, Invocation, Program } from '../effect.ts';
import { fileRead } from '../made.ts';
import { inputOf, outputOf } from '../output.ts';
import { UNKNOWN } from '../simple-command.ts';

/**
 * What starts containers from a file: where that is the input, or a file that nobody judged by its name, it is judged as the kind of
 * file that it is.
 */
export const compose: Program = {
  names: ['docker', 'docker-compose', 'podman', 'podman-compose', 'nerdctl'],
  effects: (invocation) => {
    const { program, args } = invocation;
    const words = program.endsWith('-compose') ? ['compose', ...args] : args;
    const read = argumentsOf(words, VALUED);
    const [first = '', second = ''] = read.plain;
    if (first === 'compose' && STARTS.test(second))
      return read.values('-f', '--file').flatMap((file) => started(file, 'docker-compose.yml', invocation));
    if (/^(run|create|exec)$/.test(first) || (first === 'container' && /^(run|create|exec)$/.test(second))) return reaching(words);
    if (first === 'stack' && /^(deploy|up)$/.test(second))
      return read.values('-c', '--compose-file').flatMap((file) => started(file, 'docker-compose.yml', invocation));
    // `podman kube play FILE`, `podman play kube FILE`
    if ((first === 'kube' && second === 'play') || (first === 'play' && second === 'kube'))
      return read.plain.slice(2, 3).flatMap((file) => started(file, 'pod.yaml', invocation));
    return [];
  },
};

/** A container that gets this machine itself: all its rights, its processes, its root folder, the way to start more. */
function reaching(words: readonly string[]): readonly Effect[] {
  const rest = words.slice(words.findIndex((word) => /^(run|create|exec)$/.test(word)) + 1);
  const image = rest.findIndex((word, i) => !word.startsWith('-') && !takesNext(rest[i - 1] ?? ''));
  const options = image === -1 ? rest : rest.slice(0, image);
  const found = options
    .map((word, i) => gives(bare(word.includes('=') || !takesNext(word) ? word : `${word}=${options[i + 1] ?? ''}`)))
    .find((what) => what !== undefined);
  if (found === undefined) return [];
  const object = rest[image] ?? 'a container';
  return [
    {
      kind: 'change',
      change: {
        rule: 'command-changes-access',
        system: 'Docker',
        does: `starts \`${object}\` with ${found}`,
        object,
        kind: 'container',
        severity: 'high',
      },
    },
  ];
}

/** Does this option of `run` take the next word? All do, but for these. */
function takesNext(option: string): boolean {
  if (!option.startsWith('-') || option.includes('=')) return false;
  if (option.startsWith('--'))
    return !/^--(detach|interactive|tty|rm|rmi|init|privileged|read-only|read-only-tmpfs|publish-all|oom-kill-disable|no-healthcheck|no-hosts|no-hostname|sig-proxy|quiet|disable-content-trust|help|use-api-socket|replace|tls-verify|env-host|http-proxy|passwd|unsetenv-all|rootfs|no-trunc|latest)$/.test(
      option,
    );
  return /^-[ditPqT]*[^ditPqT]$/.test(option);
}

/** `-itv /:/h`: letters come in a bunch. */
function bare(option: string): string {
  return option.replace(/^-[ditPqT]+(?=v)/, '-');
}

function gives(option: string): string | undefined {
  const [, name = '', value = ''] = /^(-v|--[\w-]+)=?(.*)$/s.exec(option) ?? [];
  switch (name) {
    case '--privileged':
      return value === 'false' ? undefined : 'all rights over this machine (`--privileged`)';
    case '--pid':
    case '--userns':
      return value === 'host' ? `the ${name === '--pid' ? 'processes' : 'users'} of this machine (\`${name}=host\`)` : undefined;
    case '--cap-add':
      return /^(cap_)?(all|sys_admin|sys_ptrace|sys_module|sys_rawio|dac_read_search|bpf)$/i.test(value)
        ? `\`${value}\` on this machine`
        : undefined;
    case '--security-opt':
      return /(seccomp|apparmor|label)[=:](unconfined|disable)/.test(value) ? `its confinement switched off (\`${value}\`)` : undefined;
    case '--device':
      return /^\/dev\/(sd|nvme|vd|xvd|mem|kmem|dm-|mapper)/.test(value) ? `\`${value.split(':')[0] ?? ''}\` of this machine` : undefined;
    case '-v':
    case '--volume':
    case '--mount': {
      const from = /^(?:.*,)?(?:source|src)=([^,]+)/.exec(value)?.[1] ?? value.split(':')[0] ?? '';
      if (/(^|\/)(docker|podman|containerd|crio)\.sock$/.test(from)) return 'the way to start containers of its own (`docker.sock`)';
      return /^\/(etc|root|home|boot|proc|sys|run|var\/run|dev|var|usr|var\/lib\/(docker|kubelet))?\/?$/.test(from) && from !== ''
        ? `\`${from}\` of this machine`
        : undefined;
    }
    default:
      return undefined;
  }
}

const VALUED = new Set(
  '-f --file -c --compose-file -p --project-name --profile --env-file --project-directory --context -H --host -l --log-level'.split(' '),
);
const STARTS = /^(up|run|create|start|restart|watch)$/;
const INPUT = /^(-|\/dev\/stdin|\/dev\/fd\/0|\/proc\/self\/fd\/0)$/;

function started(file: string, kind: string, { program, command }: Invocation): readonly Effect[] {
  const isInput = INPUT.test(file);
  if (!isInput && file !== UNKNOWN && mayBeGoverned(file) && !/^\/(tmp|dev\/shm|var\/tmp)\//.test(file)) return [];
  const printer = file === UNKNOWN ? command.words.find((word) => word.printedBy !== undefined)?.printedBy : undefined;
  const path = isInput ? fileRead(command) : printer === undefined && !file.includes(UNKNOWN) ? file : undefined;
  const document = path === undefined ? (isInput ? inputOf(command) : outputOf(printer)) : `file://${path}`;
  return [
    {
      kind: 'change',
      change: {
        rule: 'command-runs-unread-code',
        system: 'this machine',
        does: `starts containers from what \`${program}\` is given, which cannot be read beforehand`,
        object: 'containers',
        kind: 'program',
        severity: 'medium',
        document,
        documentName: kind,
      },
    },
  ];
}
