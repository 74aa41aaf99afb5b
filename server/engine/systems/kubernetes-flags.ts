import { member, membersOf, type TreeNode } from '../read/tree.ts';
import type { Declaration } from './declaration.ts';
import { itemsOf, madeArray, madeMember, madeObject, madeText } from './nodes.ts';
import { textAt } from './text-of.ts';

/**
 * What the cluster's own programs are started with: one declaration for each container that runs one (`flags/kube-apiserver`,
 * `flags/etcd`, …) and for each `extraArgs` of kubeadm. Its node has a member per flag, without the dashes; a value with commas
 * is a list. A flag without a value is "true".
 */
export function flagDeclarations(node: TreeNode, key: string): readonly Declaration[] {
  if (node.children?.some(({ children }) => BEGINNINGS.has(children?.[0]?.value)) !== true) return [];
  const declaration = (program: string, name: string, flags: TreeNode): Declaration => ({
    system: 'kubernetes',
    type: `flags/${program}`,
    key: `${program} of ${key} ${name}`,
    name: program,
    node: flags,
  });
  const found = containersOf(node).flatMap((container): readonly Declaration[] => {
    const words = [member(container, 'command'), member(container, 'args')].flatMap(itemsOf).flatMap(wordsOf);
    const program = programOf(textAt(container, 'image') ?? '', words);
    return program === undefined ? [] : [declaration(program, textAt(container, 'name') ?? '', flagsOf(words, container))];
  });
  for (const [program, way] of KUBEADM) {
    const args = way.reduce<TreeNode | undefined>(member, node);
    if (args !== undefined) found.push(declaration(program, 'kubeadm', ofKubeadm(args)));
  }
  return found;
}

const PROGRAMS: readonly string[] = [
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kube-proxy',
  'kubelet',
  'etcd',
  'tiller',
  'kubernetes-dashboard',
];

const KUBEADM: readonly (readonly [program: string, way: readonly string[]])[] = [
  ['kube-apiserver', ['apiServer', 'extraArgs']],
  ['kube-controller-manager', ['controllerManager', 'extraArgs']],
  ['kube-scheduler', ['scheduler', 'extraArgs']],
  ['etcd', ['etcd', 'local', 'extraArgs']],
  ['kubelet', ['nodeRegistration', 'kubeletExtraArgs']],
];

const PODS: readonly (readonly string[])[] = [
  ['spec'],
  ['template', 'spec'],
  ['spec', 'template', 'spec'],
  ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
];

/** An object without one of these at its top has no way to any of them. */
const BEGINNINGS: ReadonlySet<unknown> = new Set([...KUBEADM.map(([, way]) => way[0]), ...PODS.map(([first]) => first)]);

function containersOf(node: TreeNode): readonly TreeNode[] {
  return PODS.flatMap((way) => {
    const pod = way.reduce<TreeNode | undefined>(member, node);
    return [member(pod, 'containers'), member(pod, 'initContainers')].flatMap((list) => (list?.type === 'array' ? itemsOf(list) : []));
  });
}

/** The program that is started, or the one that its image is named after. */
function programOf(image: string, words: readonly TreeNode[]): string | undefined {
  const started = words
    .map(({ value }) => String(value))
    .filter((word) => !word.startsWith('-'))
    .map((word) => word.split('/').at(-1));
  const imageName = /([^/:@]*)(?::[^/]*)?(?:@.*)?$/.exec(image)?.[1] ?? '';
  return PROGRAMS.find((program) => started.includes(program)) ?? PROGRAMS.find((program) => imageName.startsWith(program));
}

/** A script of a shell is taken apart at its blanks; its words stand where it stands. */
function wordsOf(node: TreeNode): readonly TreeNode[] {
  const text = String(node.value ?? '').trim();
  if (!/\s/.test(text) || /^--[\w-]+=/.test(text)) return node.type === 'object' || text === '' ? [] : [node];
  return text
    .split(/\s+/)
    .slice(0, MOST_WORDS)
    .map((word) => ({ ...madeText(word, node), ...(node.unresolved === true ? { unresolved: true } : {}) }));
}

const MOST_WORDS = 1000;

function flagsOf(words: readonly TreeNode[], container: TreeNode): TreeNode {
  const members = words.flatMap((word, index) => {
    const match = /^--?([A-Za-z][\w.-]*)(?:=([^]*))?$/.exec(String(word.value));
    if (match?.[1] === undefined) return [];
    const next = words[index + 1];
    const separate = match[2] === undefined && next !== undefined && !String(next.value).startsWith('-');
    const text = match[2] ?? (separate ? String(next.value) : 'true');
    return [madeMember(match[1], valueOf(match[1], text, separate ? next : word), word)];
  });
  return madeObject(members, container);
}

/** A map, or (since v1beta4) a list of names and values. */
function ofKubeadm(args: TreeNode): TreeNode {
  const written =
    args.type === 'array'
      ? itemsOf(args).flatMap((each) => {
          const [name, value] = [member(each, 'name'), member(each, 'value')];
          return name === undefined || value === undefined ? [] : [{ key: String(name.value), keyNode: name, value }];
        })
      : membersOf(args);
  return madeObject(
    written.map(({ key, keyNode, value }) => madeMember(key, valueOf(key, String(value.value ?? ''), value), keyNode)),
    args,
  );
}

/** Flags that take a list, be it of one. */
const LISTS: ReadonlySet<string> = new Set([
  'authorization-mode',
  'enable-admission-plugins',
  'disable-admission-plugins',
  'admission-control',
  'tls-cipher-suites',
  'cipher-suites',
  'feature-gates',
]);

function valueOf(flag: string, text: string, at: TreeNode): TreeNode {
  const bare = text.replace(/^(["'])(.*)\1$/s, '$2');
  const made = (each: string): TreeNode => ({ ...madeText(each, at), ...(at.unresolved === true ? { unresolved: true } : {}) });
  return bare.includes(',') || LISTS.has(flag)
    ? madeArray(
        bare.split(',').map((each) => made(each.trim())),
        at,
      )
    : made(bare);
}
