// Installs what shipping is tried with: rsyslog (TLS, PostgreSQL), PostgreSQL, an OTLP receiver, and the published schemas.
// Debian or Ubuntu, as root or with sudo; what is there already is left as it is.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));

const missing = [
  ...(existsSync('/usr/sbin/rsyslogd') ? [] : ['rsyslog']),
  ...(findBelow('/usr/lib', /rsyslog\/lmnsd_ossl\.so$/) ? [] : ['rsyslog-openssl']),
  ...(findBelow('/usr/lib', /rsyslog\/ompgsql\.so$/) ? [] : ['rsyslog-pgsql']),
  ...(existsSync('/usr/lib/postgresql') ? [] : ['postgresql']),
  ...(existsSync('/usr/bin/openssl') ? [] : ['openssl']),
  ...(spawnSync('python3', ['-m', 'pip', '--version']).status === 0 ? [] : ['python3-pip']),
];
if (missing.length > 0) {
  const sudo = process.getuid?.() === 0 ? [] : ['sudo'];
  run([...sudo, 'apt-get', 'update', '-qq']);
  run([...sudo, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', 'install', '-y', '-qq', '--no-install-recommends', ...missing]);
}
if (!existsSync(join(folder, 'node_modules', 'autotel-mcp'))) run(['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund']);
if (!existsSync(join(folder, 'node_modules', '.python', 'ocsf_json_schema'))) {
  run(['python3', '-m', 'pip', 'install', '--quiet', '--target', join('node_modules', '.python'), '--requirement', 'requirements.txt']);
}

/** The plug-ins lie below a folder named after the machine. */
function findBelow(parent, pattern) {
  return readdirSync(parent)
    .filter((name) => name.includes('linux-gnu'))
    .some(
      (name) =>
        existsSync(join(parent, name, 'rsyslog')) &&
        readdirSync(join(parent, name, 'rsyslog')).some((file) => pattern.test(`rsyslog/${file}`)),
    );
}

function run([command, ...args]) {
  console.log(`${command} ${args.join(' ')} …`);
  const ran = spawnSync(command, args, { cwd: folder, stdio: 'inherit' });
  if (ran.status !== 0) process.exit(ran.status ?? 1);
}
