/** A look that is enough to know whether a policy may have a say: the policy itself is read by the engine's bundle. */
import { lstatSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { mayBePolicyText } from '../../gate/policy-text.ts';
import { organizationPolicyFile, userPolicyFile } from '../../gate/state-folder.ts';
import { afterText } from './after-text.ts';
import type { Surroundings } from './locate.ts';
import type { FileChange } from './tool-call.ts';

/** Bytes. A text without a telling name is looked into up to this size; above it is judged. */
const LOOKED_INTO = 1024 * 1024;

/** A name tells nothing of a file that is renamed afterwards, or has several names: then its text does. */
export function maySpeakOfPolicy(change: FileChange, file: string | undefined): boolean {
  if (file === undefined || change.kind === 'unknown' || change.kind === 'notebook' || change.kind === 'delete') return false;
  // A moved file is under another name afterwards.
  if (change.kind === 'patch' && change.from !== change.path) return true;
  if (change.kind === 'write') return mayBePolicyText(change.content);
  try {
    const { size } = statSync(file);
    if (size > LOOKED_INTO) return true;
    const after = afterText(readFileSync(file, 'utf8'), change);
    return after.kind !== 'text' || mayBePolicyText(after.text);
  } catch {
    // Not there: what would be created is all in the replacements.
    return change.kind === 'replace' && change.replacements.some(({ to }) => mayBePolicyText(to));
  }
}

/** A policy may watch, forbid or declare paths that no built-in rule knows. A look at its text is enough to know whether it might. */
export function policyNamesPaths({ workspace, home }: Surroundings): boolean {
  return [
    join(workspace, '.countersign', 'policy.yaml'),
    userPolicyFile(process.env, process.platform, home),
    organizationPolicyFile(process.platform),
  ].some((file) => {
    try {
      // What a link leads to lies where no name says that it is a policy.
      return /watch|no-?_?go|agents/i.test(readFileSync(file, 'utf8')) || isLink(file) || isLink(dirname(file));
    } catch {
      return false;
    }
  });
}

function isLink(path: string): boolean {
  return lstatSync(path).isSymbolicLink();
}
