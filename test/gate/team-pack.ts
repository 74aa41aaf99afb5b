import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { digestsOf, encodeLock, LOCK_FILE } from '../../server/gate/pack-lock.ts';

export type TeamRule = { readonly id: string; readonly severity?: string; readonly ignorable?: boolean };

/** A pack with rules that alarm on a Pod whose `hostname` is the rule's id. */
export function packText(name: string, version: string, rules: readonly TeamRule[]): string {
  return [
    `pack: ${name}`,
    `version: ${version}`,
    'title: Rules of a team',
    'rules:',
    ...rules.flatMap(({ id, severity = 'medium', ignorable = true }) => [
      `  - id: ${id}`,
      '    title: A host name that the team does not want',
      `    severity: ${severity}`,
      '    on: [{ system: kubernetes, type: Pod }]',
      `    when: { spec.hostname: ${id} }`,
      `    ignorable: ${ignorable}`,
      '    blastRadius: resource',
      '    gain: a name',
      `    consequence: "Pod \`{name}\` is called \`${id}\`."`,
      '    fix: Name it otherwise.',
      '    failureMode: It is taken for another.',
      '    references: [CWE-1]',
    ]),
    '',
  ].join('\n');
}

/** Writes files below a folder; texts by path. */
export function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

/** Writes packs into a folder and locks them. */
export function lockedPacks(folder: string, files: Readonly<Record<string, string>>): void {
  write(folder, files);
  writeFileSync(join(folder, LOCK_FILE), encodeLock({ version: 1, files: digestsOf(folder).files, sources: {} }));
}

/** A Pod of that host name; `more`: a comment behind the line of the finding. */
export function pod(hostname: string, more = ''): string {
  return `apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  hostname: ${hostname}${more}\n  containers:\n    - name: app\n      image: a\n`;
}
