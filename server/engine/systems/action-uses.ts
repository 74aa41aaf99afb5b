import { member, membersOf, type TreeNode } from '../read/tree.ts';
import type { Declaration } from './declaration.ts';
import { madeMember, madeObject, madeText } from './nodes.ts';
import { itemsOf, numbered } from './text-of.ts';
import { WrittenDeclaration } from './written-declaration.ts';

/**
 * What a workflow or an action takes from others: each `uses` and image as a `use`, known by its repository wherever it stands, and each
 * owner of one as a `publisher`. A use has `uses` (as written), `owner`, `repository`, `reference` and `pinned`: commit, version or branch.
 */
export function usesOf(root: TreeNode): readonly Declaration[] {
  const unique = numbered();
  const partsOf = partsOnce();
  // Numbered by what they say, not by where they stand: of two uses of one action, either may come first.
  const uses = writtenUses(root)
    .map((node) => ({ node, text: String(node.value), late: isCommit(node) ? 1 : 0 }))
    .toSorted((a, b) => a.late - b.late || compareText(a.text, b.text))
    .flatMap(({ node, text }) => useOf(node, partsOf(text.trim()), unique));
  const owners = new Map<string, [Use, ...Use[]]>();
  for (const use of uses) {
    const own = owners.get(use.owner);
    if (own === undefined) owners.set(use.owner, [use]);
    else own.push(use);
  }
  return [...uses.map(({ declaration }) => declaration), ...[...owners].map(([owner, own]) => publisherOf(owner, own))];
}

type Use = { readonly owner: string; readonly written: string; readonly declaration: Declaration };

function publisherOf(owner: string, uses: readonly [Use, ...Use[]]): Declaration {
  const body = (): TreeNode => {
    const [first] = uses;
    const at = first.declaration.node;
    const children = uses.map(({ declaration }) => declaration.node);
    return madeObject(
      [madeMember('owner', madeText(owner, at)), madeMember('use', { type: 'array', offset: at.offset, length: at.length, children })],
      at,
    );
  };
  const words = (): string => JSON.stringify(uses.map(({ written }) => written));
  return new WrittenDeclaration({
    system: 'github-actions',
    type: 'publisher',
    key: `publisher/${owner}`,
    name: owner,
    words,
    around: NOTHING_AROUND,
    body,
  });
}

/** A use is what it says. */
const NOTHING_AROUND = { text: '' };

function isCommit({ value }: TreeNode): boolean {
  return /@([0-9a-f]{40}|sha256:)/i.test(String(value));
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function writtenUses(root: TreeNode): readonly TreeNode[] {
  const steps = (node: TreeNode | undefined): readonly TreeNode[] => itemsOf(member(node, 'steps')).flatMap((step) => found(step, 'uses'));
  return [
    ...membersOf(member(root, 'jobs')).flatMap(({ value }) => [...found(value, 'uses'), ...steps(value)]),
    ...steps(member(root, 'runs')),
  ];
}

function found(node: TreeNode, key: string): readonly TreeNode[] {
  const value = member(node, key);
  return value === undefined || typeof value.value !== 'string' ? [] : [value];
}

/** What an action's or an image's name is made of. */
type Parts = {
  readonly written: string;
  readonly owner: string;
  readonly path: string;
  readonly reference: string;
  readonly tag: string;
  readonly docker: boolean;
};

/** Most are used more than once. */
function partsOnce(): typeof partsOf {
  const known = new Map<string, Parts | undefined>();
  return (written) => {
    if (!known.has(written)) known.set(written, partsOf(written));
    return known.get(written);
  };
}

/** Undefined for what stands in the repository itself, which is under its own review. */
function partsOf(written: string): Parts | undefined {
  if (written.startsWith('./') || written.startsWith('../')) return undefined;
  const [, repository = '', reference = ''] = /^(?:docker:\/\/)?([^@]*)(?:@(.*))?$/s.exec(written) ?? [];
  const docker = written.startsWith('docker://');
  const [path = '', tag = ''] = docker ? repository.split(/:(?=[^/]*$)/) : [repository];
  const owner = docker ? `docker://${path.split('/').slice(0, -1).join('/')}` : (path.split('/')[0] ?? '').toLowerCase();
  return { written, owner, path, reference, tag, docker };
}

function useOf(at: TreeNode, parts: Parts | undefined, unique: (key: string) => string): readonly Use[] {
  if (parts === undefined) return [];
  const { written, owner, path, reference, tag, docker } = parts;
  const body = (): TreeNode => {
    const pinned = /^([0-9a-f]{40}|[0-9a-f]{64}|sha256:[0-9a-f]{64})$/i.test(reference)
      ? 'commit'
      : /^(v?\d[\w.+-]*|[\w-]+[/@-]v?\d[\w.+-]*)$/.test(docker ? tag : reference)
        ? 'version'
        : 'branch';
    const members = { uses: written, owner, repository: path, reference: reference || tag, pinned };
    return madeObject(
      Object.entries(members).map(([key, value]) => madeMember(key, madeText(value, at))),
      at,
    );
  };
  const declaration = new WrittenDeclaration({
    system: 'github-actions',
    type: 'use',
    key: unique(`use/${path.toLowerCase()}`),
    name: path,
    words: () => written,
    around: NOTHING_AROUND,
    body,
  });
  return [{ owner, written, declaration }];
}
