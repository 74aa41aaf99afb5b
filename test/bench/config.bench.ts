/** Assessing an edit against parsing both its texts, by format. Medians in ms; the target is twice the parsing. */
import { assess, DEFAULT_SETTINGS } from '../../server/engine/assess.ts';
import { formatOf, readText } from '../../server/engine/read/format.ts';

type Shape = {
  readonly name: string;
  readonly path: string;
  readonly head: string;
  readonly part: (index: number) => string;
  readonly from: string;
  readonly to: string;
};

const POD = (name: string): string => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  template:
    spec:
      containers:
`;
const CONTAINER = (name: string): string => `        - name: ${name}
          image: shop/web:4.2.0
          securityContext:
            privileged: false
            runAsNonRoot: true
          ports:
            - containerPort: 80
          env:
            - name: A
              value: "x"
`;

const SHAPES: readonly Shape[] = [
  {
    name: 'YAML, many objects',
    path: 'k8s/all.yaml',
    head: '',
    part: (index) => `${POD(`web-${index}`)}${CONTAINER('app')}---\n`,
    from: 'privileged: false',
    to: 'privileged: true',
  },
  {
    name: 'YAML, one object',
    path: 'k8s/one.yaml',
    head: POD('web'),
    part: (index) => CONTAINER(`app-${index}`),
    from: 'privileged: false',
    to: 'privileged: true',
  },
  {
    name: 'Terraform',
    path: 'main.tf',
    head: '',
    part: (index) => `resource "aws_s3_bucket" "b${index}" {
  bucket        = "b-${index}"
  force_destroy = false
  tags = {
    team = var.team
  }
  versioning {
    enabled = true
  }
}

`,
    from: 'force_destroy = false',
    to: 'force_destroy = true',
  },
];

console.log('format'.padEnd(22), 'lines'.padStart(7), 'parsing both'.padStart(14), 'assess'.padStart(9), 'ratio'.padStart(7));
for (const shape of SHAPES) {
  for (const lines of [1000, 10_000]) {
    const before = textOf(shape, lines);
    const at = before.indexOf(shape.from, before.length >> 1);
    const after = `${before.slice(0, at)}${shape.to}${before.slice(at + shape.from.length)}`;
    const format = formatOf(shape.path, before);
    if (format === undefined) throw new Error(`${shape.path} has no format`);
    const edit = { path: shape.path, before, after, provenance: { channel: 'hook', certainty: 'attested' } } as const;
    const rounds = lines > 5000 ? 9 : 30;
    // A fresh text each time: readers may remember the last one they read.
    const parsing = median(rounds, (round) => {
      readText(format, `${before}${'\n'.repeat(round)}`, 'before');
      readText(format, `${after}${'\n'.repeat(round)}`, 'after');
    });
    const assessing = median(rounds, (round) => {
      const more = '\n'.repeat(round);
      assess({ ...edit, before: `${before}${more}`, after: `${after}${more}` }, DEFAULT_SETTINGS);
    });
    console.log(
      shape.name.padEnd(22),
      String(lines).padStart(7),
      parsing.toFixed(1).padStart(14),
      assessing.toFixed(1).padStart(9),
      (assessing / parsing).toFixed(2).padStart(7),
    );
  }
}

function textOf({ head, part }: Shape, lines: number): string {
  let text = head;
  for (let index = 0; text.split('\n').length < lines; index++) for (let i = 0; i < 10; i++) text += part(index * 10 + i);
  return text;
}

function median(rounds: number, run: (round: number) => void): number {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    run(round);
    times.push(performance.now() - started);
  }
  return times.sort((a, b) => a - b)[rounds >> 1] ?? 0;
}
