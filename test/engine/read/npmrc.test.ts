import { describe } from 'node:test';
import { readNpmrc } from '../../../server/engine/read/npmrc.ts';
import { testReader } from './table.ts';

describe('npmrc', () => {
  testReader(readNpmrc, [
    {
      what: 'reads keys, lists and what comes from the environment',
      text: 'strict-ssl=false\nregistry = "https://x/" ; c\n//r/:_authToken=${NPM_TOKEN}\nignore-scripts\nca[]=a\nca[]=b\n; c\n# c\nempty=\n',
      reads: {
        'strict-ssl': 'false',
        registry: 'https://x/',
        '//r/:_authToken': { '?': '${NPM_TOKEN}' },
        'ignore-scripts': true,
        ca: ['a', 'b'],
        empty: '',
      },
      places: ['false', '"https://x/"', '//r/:_authToken'],
    },
  ]);
});
