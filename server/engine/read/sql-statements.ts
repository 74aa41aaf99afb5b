import { arrayNode, type Draft, field, objectNode, textNode } from './draft.ts';
import type { Statement, Token } from './sql-tokens.ts';
import { boolean, flag, list, nameNode, names, text } from './sql-parts.ts';
import { TokenReader } from './sql-reader.ts';
import { addedMember, grantOfServer, loginParts, ownerParts, serverParts, settingsOf } from './sql-server.ts';

/** What a statement does, and with what. */
export type Parts = { readonly verb: string; readonly parts: Draft[] };

/**
 * The parts of a statement that opens or closes something; undefined for others.
 *
 * - GRANT, REVOKE: privileges (["SELECT"], "ALL" for all), columns, objectType ("TABLE", "SCHEMA", "ALL TABLES" in schemas, …), objects, grantees
 *   ("PUBLIC" for everyone), withGrantOption; of roles: roles, grantees, withAdminOption.
 * - ALTER DEFAULT PRIVILEGES: action ("GRANT" or "REVOKE"), forRoles, schemas, and as GRANT.
 * - ALTER TABLE: objects, rowLevelSecurity ("enable", "disable", "force", "no force"), owner, drops.
 * - CREATE POLICY, ALTER POLICY, DROP POLICY: name, table, permissive, command, roles, using, check.
 * - CREATE ROLE, ALTER ROLE (also USER and GROUP): role, attributes (["SUPERUSER", "NOLOGIN"]), password.
 * - CREATE FUNCTION, ALTER FUNCTION (also PROCEDURE): name, securityDefiner, searchPath, language.
 * - CREATE TABLE, CREATE VIEW: objects, and of a view securityInvoker. DROP, TRUNCATE: objectType, objects, cascade.
 * - DELETE, UPDATE: objects, where.
 * - CREATE ROLE, ALTER ROLE, GRANT of MySQL: require ("SSL", "X509", "NONE", …).
 * - COPY: program (what the server starts).
 * - INSERT, UPDATE of Supabase's storage: rows ([{"id": "docs", "public": true}]).
 * - What SET, ALTER SYSTEM, ALTER DATABASE, procedures and client commands say of the server stands in sql-server.ts.
 */
export function partsOf(statement: Statement): Parts | undefined {
  const read = new TokenReader(statement);
  const first = read.word();
  switch (first) {
    case 'grant':
    case 'revoke':
      return { verb: first.toUpperCase(), parts: grantParts(read) };
    case 'alter':
      return alterParts(read);
    case 'create':
      return createParts(read);
    case 'drop':
      return dropParts(read);
    case 'truncate':
      read.take('table');
      read.take('only');
      return { verb: 'TRUNCATE', parts: [...names('objects', read.names()), ...flag('cascade', read.find('cascade'))] };
    case 'delete':
      read.take('from');
      read.take('only');
      return { verb: 'DELETE', parts: [...names('objects', read.names()), whereOf(read)] };
    case 'update':
      read.take('only');
      return updateParts(read);
    case 'copy':
      return copyParts(read);
    case 'insert':
      read.take('into');
      return insertParts(read);
    default:
      return serverParts(statement);
  }
}

/** Behind GRANT or REVOKE. */
function grantParts(read: TokenReader): Draft[] {
  const parts: Draft[] = [];
  const optionFor = read.takeAll('grant', 'option', 'for') ?? read.takeAll('admin', 'option', 'for');
  if (optionFor !== undefined) parts.push(text('optionFor', optionFor.text.toUpperCase(), optionFor));
  const privileges: Draft[] = [];
  const columns: Draft[] = [];
  while (!read.done && !read.isAny('on', 'to', 'from')) {
    const words = read.until(
      (token) => token.text === ',' || token.text === '(' || (token.kind === 'word' && ['on', 'to', 'from'].includes(token.text)),
    );
    const [start] = words;
    const end = words.at(-1);
    if (start !== undefined && end !== undefined) {
      const name = words.map((token) => (token.kind === 'word' ? token.text.toUpperCase() : token.text)).join(' ');
      privileges.push(textNode(name.replace(/^ALL PRIVILEGES$/, 'ALL'), start.start, end.end));
    }
    if (read.is('(')) columns.push(...read.parenthesized().map(nameNode));
    if (!read.take(',') && words.length === 0) break;
  }
  const on = read.take('on');
  const server = grantOfServer(read, on, privileges);
  if (server !== undefined) parts.push(...server);
  else if (on === undefined) {
    // Names of roles fold to lower case.
    const roles = privileges.map((each) => ({ ...each, value: String(each.value).toLowerCase() }));
    parts.push(...list('roles', roles));
  } else {
    parts.push(...list('privileges', privileges), ...list('columns', columns));
    const type = read.objectType();
    parts.push(text('objectType', type?.text ?? 'TABLE', type ?? on), ...names('objects', read.names()));
  }
  parts.push(...granteeParts(read), ...requireOf(read));
  return parts;
}

/** MySQL: how a user has to come in. */
function requireOf(read: TokenReader): Draft[] {
  const found = read.find('require');
  const value = found === undefined ? undefined : read.after(found).peek();
  return value?.kind === 'word' ? [text('require', value.text.toUpperCase(), value)] : [];
}

function granteeParts(read: TokenReader): Draft[] {
  if (read.take('to') === undefined && read.take('from') === undefined) return [];
  const grantees = read.names().map((each) => (each.text === 'public' && each.kind === 'word' ? { ...each, text: 'PUBLIC' } : each));
  return [
    ...names('grantees', grantees),
    ...flag('withGrantOption', read.findAll('grant', 'option')),
    ...flag('withAdminOption', read.findAll('admin', 'option') ?? read.findAll('admin', 'true')),
    ...flag('cascade', read.find('cascade')),
  ];
}

function alterParts(read: TokenReader): Parts | undefined {
  if (read.takeAll('default', 'privileges') !== undefined) return defaultPrivileges(read);
  const member = addedMember(read);
  if (member !== undefined) return member;
  if (read.isAny('role', 'user', 'group')) return roleParts('ALTER ROLE', read);
  if (read.take('policy') !== undefined) return policyParts('ALTER POLICY', read);
  if (read.findAll('owner', 'to') === undefined && read.isAny('function', 'procedure', 'routine'))
    return functionParts('ALTER FUNCTION', read);
  const other = read.isAny('table', 'foreign') ? undefined : ownerParts(read);
  if (other !== undefined) return other;
  read.take('foreign');
  if (read.take('table') === undefined) return undefined;
  read.takeAll('if', 'exists');
  read.take('only');
  const parts = names('objects', read.names());
  read.take('*');
  for (const [words, value] of [
    [['enable', 'row', 'level', 'security'], 'enable'],
    [['disable', 'row', 'level', 'security'], 'disable'],
    [['no', 'force', 'row', 'level', 'security'], 'no force'],
    [['force', 'row', 'level', 'security'], 'force'],
  ] as const) {
    const found = read.findAll(...words);
    if (found !== undefined) {
      parts.push(text('rowLevelSecurity', value, found));
      break;
    }
  }
  const disabled = read.findAll('disable', 'trigger');
  if (disabled !== undefined) parts.push(text('triggersOff', read.after(disabled).peek()?.text ?? 'all', disabled));
  const owner = read.findAll('owner', 'to');
  if (owner !== undefined) parts.push(...names('owner', read.after(owner).names().slice(0, 1)));
  const drops = read.everyAfter('drop').flatMap((rest) => {
    const column = rest.take('column');
    rest.takeAll('if', 'exists');
    return column === undefined && rest.isAny('constraint', 'not', 'default', 'expression', 'identity') ? [] : rest.names().slice(0, 1);
  });
  return { verb: 'ALTER TABLE', parts: [...parts, ...(drops.length > 0 ? names('drops', drops) : [])] };
}

function defaultPrivileges(read: TokenReader): Parts {
  const parts: Draft[] = [];
  for (;;) {
    if (read.takeAll('for', 'role') !== undefined || read.takeAll('for', 'user') !== undefined)
      parts.push(...names('forRoles', read.names()));
    else if (read.takeAll('in', 'schema') !== undefined) parts.push(...names('schemas', read.names()));
    else break;
  }
  const action = read.take('grant') ?? read.take('revoke');
  if (action === undefined) return { verb: 'ALTER DEFAULT PRIVILEGES', parts };
  return { verb: 'ALTER DEFAULT PRIVILEGES', parts: [...parts, text('action', action.text.toUpperCase(), action), ...grantParts(read)] };
}

function createParts(read: TokenReader): Parts | undefined {
  read.takeAll('or', 'replace');
  read.takeAll('or', 'alter');
  // MySQL names whose rights a procedure has before its word.
  const definer = read.takeAll('definer', '=');
  if (definer !== undefined) read.names();
  while (read.isAny('temp', 'temporary', 'unlogged', 'global', 'local', 'recursive', 'materialized')) read.word();
  if (read.isAny('role', 'user', 'group')) return roleParts('CREATE ROLE', read);
  if (read.take('policy') !== undefined) return policyParts('CREATE POLICY', read);
  if (read.isAny('function', 'procedure')) return functionParts('CREATE FUNCTION', read);
  if (read.take('login') !== undefined) return loginParts('CREATE LOGIN', read);
  const kind = read.take('table') ?? read.take('view') ?? read.take('schema') ?? read.take('extension');
  if (kind === undefined) return undefined;
  read.takeAll('if', 'not', 'exists');
  const verb = `CREATE ${kind.text.toUpperCase()}`;
  const parts = names('objects', read.names().slice(0, 1));
  if (kind.text === 'view') {
    const invoker = read.find('security_invoker');
    const value = invoker === undefined ? undefined : read.after(invoker);
    value?.take('=');
    if (invoker !== undefined) parts.push(boolean('securityInvoker', !value?.isAny('false', 'off', '0'), invoker));
  }
  return { verb, parts };
}

function dropParts(read: TokenReader): Parts {
  if (read.take('policy') !== undefined) {
    read.takeAll('if', 'exists');
    return policyParts('DROP POLICY', read);
  }
  const type = read.takeAll('security', 'policy') ?? read.objectType() ?? read.peek();
  if (type !== undefined && read.peek() === type) read.word();
  read.take('concurrently');
  if (type?.text === 'owned') read.take('by');
  read.takeAll('if', 'exists');
  const parts = type === undefined ? [] : [text('objectType', type.text.toUpperCase(), type)];
  return { verb: 'DROP', parts: [...parts, ...names('objects', read.names()), ...flag('cascade', read.find('cascade'))] };
}

function policyParts(verb: string, read: TokenReader): Parts {
  const parts = names('name', read.names().slice(0, 1), 'single');
  if (read.take('on') !== undefined) parts.push(...names('table', read.names().slice(0, 1), 'single'));
  const as = read.find('restrictive');
  if (as !== undefined) parts.push(boolean('permissive', false, as));
  const forCommand = read.find('for');
  const command = forCommand === undefined ? undefined : read.after(forCommand).peek();
  if (command !== undefined) parts.push(text('command', command.text.toUpperCase(), command));
  const to = read.find('to');
  if (to !== undefined) {
    const roles = read.after(to).names();
    parts.push(
      ...names(
        'roles',
        roles.map((each) => (each.text === 'public' ? { ...each, text: 'PUBLIC' } : each)),
      ),
    );
  }
  for (const [key, words] of [
    ['using', ['using']],
    ['check', ['with', 'check']],
  ] as const) {
    const found = read.findAll(...words);
    const inside = found === undefined ? [] : read.after(found).parentheses();
    const [first] = inside;
    const last = inside.at(-1);
    if (first !== undefined && last !== undefined) parts.push(text(key, written(inside), { ...first, end: last.end }));
  }
  return { verb, parts };
}

/** An expression, single-spaced, without brackets around all of it. */
function written(tokens: readonly Token[]): string {
  let inside = tokens;
  while (inside.length > 2 && inside[0]?.text === '(' && closing(inside) === inside.length - 1) inside = inside.slice(1, -1);
  let result = '';
  let before: Token | undefined;
  for (const token of inside) {
    const tight = before === undefined || ['.', '(', '::', ')', ',', ':'].includes(token.text) || ['.', '(', ':'].includes(before.text);
    const shown = token.kind === 'string' ? `'${token.text}'` : token.text;
    result += tight && token.text !== '(' ? shown : before !== undefined && before.end < token.start ? ` ${shown}` : shown;
    before = token;
  }
  return result;
}

function closing(tokens: readonly Token[]): number {
  let open = 0;
  return tokens.findIndex(({ kind, text: sign }) => {
    if (kind === 'sign' && sign === '(') open++;
    return kind === 'sign' && sign === ')' && --open === 0;
  });
}

function roleParts(verb: string, read: TokenReader): Parts {
  read.word();
  const [role] = read.names();
  const parts = names('role', role === undefined ? [] : [role], 'single');
  const attributes: Draft[] = [];
  const required = [...requireOf(read), ...withoutPassword(verb, role, read)];
  while (!read.done) {
    const token = read.next();
    if (token?.kind !== 'word') continue;
    if (token.text === 'set') parts.push(...settingsOf(read));
    if (token.text === 'set' || token.text === 'reset' || token.text === 'identified') break;
    if (token.text === 'password' && read.is('null')) parts.push(...flag('passwordGone', token));
    if (token.text === 'password') {
      const value = read.peek();
      if (value?.kind === 'string') parts.push(field('password', textNode(value.text, value.start, value.end)));
    } else if (ATTRIBUTE.test(token.text)) attributes.push(textNode(token.text.toUpperCase(), token.start, token.end));
  }
  return { verb, parts: [...parts, ...list('attributes', attributes), ...required] };
}

/** MySQL: an account that asks for no password. */
function withoutPassword(verb: string, role: Token | undefined, read: TokenReader): Draft[] {
  const identified = read.findAll('identified', 'by');
  const given = identified === undefined ? undefined : read.after(identified).peek();
  if (given?.kind === 'string') return given.text === '' ? flag('noPassword', given) : [];
  const last = read.last;
  // Of MySQL's accounts nothing but the name: `'app'@'%'`.
  return verb === 'CREATE ROLE' && role?.kind === 'string' && last !== undefined && role.end === last.end ? flag('noPassword', role) : [];
}

const ATTRIBUTE = /^(no)?(superuser|createdb|createrole|createuser|inherit|login|replication|bypassrls)$/;

function functionParts(verb: string, read: TokenReader): Parts {
  read.word();
  const parts = names('name', read.names().slice(0, 1), 'single');
  const definer = read.findAll('security', 'definer') ?? read.findAll('execute', 'as', 'owner') ?? read.findAll('execute', 'as', 'self');
  const invoker = read.findAll('security', 'invoker');
  const security = definer ?? invoker;
  if (security !== undefined) parts.push(boolean('securityDefiner', definer !== undefined, security));
  const path = read.find('search_path');
  if (path !== undefined) {
    const rest = read.after(path);
    if (rest.take('=') === undefined) rest.take('to');
    parts.push(...names('searchPath', rest.names()));
  }
  const language = read.find('language');
  if (language !== undefined) parts.push(...names('language', read.after(language).names().slice(0, 1), 'single'));
  return { verb, parts };
}

/** Tables whose rows decide access. */
const ACCESS_TABLES = /^storage\.buckets$/;

function updateParts(read: TokenReader): Parts {
  const objects = read.names();
  const parts = names('objects', objects);
  if (objects.some(({ text: name }) => ACCESS_TABLES.test(name)) && read.take('set') !== undefined) {
    const values: Draft[] = [];
    for (;;) {
      const column = read.next();
      if (column === undefined || read.take('=') === undefined) break;
      const value = read.next();
      if (value !== undefined) values.push(field(column.text, valueNode(value)));
      if (read.take(',') === undefined) break;
    }
    const [first] = values;
    if (first !== undefined)
      parts.push(field('rows', arrayNode([objectNode(values, first.offset, endOf(values))], first.offset, endOf(values))));
  }
  return { verb: 'UPDATE', parts: [...parts, whereOf(read)] };
}

function insertParts(read: TokenReader): Parts {
  // Its columns stand in brackets behind the name, as arguments would.
  const written = read.until(({ text: sign }) => sign === '(' || sign === 'values' || sign === 'select' || sign === 'default');
  const [first] = written;
  const last = written.at(-1);
  if (first === undefined || last === undefined) return { verb: 'INSERT', parts: [] };
  const table = written.map((token) => token.text).join('');
  const parts = names('objects', [{ ...first, text: table, end: last.end }]);
  if (!ACCESS_TABLES.test(table)) return { verb: 'INSERT', parts };
  const columns = read.parenthesized();
  const rows: Draft[] = [];
  if (read.take('values') !== undefined) {
    do {
      const inside = read.parentheses().filter(({ text: sign, kind }) => !(kind === 'sign' && sign === ','));
      const values = inside.slice(0, columns.length).map((value, i) => field(columns[i]?.text ?? '', valueNode(value)));
      const [start] = values;
      if (start !== undefined) rows.push(objectNode(values, start.offset, endOf(values)));
    } while (read.take(',') !== undefined);
  }
  return { verb: 'INSERT', parts: [...parts, ...list('rows', rows)] };
}

/** `COPY … PROGRAM '…'` runs a program of the server. */
function copyParts(read: TokenReader): Parts {
  const program = read.find('program');
  const command = program === undefined ? undefined : read.after(program).peek();
  return { verb: 'COPY', parts: command?.kind === 'string' ? [field('program', textNode(command.text, command.start, command.end))] : [] };
}

function valueNode(token: Token): Draft {
  return token.kind === 'word' && /^(true|false)$/.test(token.text)
    ? { type: 'boolean', offset: token.start, length: token.end - token.start, value: token.text === 'true' }
    : nameNode(token);
}

function endOf(nodes: readonly Draft[]): number {
  const last = nodes.at(-1);
  return last === undefined ? 0 : last.offset + last.length;
}

function whereOf(read: TokenReader): Draft {
  const where = read.find('where');
  const last = read.last;
  return boolean('where', where !== undefined, where ?? last ?? { start: 0, end: 0 });
}
