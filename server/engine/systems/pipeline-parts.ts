import { membersOf, type TreeNode } from '../read/tree.ts';
import { valueOffset } from '../read/value-offset.ts';
import type { Declaration, SystemId } from './declaration.ts';
import { madeArray, madeMember, madeObject, madeText } from './nodes.ts';
import { textOf } from './text-of.ts';

/** How a maker of pipelines spells what all of them have. */
export type PipelineWords = {
  readonly system: SystemId;
  /** Keys whose texts a shell runs. */
  readonly scripts: ReadonlySet<string>;
  /** Keys whose texts are images to run in. */
  readonly images: ReadonlySet<string>;
  /** What people call an item of a list: a stage, a job, a step. */
  readonly nameOf: (item: TreeNode) => string | undefined;
};

/**
 * A pipeline as two declarations: the whole of it (`pipeline`), with its list items known by their names, and what it runs (`runs`):
 * {"script": [texts], "image": [texts], "check": ["trivy"]}. `check` names the security checks that any of its texts speaks of.
 */
export function pipelineDeclarations(root: TreeNode, words: PipelineWords, index: number): readonly Declaration[] {
  const { system } = words;
  const suffix = index === 0 ? '' : String(index);
  return [
    { system, type: 'pipeline', key: `pipeline${suffix}`, name: 'pipeline', node: labelled(root, words.nameOf) },
    { system, type: 'runs', key: `runs${suffix}`, name: 'pipeline', node: runsOf(root, words) },
  ];
}

/** Texts that run, and the images they run in, wherever they stand. */
function runsOf(root: TreeNode, { scripts, images }: PipelineWords): TreeNode {
  const found: { readonly script: TreeNode[]; readonly image: TreeNode[]; readonly check: TreeNode[] } = {
    script: [],
    image: [],
    check: [],
  };
  const visit = (node: TreeNode, key: string): void => {
    if (node.type === 'array') for (const item of node.children ?? []) visit(item, key);
    else if (node.type === 'object') for (const member of membersOf(node)) visit(member.value, member.key);
    else if (typeof node.value === 'string') {
      if (scripts.has(key)) found.script.push(node);
      if (images.has(key)) found.image.push(node);
      found.check.push(...checksIn(node));
    }
  };
  visit(root, '');
  return runsNode(found, root);
}

/** The security checks that scripts speak of, as a declaration of their own (`checks`: {"check": ["trivy"]}); none where they speak of none. */
export function checksDeclared(system: SystemId, scripts: readonly TreeNode[], at: TreeNode): readonly Declaration[] {
  const check = scripts.flatMap(checksIn);
  return check.length === 0 ? [] : [{ system, type: 'checks', key: 'checks', name: 'pipeline', node: runsNode({ check }, at) }];
}

/** The body of `runs`. */
export function runsNode(found: Readonly<Record<string, readonly TreeNode[]>>, at: TreeNode): TreeNode {
  return madeObject(
    Object.entries(found).map(([key, items]) => madeMember(key, madeArray(items, items[0] ?? at))),
    at,
  );
}

/** Each security check that a text speaks of, once. */
export function checksIn(node: TreeNode): readonly TreeNode[] {
  const text = String(node.value ?? '').toLowerCase();
  const found = new Map<string, TreeNode>();
  for (const { 0: name, index } of text.matchAll(CHECKS)) {
    if (found.has(name)) continue;
    const offset = valueOffset(node, index);
    found.set(name, { ...madeText(name, node), offset, length: Math.max(0, valueOffset(node, index + name.length) - offset) });
  }
  return [...found.values()];
}

const CHECKS =
  /(?<![\w-])(trivy|snyk|semgrep|gitleaks|trufflehog|checkov|tfsec|terrascan|kics|grype|syft|osv-scanner|bandit|gosec|codeql|sonarqube|sonarcloud|sonar-scanner|withsonarqubeenv|waitforqualitygate|credscan|whitesource|mend|blackduck|veracode|fortify|dependency-?check|npm audit|yarn audit|pnpm audit|pip-audit|cargo audit|cosign verify|sha256sum -c|sha256sum --check|gpg --verify|--ignore-scripts|--frozen-lockfile|--immutable|--require-hashes|npm ci|kubesec|kube-linter|conftest|cfn-nag|cfn_nag|countersign)(?![\w-])/g;

/** Every item of a list that has a name is known by it. */
function labelled(node: TreeNode, nameOf: PipelineWords['nameOf']): TreeNode {
  if (node.children === undefined) return node;
  const children = node.children.map((child) => {
    const inner = labelled(child, nameOf);
    const name = node.type === 'array' && inner.type === 'object' ? nameOf(inner) : undefined;
    return name === undefined ? inner : { ...inner, labels: [name] };
  });
  return { ...node, children };
}

/** The first of these members that is a text. */
export function firstText(node: TreeNode, keys: readonly string[]): string | undefined {
  const members = membersOf(node);
  for (const key of keys) {
    const text = textOf(members.find((each) => each.key === key)?.value);
    if (text !== undefined && text !== '') return text;
  }
  return undefined;
}
