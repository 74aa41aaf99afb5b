import { accessFindings } from '../../../server/engine/access/access-finding.ts';
import { formatOf, readText } from '../../../server/engine/read/format.ts';
import { declarationsOf } from '../../../server/engine/systems/registry.ts';

// Prints how long reading and comparing takes on large made-up files.
const role = (i: number, more: string): string =>
  `---\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata:\n  name: r${i}\n  namespace: n${i}\nrules:\n  - apiGroups: [""]\n    resources: [pods, services${more}]\n    verbs: [get, list]\n`;
const group = (i: number, cidr: string): string =>
  `resource "aws_security_group" "g${i}" {\n  ingress {\n    from_port = ${i}\n    to_port = ${i}\n    protocol = "tcp"\n    cidr_blocks = ["${cidr}"]\n  }\n}\nresource "aws_security_group_rule" "r${i}" {\n  security_group_id = aws_security_group.g${i}.id\n  type = "ingress"\n  from_port = 22\n  to_port = 22\n  protocol = "tcp"\n  cidr_blocks = ["10.0.0.0/8"]\n}\n`;
const many = (n: number, line: (i: number) => string): string => Array.from({ length: n }, (_, i) => line(i + 1)).join('');
for (const [name, path, before, after] of [
  ['YAML 10,000 lines, one change', 'a.yaml', many(1000, (i) => role(i, '')), many(1000, (i) => role(i, i === 500 ? ', secrets' : ''))],
  ['YAML 10,000 lines, all changed', 'a.yaml', many(1000, (i) => role(i, '')), many(1000, (i) => role(i, ', secrets'))],
  ['YAML 10,000 lines, new', 'a.yaml', '', many(1000, (i) => role(i, ', secrets'))],
  [
    'HCL 10,000 lines, one change',
    'a.tf',
    many(588, (i) => group(i, '10.0.0.0/8')),
    many(588, (i) => group(i, i === 300 ? '0.0.0.0/0' : '10.0.0.0/8')),
  ],
  ['HCL 10,000 lines, all changed', 'a.tf', many(588, (i) => group(i, '10.0.0.0/8')), many(588, (i) => group(i, '0.0.0.0/0'))],
] as const) {
  const times: string[] = [];
  for (let run = 0; run < 3; run++) {
    const start = performance.now();
    const trees = [
      readText(formatOf(path, after) ?? 'lines', before, 'before'),
      readText(formatOf(path, after) ?? 'lines', after, 'after'),
    ] as const;
    const read = performance.now();
    const [old, now] = [
      { tree: trees[0], declarations: declarationsOf(trees[0], path) },
      { tree: trees[1], declarations: declarationsOf(trees[1], path) },
    ];
    const declared = performance.now();
    const { findings } = accessFindings(path, old, now, { sensitivity: [], outOfTime: () => false });
    times.push(
      `read ${(read - start).toFixed(0)} declare ${(declared - read).toFixed(0)} access ${(performance.now() - declared).toFixed(0)} (${findings.length})`,
    );
  }
  process.stdout.write(`${name}: ${times.join('; ')}\n`);
}
