import { member, type TreeNode } from '../read/tree.ts';
import { type Box, globAxis, pathAxis, subtract, texts } from './box.ts';
import { type Field, isTrue, scalar, scalars } from './fields.ts';

/** Something that a role may do when all statements of a file have run. */
export type SqlRight = {
  readonly kind: 'privilege' | 'member' | 'attribute' | 'default' | 'rows' | 'policy' | 'restriction lost';
  /** "PUBLIC", or a role as the database folds it. */
  readonly grantee: string;
  /** "SELECT", "ALL"; the attribute; the role that one becomes a member of. */
  readonly what: string;
  readonly objectType: string;
  readonly object: string;
  readonly grantOption: boolean;
  readonly condition: string | undefined;
  readonly boxes: readonly Box[];
  readonly nodes: readonly TreeNode[];
};

/** The tables of a text whose rows are, or were, kept apart. */
export type SqlTables = { readonly guarded: ReadonlySet<string>; readonly restrictions: ReadonlyMap<string, TreeNode> };

/** What holds when all statements have run. */
export type SqlOutcome = {
  readonly tables: () => SqlTables;
  /** `other`: what the other text guards, so that a guard that is gone is seen. */
  readonly rights: (other: SqlTables) => readonly SqlRight[];
};

/** Runs statements in order. */
export function outcomeOf(statements: readonly TreeNode[]): SqlOutcome {
  const state = new State();
  for (const statement of statements) state.run(statement);
  return state;
}

type Policy = { readonly table: string; readonly node: TreeNode; readonly parts: ReadonlyMap<string, TreeNode> };

class State implements SqlOutcome {
  #rights: SqlRight[] = [];
  readonly #attributes = new Map<string, SqlRight>();
  readonly #rows = new Map<string, { readonly on: boolean; readonly node: TreeNode }>();
  readonly #created = new Map<string, TreeNode>();
  readonly #policies = new Map<string, Policy>();
  readonly #known = texts(() => false);

  run(statement: TreeNode): void {
    const verb = scalar(member(statement, 'verb')) ?? '';
    if (verb === 'GRANT') this.#rights.push(...granted(statement, 'privilege'));
    else if (verb === 'REVOKE') this.#revoke(statement, 'privilege');
    else if (verb === 'ALTER DEFAULT PRIVILEGES') {
      if (scalar(member(statement, 'action')) === 'REVOKE') this.#revoke(statement, 'default');
      else this.#rights.push(...granted(statement, 'default'));
    } else if (verb === 'CREATE ROLE' || verb === 'ALTER ROLE') this.#role(statement);
    else if (verb === 'ALTER OWNER') this.#owner(statement);
    else if (verb === 'ALTER TABLE') this.#table(statement);
    else if (verb === 'CREATE TABLE')
      for (const { text, node } of scalars(member(statement, 'objects'))) this.#created.set(tableName(text), node);
    else if (verb.endsWith(' POLICY')) this.#policy(verb, statement);
    else if (verb === 'DROP') this.#drop(statement);
  }

  tables(): SqlTables {
    const restrictions = new Map<string, TreeNode>();
    for (const [key, { parts, node }] of this.#policies) if (isRestrictive(parts)) restrictions.set(key, node);
    return { guarded: new Set([...this.#rows].filter(([, { on }]) => on).map(([table]) => table)), restrictions };
  }

  rights(other: SqlTables): readonly SqlRight[] {
    const open = [...this.#rows].filter(([, { on }]) => !on).map(([table, { node }]) => [table, [node]] as const);
    const lost = [...other.guarded]
      .filter((table) => !this.#rows.has(table))
      .map((table) => [table, [this.#created.get(table)].filter((each) => each !== undefined)] as const);
    return [
      ...this.#rights,
      ...this.#attributes.values(),
      ...[...open, ...lost].map(([table, nodes]) => rowsOpen(table, nodes)),
      ...[...this.#policies.values()].filter(({ parts }) => !isRestrictive(parts)).flatMap(policyRights),
      ...[...other.restrictions.keys()].filter((key) => !this.#policies.has(key)).map(restrictionLost),
    ];
  }

  #revoke(statement: TreeNode, kind: 'privilege' | 'default'): void {
    for (const gone of granted(statement, kind)) {
      const optionOnly = /^(GRANT|ADMIN) OPTION FOR /.test(gone.what);
      const what = gone.what.replace(/^(GRANT|ADMIN) OPTION FOR /, '');
      this.#rights = this.#rights.flatMap((right) => {
        if (right.kind !== gone.kind || right.grantee !== gone.grantee) return [right];
        const taken = boxOf(gone.kind, gone.grantee, what, gone.objectType, gone.object, optionOnly, undefined);
        const boxes = right.boxes.flatMap((box) => subtract(box, taken, this.#known));
        return boxes.length === 0 ? [] : [{ ...right, boxes, grantOption: right.grantOption && !optionOnly }];
      });
    }
  }

  #role(statement: TreeNode): void {
    const [role] = scalars(member(statement, 'role'));
    if (role === undefined) return;
    for (const { text, node } of scalars(member(statement, 'attributes'))) {
      const plain = text.replace(/^NO(?=(SUPERUSER|CREATEDB|CREATEROLE|CREATEUSER|INHERIT|LOGIN|REPLICATION|BYPASSRLS)$)/, '');
      const key = `${role.text} ${plain}`;
      if (plain !== text) this.#attributes.delete(key);
      else if (plain !== 'INHERIT') this.#attributes.set(key, right('attribute', role.text, plain, 'ROLE', role.text, [node, role.node]));
    }
  }

  #table(statement: TreeNode): void {
    const level = member(statement, 'rowLevelSecurity');
    const said = scalar(level);
    const [owner] = scalars(member(statement, 'owner'));
    for (const { text, node } of scalars(member(statement, 'objects'))) {
      if (level !== undefined && (said === 'enable' || said === 'disable'))
        this.#rows.set(tableName(text), { on: said === 'enable', node: level });
      if (owner !== undefined) this.#rights.push(right('privilege', owner.text, 'ALL', 'TABLE', text, [owner.node, node]));
    }
  }

  #owner(statement: TreeNode): void {
    const type = scalar(member(statement, 'objectType')) ?? 'TABLE';
    const [owner] = scalars(member(statement, 'owner'));
    for (const { text, node } of scalars(member(statement, 'objects')))
      if (owner !== undefined) this.#rights.push(right('privilege', owner.text, 'ALL', type, text, [owner.node, node]));
  }

  #policy(verb: string, statement: TreeNode): void {
    const name = scalar(member(statement, 'name')) ?? '';
    const table = tableName(scalar(member(statement, 'table')) ?? '');
    const key = `${table} ${name}`;
    if (verb === 'DROP POLICY') {
      this.#policies.delete(key);
      return;
    }
    const known = verb === 'ALTER POLICY' ? this.#policies.get(key) : undefined;
    const parts = new Map(known?.parts ?? []);
    for (const part of ['permissive', 'command', 'roles', 'using', 'check']) {
      const found = member(statement, part);
      if (found !== undefined) parts.set(part, found);
    }
    this.#policies.set(key, { table, node: statement, parts });
  }

  #drop(statement: TreeNode): void {
    const type = scalar(member(statement, 'objectType')) ?? '';
    for (const { text } of scalars(member(statement, 'objects'))) {
      if (type === 'ROLE' || type === 'USER') {
        this.#rights = this.#rights.filter(({ grantee }) => grantee !== text);
        for (const key of this.#attributes.keys()) if (key.startsWith(`${text} `)) this.#attributes.delete(key);
      } else if (type === 'TABLE') {
        this.#rights = this.#rights.filter((each) => each.objectType !== 'TABLE' || tableName(each.object) !== tableName(text));
        this.#rows.delete(tableName(text));
        for (const [key, { table }] of this.#policies) if (table === tableName(text)) this.#policies.delete(key);
      }
    }
  }
}

function isRestrictive(parts: ReadonlyMap<string, TreeNode>): boolean {
  return scalar(parts.get('permissive')) === 'false';
}

function granted(statement: TreeNode, kind: 'privilege' | 'default'): readonly SqlRight[] {
  const grantees = scalars(member(statement, 'grantees'));
  const roles = scalars(member(statement, 'roles'));
  const option = member(statement, 'withGrantOption') ?? member(statement, 'withAdminOption');
  const grantOption = option !== undefined && isTrue(option);
  const more = option === undefined ? [] : [option];
  if (roles.length > 0)
    return grantees.flatMap((to) =>
      roles.map((role) => right('member', to.text, role.text, 'ROLE', role.text, [to.node, role.node, ...more], grantOption)),
    );
  const type = scalar(member(statement, 'objectType')) ?? 'TABLE';
  const written: readonly Field[] = kind === 'default' ? scalars(member(statement, 'schemas')) : scalars(member(statement, 'objects'));
  const names = written.length > 0 ? written : [{ text: '*', node: statement, unresolved: false }];
  return grantees.flatMap((to) =>
    scalars(member(statement, 'privileges')).flatMap((privilege) =>
      names.map((object) =>
        right(kind, to.text, privilege.text, type, object.text, [to.node, privilege.node, object.node, ...more], grantOption),
      ),
    ),
  );
}

function right(
  kind: SqlRight['kind'],
  grantee: string,
  what: string,
  objectType: string,
  object: string,
  nodes: readonly TreeNode[],
  grantOption = false,
  condition?: string,
): SqlRight {
  return {
    kind,
    grantee,
    what,
    objectType,
    object,
    grantOption,
    condition,
    nodes: nodes.filter(({ type }) => type !== 'object'),
    boxes: [
      boxOf(kind, grantee, what, objectType, object, false, condition),
      ...(grantOption ? [boxOf(kind, grantee, what, objectType, object, true, condition)] : []),
    ],
  };
}

/** Axes: kind, grantee, what, object, passing it on, condition. */
function boxOf(
  kind: SqlRight['kind'],
  grantee: string,
  what: string,
  objectType: string,
  object: string,
  option: boolean,
  condition: string | undefined,
): Box {
  return [
    pathAxis(kind),
    grantee === 'PUBLIC' ? pathAxis() : pathAxis(`role ${grantee}`),
    what === 'ALL' ? pathAxis() : pathAxis(what),
    pathAxis(...objectPath(objectType, object)),
    globAxis(option ? 'pass on' : 'use'),
    condition === undefined ? pathAxis() : pathAxis(condition),
  ];
}

/** Everything in a schema is above one thing in it; names without a schema are in `public`. */
function objectPath(type: string, object: string): readonly string[] {
  const many = /^ALL (\w+)$/.exec(type)?.[1];
  if (many !== undefined) return [`schema ${object}`, kindName(many)];
  if (['TABLE', 'SEQUENCE', 'FUNCTION', 'PROCEDURE', 'ROUTINE', 'VIEW', 'MATERIALIZED VIEW', 'FOREIGN TABLE'].includes(type)) {
    const [first = '', ...rest] = object.split('(')[0]?.split('.') ?? [];
    const [schema, name] = rest.length === 0 ? ['public', first] : [first, rest.join('.')];
    return [`schema ${schema}`, kindName(type), name];
  }
  return [type, object];
}

function kindName(type: string): string {
  if (/FUNCTION|PROCEDURE|ROUTINE/.test(type)) return 'routines';
  return type.startsWith('SEQUENCE') ? 'sequences' : 'tables';
}

function tableName(text: string): string {
  return text.includes('.') ? text : `public.${text}`;
}

function rowsOpen(table: string, nodes: readonly TreeNode[]): SqlRight {
  return right('rows', 'PUBLIC', 'ALL', 'TABLE', table, nodes);
}

function restrictionLost(key: string): SqlRight {
  const [table = '', ...name] = key.split(' ');
  return right('restriction lost', 'PUBLIC', name.join(' '), 'TABLE', table, []);
}

function policyRights({ table, node, parts }: Policy): readonly SqlRight[] {
  const command = scalar(parts.get('command')) ?? 'ALL';
  const using = scalar(parts.get('using'));
  const check = scalar(parts.get('check'));
  // What is written is checked as what is read unless it says otherwise.
  const said = command === 'INSERT' ? [check] : command === 'SELECT' || command === 'DELETE' ? [using] : [using, check ?? using];
  const open = said.every((text) => text === undefined || isAlways(text));
  const condition = open ? undefined : said.map((text) => (text === undefined || isAlways(text) ? 'true' : text)).join(' / ');
  const roles = scalars(parts.get('roles'));
  const marks = ['using', 'check', 'command', 'permissive'].flatMap((part) => parts.get(part) ?? []);
  const nodes = (more: readonly TreeNode[]): readonly TreeNode[] => [
    ...marks,
    ...more,
    ...(marks.length + more.length === 0 ? [member(node, 'name') ?? node] : []),
  ];
  return roles.length === 0
    ? [right('policy', 'PUBLIC', command, 'TABLE', table, nodes([]), false, condition)]
    : roles.map((role) => right('policy', role.text, command, 'TABLE', table, nodes([role.node]), false, condition));
}

/** An expression that holds for every row. */
function isAlways(text: string): boolean {
  const plain = text.replace(/[\s()]/g, '').toLowerCase();
  return (
    plain === 'true' ||
    plain === '1=1' ||
    plain === "'t'" ||
    /(^|or)true$/.test(plain) ||
    plain.startsWith('trueor') ||
    /(^|or)1=1$/.test(plain)
  );
}
