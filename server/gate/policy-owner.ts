import { closeSync, existsSync, lstatSync, openSync, readlinkSync, type Stats } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { seenOrganization } from './policy-memory.ts';
import type { LayerProblem } from './policy.ts';

/** Beside the organization's policy: the policy must be there. */
const REQUIRED = 'policy.required';

/**
 * Why this file does not count as an organization's: somebody else than an administrator can change it, a folder it lies in, or
 * a link on the way. A sentence with the remedy; undefined where only administrators can.
 */
export function ownerProblem(file: string, administrators: readonly number[]): string | undefined {
  try {
    return process.platform === 'win32' ? writableProblem(file) : pathProblem(file, administrators, 0);
  } catch (error) {
    return `The organization's policy ${file} cannot be checked (${sentence(error)}). Let an administrator make it readable.`;
  }
}

/**
 * Why a missing organization's policy is a problem: an administrator said that there must be one, or there was one the last time.
 * Undefined where none is expected.
 */
export function missingProblem(file: string, stateFolder: string | undefined): LayerProblem | undefined {
  const required = join(dirname(file), REQUIRED);
  const back = 'Put it back. If it was withdrawn, let an administrator leave an empty file there.';
  if (existsSync(required))
    return { file, message: `The organization's policy ${file} is missing, and ${required} says that it must be there. ${back}` };
  const seen = stateFolder === undefined ? undefined : seenOrganization(stateFolder);
  if (seen === undefined || seen.file !== file) return undefined;
  return { file, message: `The organization's policy ${file} is missing. It was in force since ${seen.since.slice(0, 10)}. ${back}` };
}

/** Each part of the path, and of what a link on it means. */
function pathProblem(file: string, administrators: readonly number[], links: number): string | undefined {
  if (links > 20) return `The organization's policy ${file} is a chain of links. Let an administrator write the file itself there.`;
  const found = lstatSync(file);
  const own = partProblem(file, found, administrators);
  if (own !== undefined) return own;
  if (found.isSymbolicLink()) {
    const target = readlinkSync(file);
    const problem = pathProblem(isAbsolute(target) ? target : resolve(dirname(file), target), administrators, links + 1);
    if (problem !== undefined) return problem;
  }
  const parent = dirname(file);
  return parent === file ? undefined : pathProblem(parent, administrators, links);
}

function partProblem(path: string, found: Stats, administrators: readonly number[]): string | undefined {
  const what = found.isDirectory() ? 'the folder' : found.isSymbolicLink() ? 'the link' : 'the file';
  const remedy = `Let an administrator set its owner to root and take the right to write from all others (chown root ${path}; chmod go-w ${path}).`;
  if (found.uid !== 0 && !administrators.includes(found.uid)) {
    return `The organization's policy cannot be used: ${what} ${path} belongs to user ${found.uid}, not to an administrator. ${remedy}`;
  }
  // The mode of a link says nothing. In a sticky folder nobody can replace what is another's.
  const sticky = found.isDirectory() && (found.mode & 0o1000) !== 0;
  const loose = (found.mode & 0o002) !== 0 || ((found.mode & 0o020) !== 0 && found.gid !== 0);
  if (found.isSymbolicLink() || sticky || !loose) return undefined;
  return `The organization's policy cannot be used: others than administrators can write ${what} ${path}. ${remedy}`;
}

/** Windows tells owners and rights in lists that Node does not read: what this account can open for writing is not an administrator's. */
function writableProblem(file: string): string | undefined {
  try {
    closeSync(openSync(file, 'r+'));
  } catch {
    return undefined;
  }
  return `The organization's policy ${file} cannot be used: this account can write it. Let an administrator take that right away.`;
}

function sentence(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
