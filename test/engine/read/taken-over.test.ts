/**
 * What is taken over from the other text of an edit against reading the whole text, on random edits: every node with its place, and
 * every problem. A node that stands elsewhere, or says something else, would be a hole in the gate.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatOf, readText } from '../../../server/engine/read/format.ts';
import { takenOver } from '../../../server/engine/read/taken-over.ts';
import type { Format, TreeNode } from '../../../server/engine/read/tree.ts';
import { REPOSITORY } from '../../support/repository.ts';
import { randomFrom } from '../../support/random.ts';

const SEED = Number(process.env['SEED'] ?? 20_261_121);
const ROUNDS = Number(process.env['ROUNDS'] ?? 400);
const random = randomFrom(SEED);

const OWN: readonly { readonly format: Format; readonly text: string }[] = readFileSync(
  join(REPOSITORY, 'test', 'engine', 'corpus', 'own', 'texts.jsonl'),
  'utf8',
)
  .split('\n')
  .filter((line) => line !== '')
  .map((line): { readonly path: string; readonly text: string } => JSON.parse(line))
  .flatMap(({ path, text }) => {
    const format = formatOf(path, text);
    return format === undefined ? [] : [{ format, text }];
  });
const textsOf = (wanted: Format): readonly string[] => OWN.flatMap(({ format, text }) => (format === wanted ? [text] : []));

const JSON_TEXTS = [
  ...textsOf('json'),
  '{"a": [1, {"b": "x", "c": []}, [[], {}]], "d": {"e": null, "f": "\\u0041\\\\"}, "g": "ä😀"}',
  '{\r\n  // a word\n  "a": {"b": [1, 2, 3,], /* more */ "c": "d"},\n}',
  '[[[["x"], ["y", "z"]], {"a": {"a": {"a": 1}}}], "0"]',
];
const JSON_BITS = [
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '//',
  '/*',
  '*/',
  '0',
  '-',
  'true',
  ' ',
  '\n',
  '\ud800',
  '"a": 1,',
  '"a"',
  '\ufeff',
];

const YAML_DOCUMENTS = [
  ...textsOf('yaml').filter((text) => text.length < 4_000),
  'a: 1\nb: [x, {y: z}]\n',
  '# only a word\n',
  '',
  '- |\n  text\n  more\n\n- >-\n  folded\n   more\n',
  "key: \"in\n  quotes\"\nother: 'it''s'\nempty:\n",
  '? - complex\n: value\n',
  'Ref: !Sub "${a}"\nlist:\n- !GetAtt a.b\n-\n',
  'one: &x {a: 1}\ntwo: *x\n',
  '{{ .Values.x }}: 1\n',
  '"text"\n',
  '|\n text\n',
];
const YAML_BITS = [
  '---\n',
  '\n---\n',
  '...\n',
  '%YAML 1.2\n',
  '"',
  "'",
  '[',
  '}',
  ': ',
  '- ',
  '|',
  '&x ',
  '*x',
  '#',
  '!t ',
  '\n',
  ' ',
  '\r',
  'x',
  '{{',
];

void test(`JSON: what is taken over is what reading gives (seed ${SEED})`, () => {
  const taken = compareMany('json', () => random.pick(JSON_TEXTS), JSON_BITS);
  assert.ok(taken > ROUNDS / 5, `only ${taken} of ${ROUNDS} were taken over`);
});

void test(`YAML: what is taken over is what reading gives (seed ${SEED})`, () => {
  const text = (): string => Array.from({ length: 2 + random.below(4) }, () => random.pick(YAML_DOCUMENTS)).join('---\n');
  const taken = compareMany('yaml', text, YAML_BITS);
  assert.ok(taken > ROUNDS / 20, `only ${taken} of ${ROUNDS} were taken over`);
});

const LINES: Readonly<Partial<Record<Format, readonly string[]>>> = {
  dotenv: [
    'A=1',
    'export B="two words" # a word',
    "C='x\ny'",
    'D: 1',
    'E=$A',
    'F',
    '  G=`a b`',
    '',
    '# H=1',
    'I=',
    'J="a\\nb"',
    'A=2',
    'K = a # b\r',
    '\uFEFFL=1',
  ],
  sql: [
    'GRANT SELECT ON a.b TO c;',
    "CREATE ROLE d PASSWORD 'x''y' LOGIN;",
    "DO $$ BEGIN GRANT ALL ON e TO f; EXECUTE 'REVOKE ALL ON e FROM g'; END $$;",
    'COPY h FROM stdin;\nGRANT x TO y;\n\\.',
    '/* a /* b */ */',
    '-- it',
    '\\connect i',
    'CREATE FUNCTION j() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END;',
    'CREATE TABLE k (l text DEFAULT $x$ ; $x$)',
    'SELECT 1; DROP TABLE "M";',
    '(SELECT 2);',
    ';',
    "INSERT INTO storage.buckets (id, public) VALUES ('n', true);",
  ],
  dockerfile: [
    'FROM a:1 AS b',
    'ARG c=d',
    'FROM ${c}:2',
    'RUN e \\\n  && f',
    'RUN g \\\n# a word\n\n  h',
    'RUN <<EOF\ni\nEOF',
    'COPY --from=b --chown=j:k l m ./n/',
    'ENV o=p q="r s"',
    'USER t:u',
    'EXPOSE 80 443/udp',
    'EXPOSE',
    'CMD ["v", "w"]',
    'ONBUILD RUN x',
    'LABEL y=z',
    '# a word',
    '  run aa \\',
    '',
    'HEALTHCHECK --interval=5s CMD bb',
    'not an instruction\r',
  ],
  'pg-hba': [
    'local all postgres peer',
    'local k all peer',
    'hostnossl l m 10.1.0.0/16 reject',
    'host n o samehost ldap ldapserver=p',
    'host all "all" 0.0.0.0/0 trust # a word',
    'hostssl a,b c, d 10.0.0.0 255.0.0.0 scram-sha-256 clientcert=verify-full map="x y"  ',
    'host all all \\',
    '# a word \\',
    '',
    'include more.conf',
    '  host e f ::1/128 md5\r',
  ],
};
const LINE_BITS = [
  '"',
  "'",
  '$$',
  '$x$',
  '\n',
  '\\',
  '\\\n',
  ';',
  '/*',
  '*/',
  '--',
  '#',
  '=',
  '`',
  ' ',
  '\r',
  'begin atomic ',
  'do ',
  'copy a from stdin;',
  '<<EOF',
  'EOF\n',
  'FROM x\n',
  '# escape=`\n',
  '\\.',
];

for (const [format, lines] of Object.entries(LINES))
  void test(`${format}: what is taken over is what reading gives (seed ${SEED})`, () => {
    const text = (): string => Array.from({ length: 2 + random.below(9) }, () => random.pick(lines)).join('\n');
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys are formats
    const taken = compareMany(format as Format, text, LINE_BITS);
    assert.ok(taken > ROUNDS / 50, `only ${taken} of ${ROUNDS} were taken over`);
  });

const YAML_SCALARS = [
  'x',
  "'it''s'",
  '"a\\n\\\n  b"',
  '|\n {0}  line\n\n {0}   more\n',
  '|2+\n {0} kept\n\n\n',
  '>-\n {0}folded\n {0}twice',
  '',
  '!Sub "${a}"',
  '!GetAtt a.b # a word',
  'two\n {0}lines',
  '[a, {b: c},\n {0}d]',
  '{a: 1, "b": [2]}',
  '${{ secrets.A }}',
  '1.5',
  'true',
  '&x 1',
  '*x',
  '%a',
];
const YAML_KEYS = ['a', 'b', 'jobs', 'on', '"q"', 'x y', '<<', '? c\n', '!t d', '1', 'name', 'run', 'if', 'env'];

// Behind the others, which keep their edits so.
void test(`YAML of one document: what is taken over is what reading gives (seed ${SEED})`, () => {
  const own = textsOf('yaml').filter((text) => text.length < 4_000 && !text.includes('\n---'));
  const text = (): string => (random.chance(0.3) ? random.pick(own) : `${random.chance(0.2) ? '# a word\n---\n' : ''}${yamlMapping(0, 0)}`);
  const taken = compareMany('yaml', text, YAML_BITS, 1);
  assert.ok(taken > ROUNDS / 20, `only ${taken} of ${ROUNDS} were taken over`);
});

const NGINX_LINES = [
  'listen 443 ssl;',
  'listen   "80"  default_server; # a word',
  'add_header X-A "b; } c" always;',
  'autoindex off;',
  "return 200 'it\\'s';",
  'set $a ${b}c;',
  'internal;',
  '"autoindex" on;',
  '# { a word',
  'deny all; allow 10.0.0.0/8;',
  'listen 80',
  'content_by_lua_block { ngx.say("}") }',
  '',
];
const NGINX_NAMES = ['server', 'location /', 'location ~ "\\.{2}$"', 'if ($a = b)', 'upstream c', '"server"', 'http', ''];
const NGINX_BITS = ['{', '}', ';', '"', "'", '#', '\\', '\n', ' ', '${', ' {}', '};', 'x', 'server { listen 1; }', '\r', '\ufeff'];

void test(`nginx: what is taken over is what reading gives (seed ${SEED})`, () => {
  const taken = compareMany('nginx', () => nginxBody(0), NGINX_BITS, 2);
  assert.ok(taken > ROUNDS / 20, `only ${taken} of ${ROUNDS} were taken over`);
});

function nginxBody(depth: number): string {
  return Array.from({ length: 1 + random.below(5) }, () => {
    if (depth > 3 || random.chance(0.5)) return random.chance(0.7) ? `word ${random.below(9)};` : random.pick(NGINX_LINES);
    const name = random.chance(0.6) ? 'server' : random.pick(NGINX_NAMES);
    return `${name} {\n${nginxBody(depth + 1)}}`;
  })
    .join('\n')
    .concat('\n');
}

/** A mapping, indented so far, with mappings and lists in it. */
function yamlMapping(indent: number, depth: number): string {
  const space = ' '.repeat(indent);
  return Array.from({ length: 2 + random.below(6) }, (_, i) => {
    const key = random.chance(0.98) ? `k${i}` : random.pick(YAML_KEYS);
    if (random.chance(0.06)) return `${space}# a word\n\n`;
    if (depth < 3 && random.chance(0.4)) {
      const more = indent + 1 + random.below(3);
      if (random.chance(0.8)) return `${space}${key}:\n${yamlMapping(more, depth + 1)}`;
      const item = yamlMapping(indent + 2, depth + 1);
      return `${space}${key}:\n${space}- ${item.slice(indent + 2)}${space}- x\n`;
    }
    const scalar = random.chance(0.9) ? 'word' : random.pick(YAML_SCALARS);
    return `${space}${key}: ${scalar.replaceAll('{0}', space)}\n`;
  }).join('');
}

void test('what stands ahead of the change is the same node', () => {
  const text = '{"a": {"b": 1}, "c": ["x"], "d": 1}';
  const before = readText('json', text, 'before');
  const after = takenOver(text.replace('"x"', '"xyz"'), 'after', before);
  assert.equal(after?.documents[0]?.children?.[0], before.documents[0]?.children?.[0]);
  assert.notEqual(after?.documents[0]?.children?.[2], before.documents[0]?.children?.[2]);
});

/** How often something was taken over. `most`: edits of one text. */
function compareMany(format: Format, text: () => string, bits: readonly string[], most = 3): number {
  let taken = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const before = text();
    let after = before;
    for (let i = random.below(most); i >= 0; i--) after = edited(after, bits);
    const tree = takenOver(after, 'after', readText(format, before, 'before'));
    if (tree === undefined) continue;
    taken++;
    const whole = readText(format, after, 'after');
    const where = `${JSON.stringify(before)}\n→\n${JSON.stringify(after)}`;
    assert.deepEqual(tree.problems, whole.problems, where);
    assert.deepEqual(tree.documents.map(shown), whole.documents.map(shown), where);
    assert.deepEqual([tree.format, tree.side, tree.text, tree.positionAt(30)], [format, 'after', after, whole.positionAt(30)]);
  }
  return taken;
}

/** Some characters become others: near each other twice of three times, as edits are. */
function edited(text: string, bits: readonly string[]): string {
  const at = random.below(text.length + 1);
  const end = Math.min(text.length, at + (random.chance(0.6) ? random.below(4) : random.below(60)));
  const words = text.match(/[\w.*/-]+/g) ?? [''];
  const put = random.chance(0.4) ? random.pick(words) : random.chance(0.7) ? random.pick(bits) : text.slice(at, end).repeat(2);
  return `${text.slice(0, at)}${put}${text.slice(random.chance(0.5) ? at : end)}`;
}

function shown({ type, offset, length, value, children, unresolved, labels, runs }: TreeNode): unknown {
  return { type, offset, length, value, unresolved, labels, runs, children: children?.map(shown) };
}
