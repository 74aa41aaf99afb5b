import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { judgeEdit, provenanceFor } from '../../server/fronts/cli/judged.ts';
import { DEFAULT_POLICY } from '../../server/gate/policy.ts';
import { DIST, OPENED, POLICY, Scene } from './hook-scene.ts';

type Line = Readonly<Record<string, unknown>>;

void describe('countersign review --batch -', () => {
  let scene: Scene;
  before(() => {
    scene = new Scene();
  });
  after(() => scene.remove());

  async function batch(input: string): Promise<{ readonly code: number | null; readonly lines: readonly Line[] }> {
    const { code, stdout } = await scene.cli(['review', '--batch', '-'], { input });
    assert.ok(stdout === '' || stdout.endsWith('\n'));
    return {
      code,
      lines: stdout
        .split('\n')
        .slice(0, -1)
        .map((line): Line => JSON.parse(line)),
    };
  }

  void test('answers in order, one line each, with the fields promised', async () => {
    const edits = [
      { id: 'a', path: 'policy.json', before: POLICY, after: OPENED },
      { id: 2, path: 'policy.json', before: OPENED, after: POLICY },
      { id: null, path: 'policy.json', before: null, after: OPENED },
      { path: 'policy.json', before: OPENED },
      { id: { any: 1 }, path: 'src/main.ts', before: 'a', after: 'b', more: true },
    ];
    const { code, lines } = await batch(edits.map((edit) => JSON.stringify(edit)).join('\n'));
    assert.equal(code, 0);
    assert.deepEqual(
      lines.map(({ id, verdict, severity }) => [id, verdict, severity]),
      [
        ['a', 'acknowledge', 'critical'],
        [2, 'allow', null],
        [null, 'acknowledge', 'critical'],
        [null, 'allow', null],
        [{ any: 1 }, 'allow', null],
      ],
    );
    const [first] = lines;
    assert.ok(Array.isArray(first?.['findings']) && Array.isArray(first['problems']));
    for (const key of ['rule', 'severity', 'confidence', 'consequence', 'witness', 'ranges', 'fingerprint']) {
      assert.ok(key in first['findings'][0], key);
    }
  });

  void test('a line that cannot be read is answered and does not stop it', async () => {
    const good = JSON.stringify({ id: 'good', path: 'policy.json', before: POLICY, after: OPENED });
    const { code, lines } = await batch(
      ['', 'nonsense', '[]', '{"id":1}', '{"id":2,"path":"p.json","before":7}', '{"id":3,"path":"p.json","after":{}}', good].join('\r\n'),
    );
    assert.equal(code, 3);
    assert.deepEqual(
      lines.map(({ id, line, verdict }) => [id, line, verdict]),
      [
        [null, 2, undefined],
        [null, 3, undefined],
        [1, 4, undefined],
        [2, 5, undefined],
        [3, 6, undefined],
        ['good', undefined, 'acknowledge'],
      ],
    );
    for (const { error, verdict } of lines) assert.ok(verdict !== undefined || /\.$|JSON/.test(String(error)), String(error));
  });

  void test('nothing in, nothing out', async () => {
    assert.deepEqual(await batch(''), { code: 0, lines: [] });
  });

  void test('bad texts are judged, never a crash', async () => {
    const bad = [
      '{',
      '{"Statement":[',
      '\ud800',
      '\u0000',
      `{"Statement":${'['.repeat(100_000)}`,
      '{"Statement":[],"Statement":[]}',
      OPENED.slice(0, -3),
    ];
    const { code, lines } = await batch(
      bad.map((text, id) => JSON.stringify({ id, path: 'policy.json', before: POLICY, after: text })).join('\n'),
    );
    assert.equal(code, 0);
    assert.deepEqual(
      lines.map(({ id }) => id),
      bad.map((_, id) => id),
    );
    for (const { id, problems, verdict } of lines) {
      assert.ok(verdict !== 'allow' || (Array.isArray(problems) && problems.length > 0), `line ${String(id)}: silence`);
    }
  });

  void test('an edit that takes too long is closed with a problem', () => {
    const after = JSON.stringify({
      Statement: Array.from({ length: 3000 }, (_, at) => ({ Effect: 'Allow', Action: `s3:*${at}`, Resource: '*' })),
    });
    const judged = judgeEdit(
      { path: 'policy.json', before: '', after, provenance: provenanceFor({}) },
      { workspace: '/w', policy: DEFAULT_POLICY, state: '/none', now: () => new Date() },
      1,
    );
    assert.equal(judged.verdict, 'closed');
    assert.deepEqual(
      judged.problems.map(({ kind, blinds }) => [kind, blinds]),
      [['undecided', true]],
    );
    assert.match(judged.cause ?? '', /^policy\.json: .*0\.001 seconds.*smaller steps\.$/);
  });

  void test('answers each line before the next arrives', async () => {
    const child = spawn(process.execPath, [join(DIST, 'cli.js'), 'review', '--batch', '-'], { cwd: scene.workspace, env: scene.env() });
    try {
      for (const id of [1, 2, 3]) {
        const answered = new Promise<string>((resolve) => child.stdout.once('data', (data: Buffer) => resolve(data.toString())));
        child.stdin.write(`${JSON.stringify({ id, path: 'a.json', before: '{}', after: '{"a":1}' })}\n`);
        assert.equal(JSON.parse(await answered).id, id);
      }
    } finally {
      child.stdin.end();
    }
  });

  void test('a reader that goes away ends it quietly', async () => {
    const child = spawn(process.execPath, [join(DIST, 'cli.js'), 'review', '--batch', '-'], { cwd: scene.workspace, env: scene.env() });
    let errors = '';
    child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
    child.stdin.on('error', () => {});
    child.stdout.destroy();
    child.stdin.end(`${JSON.stringify({ id: 1, path: 'policy.json', before: POLICY, after: OPENED })}\n`.repeat(200));
    await new Promise((resolve) => child.once('close', resolve));
    assert.equal(errors, '');
  });
});
