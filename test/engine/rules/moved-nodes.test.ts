/** What is found with a tree that takes over nodes of the text before, moved or not, is what is found with one that was read whole. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_SETTINGS } from '../../../server/engine/assess.ts';
import { configFindings } from '../../../server/engine/config-findings.ts';
import { readText } from '../../../server/engine/read/format.ts';
import { takenOver } from '../../../server/engine/read/taken-over.ts';
import type { TextTree } from '../../../server/engine/read/tree.ts';
import { declarationsOf } from '../../../server/engine/systems/registry.ts';
import { randomFrom } from '../../support/random.ts';

const SEED = Number(process.env['SEED'] ?? 20_261_124);
const ROUNDS = Number(process.env['ROUNDS'] ?? 80);
const PATH = 'network.tf';

void test(`blocks of Terraform, taken over and read (seed ${SEED})`, () => {
  const random = randomFrom(SEED);
  const blocks: readonly ((index: number) => string)[] = [
    (i) =>
      `resource "aws_security_group" "g${i}" {\n  name = "g-${i}"\n  ingress {\n    from_port   = 5432\n    to_port     = 5432\n    protocol    = "tcp"\n    cidr_blocks = ["10.0.0.0/8"]\n  }\n}\n`,
    (i) =>
      `resource "aws_security_group_rule" "r${i}" {\n  type = "ingress"\n  security_group_id = aws_security_group.g${random.below(6)}.id\n  from_port = 22\n  to_port = 22\n  protocol = "tcp"\n  cidr_blocks = [local.office]\n}\n`,
    (i) =>
      `resource "aws_s3_bucket" "b${i}" {\n  bucket        = "b-${i}"\n  force_destroy = false\n  tags = {\n    team = var.team\n  }\n}\n`,
    (i) =>
      `resource "aws_db_instance" "d${i}" {\n  publicly_accessible = false\n  storage_encrypted   = true\n  deletion_protection = true\n}\n`,
  ];
  const edits: readonly (readonly [from: string, to: string])[] = [
    ['"10.0.0.0/8"', '"0.0.0.0/0"'],
    ['"10.0.0.0/8"', '"10.0.0.0/8", "8.8.8.0/24"'],
    ['local.office', '"0.0.0.0/0"'],
    ['force_destroy = false', 'force_destroy = true'],
    ['publicly_accessible = false', 'publicly_accessible = true'],
    ['storage_encrypted   = true', ''],
    ['from_port = 22', 'from_port = 0'],
    ['resource "aws_s3_bucket"', 'resource "aws_security_group" "new" {\n}\n\nresource "aws_s3_bucket"'],
  ];
  let [taken, told] = [0, 0];
  for (let round = 0; round < ROUNDS; round++) {
    const head = random.chance(0.7) ? 'locals {\n  office = "203.0.113.0/24"\n}\n' : '';
    const before = head + Array.from({ length: 2 + random.below(8) }, (_, i) => random.pick(blocks)(i)).join('\n');
    const [from, to] = random.pick(edits);
    const at = before.indexOf(from, random.below(before.length));
    const after = at === -1 ? before.replace(from, to) : before.slice(0, at) + to + before.slice(at + from.length);
    const old = readText('hcl', before, 'before');
    const now = takenOver(after, 'after', old);
    if (now === undefined) continue;
    taken++;
    const found = findingsOf(old, now);
    assert.deepEqual(found, findingsOf(old, readText('hcl', after, 'after')), `${before}\n=== to\n${after}`);
    told += found.length;
  }
  assert.ok(taken > ROUNDS / 2 && told > ROUNDS / 4, `${taken} taken over, ${told} findings`);
});

function findingsOf(before: TextTree, after: TextTree): readonly unknown[] {
  const edit = { path: PATH, before: before.text, after: after.text, provenance: { channel: 'hook', certainty: 'attested' } } as const;
  const [old, now] = [before, after].map((tree) => ({ tree, declarations: declarationsOf(tree, PATH) }));
  if (old === undefined || now === undefined) return [];
  // Written out: what is worked out by need is part of it.
  return configFindings(edit, old, now, DEFAULT_SETTINGS).findings.map((finding) => JSON.parse(JSON.stringify(finding)));
}
