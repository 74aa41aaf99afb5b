import { isTable } from '../../engine/is-table.ts';
import type { Ran } from './redteam-scene.ts';

/** What an agent makes of a hook's answer. `nothing`: no answer that it knows, and then it goes on. */
export type ReadAnswer = { readonly kind: 'passes' } | { readonly kind: 'denied'; readonly reason: string } | { readonly kind: 'nothing' };

/** As strict as the strictest agent: a stray byte, another exit code or an empty reason lets the tool run somewhere. */
export function readAnswer({ code, stdout, stderr }: Ran): ReadAnswer {
  if (code === 2) return stderr.trim() === '' ? { kind: 'nothing' } : { kind: 'denied', reason: stderr };
  if (code !== 0) return { kind: 'nothing' };
  if (stdout === '') return { kind: 'passes' };
  const answer = parsed(stdout);
  if (answer === undefined) return { kind: 'nothing' };
  const inner = answer['hookSpecificOutput'];
  const said = { ...answer, ...(isTable(inner) ? inner : {}) };
  const denies =
    said['permissionDecision'] === 'deny' || said['decision'] === 'deny' || said['permission'] === 'deny' || said['cancel'] === true;
  if (!denies) return said['permission'] === 'allow' || said['cancel'] === false ? { kind: 'passes' } : { kind: 'nothing' };
  const reason = REASONS.map((key) => said[key]).find((text): text is string => typeof text === 'string' && text.trim() !== '');
  return reason === undefined ? { kind: 'nothing' } : { kind: 'denied', reason };
}

const REASONS = ['permissionDecisionReason', 'reason', 'user_message', 'errorMessage'] as const;

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isTable(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
