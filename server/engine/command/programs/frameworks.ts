import { argumentsOf } from '../arguments.ts';
import type { DirectChange } from '../../types.ts';
import type { Effect, Program } from '../effect.ts';
import { statements } from './databases.ts';

/** Frameworks and smaller clients that empty a database, or ask it something, in a word of their own. */
export const frameworks: Program = {
  names: [
    'rails',
    'rake',
    'php',
    'mix',
    'python',
    'prisma',
    'sequelize',
    'sequelize-cli',
    'knex',
    'typeorm',
    'drizzle-kit',
    'alembic',
    'flyway',
    'liquibase',
    'dbmate',
    'goose',
    'sqlx',
    'diesel',
    'supabase',
    'cqlsh',
    'clickhouse',
    'clickhouse-client',
    'cockroach',
    'pgcli',
    'mycli',
    'usql',
    'mssql-cli',
    'cypher-shell',
    'trino',
    'beeline',
    'spark-sql',
    'snowsql',
    'snow',
    'mysqladmin',
    'mongorestore',
    'mongoimport',
    'pg_restore',
    'influx',
    'etcdctl',
    'consul',
  ],
  effects: ({ program, args }) => {
    // `python manage.py flush`, `php artisan migrate:fresh`
    const isScript = program === 'python' || program === 'php';
    const script = isScript ? args.find((arg) => !arg.startsWith('-'))?.replace(/^.*\//, '') : undefined;
    if (isScript && script !== 'manage.py' && script !== 'artisan') return [];
    const words = isScript ? args.slice(args.findIndex((arg) => !arg.startsWith('-')) + 1) : args;
    const read = argumentsOf(words, VALUED);
    const line = read.plain.join(' ');
    if (words.some((word) => /^(--help|-h|--dry-run|--pretend)$/.test(word))) return [];
    const name = script ?? program;
    const told = [...read.values('-e', '--execute', '-q', '--query', '-c', '--command', '--tinker')];
    if (CLIENTS.test(program))
      return [...told, ...(program === 'cypher-shell' ? read.plain : [])].flatMap((text) => statements(text, program));
    const lost = EMPTIES.find(
      ([programs, calls]) => programs.includes(name) && calls.test(`${line} ${words.filter((word) => word.startsWith('-')).join(' ')}`),
    );
    if (lost !== undefined) return [change('command-destroys-data', `empties or takes apart a database with \`${name} ${line}\``, name)];
    const code = [
      ...told,
      ...words.flatMap((word) => /^--execute=(.*)$/s.exec(word)?.[1] ?? []),
      ...(line.startsWith('runner ') ? read.plain.slice(1) : []),
    ].join('\n');
    return /^(shell|runner|tinker)\b/.test(line) &&
      /delete_all|destroy_all|truncate|\.all\(\)\.delete\(|delete_all!|forceDelete|->delete\(|drop_table/i.test(code)
      ? [change('command-destroys-data', `deletes records with \`${name} ${line.slice(0, 40)}\``, name)]
      : [];
  },
};

const CLIENTS = /^(cqlsh|clickhouse(-client)?|cockroach|snowsql|snow|pgcli|mycli|usql|mssql-cli|cypher-shell|trino|beeline|spark-sql)$/;

const VALUED = new Set([
  '-e',
  '--execute',
  '-q',
  '--query',
  '-c',
  '--command',
  '-u',
  '-p',
  '-h',
  '-d',
  '--database',
  '--url',
  '--bucket',
  '--host',
  '--port',
  '--user',
]);

/** Programs, and what they are told; options come last. */
const EMPTIES: readonly (readonly [readonly string[], RegExp])[] = [
  [['rails', 'rake'], /(^| )db:(drop|reset|purge|truncate_all|schema:load|migrate:reset|seed:replant)/],
  [['artisan'], /^(migrate:(fresh|reset|refresh)|db:wipe)/],
  [['manage.py'], /^(flush|reset_db|sqlflush|migrate \w+ zero)/],
  [['mix'], /^ecto\.(drop|reset)/],
  [['prisma'], /^migrate reset|^db push .*(--accept-data-loss|--force-reset)/],
  [['sequelize', 'sequelize-cli'], /^db:(drop|migrate:undo:all)/],
  [['knex'], /^migrate:rollback .*--all/],
  [['typeorm'], /^schema:drop/],
  [['drizzle-kit'], /^(drop|push .*--force)/],
  [['alembic'], /^downgrade base/],
  [['flyway'], /^(.* )?clean\b/],
  [['liquibase'], /^(drop-?all|rollback)/i],
  [['dbmate'], /^drop/],
  [['goose'], /(^| )reset\b/],
  [['sqlx'], /^(database|db) (drop|reset)/],
  [['diesel'], /^database reset/],
  [['supabase'], /^db reset .*--linked/],
  [['mysqladmin'], /(^| )(drop|password|shutdown)\b/],
  [['mongorestore', 'mongoimport'], /--drop/],
  [['pg_restore'], /--clean|(^| )-c\b/],
  [['influx'], /^(delete|bucket delete|org delete)/],
  [['etcdctl'], /^(del|auth disable|user (add|delete|grant-role)|role (add|grant-permission))/],
  [['consul'], /^(kv delete|acl (policy|token|role))/],
];

function change(rule: DirectChange['rule'], does: string, object: string): Effect {
  return { kind: 'change', change: { rule, system: 'the database', does, object, kind: 'database', severity: 'medium' } };
}
