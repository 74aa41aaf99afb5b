/** The host that an address names, with its scheme or without; '' where it names none. */
export function hostOf(address: string): string {
  const url = /^[a-z][a-z+.-]*:\/\//i.test(address) ? address : `https://${address.replace(/^\/\//, '')}`;
  return /^[a-z][a-z+.-]*:\/\/(?:[^/?#]*@)?(\[[^\]]*\]|[^/?#:]+)/i.exec(url)?.[1] ?? '';
}

/** Is it this machine, by one of the names that can be nothing else? */
export function isThisMachine(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\]|0\.0\.0\.0|host\.docker\.internal)$/i.test(host);
}
