import { type Catalogue, loadCatalogue } from '../../../server/engine/access/aws-iam/catalogue.ts';
import { difference } from '../../../server/engine/access/aws-iam/difference.ts';
import type { Expansion } from '../../../server/engine/access/aws-iam/expansion.ts';
import { readPolicies } from '../../../server/engine/access/aws-iam/policy.ts';
import { readJson } from '../../../server/engine/read/json.ts';
import type { Problem } from '../../../server/engine/types.ts';

/** The packed catalogue; made by the build. */
export function catalogue(): Catalogue {
  const loaded = loadCatalogue();
  if (!loaded.ok) throw new Error(`${loaded.problem} (run: node .ci/build.mjs)`);
  return loaded.catalogue;
}

/** Expansions from one JSON text to another, as the engine works them out. */
export function expansionsBetween(
  before: string,
  after: string,
  options: { readonly path?: string; readonly outOfTime?: () => boolean } = {},
): { readonly expansions: readonly Expansion[]; readonly problems: readonly Problem[] } {
  const sides = (['before', 'after'] as const).map((side) => {
    const json = readJson(side === 'before' ? before : after, side);
    const read = readPolicies(json, options.path ?? 'policy.json');
    return { documents: read.documents, problems: [...json.problems, ...read.problems] };
  });
  const found = difference(sides[0]?.documents ?? [], sides[1]?.documents ?? [], catalogue(), options.outOfTime ?? (() => false));
  return { expansions: found.expansions, problems: [...sides.flatMap(({ problems }) => problems), ...found.problems] };
}

export type Element = string | readonly string[];
export type PlainStatement = Readonly<Record<string, unknown>> & { readonly Effect: 'Allow' | 'Deny' };

/** A policy as text. */
export function policy(...statements: readonly PlainStatement[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements }, null, 2);
}

export function allow(action: Element, resource: Element, more: Readonly<Record<string, unknown>> = {}): PlainStatement {
  return { Effect: 'Allow', Action: action, Resource: resource, ...more };
}

export function deny(action: Element, resource: Element, more: Readonly<Record<string, unknown>> = {}): PlainStatement {
  return { Effect: 'Deny', Action: action, Resource: resource, ...more };
}
