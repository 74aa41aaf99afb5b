import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DockerfileParser, From } from 'dockerfile-ast';
import { readDockerfile } from '../../../server/engine/read/dockerfile.ts';
import { itemsOf } from '../../../server/engine/systems/nodes.ts';
import { member } from '../../../server/engine/read/tree.ts';
import { seeded } from '../../support/random.ts';

const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000);

const LINES = [
  'RUN apt-get update \\\n  && curl x | sh',
  'RUN a \\\n# c\n\n  b',
  'USER root',
  'user 1000:1000',
  'COPY --chown=a:b x y /z/',
  'ADD http://x /y',
  'ENV A=1 B="two words"',
  'ENTRYPOINT ["/x", "y"]',
  'FROM node:20 AS build',
  'FROM r.io:5000/a/b@sha256:abcdef',
  'FROM --platform=linux/arm64 alpine',
  '# comment',
  '',
  '  EXPOSE 80',
  'HEALTHCHECK NONE',
  'RUN --mount=type=secret,id=x cat <<EOF\nUSER nobody\nEOF',
];

/** Keywords, places and images of generated files as another parser has them. */
test(`Dockerfiles as dockerfile-ast reads them (seed ${SEED})`, () => {
  const random = seeded(SEED);
  for (let i = 0; i < 200; i++) {
    const text = `FROM base:1\n${Array.from({ length: 1 + Math.floor(random() * 8) }, () => LINES[Math.floor(random() * LINES.length)]).join('\n')}\n`;
    const theirs = DockerfileParser.parse(text).getInstructions();
    const stages = itemsOf(member(readDockerfile(text, 'after').documents[0], 'stage'));
    const ours = stages.flatMap((stage) => [member(stage, 'from'), ...itemsOf(member(stage, 'instruction'))]);
    const starts = text.split('\n').reduce<number[]>((all, line) => [...all, (all.at(-1) ?? 0) + line.length + 1], [0]);
    assert.deepEqual(
      ours.map((node) => [
        member(node, 'keyword')?.value ?? 'FROM',
        node?.offset,
        member(node, 'name')?.value,
        member(node, 'tag')?.value,
        member(node, 'digest')?.value,
      ]),
      theirs.map((each) => {
        const { line, character } = each.getRange().start;
        const image = each instanceof From ? each : undefined;
        const registry = image?.getRegistry();
        const name = image?.getImageName();
        return [
          each.getKeyword(),
          (starts[line] ?? 0) + character,
          name == null ? undefined : `${registry == null ? '' : `${registry}/`}${name}`,
          image?.getImageTag() ?? undefined,
          image?.getImageDigest() ?? undefined,
        ];
      }),
      `seed ${SEED}\n${text}`,
    );
  }
});
