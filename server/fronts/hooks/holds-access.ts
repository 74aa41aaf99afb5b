import { isWatchedByName, mayBeGoverned } from '../../engine/read/governed-path.ts';

/**
 * Does this file decide access, so that a text that nobody can foresee is worth a question? By its name; or it may by its name,
 * and what it holds says so. Any JSON or YAML may hold a policy: most hold none.
 */
export function holdsAccess(path: string, text: string): boolean {
  return isWatchedByName(path) || (mayBeGoverned(path) && text !== '' && speaks(path, text));
}

function speaks(path: string, text: string): boolean {
  return (
    ACCESS.test(text) ||
    (/^apiVersion:/m.test(text) && /^kind:/m.test(text)) ||
    (/compose[^/]*\.ya?ml$/i.test(path) && /^services:/m.test(text))
  );
}

/** Policies, Terraform, Bicep, CloudFormation. */
const ACCESS =
  /"?Effect"?\s*:|AssumeRole|^\s*(resource|data|module|provider)\s+"|^(resource|module) \w+ '|\bAWS::\w+::\w+|"(apiVersion|kind)"\s*:\s*"[^"]*(Role|rbac|Deployment|Pod)/m;
