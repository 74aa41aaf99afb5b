import { describe } from 'node:test';
import { readBicep } from '../../../server/engine/read/bicep.ts';
import { testReader } from './table.ts';

describe('bicep', () => {
  testReader(readBicep, [
    {
      what: 'reads resources, and follows what has a value here',
      text: "@secure()\nparam pw string = 'abc'\nparam loc string = resourceGroup().location\nvar open = '*'\nresource sa 'Microsoft.Storage/storageAccounts@2023-01-01' = if (x) {\n  name: 'st${open}x${uniqueString(a)}'\n  properties: {\n    prefixes: [\n      open\n      'b', 3\n    ]\n    net: a\n      ? 'x'\n      : 'y'\n    text: '''\nhello'''\n  }\n  resource blob 'blobServices' = {\n    name: 'default' // c\n  }\n}\n",
      reads: {
        param: [
          { '#': ['pw'], type: 'string', defaultValue: 'abc', decorator: ['secure'] },
          { '#': ['loc'], type: 'string', defaultValue: { '?': '${resourceGroup().location}' } },
        ],
        var: [{ '#': ['open'], value: '*' }],
        resource: [
          {
            '#': ['sa', 'Microsoft.Storage/storageAccounts@2023-01-01'],
            name: { '?': 'st*x${uniqueString(a)}' },
            properties: { prefixes: ['*', 'b', 3], net: { '?': "${a\n      ? 'x'\n      : 'y'}" }, text: 'hello' },
            resource: [{ '#': ['blob', 'blobServices'], type: 'blobServices', name: 'default' }],
            condition: { '?': '${x}' },
            type: 'Microsoft.Storage/storageAccounts',
            apiVersion: '2023-01-01',
          },
        ],
      },
      places: ["'abc'", "'*'", "'b'", '3', "'default'", "resource blob 'blobServices' = {\n    name: 'default' // c\n  }"],
    },
    {
      what: 'reads loops, references to what exists, modules and outputs',
      text: "targetScope = 'subscription'\nresource r 'Microsoft.X/y@1' = [for i in range(0, 2): {\n  name: 'n${i}'\n}]\nresource e 'Microsoft.X/y@1' existing = {\n  name: 'n'\n}\nmodule m './m.bicep' = {\n  params: { a: union({ b: 1 }, { b: 2 }) }\n}\noutput o string = r[0].id\n",
      reads: {
        targetScope: ['subscription'],
        resource: [
          { '#': ['r', 'Microsoft.X/y@1'], name: { '?': 'n${i}' }, type: 'Microsoft.X/y', apiVersion: '1', copy: { '?': 'loop' } },
          { '#': ['e', 'Microsoft.X/y@1'], name: 'n', type: 'Microsoft.X/y', apiVersion: '1', existing: true },
        ],
        module: [{ '#': ['m', './m.bicep'], params: { a: { b: 2 } }, path: './m.bicep' }],
        output: [{ '#': ['o'], type: 'string', value: { '?': '${r[0].id}' } }],
      },
    },
    {
      what: 'keeps later resources when a quote or a brace is missing',
      text: "resource a 'X/y@1' = {\n  name: 'half\n  b: {\n}\nresource c 'X/y@1' = {\n  name: 'd'\n}\n",
      reads: {
        resource: [
          { '#': ['a', 'X/y@1'], name: 'half', b: {}, type: 'X/y', apiVersion: '1' },
          { '#': ['c', 'X/y@1'], name: 'd', type: 'X/y', apiVersion: '1' },
        ],
      },
      problems: [2, 1],
    },
  ]);
});
