import type { Effect } from '../effect.ts';

/** What a setting of git makes it run, for one call or for good. */
export function setting(key: string, value: string): readonly Effect[] {
  if (/^alias\./i.test(key)) return value.startsWith('!') ? [{ kind: 'shell', text: value.slice(1) }] : [];
  if (!runs(key, value)) return [];
  const found = runsFor(key, value);
  return FOLDERS.test(key) ? [found] : [{ kind: 'shell', text: value.replace(/^!/, ''), perhaps: true }, found];
}

/** The same as a change that stays. */
export function runsFor(key: string, value: string): Effect {
  const does = value === '' ? `changes what git runs by \`${key}\`` : `makes git run \`${value}\``;
  return {
    kind: 'change',
    change: { rule: 'command-runs-unread-code', system: 'this repository', does, object: key, kind: 'setting', severity: 'high' },
  };
}

/** Does git run what this setting says? Pagers and editors that everybody has are no matter. */
export function runs(key: string, value: string): boolean {
  return RUNS.test(key) && value !== '' && !ORDINARY.test(value);
}

const RUNS =
  /^(core\.(hookspath|editor|pager|sshcommand|fsmonitor|askpass|gitproxy|alternaterefscommand)|pager\..*|sequence\.editor|alias\..*|filter\..*\.(clean|smudge|process)|diff\.external|diff\..*\.(command|textconv)|merge\..*\.driver|(merge|diff)tool\..*\.(cmd|path)|(browser|man)\..*\.(cmd|path)|gpg\.(.*\.)?program|trailer\..*\.(cmd|command)|interactive\.difffilter|credential(\..*)?\.helper|include(if\..*)?\.path|init\.templatedir|uploadpack\.packobjectshook|remote\..*\.(uploadpack|receivepack|vcs)|protocol\.ext\.allow|sendemail\..*(smtpserver|cmd)|url\.ext::.*)$/i;
const FOLDERS = /hookspath|\.path$|templatedir|protocol\.ext|^url\./i;
const ORDINARY =
  /^(cat|true|false|:|less( -\S+)*|more|delta|diff-so-fancy|vim?|nvim|nano|code( --wait)?|emacs|ssh( -[\w/.~ -]+)?|osxkeychain|store|cache( --timeout=\d+)?|manager(-core)?|wincred|libsecret|gpg2?|ssh-keygen|!gh auth git-credential|!aws codecommit credential-helper \$@)$/;
