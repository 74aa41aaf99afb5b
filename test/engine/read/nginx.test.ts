import { describe } from 'node:test';
import { readNginx } from '../../../server/engine/read/nginx.ts';
import { testReader } from './table.ts';

describe('nginx', () => {
  testReader(readNginx, [
    {
      what: 'reads directives and blocks',
      text: 'http {\n  add_header X "a \\" b" always; # c\n  server {\n    listen 127.0.0.1:80 ssl;\n    listen 443;\n    location ~ \\.php$ { internal; proxy_pass http://$host${uri}; }\n  }\n}\n',
      reads: {
        http: [
          {
            add_header: ['X a " b always'],
            server: [
              {
                listen: ['127.0.0.1:80 ssl', '443'],
                location: [{ '#': ['~', '\\.php$'], internal: [''], proxy_pass: ['http://$host${uri}'] }],
              },
            ],
          },
        ],
      },
      places: ['127.0.0.1:80 ssl', '443', 'location ~ \\.php$ { internal; proxy_pass http://$host${uri}; }'],
    },
    { what: 'reads a text over several lines', text: "add_header P 'a;\n b;';\nx y;\n", reads: { add_header: ['P a;\n b;'], x: ['y'] } },
    {
      what: 'passes over Lua',
      text: 'access_by_lua_block { if a then { } end }\nx y;\n',
      reads: { access_by_lua_block: [' if a then { } end '], x: ['y'] },
    },
    {
      what: 'keeps later blocks when a quote or a brace is missing',
      text: 'server {\n  a "half;\n  location / {\n}\nserver {\n  b c;\n}\n',
      reads: { server: [{ a: ['half'], location: [{ '#': ['/'] }] }, { b: ['c'] }] },
      problems: [2, 1],
    },
    { what: 'says what closes nothing', text: '}\nx y;\n', reads: { x: ['y'] }, problems: [1] },
  ]);
});
