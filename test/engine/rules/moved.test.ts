import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readText } from '../../../server/engine/read/format.ts';
import { carriedOver } from '../../../server/engine/rules/moved.ts';
import { terraform } from '../../../server/engine/systems/terraform.ts';

const BEFORE = `
resource "aws_db_instance" "orders" {}
resource "aws_db_instance" "users" {}
module "web" {}
`;

const CASES: readonly { readonly name: string; readonly after: string; readonly keys: readonly string[] }[] = [
  { name: 'nothing is told', after: '', keys: ['aws_db_instance.orders', 'aws_db_instance.users', 'module.web'] },
  {
    name: 'moved',
    after: 'moved {\n  from = aws_db_instance.orders\n  to   = aws_db_instance.sales\n}\n',
    keys: ['aws_db_instance.sales', 'aws_db_instance.users', 'module.web'],
  },
  {
    name: 'moved into a list',
    after: 'moved {\n  from = aws_db_instance.orders\n  to   = aws_db_instance.sales[0]\n}\n',
    keys: ['aws_db_instance.sales', 'aws_db_instance.users', 'module.web'],
  },
  {
    name: 'moved onto one that is there',
    after: 'moved {\n  from = aws_db_instance.orders\n  to   = aws_db_instance.users\n}\n',
    keys: ['aws_db_instance.orders', 'aws_db_instance.users', 'module.web'],
  },
  {
    name: 'let go',
    after: 'removed {\n  from = module.web\n  lifecycle {\n    destroy = false\n  }\n}\n',
    keys: ['aws_db_instance.orders', 'aws_db_instance.users'],
  },
  {
    name: 'destroyed',
    after: 'removed {\n  from = module.web\n  lifecycle {\n    destroy = true\n  }\n}\n',
    keys: ['aws_db_instance.orders', 'aws_db_instance.users', 'module.web'],
  },
  {
    name: 'removed without a word on destroying',
    after: 'removed {\n  from = module.web\n}\n',
    keys: ['aws_db_instance.orders', 'aws_db_instance.users', 'module.web'],
  },
];

for (const { name, after, keys } of CASES) {
  void test(`what stood before, ${name}`, () => {
    const [old, now] = [BEFORE, after].map((text) => terraform.declarations(readText('hcl', text, 'after'), 'main.tf'));
    assert.deepEqual(
      carriedOver(old ?? [], now ?? []).map(({ key }) => key),
      keys,
    );
  });
}
