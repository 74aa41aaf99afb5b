/** Files of settings, outside of any repository, that make programs send elsewhere or run something later. */
import type { CommandAct, DirectChange } from '../../engine/types.ts';
import { hostOf, isThisMachine } from '../../engine/command/programs/hosts.ts';

/** @param after undefined where the text cannot be told */
export function settingWritten(path: string, before: string, after: string | undefined): CommandAct | undefined {
  if (after === '' || after === before) return undefined;
  // Nearly all that is written is none of these.
  if (![KEYS, SSH, STARTS, LATER, ASKS, HOSTS].some((setting) => setting.test(path))) return undefined;
  const added = after === undefined ? undefined : linesAdded(before, after).filter((line) => !/^\s*(#|$)/.test(line));
  if (KEYS.test(path))
    return added?.length === 0
      ? undefined
      : act('command-changes-access', `lets whoever has another key log in (\`${path}\`)`, path, 'key');
  if (SSH.test(path))
    return added === undefined ||
      added.some((line) => /^\s*(proxycommand|localcommand|knownhostscommand|include|match\s.*\bexec)\b/i.test(line))
      ? act('command-runs-unread-code', `makes ssh run a program, or take in settings from elsewhere (\`${path}\`)`, path, 'setting')
      : undefined;
  if (STARTS.test(path) && added === undefined)
    return act(
      'command-runs-unread-code',
      `gives \`${path}\` a text that cannot be read beforehand, which each shell runs`,
      path,
      'script',
    );
  if (LATER.test(path))
    return added?.length === 0
      ? undefined
      : act('command-runs-unread-code', `makes \`${path}\` run something later, without you`, path, 'schedule');
  if (ASKS.test(path))
    return added === undefined ||
      added.some(
        (line) =>
          /^\s*-[a-zA-Z]*[xK]/.test(line) ||
          /^\W*(?:(?:https?_|ftp_)?proxy|preproxy|socks\S*|resolve|connect-to|doh-url|url|config|post.?file|use.?proxy)\b/i.test(line),
      )
      ? act('command-weakens-safeguard', `makes curl or wget ask another machine (\`${path}\`)`, path, 'setting')
      : undefined;
  if (!HOSTS.test(path)) return undefined;
  return added === undefined || added.some((line) => isLed(line))
    ? act('command-weakens-safeguard', 'leads a name of this machine elsewhere (`/etc/hosts`)', path, 'setting')
    : undefined;
}

/** What a file that each shell runs when it starts gets in addition. */
export function startupLines(path: string, before: string, after: string | undefined): string | undefined {
  if (after === undefined || after === before || !STARTS.test(path)) return undefined;
  const added = after.startsWith(before) ? after.slice(before.length) : linesAdded(before, after).join('\n');
  // What is called by another name later.
  const called = [...added.matchAll(/^[ \t]*alias[ \t]+[\w.-]+=(["'])(.*)\1[ \t]*$/gm)].map(([, , line = '']) => line);
  return [added, ...called].join('\n');
}

function linesAdded(before: string, after: string): readonly string[] {
  const known = new Set(before.split('\n'));
  return after.split('\n').filter((line) => !known.has(line));
}

const KEYS = /(^|\/)\.ssh\/authorized_keys2?$/;
const SSH = /(^|\/)\.ssh\/config$/;
const HOSTS = /^\/etc\/hosts$/;
const STARTS =
  /(^|\/)\.(bashrc|bash_profile|bash_login|bash_logout|profile|zshrc|zshenv|zprofile|zlogin|kshrc)$|(^|\/)\.config\/fish\/config\.fish$|^\/etc\/(profile$|profile\.d\/|bash\.bashrc$|zsh\/)/;

/** `6.6.6.6 localhost` */
function isLed(line: string): boolean {
  const [address = '', ...names] = line.trim().split(/\s+/);
  const host = address.includes(':') ? `[${address}]` : address;
  return !isThisMachine(hostOf(host)) && names.some((name) => isThisMachine(name));
}

const ASKS = /(^|\/)[._](curlrc|wgetrc)$|(^|\/)\.config\/curlrc$/;
/** Of this machine or of whoever works on it; a folder of that name in a repository is what is packed or deployed. */
const LATER =
  /^\/(private\/)?(etc\/(crontab$|cron\.[\w-]+\/|systemd\/system\/)|var\/spool\/cron\/)|^([/~.].*\/)?(\.config\/systemd\/user\/[^/]+\.(service|timer|path)$|Library\/Launch(Agents|Daemons)\/|\.config\/autostart\/)/;

function act(rule: DirectChange['rule'], does: string, object: string, kind: string): CommandAct {
  return { kind: 'change', change: { rule, system: 'this machine', does, object, kind, severity: 'medium' } };
}
