/**
 * Grants of what an edit left as it is are made once for both sides, and few changed grants are compared without an index. Here random
 * edits of roles, bindings, jobs and firewalls are compared so and the whole way, as if nothing stood at the place it had before.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessFindings } from '../../../server/engine/access/access-finding.ts';
import { globAxis, pathAxis } from '../../../server/engine/access/box.ts';
import { changedLines } from '../../../server/engine/access/changed-lines.ts';
import { expansionsOf } from '../../../server/engine/access/cover.ts';
import type { Grant } from '../../../server/engine/access/grant.ts';
import { DEFAULT_SETTINGS } from '../../../server/engine/assess.ts';
import { formatOf, readText } from '../../../server/engine/read/format.ts';
import { declarationsOf } from '../../../server/engine/systems/registry.ts';
import type { Finding } from '../../../server/engine/types.ts';
import { randomFrom } from '../../support/random.ts';
import { STRANGER } from '../../support/stranger.ts';

const SEED = Number(process.env['SEED'] ?? 20_261_121);
/** More of them, now and then: `ROUNDS=5000`. */
const ROUNDS = Number(process.env['ROUNDS'] ?? 50);
const random = randomFrom(SEED);

type Kind = {
  readonly path: string;
  readonly thing: () => string;
  readonly words: readonly string[];
  readonly around: (things: readonly string[]) => string;
};

const NAMES = ['a', 'b', 'c'];
const VERBS = ['get', 'list', '*', 'create', 'delete'];

const KINDS: readonly Kind[] = [
  {
    path: 'rbac.yaml',
    words: [...NAMES, ...VERBS, 'Role', 'ClusterRole', 'system:anonymous', 'cluster-admin', 'secrets', 'true', 'x', 'y'],
    around: (things) => things.join('\n---\n'),
    thing: () => (random.chance(0.5) ? role() : binding()),
  },
  {
    path: 'rbac.tf',
    words: [...NAMES, ...VERBS, 'kubernetes_role.a.metadata[0].name', 'ClusterRole', 'secrets', 'shop'],
    around: (things) => things.join('\n\n'),
    thing: () => (random.chance(0.5) ? terraformRole() : terraformBinding()),
  },
  {
    path: '.github/workflows/ci.yml',
    words: ['contents', 'packages', 'read', 'write', 'write-all', 'permissions', 'pull_request_target', 'push', 'id-token', 'a', 'job'],
    around: (things) => `on: [push]\n${random.chance(0.5) ? 'permissions:\n  contents: read\n' : ''}jobs:\n${things.join('\n')}`,
    thing: job,
  },
  {
    path: 'network.tf',
    words: ['0.0.0.0/0', '10.0.0.0/8', '22', '443', 'tcp', '-1', 'a', 'b', 'ingress', 'egress', 'aws_security_group.b.id', 'name'],
    around: (things) => things.join('\n\n'),
    thing: () => (random.chance(0.6) ? securityGroup() : securityRule()),
  },
];

void test('what was not changed is shared by both sides, and the findings are those of the whole way', () => {
  let told = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const { path, thing, words, around } = random.pick(KINDS);
    const before = around(Array.from({ length: 2 + random.below(6) }, thing));
    let after = before;
    for (let i = random.below(3); i >= 0; i--) after = mutated(after, words);
    const [old, now] = [sideOf(path, before, 'before'), sideOf(path, after, 'after')];
    const found = findings(path, old, now);
    assert.deepEqual(
      found,
      findings(path, old, { ...now, declarations: [...now.declarations, STRANGER] }),
      `seed ${SEED}\n${before}\n=== to\n${after}`,
    );
    told += found.length;
  }
  assert.ok(told > ROUNDS / 10, `only ${told} findings in ${ROUNDS} edits`);
});

void test('grants compared one by one and all at once leave the same', () => {
  for (let round = 0; round < ROUNDS; round++) {
    const before = Array.from({ length: random.below(30) }, grant);
    const after = Array.from({ length: 20 }, grant);
    const whole = expansionsOf(before, after, () => false);
    const single = after.flatMap((each) => expansionsOf(before, [each], () => false));
    assert.deepEqual(single, whole, `seed ${SEED}, round ${round}`);
  }
});

void test('lines around a change need no look', () => {
  for (let round = 0; round < 20 * ROUNDS; round++) {
    const text = (): string => Array.from({ length: random.below(7) }, () => random.pick(['a', ' a', 'b', '', 'c'])).join('\n');
    const [head, tail] = [text(), text()];
    const [before, after] = [`${head}${text()}${tail}`, `${head}${text()}${tail}`];
    // A carriage return at the end is none of the lines', and has every line looked at.
    const whole = changedLines(before.replaceAll('\n', '\r\n'), after.replaceAll('\n', '\r\n'));
    assert.deepEqual(changedLines(before, after), whole, `seed ${SEED}\n${JSON.stringify([before, after])}`);
  }
});

type Side = Parameters<typeof accessFindings>[1];

function sideOf(path: string, text: string, side: 'before' | 'after'): Side {
  const tree = readText(formatOf(path, text) ?? assert.fail(path), text, side);
  return { tree, declarations: declarationsOf(tree, path) };
}

function findings(path: string, before: Side, after: Side): readonly Finding[] {
  return accessFindings(path, before, after, DEFAULT_SETTINGS).findings;
}

/** A word becomes another one, or a line goes or comes twice. */
function mutated(text: string, words: readonly string[]): string {
  const lines = text.split('\n');
  const at = random.below(lines.length);
  const own = lines[at]?.match(/[\w.*:/-]+/g) ?? [];
  const way = random.below(8);
  if (way === 0) return lines.toSpliced(at, 1).join('\n');
  if (way === 1) return lines.toSpliced(at, 0, lines[at] ?? '').join('\n');
  return own.length === 0 ? text : lines.with(at, (lines[at] ?? '').replace(random.pick(own), random.pick(words))).join('\n');
}

function role(): string {
  const cluster = random.chance(0.5);
  const labels = random.chance(0.3) ? `\n  labels:\n    part: ${random.pick(['x', 'y'])}` : '';
  const admin = random.chance(0.1) ? '\n  labels:\n    rbac.authorization.k8s.io/aggregate-to-view: "true"' : '';
  const gathers = random.chance(0.2)
    ? `\naggregationRule:\n  clusterRoleSelectors:\n    - matchLabels:\n        part: ${random.pick(['x', 'y'])}`
    : '';
  return `apiVersion: rbac.authorization.k8s.io/v1
kind: ${cluster ? 'ClusterRole' : 'Role'}
metadata:
  name: ${random.pick(NAMES)}${cluster ? '' : '\n  namespace: shop'}${labels === '' ? admin : labels}${gathers}
rules:
  - apiGroups: [""]
    resources: ["${random.pick(['configmaps', 'secrets', 'pods', '*'])}"]
    verbs: ["${random.pick(VERBS)}", "${random.pick(VERBS)}"]`;
}

function binding(): string {
  const cluster = random.chance(0.5);
  return `apiVersion: rbac.authorization.k8s.io/v1
kind: ${cluster ? 'ClusterRoleBinding' : 'RoleBinding'}
metadata:
  name: ${random.pick(NAMES)}${cluster ? '' : '\n  namespace: shop'}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ${cluster || random.chance(0.3) ? 'ClusterRole' : 'Role'}
  name: ${random.pick([...NAMES, 'view', 'elsewhere'])}
subjects:
  - kind: ${random.pick(['ServiceAccount', 'Group', 'User'])}
    name: ${random.pick([...NAMES, 'system:authenticated'])}`;
}

function terraformRole(): string {
  return `resource "kubernetes_role" "${random.pick(NAMES)}" {
  metadata {
    name      = "${random.pick(NAMES)}"
    namespace = "shop"
  }
  rule {
    api_groups = [""]
    resources  = ["secrets"]
    verbs      = ["${random.pick(VERBS)}"]
  }
}`;
}

function terraformBinding(): string {
  const name = random.pick(NAMES);
  return `resource "kubernetes_role_binding" "${random.pick(NAMES)}" {
  metadata {
    name      = "b"
    namespace = "shop"
  }
  role_ref {
    kind = "Role"
    name = ${random.chance(0.5) ? `"${name}"` : `kubernetes_role.${name}.metadata[0].name`}
  }
  subject {
    kind = "User"
    name = "${random.pick(NAMES)}"
  }
}`;
}

function job(): string {
  const permissions = random.chance(0.6)
    ? `\n    permissions:\n      ${random.pick(['contents', 'packages'])}: ${random.pick(['read', 'write'])}`
    : '';
  return `  ${random.pick(NAMES)}${random.below(3)}:
    runs-on: ubuntu-24.04${permissions}
    steps:
      - uses: actions/checkout@v4`;
}

function securityGroup(): string {
  const block = (): string => `  ${random.pick(['ingress', 'egress'])} {
    from_port   = 22
    to_port     = ${random.pick(['22', '443'])}
    protocol    = "tcp"
    cidr_blocks = ["${random.pick(['10.0.0.0/8', '0.0.0.0/0'])}"]
  }`;
  return `resource "aws_security_group" "${random.pick(NAMES)}" {\n  name = "g"\n${Array.from({ length: random.below(3) }, block).join('\n')}\n}`;
}

function securityRule(): string {
  return `resource "aws_security_group_rule" "${random.pick(NAMES)}" {
  type              = "${random.pick(['ingress', 'egress'])}"
  from_port         = 443
  to_port           = 443
  protocol          = "tcp"
  cidr_blocks       = ["${random.pick(['10.0.0.0/8', '0.0.0.0/0'])}"]
  security_group_id = aws_security_group.${random.pick(NAMES)}.id
}`;
}

function grant(): Grant {
  const [who, action, resource] = [random.pick(NAMES), random.pick(VERBS), random.pick(['pods', 'pods*', 'secrets', '*'])];
  const scope = random.pick([[], ['shop'], ['shop', 'in'], ['other']]);
  return {
    system: 'test',
    principal: { kind: 'user', name: who, label: who },
    action,
    resource,
    scope,
    unresolved: random.chance(0.1),
    boxes: [[pathAxis(...(random.chance(0.2) ? [] : ['signed in', who])), globAxis(action), globAxis(resource), pathAxis(...scope)]],
    declaration: STRANGER,
    places: [],
  };
}
