import assert from 'node:assert/strict';
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { type Plan, planProposal, type PlannedFile } from '../../server/fronts/mcp/plan.ts';
import { type ProposedInput, readProposal } from '../../server/fronts/mcp/proposal.ts';
import { writeFiles } from '../../server/fronts/mcp/write-files.ts';
import { seeded } from '../support/random.ts';

/** Between judging and writing, the world moves. */
void describe('writing what was judged', () => {
  let folder: string;
  const at = (name: string): string => join(folder, 'workspace', name);
  const text = (name: string): string => readFileSync(at(name), 'utf8');
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'countersign-mcp-')));
    mkdirSync(join(folder, 'workspace', 'sub'), { recursive: true });
    mkdirSync(join(folder, 'elsewhere'));
    writeFileSync(at('a.txt'), 'a');
    writeFileSync(at('b.txt'), 'b');
    writeFileSync(at('sub/c.txt'), 'c');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const plan = (input: ProposedInput): Plan => {
    const proposal = readProposal(input);
    assert.ok(proposal.ok, JSON.stringify(proposal));
    return planProposal(proposal.changes, { workspaces: [join(folder, 'workspace')], home: folder, own: [join(folder, 'state')] });
  };
  const planned = (input: ProposedInput): readonly PlannedFile[] => {
    const made = plan(input);
    assert.ok(made.ok, JSON.stringify(made));
    return made.files;
  };
  const noTemporary = (): void => assert.deepEqual(readdirSync(join(folder, 'workspace')).toSorted(), ['a.txt', 'b.txt', 'sub'].toSorted());

  test('what nobody touched is written', () => {
    assert.equal(writeFiles(planned({ path: 'a.txt', content: 'A' })), undefined);
    assert.equal(text('a.txt'), 'A');
    noTemporary();
  });

  const RACES: readonly {
    readonly name: string;
    readonly input: ProposedInput;
    readonly meanwhile: () => void;
    readonly kept: () => void;
  }[] = [
    {
      name: 'another text',
      input: { path: 'a.txt', content: 'A' },
      meanwhile: () => writeFileSync(at('a.txt'), 'mine'),
      kept: () => assert.equal(text('a.txt'), 'mine'),
    },
    {
      name: 'a file where there was none',
      input: { path: 'sub/new.txt', content: 'A' },
      meanwhile: () => writeFileSync(at('sub/new.txt'), 'mine'),
      kept: () => assert.equal(text('sub/new.txt'), 'mine'),
    },
    {
      name: 'no file where there was one',
      input: { path: 'sub/c.txt', content: 'A' },
      meanwhile: () => rmSync(at('sub/c.txt')),
      kept: () => assert.ok(!existsSync(at('sub/c.txt'))),
    },
    {
      name: 'a link in place of the file',
      input: { path: 'sub/c.txt', content: 'A' },
      meanwhile: () => {
        renameSync(at('sub/c.txt'), join(folder, 'elsewhere', 'c.txt'));
        symlinkSync(join(folder, 'elsewhere', 'c.txt'), at('sub/c.txt'));
      },
      kept: () => assert.equal(readFileSync(join(folder, 'elsewhere', 'c.txt'), 'utf8'), 'c'),
    },
    {
      name: 'a link in place of its folder',
      input: { path: 'sub/c.txt', content: 'A' },
      meanwhile: () => {
        writeFileSync(join(folder, 'elsewhere', 'c.txt'), 'c');
        rmSync(at('sub'), { recursive: true });
        symlinkSync(join(folder, 'elsewhere'), at('sub'));
      },
      kept: () => {
        assert.equal(readFileSync(join(folder, 'elsewhere', 'c.txt'), 'utf8'), 'c');
        assert.deepEqual(readdirSync(join(folder, 'elsewhere')), ['c.txt']);
      },
    },
    {
      name: 'another text in the second of two files',
      input: {
        patch:
          '--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+A\n--- a/b.txt\n+++ b/b.txt\n@@ -1 +1 @@\n-b\n\\ No newline at end of file\n+B\n',
      },
      meanwhile: () => writeFileSync(at('b.txt'), 'mine'),
      kept: () => assert.deepEqual([text('a.txt'), text('b.txt')], ['a', 'mine']),
    },
  ];
  for (const { name, input, meanwhile, kept } of RACES) {
    test(`meanwhile ${name}: nothing is written`, () => {
      const files = planned(input);
      meanwhile();
      assert.match(writeFiles(files) ?? '', /changed while the edit was judged\. Read it again/);
      kept();
    });
  }

  test('where the second of two files cannot be written, the first is put back', () => {
    const patch = '*** Begin Patch\n*** Update File: a.txt\n@@\n-a\n+A\n*** Add File: b.txt/below.txt\n+x\n*** End Patch\n';
    const proposal = readProposal({ patch });
    assert.ok(proposal.ok);
    const made = plan({ patch });
    // A file is no folder: seen when it is planned, or when it is staged.
    if (made.ok) assert.match(writeFiles(made.files) ?? '', /could not be written|changed while/);
    assert.deepEqual([text('a.txt'), text('b.txt')], ['a', 'b']);
    noTemporary();
  });

  test('a hard link to a file elsewhere is parted from it, not written through', () => {
    writeFileSync(join(folder, 'elsewhere', 'twin.txt'), 'twin');
    linkSync(join(folder, 'elsewhere', 'twin.txt'), at('sub/twin.txt'));
    assert.equal(writeFiles(planned({ path: 'sub/twin.txt', content: 'new' })), undefined);
    assert.equal(readFileSync(join(folder, 'elsewhere', 'twin.txt'), 'utf8'), 'twin');
    assert.equal(text('sub/twin.txt'), 'new');
  });

  test('whatever an agent hands in is planned or refused, and stays inside', () => {
    const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
    const random = seeded(seed);
    const pick = <Value>(values: readonly Value[]): Value | undefined => values[Math.floor(random() * values.length)];
    const paths = [
      'a.txt',
      './b.txt',
      '../x',
      '/etc/passwd',
      'sub',
      'sub/c.txt',
      '~',
      'sub/../../y',
      '',
      'a\0b',
      'file:///etc/passwd',
      'c:\\x',
      '‮txt.a',
    ];
    const lines = [
      '--- a/a.txt',
      '+++ b/a.txt',
      '@@ -1 +1 @@',
      '@@ -9,9 +1,0 @@',
      '-a',
      '+A',
      ' a',
      '\\ No newline at end of file',
      '*** Begin Patch',
      '*** End Patch',
      '*** Update File: a.txt',
      '*** Add File: ../z',
      '*** Delete File: b.txt',
      '*** Move to: /tmp/z',
      '@@',
      '',
      'diff --git a/a.txt b/b.txt',
      'rename to ../q',
      '--- /dev/null',
      '+++ /dev/null',
    ];
    const text = (): string => Array.from({ length: Math.floor(random() * 9) }, () => pick(lines) ?? '').join('\n');
    for (let round = 0; round < 3000; round++) {
      const input: ProposedInput = {
        path: random() < 0.6 ? pick(paths) : undefined,
        patch: random() < 0.6 ? text() : undefined,
        content: random() < 0.2 ? text() : undefined,
        old_string: random() < 0.2 ? pick(['a', '', 'zz']) : undefined,
        new_string: random() < 0.2 ? text() : undefined,
      };
      const told = `SEED=${seed} round ${round}: ${JSON.stringify(input)}`;
      try {
        const proposal = readProposal(input);
        if (!proposal.ok) {
          assert.match(proposal.problem, /[.…]$/, told);
          continue;
        }
        const made = planProposal(proposal.changes, { workspaces: [join(folder, 'workspace')], home: folder, own: [] });
        if (made.ok) for (const { file } of made.files) assert.ok(file.startsWith(join(folder, 'workspace', '/')), told);
        else assert.match(made.problem, /\.$/, told);
      } catch (error) {
        throw new Error(told, { cause: error });
      }
    }
  });
});
