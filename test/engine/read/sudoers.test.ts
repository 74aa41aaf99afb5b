import { describe } from 'node:test';
import { readSudoers } from '../../../server/engine/read/sudoers.ts';
import { testReader } from './table.ts';

describe('sudoers', () => {
  testReader(readSudoers, [
    {
      what: 'reads users, hosts, run-as, tags and commands',
      text: 'alice, %wheel ALL=(ALL:ALL) NOPASSWD: /bin/ls -l, PASSWD: !/bin/su, ALL # c\nroot ALL = ALL\n',
      reads: {
        rule: [
          { who: ['alice', '%wheel'], hosts: ['ALL'], runas: 'ALL:ALL', tags: ['NOPASSWD'], commands: ['/bin/ls -l'] },
          { who: ['alice', '%wheel'], hosts: ['ALL'], runas: 'ALL:ALL', tags: ['PASSWD'], commands: ['!/bin/su', 'ALL'] },
          { who: ['root'], hosts: ['ALL'], tags: [], commands: ['ALL'] },
        ],
      },
      places: ['%wheel', '/bin/ls -l', 'NOPASSWD', '!/bin/su'],
    },
    {
      what: 'needs no spaces',
      text: '%sudo\tALL=(ALL:ALL)NOPASSWD:ALL\n',
      reads: { rule: [{ who: ['%sudo'], hosts: ['ALL'], runas: 'ALL:ALL', tags: ['NOPASSWD'], commands: ['ALL'] }] },
    },
    {
      what: 'follows aliases',
      text: 'User_Alias OPS = carol, dave : DEV = erin\nCmnd_Alias X = ALL\nOPS ALL = NOPASSWD: X\n',
      reads: {
        rule: [{ who: ['carol', 'dave'], hosts: ['ALL'], tags: ['NOPASSWD'], commands: ['ALL'] }],
        alias: [
          { kind: 'User_Alias', name: 'OPS', members: ['carol', 'dave'] },
          { kind: 'User_Alias', name: 'DEV', members: ['erin'] },
          { kind: 'Cmnd_Alias', name: 'X', members: ['ALL'] },
        ],
      },
    },
    {
      what: 'reads several rules of one user, and continued lines',
      text: 'dave h1,h2 = (root) /usr/bin/x \\\n  * : h3 = /bin/y\n',
      reads: {
        rule: [
          { who: ['dave'], hosts: ['h1', 'h2'], runas: 'root', tags: [], commands: ['/usr/bin/x *'] },
          { who: ['dave'], hosts: ['h3'], tags: [], commands: ['/bin/y'] },
        ],
      },
    },
    {
      what: 'reads defaults and includes',
      text: 'Defaults !requiretty, secure_path="/bin:/sbin"\nDefaults:alice !authenticate\n@includedir /etc/sudoers.d\n',
      reads: {
        rule: [],
        defaults: [
          { name: 'requiretty', on: false },
          { name: 'secure_path', on: true, value: '/bin:/sbin' },
          { name: 'authenticate', on: false, scope: ':alice' },
        ],
        include: ['/etc/sudoers.d'],
      },
    },
    {
      what: 'says which line is no rule',
      text: 'root ALL=ALL\nhalf a rule\n',
      reads: { rule: [{ who: ['root'], hosts: ['ALL'], tags: [], commands: ['ALL'] }] },
      problems: [2],
    },
  ]);
});
