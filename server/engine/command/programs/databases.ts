import { argumentsOf } from '../arguments.ts';
import type { DirectChange } from '../../types.ts';
import type { Effect, Program } from '../effect.ts';
import { fileRead } from '../made.ts';
import { inputOf, outputOf } from '../output.ts';
import { UNKNOWN } from '../simple-command.ts';

/** Clients that take their statements from a file. */
export const CLIENTS: ReadonlySet<string> = new Set([
  'psql',
  'mysql',
  'mariadb',
  'sqlite3',
  'duckdb',
  'sqlcmd',
  'mongosh',
  'mongo',
  'redis-cli',
]);

/** Command lines of databases: what is asked of them in the command itself. */
export const databases: Program = {
  names: [...CLIENTS, 'dropdb', 'createuser', 'dropuser', 'pg_restore'],
  effects: ({ program, args, command }) => {
    if (program === 'dropdb' || program === 'dropuser')
      return [change('command-destroys-data', `drops \`${args.at(-1) ?? ''}\``, args.at(-1) ?? program, 'high')];
    if (program === 'createuser')
      return [
        change(
          'command-changes-access',
          `makes the database user \`${args.at(-1) ?? ''}\``,
          args.at(-1) ?? program,
          args.some((arg) => /^-(s|-superuser)/.test(arg)) ? 'critical' : 'high',
        ),
      ];
    if (args.some((arg) => /^(--version|--help|-V|-l|--list)$/.test(arg))) return [];
    // `psql -Atc LINE`, `mysql -Nse LINE`: letters in a bunch, of which the last takes the line.
    const apart = args.flatMap((arg) => (/^-[a-zA-Z]{1,6}[ceQ]$/.test(arg) && arg !== '-cmd' ? [`-${arg.slice(-1)}`] : [arg]));
    const read = argumentsOf(apart, VALUED);
    const given = [
      ...read.values('-c', '--command', '--comm', '--query', '-e', '--execute', '-Q', '-q', '--eval'),
      ...(program === 'redis-cli' && read.plain.length > 0 ? [read.plain.join(' ')] : []),
      ...(program === 'sqlite3' || program === 'duckdb' ? read.plain.slice(1) : []),
    ];
    const kept = args.flatMap((arg) => (/^my|^maria/.test(program) ? (/^--tee=(.+)$/.exec(arg)?.slice(1, 2) ?? []) : []));
    if (kept.length > 0)
      return [
        ...kept.map((path): Effect => ({ kind: 'write', path, text: undefined, append: true })),
        ...statements(given.join(';'), program),
      ];
    const named = read.value('-f', '--file', '-i');
    // `-f <(…)`
    const printer = named === UNKNOWN ? command.words.find((word) => word.printedBy !== undefined)?.printedBy : undefined;
    const printed = printer === undefined ? undefined : outputOf(printer);
    const text = given.length > 0 ? given.join(';\n') : (printed ?? inputOf(command));
    const file = printed === undefined ? named : undefined;
    // `\\i FILE`, `source FILE`, `.read FILE`
    const files = (text ?? '').matchAll(/(?:^|[\n;])[^\S\n]*(?:\\ir?|\\\.|source|\.read|start)\s+["']?([\w./~-]+)/g);
    const scripts = [...files].map(([, path = '']): Effect => ({ kind: 'script', args: [], program, path }));
    if (scripts.length > 0) return [...scripts, ...statements(text ?? '', program)];
    const own = [...read.values('-cmd'), ...(text === undefined ? [] : [text])].flatMap(ofClient);
    if (own.length > 0) return own;
    if (file !== undefined) return [{ kind: 'script', args: [], program, path: file }];
    if (text === undefined || (text === '' && given.length === 0)) {
      if (command.input.kind === 'file') return [{ kind: 'script', args: [], program, path: command.input.path.text }];
      const path = fileRead(command);
      if (path !== undefined) return [{ kind: 'script', args: [], program, path }];
      const source = command.input.kind === 'pipe' ? (command.input.from?.words[0]?.text ?? '') : '';
      if (/^(\S*\/)?(curl|wget|http|fetch|base64|xxd|openssl)$/.test(source))
        return [change('command-runs-unread-code', `asks the database whatever \`${source}\` prints`, program, 'high')];
      return command.input.kind === 'pipe'
        ? [{ kind: 'unclear', why: `${program} runs what another command prints` }]
        : [{ kind: 'open-ended', program }];
    }
    return statements(text, program);
  },
};

/** What a client does with all this: its own commands, and the statements. */
export function asked(text: string, program: string): readonly Effect[] {
  const own = ofClient(text);
  return own.length > 0 ? own : statements(text, program);
}

/** What the client itself does: `\\! line`, `.shell line`, `.output file`, `\\copy … to 'file'`, `writefile('file', …)`. */
function ofClient(text: string): readonly Effect[] {
  const lines = [...text.matchAll(/(?:^|[\n;])[^\S\n]*(?:\\!|\.(?:shell|system)|system|\.(?:output|once)\s+"?\||\\[og]\s*\|)\s*([^\n]+)/g)];
  const files = [
    ...text.matchAll(/(?:^|[\n;])[^\S\n]*(?:\.(?:output|once|backup|save|clone)|\\[ogw])\s+["']?([^\s"'|;]+)/g),
    ...text.matchAll(/\\copy\b[^\n]*\bto\s+["']?([^\s"';]+)/gi),
    ...text.matchAll(/\bcopy\b[^;]*\bto\s+'([^']+)'/gi),
    ...text.matchAll(/\b(?:writefile|edit)\s*\(\s*'([^']+)'/gi),
    ...text.matchAll(/\binto\s+(?:out|dump)file\s+'([^']+)'/gi),
  ];
  return [
    ...lines.map(([, line = '']): Effect => ({ kind: 'shell', text: line, perhaps: true })),
    ...files.map(([, path = '']): Effect => ({ kind: 'write', path, text: undefined, append: false })),
    // Whatever else it asks of the database counts too.
    ...(lines.length + files.length > 0 ? statements(text, 'the client') : []),
  ];
}

const VALUED = new Set([
  '-cmd',
  '-o',
  '-c',
  '--command',
  '-e',
  '--execute',
  '-Q',
  '-q',
  '-h',
  '--host',
  '-U',
  '-u',
  '--user',
  '--username',
  '-d',
  '--dbname',
  '-p',
  '--port',
  '-P',
  '-D',
  '-f',
  '--file',
  '-i',
  '--eval',
  '--query',
  '-v',
  '-n',
  '-a',
  '--pass',
]);

/** Statements that change rights or take data away, in SQL and the shells of MongoDB and Redis. */
export function statements(text: string, program: string): readonly Effect[] {
  const bare = text.replace(/--[^\n]*|\/\*[\s\S]*?\*\//g, ' ');
  const found: Effect[] = [];
  for (const statement of bare.split(';')) {
    const line = statement.replace(/\s+/g, ' ').trim();
    const short = `${line.slice(0, 60)}${line.length > 60 ? '…' : ''}`;
    if (
      /\b(grant\b.*\bto\b|alter (user|(server )?role)\b|create (user|role|policy)\b|alter default privileges|alter system|create extension \w*(plpython|plperlu|pltclu|dblink|file_fdw|adminpack)|security definer|acl setuser|createuser|granttorole|dropuser|grantroles|updateuser|createrole|alter table .* (disable|no force) row level security)/i.test(
        line,
      )
    )
      found.push(
        change(
          'command-changes-access',
          `asks the database: \`${short}\``,
          program,
          /\b(superuser|bypassrls|all privileges|to public|to anon|with grant option|disable row level|\+@all|root)\b/i.test(line)
            ? 'critical'
            : 'high',
        ),
      );
    else if (
      /\b(drop (table|database|schema|keyspace|collection|bucket|user|role|policy|view|index)|truncate\b|flushall|flushdb|dropdatabase|\.drop\(|deletemany\(\s*\{\s*\}|\.remove\(\s*\{\s*\})/i.test(
        line,
      ) ||
      (/^delete from\b/i.test(line) && !/\bwhere\b/i.test(line))
    )
      found.push(change('command-destroys-data', `asks the database: \`${short}\``, program, 'high'));
    else if (/^(delete from|update)\b/i.test(line))
      found.push(change('command-destroys-data', `asks the database: \`${short}\``, program, /\bwhere\b/i.test(line) ? 'low' : 'high'));
    else if (
      /\b(copy\b.*\bprogram\b|\\!|pg_read_file|lo_export|load_file|into outfile|xp_cmdshell|config set (dir|dbfilename|requirepass|protected-mode))/i.test(
        line,
      )
    )
      found.push(change('command-runs-unread-code', `makes the database run or write outside itself: \`${short}\``, program, 'high'));
  }
  return found;
}

function change(rule: DirectChange['rule'], does: string, object: string, severity: DirectChange['severity']): Effect {
  return { kind: 'change', change: { rule, system: 'the database', does, object, kind: 'database', severity } };
}
