import { describe } from 'node:test';
import { readSshd } from '../../../server/engine/read/sshd.ts';
import { testReader } from './table.ts';

describe('sshd', () => {
  testReader(readSshd, [
    {
      what: 'gathers values by keyword, in lower case',
      text: '# c\nPort 22\nport 2222\nPermitRootLogin=yes\nUsePAM = no\nAllowUsers alice "bob x" # c\n',
      reads: { port: ['22', '2222'], permitrootlogin: ['yes'], usepam: ['no'], allowusers: ['alice', 'bob x'] },
      places: ['yes', '"bob x"', 'PermitRootLogin'],
    },
    {
      what: 'puts what follows a Match into it',
      text: 'Match User root\n  PasswordAuthentication yes\nMatch all\n',
      reads: { match: [{ '#': ['User', 'root'], passwordauthentication: ['yes'] }, { '#': ['all'] }] },
      places: ['Match User root\n  PasswordAuthentication yes'],
    },
    { what: 'reads a keyword that has no value yet', text: 'PermitRootLogin', reads: { permitrootlogin: [''] } },
  ]);
});
