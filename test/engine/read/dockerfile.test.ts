import { describe } from 'node:test';
import { readDockerfile } from '../../../server/engine/read/dockerfile.ts';
import { testReader } from './table.ts';

describe('dockerfile', () => {
  testReader(readDockerfile, [
    {
      what: 'reads stages and instructions',
      text: '# syntax=x\nARG V=20\nFROM --platform=linux/amd64 r.io:5000/node:${V}@sha256:ab AS build\nRUN apt-get update \\\n  # c\n  && curl x | sh\nUSER 1000:0\nfrom scratch\nUSER root\n',
      reads: {
        argument: [{ name: 'V', value: '20' }],
        stage: [
          {
            '#': ['build'],
            from: {
              image: 'r.io:5000/node:20@sha256:ab',
              name: 'r.io:5000/node',
              tag: '20',
              digest: 'sha256:ab',
              stage: 'build',
              platform: 'linux/amd64',
            },
            instruction: [
              { keyword: 'RUN', value: 'apt-get update && curl x | sh' },
              { keyword: 'USER', value: '1000:0', user: '1000', group: '0' },
            ],
          },
          { from: { image: 'scratch', name: 'scratch' }, instruction: [{ keyword: 'USER', value: 'root', user: 'root' }] },
        ],
      },
      places: ['1000', 'root', 'r.io:5000/node:${V}@sha256:ab', 'apt-get update \\\n  # c\n  && curl x | sh'],
    },
    {
      what: 'reads variables, copies and JSON forms',
      text: 'FROM ${BASE}\nENV A=1 B="two w" C=$X\nENV OLD the rest\nCOPY --chown=root:root --from=x a b /c/\nADD ["http://x", "/y"]\nENTRYPOINT ["/x", "y"]\nEXPOSE 80 443/tcp\nONBUILD USER root\n',
      reads: {
        stage: [
          {
            from: { image: { '?': '${BASE}' }, name: { '?': '${BASE}' } },
            instruction: [
              {
                keyword: 'ENV',
                value: 'A=1 B="two w" C=$X',
                variable: [
                  { name: 'A', value: '1' },
                  { name: 'B', value: 'two w' },
                  { name: 'C', value: { '?': '$X' } },
                ],
              },
              { keyword: 'ENV', value: 'OLD the rest', variable: [{ name: 'OLD', value: 'the rest' }] },
              {
                keyword: 'COPY',
                value: '--chown=root:root --from=x a b /c/',
                flags: { chown: 'root:root', from: 'x' },
                sources: ['a', 'b'],
                destination: '/c/',
              },
              { keyword: 'ADD', value: '["http://x", "/y"]', sources: ['http://x'], destination: '/y' },
              { keyword: 'ENTRYPOINT', value: '["/x", "y"]', words: ['/x', 'y'] },
              { keyword: 'EXPOSE', value: '80 443/tcp', ports: ['80', '443/tcp'] },
              { keyword: 'ONBUILD', value: 'USER root', instruction: { keyword: 'USER', value: 'root', user: 'root' } },
            ],
          },
        ],
      },
      places: ['two w'.padStart(6, '"').padEnd(7, '"'), 'root:root', '/c/', '443/tcp', '"http://x"'],
    },
    {
      what: 'keeps here-documents together',
      text: 'FROM a\nRUN <<EOF\nUSER x\nEOF\nUSER y\n',
      reads: {
        stage: [
          {
            from: { image: 'a', name: 'a' },
            instruction: [
              { keyword: 'RUN', value: '<<EOF\nUSER x' },
              { keyword: 'USER', value: 'y', user: 'y' },
            ],
          },
        ],
      },
    },
    {
      what: 'reads a piece without its first line',
      text: 'USER root\n',
      reads: { stage: [{ instruction: [{ keyword: 'USER', value: 'root', user: 'root' }] }] },
    },
  ]);
});
