import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type CliIo, fail, say } from './io.ts';
import type { PackArguments } from './pack.ts';

/** Writes a pack to begin with, whose tests pass. Never overwrites. */
export function newCommand({ paths, out }: PackArguments, io: CliIo): number {
  const name = paths[0];
  if (name === undefined || !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name))
    return fail(io, 'Name the pack in small letters and hyphens: countersign pack new shop-rules');
  const file = resolve(io.cwd, out ?? '.', `${name}.pack.yaml`);
  if (existsSync(file)) return fail(io, `${file} is there already. Choose another name, or remove it.`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, template(name), { flag: 'wx' });
  return say(
    io,
    `Wrote ${file}.\nTry it: countersign pack test ${name}.pack.yaml\nTo have it asked, move it into .countersign/packs, then: countersign pack lock\n`,
  );
}

function template(name: string): string {
  return `pack: ${name}
version: 0.1.0
title: Rules of our team
rules:
  - id: ${name}-image-not-pinned
    title: An image is no longer pinned
    severity: medium
    confidence: likely
    on:
      - { system: kubernetes, type: [Deployment, StatefulSet, DaemonSet, CronJob, Job, Pod] }
    each: "**.{containers,initContainers}"
    was:
      image: { matches: "@sha256:" }
    when:
      image: { not: { matches: "@sha256:" } }
    at: image
    blastRadius: service
    gain: run another image than the one that was reviewed
    consequence: "Container \`{item}\` of \`{name}\` can run an image that nobody reviewed: \`{value}\`."
    opened: { name: "{name}", kind: workload }
    fix: Name the image by its digest.
    failureMode: A tag can be moved to another image at any time.
    references: [CWE-829]
    tests:
      - path: k8s/web.yaml
        before: |
          apiVersion: v1
          kind: Pod
          metadata: { name: web }
          spec:
            containers:
              - name: app
                image: shop/web@sha256:4f6a
        after: |
          apiVersion: v1
          kind: Pod
          metadata: { name: web }
          spec:
            containers:
              - name: app
                image: shop/web:latest
        alarms: [{ severity: medium, lines: [7] }]
      - title: another digest
        path: k8s/web.yaml
        before: |
          apiVersion: v1
          kind: Pod
          metadata: { name: web }
          spec: { containers: [{ name: app, image: "shop/web@sha256:4f6a" }] }
        after: |
          apiVersion: v1
          kind: Pod
          metadata: { name: web }
          spec: { containers: [{ name: app, image: "shop/web@sha256:9c01" }] }
        alarms: []
`;
}
