import type { Invocation } from '../effect.ts';

/** The host that an address names, with its scheme or without; '' where it names none. */
export function hostOf(address: string): string {
  const url = /^[a-z][a-z\d+.-]*:\/\//i.test(address) ? address : `https://${address.replace(/^\/\//, '')}`;
  return /^[a-z][a-z\d+.-]*:\/\/(?:[^/?#]*@)?(\[[^\]]*\]|[^/?#:]+)/i.exec(url)?.[1] ?? '';
}

/** Is it this machine, by one of the names that can be nothing else? */
export function isThisMachine(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\]|0\.0\.0\.0|host\.docker\.internal)$/i.test(host);
}

/**
 * Does a program that asks over HTTP reach another machine than the one its address names: by a proxy, by an address of its own for
 * the name, by a file of settings that is not read here?
 */
export function isDiverted({ args, command }: Pick<Invocation, 'args' | 'command'>): boolean {
  if (command.carried?.proxied === true) return true;
  if (Object.entries(command.assignments).some(([name, value]) => divertsBy(name, value))) return true;
  return args.some((arg, i) => {
    const [, name = '', joined] = /^(--[\w.-]+)(?:=(.*))?$/s.exec(arg) ?? [];
    const next = args[i + 1] ?? '';
    if (name !== '') return PROXIES.test(name) ? isAway(joined ?? next) : (OTHERWISE[name]?.(joined ?? next) ?? false);
    // `-sx PROXY`, `-xPROXY`: a letter that takes a value ends the bunch. `-e http_proxy=…` is wget's.
    const [, bunched] = /^-[fsSLkvigqIOJNRZ0-46#]*x(.*)$/s.exec(arg) ?? [];
    if (bunched !== undefined) return isAway(bunched === '' ? next : bunched);
    if (/^-[fsSLkvigq]*K$/.test(arg)) return isUnread(next);
    return /^-e.+/s.test(arg) ? setsProxy(arg.slice(2)) : arg === '-e' && setsProxy(next);
  });
}

function divertsBy(name: string, value: string): boolean {
  if (value === '') return false;
  return /^(https?|all|ftp|socks)_proxy$/i.test(name) ? isAway(value) : /^(CURL_HOME|WGETRC)$/.test(name);
}

/** Names may be cut short. */
const PROXIES = /^--(prox|proxy|proxy1\.0|preproxy|socks(4a?|5)(-hostname)?)$/;

const OTHERWISE: Readonly<Record<string, (value: string) => boolean>> = {
  // `localhost:80:ADDRESS,ADDRESS`
  '--resolve': (value) =>
    value
      .replace(/^[^:]*:[^:]*:/, '')
      .split(',')
      .some((address) => isAway(address.includes(':') && !address.startsWith('[') ? `[${address}]` : address)),
  // `HOST:PORT:OTHER:PORT`
  '--connect-to': (value) => isAway(/^(?:\[[^\]]*\]|[^:]*):\d*:(\[[^\]]*\]|[^:]*):?\d*$/.exec(value)?.[1] ?? value),
  '--doh-url': () => true,
  '--dns-servers': () => true,
  '--config': isUnread,
  '--execute': setsProxy,
};

/** Settings that come from no file which is read here. */
function isUnread(path: string): boolean {
  return !/^[\w./~-]*\w$/.test(path);
}

function setsProxy(setting: string): boolean {
  const [, value] = /^\s*(?:https?|ftp)_proxy\s*=\s*(\S+)/i.exec(setting) ?? [];
  return value !== undefined && isAway(value);
}

/** `http:http://x.test` says for which scheme first. */
function isAway(address: string): boolean {
  const host = hostOf(address.replace(/^\w+:(?=[a-z\d]+:\/\/)/i, ''));
  return host !== '' && !isThisMachine(host);
}
