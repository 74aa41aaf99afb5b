import type { Expansion } from './access/aws-iam/expansion.ts';
import { quoted } from './consequence-names.ts';
import type { Owned } from './consequence-owner.ts';
import { personOf, whoOf } from './consequence-who.ts';
import type { Witness } from './types.ts';

/** The example request, told so that a person sees it happen. The exact one stands beside it. */
export function witnessOf(expansion: Expansion, owned: Owned): Witness {
  const { principal, action, resource, context } = expansion.witness;
  return { who: asker(expansion, owned), principal, action, resource, context, request: requestOf(expansion) };
}

function asker(expansion: Expansion, owned: Owned): string {
  const { principal } = expansion.witness;
  if (principal === '') return whoOf({ ...expansion, principals: [] }, owned);
  if (principal === '*') return 'Someone who is not signed in';
  const named = expansion.principals.find(({ value }) => value === principal);
  if (named !== undefined) return personOf(named);
  if (expansion.principals.some(({ kind }) => kind === 'anyone')) return 'Someone signed in to an unrelated AWS account';
  const account = /^arn:[^:]*:(?:iam|sts)::(\d{12}):/.exec(principal)?.[1];
  return account === undefined ? quoted(principal) : `Someone in account ${quoted(account)}`;
}

/** Without signing in, S3 is asked over plain HTTPS; everything else is told by its action. */
function requestOf({ witness: { principal, action, resource } }: Expansion): string {
  const [, bucket, key] = /^arn:aws:s3:::([a-z0-9.-]+)\/(.+)$/s.exec(resource) ?? [];
  const method = principal === '*' ? METHODS[action.toLowerCase()] : undefined;
  if (method === undefined || bucket === undefined || key === undefined) return `${action} on ${resource}`;
  return `${method} https://${bucket}.s3.amazonaws.com/${key.split('/').map(encodeURIComponentSafely).join('/')}`;
}

const METHODS: Readonly<Record<string, string>> = { 's3:getobject': 'GET', 's3:putobject': 'PUT', 's3:deleteobject': 'DELETE' };

function encodeURIComponentSafely(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
