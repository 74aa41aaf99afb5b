import { SUGGEST, type SuggestParams, type SuggestResult } from '../server/protocol.ts';
import { causeOf } from './sentences.ts';
import type { ServerConnection } from './server-connection.ts';

/**
 * May this be applied? Never throws and never waits for ever. When the server fails or does not answer, the gate is closed
 * for what may be an access rule or may govern an agent, and open for other files.
 */
export async function askGate(connection: ServerConnection, params: SuggestParams): Promise<SuggestResult> {
  let timer: NodeJS.Timeout | undefined;
  const failed = (cause: string): SuggestResult => (mayMatter(params) ? { verdict: 'closed', cause } : { verdict: 'allow' });
  const late = new Promise<SuggestResult>((resolve) => {
    timer = setTimeout(() => resolve(failed('it took longer than ten seconds')), 10_000);
  });
  try {
    return await Promise.race([connection.request(SUGGEST, params), late]);
  } catch (error) {
    return failed(causeOf(error));
  } finally {
    clearTimeout(timer);
  }
}

/** A coarse look, for when nobody can look properly: words of access rules, also spelled with escapes, and files that govern access, agents and editors. */
function mayMatter({ uri, after }: SuggestParams): boolean {
  return WORDS.test(after) || FILES.test(uri);
}

const WORDS =
  /statement|effect|principal|privileged|hostpath|rolebinding|permissions|pull_request_target|cidr|ingress|allusers|grant |\\u00|\bresource\s+"|\bkind:/i;
const FILES =
  /\/\.[^/]+\/|settings|mcp|policy|iam|role|rbac|sudoers|sshd_config|pg_hba|codeowners|dockerfile|\.(?:tf|tfvars|bicep|sql|env)$/i;
