import { describe } from 'node:test';
import { readCodeowners } from '../../../server/engine/read/codeowners.ts';
import { testReader } from './table.ts';

describe('codeowners', () => {
  testReader(readCodeowners, [
    {
      what: 'reads patterns, owners and sections',
      text: '# x\n* @org/a b@c.d # c\n/in\\ fra/ @org/ops\n/none\n^[Docs][2] @docs\n/docs\n',
      reads: {
        entry: [
          { pattern: '*', owners: ['@org/a', 'b@c.d'] },
          { pattern: '/in fra/', owners: ['@org/ops'] },
          { pattern: '/none', owners: [] },
          { pattern: '/docs', owners: ['@docs'], section: 'Docs' },
        ],
      },
      places: ['/in\\ fra/', '@org/ops', '* @org/a b@c.d'],
    },
  ]);
});
