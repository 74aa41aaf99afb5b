import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { checkPolicy, layerOfFile, policyAbove, type PolicyRemark } from '../../gate/policy-check.ts';
import { problemWords, readPolicy, type ReadPolicy, WORKSPACE_POLICY } from '../../gate/policy.ts';
import { organizationPolicyFile, realFolder } from '../../gate/state-folder.ts';
import type { PolicyLayer } from '../../gate/types.ts';
import { visibleText } from '../visible-text.ts';
import { type CliIo, fail, say } from './io.ts';
import { ownPlaces } from './own-places.ts';
import type { PolicyArguments } from './policy.ts';
import { workspacePaths } from './workspace-paths.ts';
import { count } from '../report/report-words.ts';

/** A remark, and the file it is about; without a place where it is about the file as a whole. */
type Told = { readonly file: string; readonly level: PolicyRemark['level']; readonly message: string } & Partial<
  Pick<PolicyRemark, 'kind' | 'line' | 'column'>
>;

/** What is wrong with these policies, or with those in force here. 1 when something is; with --strict, warnings count too. */
export function checkCommand({ paths, json, strict, workspace }: PolicyArguments, io: CliIo): number {
  const folder = resolve(io.cwd, workspace ?? '.');
  if (!existsSync(folder)) return fail(io, `--workspace: there is no folder ${folder}. Check the name.`);
  const { state, userPolicy } = ownPlaces(io);
  const organizationFile = organizationPolicyFile(process.platform);
  const layers: readonly PolicyLayer[] = [
    { of: 'organization', file: organizationFile },
    { of: 'user', file: userPolicy },
    { of: 'workspace', file: join(folder, WORKSPACE_POLICY) },
  ];
  const read = readPolicy(folder, userPolicy, { stateFolder: realFolder(state) });
  const chosen =
    paths.length === 0 ? layers.filter(({ file }) => existsSync(file)) : paths.map((path) => ({ file: resolve(io.cwd, path) }));
  const told: Told[] = paths.length === 0 ? wholeFiles(read) : [];
  for (const { file } of chosen) {
    const text = readPolicyText(file);
    if (!text.ok) return fail(io, text.problem);
    // Any other file is meant for a workspace: the strictest of the three.
    const of = layerOfFile(file, folder, layers) ?? 'workspace';
    const root = of === 'workspace' && file.endsWith(WORKSPACE_POLICY) ? dirname(dirname(file)) : folder;
    const remarks = checkPolicy({ of, file, text: text.text }, policyAbove(of, read.policy.layers), io.now(), workspacePaths(root));
    told.push(...remarks.map((remark) => ({ file, ...remark })));
  }
  const errors = told.filter(({ level }) => level === 'error').length;
  const failed = errors > 0 || (strict && told.length > 0);
  if (json) {
    const problems = told.map(({ file, line, column, level, kind, message }) => ({ file, line, column, level, kind, message }));
    say(io, `${JSON.stringify({ ok: !failed, files: chosen.map(({ file }) => file), problems }, null, 2)}\n`);
  } else say(io, asText(told, chosen.length));
  return failed ? 1 : 0;
}

/** What keeps a layer as a whole from being used: an owner, a missing file. What is wrong inside is told with its place. */
function wholeFiles({ problems, policy }: ReadPolicy): Told[] {
  return [
    ...problems
      .filter(({ line }) => line === undefined)
      .map((one): Told => ({ file: one.file, level: 'error', message: problemWords(one) })),
    ...policy.packs.problems.map((message): Told => ({ file: '', level: 'error', message })),
  ];
}

function asText(told: readonly Told[], files: number): string {
  if (files === 0 && told.length === 0) return 'There is no policy file here: what is built in holds.\n';
  const lines = told.map(({ file, level, message, line, column }) =>
    visibleText(`${line === undefined ? '' : `${file}:${line}:${column}: `}${level}: ${message}`),
  );
  const of = (level: Told['level']) => told.filter((one) => one.level === level).length;
  const sum = told.length === 0 ? 'nothing to say' : `${count(of('error'), 'error')}, ${count(of('warning'), 'warning')}`;
  return `${[...lines, `${count(files, 'file')}: ${sum}.`].join('\n')}\n`;
}

function readPolicyText(file: string): { readonly ok: true; readonly text: string } | { readonly ok: false; readonly problem: string } {
  try {
    return { ok: true, text: readFileSync(file, 'utf8') };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const problem =
      code === 'ENOENT' ? `There is no file ${file}. Check the name.` : `${file} cannot be read (${code}). Name a readable file.`;
    return { ok: false, problem };
  }
}
