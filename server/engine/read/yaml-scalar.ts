import type { TreeNode } from './tree.ts';

/**
 * What a plain scalar stands for. The core schema of YAML 1.2, but for two things that YAML 1.1 readers (Kubernetes, Ansible,
 * CloudFormation) see otherwise: `0777` is octal, and a number that would lose digits stays text. `yes` and `on` stay text here.
 */
export function plainScalar(text: string, offset: number, length: number): TreeNode {
  const value = resolvePlain(text);
  if (value === null) return { type: 'null', offset, length, value };
  if (typeof value === 'string') return { type: 'string', offset, length, value };
  return typeof value === 'number' ? { type: 'number', offset, length, value } : { type: 'boolean', offset, length, value };
}

export function resolvePlain(text: string): string | number | boolean | null {
  // Most scalars are words: the first character tells.
  if (text !== '' && !MAY_BE_OTHER.test(text)) return text;
  if (/^(|~|null|Null|NULL)$/.test(text)) return null;
  if (/^(true|True|TRUE)$/.test(text)) return true;
  if (/^(false|False|FALSE)$/.test(text)) return false;
  if (/^[-+]?0[0-7]+$/.test(text)) return text.length > LONGEST_OCTAL ? text : Number.parseInt(text, 8);
  if (/^0o[0-7]+$/.test(text)) return whole(Number.parseInt(text.slice(2), 8), text);
  if (/^0x[0-9a-fA-F]+$/.test(text)) return whole(Number.parseInt(text.slice(2), 16), text);
  // Digits with a leading zero that are no octal number: an account id, a version. As a number they would lose it.
  if (/^[-+]?0[0-9]+$/.test(text)) return text;
  if (/^[-+]?[0-9]+$/.test(text)) return whole(Number(text), text);
  if (/^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/.test(text)) return Number(text);
  if (/^[-+]?\.(inf|Inf|INF)$/.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return text;
}

const MAY_BE_OTHER = /^[-+.~0-9ntfNTF]/;
/** Longer runs of digits are account ids that happen to have no 8 and no 9. */
const LONGEST_OCTAL = 9;

function whole(value: number, text: string): number | string {
  return Number.isSafeInteger(value) ? value : text;
}
