import { describe } from 'node:test';
import { readPgHba } from '../../../server/engine/read/pg-hba.ts';
import { testReader } from './table.ts';

describe('pg-hba', () => {
  testReader(readPgHba, [
    {
      what: 'reads entries in order',
      text: 'local all postgres peer # c\nhost all,db2 "all" 0.0.0.0/0 trust\nhostssl all \\\n  all 10.0.0.0 255.0.0.0 scram-sha-256 clientcert=1\nhost a, b c samehost md5\n',
      reads: {
        entry: [
          { type: 'local', database: ['all'], user: ['postgres'], method: 'peer' },
          { type: 'host', database: ['all', 'db2'], user: ['all'], address: '0.0.0.0/0', method: 'trust' },
          {
            type: 'hostssl',
            database: ['all'],
            user: ['all'],
            address: '10.0.0.0',
            mask: '255.0.0.0',
            method: 'scram-sha-256',
            options: ['clientcert=1'],
          },
          { type: 'host', database: ['a', 'b'], user: ['c'], address: 'samehost', method: 'md5' },
        ],
      },
      places: ['0.0.0.0/0', 'trust', '"all"', 'db2', 'host all,db2 "all" 0.0.0.0/0 trust'],
    },
    { what: 'says which line it did not read', text: 'host all all\nfoo a b c d\n', reads: { entry: [] }, problems: [1, 2] },
  ]);
});
