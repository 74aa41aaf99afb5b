import { describe } from 'node:test';
import { readSql } from '../../../server/engine/read/sql.ts';
import { testReader } from './table.ts';

describe('sql', () => {
  testReader(readSql, [
    {
      what: 'reads grants',
      text: 'GRANT SELECT (a, b), UPDATE ON TABLE public.t, "Q" TO PUBLIC, alice WITH GRANT OPTION;\ngrant all privileges on all tables in schema public to anon;\nGRANT admin TO bob WITH ADMIN OPTION;\n',
      reads: {
        statement: [
          {
            verb: 'GRANT',
            privileges: ['SELECT', 'UPDATE'],
            columns: ['a', 'b'],
            objectType: 'TABLE',
            objects: ['public.t', 'Q'],
            grantees: ['PUBLIC', 'alice'],
            withGrantOption: true,
          },
          { verb: 'GRANT', privileges: ['ALL'], objectType: 'ALL TABLES', objects: ['public'], grantees: ['anon'] },
          { verb: 'GRANT', roles: ['admin'], grantees: ['bob'], withAdminOption: true },
        ],
      },
      places: ['PUBLIC', 'public.t', '"Q"', 'all privileges', 'GRANT OPTION'],
    },
    {
      what: 'reads row-level security, policies and roles',
      text: "ALTER TABLE ONLY t DISABLE ROW LEVEL SECURITY;\nALTER TABLE t FORCE ROW LEVEL SECURITY;\nCREATE POLICY p ON s.t FOR SELECT TO anon USING ((true)) WITH CHECK (a = 'x');\nALTER ROLE r WITH SUPERUSER NOLOGIN PASSWORD 'x';\nCREATE USER u BYPASSRLS;\nALTER DEFAULT PRIVILEGES FOR ROLE a IN SCHEMA s GRANT SELECT ON TABLES TO PUBLIC;\n",
      reads: {
        statement: [
          { verb: 'ALTER TABLE', objects: ['t'], rowLevelSecurity: 'disable' },
          { verb: 'ALTER TABLE', objects: ['t'], rowLevelSecurity: 'force' },
          { verb: 'CREATE POLICY', name: 'p', table: 's.t', command: 'SELECT', roles: ['anon'], using: 'true', check: "a = 'x'" },
          { verb: 'ALTER ROLE', role: 'r', password: 'x', attributes: ['SUPERUSER', 'NOLOGIN'] },
          { verb: 'CREATE ROLE', role: 'u', attributes: ['BYPASSRLS'] },
          {
            verb: 'ALTER DEFAULT PRIVILEGES',
            forRoles: ['a'],
            schemas: ['s'],
            action: 'GRANT',
            privileges: ['SELECT'],
            objectType: 'TABLES',
            grantees: ['PUBLIC'],
          },
        ],
      },
    },
    {
      what: 'reads what destroys and what runs as its owner',
      text: 'DROP TABLE IF EXISTS a, b CASCADE; TRUNCATE x; DELETE FROM t; DELETE FROM t WHERE id = 1;\nCREATE OR REPLACE FUNCTION f(a int) RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$ grant a to b; $$;\n',
      reads: {
        statement: [
          { verb: 'DROP', objectType: 'TABLE', objects: ['a', 'b'], cascade: true },
          { verb: 'TRUNCATE', objects: ['x'] },
          { verb: 'DELETE', objects: ['t'], where: false },
          { verb: 'DELETE', objects: ['t'], where: true },
          { verb: 'CREATE FUNCTION', name: 'f(a int)', securityDefiner: true, searchPath: ['pg_catalog', 'public'], language: 'sql' },
          { verb: 'GRANT', roles: ['a'], grantees: ['b'], within: 'f(a int)' },
        ],
      },
    },
    {
      what: 'reads what a function does in quotes, or between BEGIN ATOMIC and END, and leaves other languages alone',
      text: "CREATE FUNCTION f() RETURNS void AS 'BEGIN GRANT ALL ON t TO a; END' LANGUAGE plpgsql;\nCREATE FUNCTION g() RETURNS void BEGIN ATOMIC DELETE FROM t; END;\nCREATE FUNCTION h() RETURNS void LANGUAGE plpython3u AS $$ grant = 1 $$;\n",
      reads: {
        statement: [
          { verb: 'CREATE FUNCTION', name: 'f()', language: 'plpgsql' },
          { verb: 'GRANT', privileges: ['ALL'], objectType: 'TABLE', objects: ['t'], grantees: ['a'], within: 'f()' },
          { verb: 'CREATE FUNCTION', name: 'g()' },
          { verb: 'DELETE', objects: ['t'], where: false, within: 'g()' },
          { verb: 'CREATE FUNCTION', name: 'h()', language: 'plpython3u' },
        ],
      },
    },
    {
      what: 'reads what the client is told to run',
      text: "SELECT format('GRANT a TO %I', name) FROM people \\gexec\n\\! rm -r x\n\\i more.sql\n\\echo grant a to b\n\\copy t TO PROGRAM 'nc x 1'\nSELECT 1;\n",
      reads: {
        statement: [
          { verb: 'SELECT' },
          { verb: 'GRANT', roles: ['a'], grantees: ['name'] },
          { verb: 'SHELL', program: 'rm -r x' },
          { verb: 'INCLUDE', file: 'more.sql' },
          { verb: 'SHELL', program: 'nc x 1' },
          { verb: 'SELECT' },
        ],
      },
    },
    {
      what: 'reads batches of SQL Server, with or without semicolons',
      text: "USE shop\nGO\nALTER ROLE [db_owner] ADD MEMBER [web]\nGO\nGRANT CONTROL ON SCHEMA::dbo TO web\nGRANT CONTROL SERVER TO web\nEXEC sp_configure 'xp_cmdshell', 1\nRECONFIGURE\nGO\nALTER AUTHORIZATION ON DATABASE::shop TO web;\nEXEC master..xp_cmdshell 'dir';\n",
      reads: {
        statement: [
          { verb: 'USE' },
          { verb: 'GRANT', roles: ['db_owner'], grantees: ['web'] },
          { verb: 'GRANT', privileges: ['CONTROL'], objectType: 'SCHEMA', objects: ['dbo'], grantees: ['web'] },
          { verb: 'GRANT', privileges: ['CONTROL SERVER'], objectType: 'SERVER', objects: ['*'], grantees: ['web'] },
          { verb: 'SET', scope: 'GLOBAL', settings: [{ name: 'xp_cmdshell', value: '1' }] },
          { verb: 'RECONFIGURE' },
          { verb: 'ALTER OWNER', objectType: 'DATABASE', objects: ['shop'], owner: ['web'] },
          { verb: 'EXECUTE', procedure: 'xp_cmdshell', arguments: ['dir'] },
        ],
      },
    },
    {
      what: 'reads what a statement sets',
      text: 'ALTER SYSTEM SET ssl = off; ALTER ROLE a SET row_security TO off; SET GLOBAL local_infile = 1; SET @@GLOBAL.read_only = 0; ALTER DATABASE d SET TRUSTWORTHY ON; SET NAMES utf8; ALTER SCHEMA s OWNER TO a;\n',
      reads: {
        statement: [
          { verb: 'ALTER SYSTEM', settings: [{ name: 'ssl', value: 'off' }] },
          { verb: 'ALTER ROLE', role: 'a', settings: [{ name: 'row_security', value: 'off' }] },
          { verb: 'SET', scope: 'GLOBAL', settings: [{ name: 'local_infile', value: '1' }] },
          { verb: 'SET', scope: 'GLOBAL', settings: [{ name: 'read_only', value: '0' }] },
          { verb: 'ALTER DATABASE', objects: ['d'], settings: [{ name: 'trustworthy', value: 'on' }] },
          { verb: 'SET' },
          { verb: 'ALTER OWNER', objectType: 'SCHEMA', objects: ['s'], owner: ['a'] },
        ],
      },
    },
    {
      what: 'reads what a DO block runs',
      text: "DO $x$ BEGIN IF true THEN GRANT ALL ON t TO PUBLIC; END IF; EXECUTE 'GRANT a TO b'; END $x$;",
      reads: {
        statement: [
          { verb: 'DO' },
          { verb: 'GRANT', privileges: ['ALL'], objectType: 'TABLE', objects: ['t'], grantees: ['PUBLIC'] },
          { verb: 'GRANT', roles: ['a'], grantees: ['b'] },
        ],
      },
      places: ['GRANT ALL ON t TO PUBLIC', 'GRANT a TO b'],
    },
    {
      what: 'passes over comments, texts, client commands and copied rows',
      text: "-- grant a to b;\n/* a /* grant */ b */ \\connect x\n\\set y\nSELECT ';', $$;$$, E'\\';';\nCOPY t FROM stdin;\ngrant a to b;\n\\.\nCOMMIT;\n",
      reads: { statement: [{ verb: 'SELECT' }, { verb: 'COPY' }, { verb: 'COMMIT' }] },
    },
    {
      what: 'reads a list of privileges over several lines as one statement',
      text: "GRANT SELECT, INSERT,\n  EXECUTE ON shop.* TO 'app'@'%';\nGRANT SELECT,\nEXECUTE ON ALL FUNCTIONS IN SCHEMA public TO PUBLIC\nGRANT SELECT\nON t TO a\nEXEC f\n",
      reads: {
        statement: [
          { verb: 'GRANT', privileges: ['SELECT', 'INSERT', 'EXECUTE'], objectType: 'TABLE', objects: ['shop.*'], grantees: ['app@%'] },
          { verb: 'GRANT', privileges: ['SELECT', 'EXECUTE'], objectType: 'ALL FUNCTIONS', objects: ['public'], grantees: ['PUBLIC'] },
          { verb: 'GRANT', privileges: ['SELECT'], objectType: 'TABLE', objects: ['t'], grantees: ['a'] },
          { verb: 'EXECUTE', procedure: 'f' },
        ],
      },
    },
    {
      what: 'tells an owner from a function or a schema of that name',
      text: 'ALTER FUNCTION f() SECURITY DEFINER SET search_path = owner;\nALTER FUNCTION owner() SECURITY DEFINER;\nALTER FUNCTION f() OWNER TO a;\n',
      reads: {
        statement: [
          { verb: 'ALTER FUNCTION', name: 'f()', securityDefiner: true, searchPath: ['owner'] },
          { verb: 'ALTER FUNCTION', name: 'owner()', securityDefiner: true },
          { verb: 'ALTER OWNER', objectType: 'FUNCTION', objects: ['f()'], owner: ['a'] },
        ],
      },
    },
    {
      what: 'reads what the client is told to run in the midst of a statement',
      text: "SELECT 1 \\! sh\nFROM t;\nSELECT 'x' \\g |sh\n\\set x `curl y`\n\\w |tee z\n\\echo 'a \\! b' \\\\ GRANT a TO b;\nGRANT ALL ON t \\! id\nTO c;\nSELECT 1\\G\nGRANT d TO e;\n",
      reads: {
        statement: [
          { verb: 'SELECT' },
          { verb: 'SHELL', program: 'sh' },
          { verb: 'SELECT' },
          { verb: 'SHELL', program: '|sh' },
          { verb: 'SHELL', program: 'curl y' },
          { verb: 'SHELL', program: '|tee z' },
          { verb: 'GRANT', roles: ['a'], grantees: ['b'] },
          { verb: 'GRANT', privileges: ['ALL'], objectType: 'TABLE', objects: ['t'], grantees: ['c'] },
          { verb: 'SHELL', program: 'id' },
          { verb: 'SELECT' },
          { verb: 'GRANT', roles: ['d'], grantees: ['e'] },
        ],
      },
    },
    {
      what: 'reads arguments of procedures as SQL Server itself writes them',
      text: "EXEC sp_addrolemember N'db_owner', N'bob'\nEXEC sp_addrolemember db_owner, bob\nEXEC sp_addrolemember [db_owner], [bob]\nEXEC sys.sp_configure N'xp_cmdshell', 1\nEXEC master..xp_cmdshell N'whoami'\nEXEC sp_addsrvrolemember @loginame = N'bob', @rolename = N'sysadmin'\n",
      reads: {
        statement: [
          { verb: 'GRANT', roles: ['db_owner'], grantees: ['bob'] },
          { verb: 'GRANT', roles: ['db_owner'], grantees: ['bob'] },
          { verb: 'GRANT', roles: ['db_owner'], grantees: ['bob'] },
          { verb: 'SET', scope: 'GLOBAL', settings: [{ name: 'xp_cmdshell', value: '1' }] },
          { verb: 'EXECUTE', procedure: 'xp_cmdshell', arguments: ['whoami'] },
          { verb: 'GRANT', roles: ['sysadmin'], grantees: ['bob'] },
        ],
      },
    },
    {
      what: 'says which quote is not closed, and still sees what follows',
      text: "SELECT 'half;\nGRANT a TO b;\n",
      reads: { statement: [{ verb: 'SELECT' }, { verb: 'GRANT', roles: ['a'], grantees: ['b'] }] },
      problems: [1],
    },
  ]);
});
