import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { commandEdits } from '../../server/fronts/hooks/command-edits.ts';
import { loadShellGrammar, type ReadCommand } from '../../server/fronts/hooks/shell-grammar.ts';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'countersign-command-')));
const grammar: { read?: ReadCommand } = {};
const POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::a/*"}]}\n';

before(async () => {
  grammar.read = await loadShellGrammar('dist');
  mkdirSync(join(root, 'iam'));
  mkdirSync(join(root, '.git'));
  writeFileSync(join(root, 'iam/policy.json'), POLICY);
  writeFileSync(join(root, 'wide.json'), POLICY.replace('s3:GetObject', 's3:*'));
  writeFileSync(join(root, 'deploy.sh'), '#!/bin/sh\ncd iam\ncp ../wide.json policy.json\n');
  writeFileSync(join(root, 'fix.py'), 'open("iam/policy.json", "w").write("x")\n');
  writeFileSync(join(root, 'look.py'), 'print(open("iam/policy.json").read())\n');
  writeFileSync(join(root, 'notes.txt'), 'x\n');
  symlinkSync('iam/policy.json', join(root, 'harmless.txt'));
});
after(() => rmSync(root, { recursive: true, force: true }));

/** What a command comes to, in one line for each edit. */
function told(line: string): readonly string[] {
  assert.ok(grammar.read);
  const around = { workspace: root, cwd: root, home: '/home/nobody' };
  const plan = commandEdits(line, { channel: 'hook', certainty: 'attested' }, { around, read: grammar.read, own: [join(root, 'own')] });
  if (plan.kind === 'refused') return [`refused: ${plan.cause.slice(0, 30)}`];
  return plan.edits.map(({ path, before: old, after: fresh, command }) => {
    if (command !== undefined)
      return command
        .map((act) => (act.kind === 'change' ? `${act.change.rule} ${act.change.object}` : `unread ${act.paths.join(' ')}`))
        .join('; ');
    return `${path}: ${old === '' ? 'new' : old === POLICY ? 'policy' : 'other'} -> ${fresh === '' ? 'gone' : fresh.includes('s3:*') ? 'wide' : fresh.slice(0, 12).trim()}`;
  });
}

const TABLE: readonly (readonly [string, readonly string[]])[] = [
  ['cp wide.json iam/policy.json', ['iam/policy.json: policy -> wide']],
  ['cp wide.json iam/', ['iam/wide.json: new -> wide']],
  ['mv wide.json iam/policy.json', ['wide.json: other -> gone', 'iam/policy.json: policy -> wide'].toReversed()],
  ['cat wide.json > iam/policy.json', ['iam/policy.json: policy -> wide']],
  ['cat wide.json - > iam/policy.json', ['unread iam/policy.json']],
  [`cat > iam/policy.json <<'EOF'\n{"s3:*":1}\nEOF\n`, ['iam/policy.json: policy -> wide']],
  ['cd iam && echo "s3:*" > policy.json', ['iam/policy.json: policy -> wide']],
  ['echo "s3:*" > harmless.txt', ['iam/policy.json: policy -> wide']],
  [
    'echo "s3:*" > /tmp/no-such-folder/a.json; cp /tmp/no-such-folder/a.json iam/policy.json',
    ['/tmp/no-such-folder/a.json: new -> wide', 'iam/policy.json: policy -> wide'],
  ],
  ['sed -i s/a/b/ iam/*.json', ['iam/policy.json: policy -> {"Version":"']],
  ['sed -i "s/s3:Get.*t\\"/s3:*\\"/" iam/*.json', ['iam/policy.json: policy -> wide']],
  ['sed -i "/x/,/y/d" iam/*.json', ['unread iam/policy.json']],
  ['chmod 000 own/state', ['refused: This command changes files of ']],
  ['rm -rf iam', ['iam/policy.json: policy -> gone']],
  ['./deploy.sh', ['iam/policy.json: policy -> wide']],
  ['bash -c "bash -c \'cp wide.json iam/policy.json\'"', ['iam/policy.json: policy -> wide']],
  ['python3 fix.py', ['unread iam/policy.json']],
  ['python3 look.py', []],
  ["python3 -c \"open('iam/policy.json','w')\"", ['unread iam/policy.json']],
  ['D=iam; F=policy; echo "s3:*" > $D/$F.json', ['iam/policy.json: policy -> wide']],
  ['echo x > "$OUT/policy.json"', ['unread policy.json']],
  ['echo x > "$OUT"', []],
  ['echo x > notes.txt', []],
  ['bash', ['refused: This opens bash without a scri']],
  [
    `aws iam put-role-policy --role-name r --policy-name p --policy-document '${POLICY.trim().replace('s3:GetObject', 's3:*')}'`,
    ['$ r/policy.json: new -> wide'],
  ],
  ['aws iam put-role-policy --role-name r --policy-name p --policy-document file://wide.json', ['$ r/policy.json: new -> wide']],
  ['aws iam create-access-key --user-name bob', ['command-changes-access bob']],
  ['git stash pop; cat iam/policy.json', ['unread iam/policy.json']],
  ['eval "$(cat cmd)" iam/policy.json', ['unread iam/policy.json']],
  ['tar xf x.tgz -C .', ['unread wide.json iam/policy.json']],
  ['npm ci && npm run build', []],
  ['rm -rf own/state', ['refused: This command changes files of ']],
  ['rm -rf ./own', ['refused: This command changes files of ']],
  ['sed -i s/a/b/ own/hook.js', ['refused: This command changes files of ']],
  ['cp x own/', ['refused: This command changes files of ']],
  ['echo "unclosed > iam/policy.json', ['unread iam/policy.json']],
];

test('a command comes to the edits it would make', () => {
  for (const [line, expected] of TABLE) assert.deepEqual(told(line), expected, line);
});
