/** The text of `.git/config` without what git itself writes when branches and remotes come and go. A remote that names a program stays in. */
export function withoutGitsOwn(text: string): string {
  let section = '';
  return text
    .split(/\r?\n/)
    .filter((line) => {
      section = /^\s*\[\s*([a-z]+)/i.exec(line)?.[1]?.toLowerCase() ?? section;
      if (section === 'branch') return !/^\s*(?:\[branch "[^"]*"\]\s*$|(?:remote|merge|rebase|vscode-merge-base)\s*=)/i.test(line);
      if (section !== 'remote') return true;
      return !/^\s*(?:\[remote "[^"]*"\]\s*$|fetch\s*=|url\s*=\s*(?![a-z]+::|-))/i.test(line);
    })
    .join('\n')
    .trimEnd();
}
