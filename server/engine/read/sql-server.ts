import { type Draft, field, objectNode, textNode } from './draft.ts';
import { boolean, list, nameNode, names, type Span, text } from './sql-parts.ts';
import { TokenReader } from './sql-reader.ts';
import type { Parts } from './sql-statements.ts';
import type { Statement, Token } from './sql-tokens.ts';

/**
 * What a statement does to the server itself, to its roles in the words of SQL Server and MySQL, or outside of the database:
 *
 * - SET: scope ("GLOBAL", "SESSION"), settings ([{name: "local_infile", value: "1"}]). ALTER SYSTEM, ALTER DATABASE (with its objects) too.
 * - GRANT, REVOKE: `ALTER ROLE db_owner ADD MEMBER x` and `sp_addrolemember` are grants of a role.
 * - ALTER OWNER: objectType, objects, owner.
 * - GUARD OFF: guard ("SECURITY POLICY", "TRIGGER"), objects.
 * - EXECUTE: procedure, arguments. SHELL: program. INCLUDE: file. SELECT, LOAD: calls, file.
 * - ALTER LOGIN, CREATE LOGIN: role, enabled, settings.
 */
export function serverParts(statement: Statement): Parts | undefined {
  const read = new TokenReader(statement);
  const first = read.next();
  switch (first?.text) {
    case 'set':
      return setParts(read);
    case 'rename':
      return renameParts(read);
    case 'uninstall':
    case 'disable':
      return guardOff(first.text, read);
    case 'reassign': {
      const to = read.find('to');
      return { verb: 'REASSIGN', parts: to === undefined ? [] : names('owner', read.after(to).names().slice(0, 1)) };
    }
    case 'select':
    case 'load':
      return fileParts(first.text.toUpperCase(), read, statement);
    case '\\!':
      return { verb: 'SHELL', parts: rest('program', read) };
    case '\\o':
    case '\\out': {
      const [given] = rest('program', read);
      return given !== undefined && String(given.children?.[1]?.value).startsWith('|') ? { verb: 'SHELL', parts: [given] } : undefined;
    }
    case '\\copy': {
      const given = read.peek();
      const program = given === undefined ? null : /\bprogram\s+'([^']*)'/i.exec(given.text);
      return given === undefined || program?.[1] === undefined ? undefined : { verb: 'SHELL', parts: [text('program', program[1], given)] };
    }
    case '\\i':
    case '\\ir':
    case '\\include':
    case '\\include_relative':
      return { verb: 'INCLUDE', parts: rest('file', read) };
    default:
      return undefined;
  }
}

function rest(name: string, read: TokenReader): Draft[] {
  const given = read.peek();
  return given === undefined || given.text === '' ? [] : [text(name, given.text, given)];
}

/** `ALTER ROLE r ADD MEMBER m`, also of a server; undefined where another kind of statement goes on. */
export function addedMember(read: TokenReader): Parts | undefined {
  const isServer = read.takeAll('server', 'role') !== undefined;
  if (!isServer && !(read.is('role') && (read.findAll('add', 'member') ?? read.findAll('drop', 'member')) !== undefined)) return undefined;
  if (!isServer) read.take('role');
  const roles = lower(read.names().slice(0, 1));
  const added = read.takeAll('add', 'member');
  const dropped = added === undefined ? read.takeAll('drop', 'member') : undefined;
  if (added === undefined && dropped === undefined) return { verb: 'ALTER SERVER ROLE', parts: names('objects', roles) };
  return { verb: added === undefined ? 'REVOKE' : 'GRANT', parts: [...names('roles', roles), ...names('grantees', lower(read.names()))] };
}

function lower(tokens: readonly Token[]): readonly Token[] {
  return tokens.map((token) => ({ ...token, text: token.text.toLowerCase() }));
}

/** What SQL Server grants on a class of things (`ON SCHEMA::dbo`), or on the database or server as a whole; undefined for other grants. */
export function grantOfServer(read: TokenReader, on: Token | undefined, privileges: Draft[]): Draft[] | undefined {
  if (on === undefined) {
    const [first] = privileges;
    const words = privileges.map(({ value }) => String(value));
    if (first === undefined || !words.every((word) => WHOLE.test(word))) return undefined;
    const at = { start: first.offset, end: first.offset + first.length };
    const type = words.some((word) => /SERVER|ANY (LOGIN|DATABASE)|ASSEMBLY/.test(word)) ? 'SERVER' : 'DATABASE';
    return [...list('privileges', privileges), text('objectType', type, at), ...list('objects', [textNode('*', at.start, at.end)])];
  }
  const start = read.peek();
  if (start?.kind !== 'word' || !CLASSES.has(start.text)) return undefined;
  const type = read.takeAll(start.text, ':', ':') ?? read.takeAll('server', 'role', ':', ':');
  if (type === undefined) return undefined;
  return [...list('privileges', privileges), text('objectType', start.text.toUpperCase(), type), ...names('objects', read.names())];
}

const CLASSES: ReadonlySet<string> = new Set([
  'database',
  'schema',
  'object',
  'user',
  'login',
  'role',
  'server',
  'certificate',
  'endpoint',
  'type',
  'assembly',
]);

/** Permissions that stand without a thing they are on. Names of roles do not look so. */
const WHOLE =
  /^(CONTROL( SERVER)?|ALTER ANY .+|VIEW ANY .+|VIEW (SERVER|DATABASE) .+|IMPERSONATE ANY LOGIN|(UNSAFE|EXTERNAL ACCESS) ASSEMBLY|CONNECT( SQL| ANY DATABASE)?|SELECT ALL USER SECURABLES|SHUTDOWN|BACKUP (DATABASE|LOG)|ADMINISTER (DATABASE )?BULK OPERATIONS|CREATE (TABLE|PROCEDURE|SCHEMA|VIEW|FUNCTION|ANY DATABASE|DATABASE|LOGIN)|ALTER (SERVER STATE|SETTINGS|RESOURCES|TRACE)|EXECUTE|TAKE OWNERSHIP|UNMASK)$/;

/** What is altered of things that are no table: owners, settings of a database or the server, logins, guards. */
export function ownerParts(read: TokenReader): Parts | undefined {
  if (read.take('system') !== undefined) {
    return read.take('set') === undefined ? undefined : { verb: 'ALTER SYSTEM', parts: settingsOf(read) };
  }
  if (read.take('authorization') !== undefined) return authorizationParts(read);
  if (read.take('login') !== undefined) return loginParts('ALTER LOGIN', read);
  for (const words of GUARDS) {
    const kind = read.takeAll(...words);
    if (kind === undefined) continue;
    const objects = names('objects', read.names().slice(0, 1));
    const off = read.find('disable') ?? (/state\s*=\s*off/.test(said(read)) ? read.last : undefined);
    return off === undefined ? undefined : { verb: 'GUARD OFF', parts: [text('guard', kind.text.toUpperCase(), kind), ...objects] };
  }
  const type = read.objectType();
  if (type === undefined) return undefined;
  const objects = names('objects', read.names().slice(0, 1));
  const owner = read.findAll('owner', 'to');
  if (owner !== undefined) {
    const parts = [text('objectType', type.text, type), ...objects, ...names('owner', read.after(owner).names().slice(0, 1))];
    return { verb: 'ALTER OWNER', parts };
  }
  if (type.text !== 'DATABASE' || read.take('set') === undefined) return undefined;
  return { verb: 'ALTER DATABASE', parts: [...objects, ...settingsOf(read)] };
}

const GUARDS = [
  ['security', 'policy'],
  ['event', 'trigger'],
  ['server', 'audit', 'specification'],
  ['database', 'audit', 'specification'],
  ['server', 'audit'],
] as const;

function said(read: TokenReader): string {
  return read
    .until(() => false)
    .map(({ text: word }) => word)
    .join(' ');
}

function authorizationParts(read: TokenReader): Parts | undefined {
  if (read.take('on') === undefined) return undefined;
  const start = read.peek();
  const type = start === undefined ? undefined : read.takeAll(start.text, ':', ':');
  const objects = names('objects', read.names().slice(0, 1));
  const to = read.take('to');
  if (to === undefined) return undefined;
  const owner = names('owner', lower(read.names().slice(0, 1)));
  return { verb: 'ALTER OWNER', parts: [text('objectType', (start?.text ?? 'table').toUpperCase(), type ?? to), ...objects, ...owner] };
}

/** `CREATE LOGIN`, `ALTER LOGIN` of SQL Server. */
export function loginParts(verb: string, read: TokenReader): Parts {
  const role = names('role', lower(read.names().slice(0, 1)), 'single');
  const enabled = read.find('enable');
  const disabled = read.find('disable');
  const state = enabled ?? disabled;
  const parts = [...role, ...(state === undefined ? [] : [boolean('enabled', enabled !== undefined, state)])];
  return { verb, parts: read.take('with') === undefined ? parts : [...parts, ...settingsOf(read)] };
}

/** `name = value`, `name TO value`, and `NAME ON`, with commas between. */
export function settingsOf(read: TokenReader): Draft[] {
  const found: Draft[] = [];
  while (!read.done && found.length < MOST_SETTINGS) {
    while (read.is('@')) read.next();
    const scope = read.isAny('global', 'persist', 'session', 'local', 'persist_only') ? read.next() : undefined;
    if (scope !== undefined) read.take('.');
    const name = read.names()[0];
    if (name === undefined) break;
    const sign = read.take('=') ?? read.takeAll(':', '=') ?? read.take('to');
    const [value, ...more] = read.until((token) => token.kind === 'sign' && token.text === ',');
    if (value !== undefined) {
      const last = more.at(-1) ?? value;
      const written = [value, ...more].map(({ text: word }) => word).join(more.some(({ text: word }) => word === '.') ? '' : ' ');
      const parts = [text('name', name.text.toLowerCase(), name), text('value', written, { start: value.start, end: last.end })];
      if (sign !== undefined || SWITCH.test(value.text)) found.push(objectNode(parts, name.start, last.end));
    }
    if (read.take(',') === undefined) break;
  }
  return list('settings', found);
}

const MOST_SETTINGS = 50;
const SWITCH = /^(on|off)$/;

function setParts(read: TokenReader): Parts | undefined {
  const ats = [read.take('@'), read.take('@')].filter((each) => each !== undefined);
  const scope = read.isAny('global', 'persist', 'persist_only', 'session', 'local') ? read.next() : undefined;
  if (scope !== undefined && ats.length > 0) read.take('.');
  // `SET ROLE x`, `SET NAMES utf8`: no setting of this kind.
  const settings = settingsOf(read);
  if (settings.length === 0) return undefined;
  return { verb: 'SET', parts: [...(scope === undefined ? [] : [text('scope', scope.text.toUpperCase(), scope)]), ...settings] };
}

function renameParts(read: TokenReader): Parts | undefined {
  if (read.take('user') === undefined) return undefined;
  const from = read.names().slice(0, 1);
  return read.take('to') === undefined
    ? undefined
    : { verb: 'RENAME USER', parts: [...names('from', from, 'single'), ...names('role', read.names().slice(0, 1), 'single')] };
}

function guardOff(word: string, read: TokenReader): Parts | undefined {
  const kind = read.take('plugin') ?? read.take('component') ?? read.take('trigger');
  if (kind === undefined) return undefined;
  const objects = read.names().slice(0, 1);
  const isGuard = word === 'disable' || objects.some(({ text: name }) => /validate|audit|connection_control|firewall/.test(name));
  return isGuard ? { verb: 'GUARD OFF', parts: [text('guard', kind.text.toUpperCase(), kind), ...names('objects', objects)] } : undefined;
}

/** Functions by which a query reads or writes files of the server, or asks another one. */
const REACHING: ReadonlySet<string> = new Set([
  'lo_import',
  'lo_export',
  'pg_read_file',
  'pg_read_binary_file',
  'pg_ls_dir',
  'pg_file_write',
  'load_file',
  'openrowset',
  'opendatasource',
  'dblink',
  'dblink_exec',
  'dblink_connect',
]);

function fileParts(verb: string, read: TokenReader, statement: Statement): Parts | undefined {
  if (verb === 'LOAD') {
    const file = read.peek()?.kind === 'string' ? read.peek() : undefined;
    if (file !== undefined) return { verb: 'LOAD', parts: [text('library', file.text, file)] };
    const infile = read.find('infile');
    const isLocal = read.find('local') !== undefined;
    return infile === undefined || isLocal ? undefined : { verb, parts: filesAfter(read, infile) };
  }
  const calls = statement.filter(({ kind, text: word }, i) => kind === 'word' && REACHING.has(word) && statement[i + 1]?.text === '(');
  const into = read.findAll('into', 'outfile') ?? read.findAll('into', 'dumpfile');
  if (calls.length === 0 && into === undefined) return undefined;
  return { verb, parts: [...list('calls', calls.map(nameNode)), ...(into === undefined ? [] : filesAfter(read, into))] };
}

function filesAfter(read: TokenReader, span: Span): Draft[] {
  const file = read.after(span).peek();
  return file?.kind === 'string' ? [text('file', file.text, file)] : [];
}

/** A procedure of SQL Server that is called, as what it does: a grant, a setting, or itself. */
export function procedureParts(statement: Statement): Parts | undefined {
  const read = new TokenReader(statement, 1);
  // `EXEC @result = f`
  if (read.take('@') !== undefined) {
    read.next();
    read.take('=');
  }
  const name = calledName(read);
  if (name === undefined || read.is('(') || (name.kind === 'word' && name.text === 'as')) return undefined;
  const values = argumentsOf(name, read);
  const [one, two] = values;
  const procedure = name.text.toLowerCase();
  if (one !== undefined && two !== undefined) {
    const isServer = procedure === 'sp_addsrvrolemember';
    const role = namedArgument(statement, 'rolename') ?? (isServer ? two : one);
    const added = namedArgument(statement, 'membername') ?? namedArgument(statement, 'loginame') ?? (isServer ? one : two);
    if (isServer || procedure === 'sp_addrolemember')
      return { verb: 'GRANT', parts: [...names('roles', lower([role])), ...names('grantees', lower([added]))] };
    if (procedure === 'sp_configure') {
      const setting = objectNode([text('name', one.text.toLowerCase(), one), text('value', two.text, two)], one.start, two.end);
      return { verb: 'SET', parts: [text('scope', 'GLOBAL', name), ...list('settings', [setting])] };
    }
  }
  return {
    verb: 'EXECUTE',
    parts: [field('procedure', textNode(procedure, name.start, name.end)), ...list('arguments', values.slice(0, 5).map(nameNode))],
  };
}

/** The last part of a name with dots; `master..f` has an empty one. */
function calledName(read: TokenReader): Token | undefined {
  let name: Token | undefined;
  while (read.peek()?.kind === 'word' || read.peek()?.kind === 'name') {
    name = read.next();
    if (!read.is('.')) break;
    while (read.take('.') !== undefined);
  }
  return name;
}

/** Texts, numbers, and names without quotes; not those that stand in variables. */
function argumentsOf(name: Token, read: TokenReader): readonly Token[] {
  const rest = read.until(() => false);
  return rest.filter(({ kind, text: word }, i) => {
    const before = rest[i - 1] ?? name;
    if (before.text === '@') return false;
    if (kind === 'string' || kind === 'number') return true;
    const isFirst = before === name || before.text === ',' || before.text === '=';
    return isFirst && (kind === 'name' || (kind === 'word' && !NO_ARGUMENT.has(word)));
  });
}

const NO_ARGUMENT: ReadonlySet<string> = new Set(['null', 'default', 'with', 'using', 'as']);

/** `@rolename = 'x'` */
function namedArgument(statement: Statement, name: string): Token | undefined {
  const at = statement.findIndex(({ text: word }, i) => word.toLowerCase() === name && statement[i - 1]?.text === '@');
  return at !== -1 && statement[at + 1]?.text === '=' ? statement[at + 2] : undefined;
}
