import { describe } from 'node:test';
import { readFirebaseRules } from '../../../server/engine/read/firebase-rules.ts';
import { testReader } from './table.ts';

describe('firebase-rules', () => {
  testReader(readFirebaseRules, [
    {
      what: 'reads matches and what they allow',
      text: "rules_version = '2';\nservice cloud.firestore {\n  match /databases/{d}/documents {\n    match /u/{id} {\n      allow read, write: if true; // c\n      allow create: if a // \"\n        && (b);\n      allow delete;\n    }\n  }\n}\n",
      reads: {
        service: [
          {
            '#': ['cloud.firestore'],
            match: [
              {
                '#': ['/databases/{d}/documents'],
                match: [
                  {
                    '#': ['/u/{id}'],
                    allow: [
                      { methods: ['read', 'write'], condition: 'true' },
                      { methods: ['create'], condition: 'a && (b)' },
                      { methods: ['delete'], condition: 'true' },
                    ],
                  },
                ],
              },
            ],
          },
        ],
      },
      places: ['true', 'write', 'read'],
    },
    {
      what: 'sees through functions and brackets that say nothing',
      text: 'match /a {\n  function open() { return (true); }\n  allow read: if ((open()));\n  allow write: if (a) || (b);\n}\n',
      reads: {
        match: [
          {
            '#': ['/a'],
            allow: [
              { methods: ['read'], condition: 'true' },
              { methods: ['write'], condition: '(a) || (b)' },
            ],
          },
        ],
        function: [{ name: 'open', returns: '(true)' }],
      },
    },
    {
      what: 'says what is not closed',
      text: 'match /a {\n  allow read: if true\n',
      reads: { match: [{ '#': ['/a'], allow: [{ methods: ['read'], condition: 'true' }] }] },
      problems: [1],
    },
  ]);
});
