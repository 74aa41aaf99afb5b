import type { Catalogue, ResourceType } from './catalogue.ts';
import { type Glob, globMaker, MANY, MANY_NO_COLON, MANY_NO_SEPARATOR, ONE, ONE_NO_COLON, ONE_NO_SEPARATOR } from './glob.ts';
import { plainTokens } from './pattern.ts';

/** Nearly every resource is in the partition "aws"; the others are looked at when that holds none. */
type Partition = 'usual' | 'any';

/** An action without resource types is asked for the resource "*" and no other. */
const NO_TYPE: ResourceType = { name: 'none', arn: '*' };

/** The services whose resources these are; "" stands for the resource "*". */
export function servicesOf(types: readonly ResourceType[]): readonly string[] {
  let services = servicesByTypes.get(types);
  if (services === undefined) {
    services = types.length === 0 ? [''] : [...new Set(types.map(({ arn }) => arn.split(':')[2] ?? ''))];
    servicesByTypes.set(types, services);
  }
  return services;
}

/** What the ARNs of some types look like, in the usual partition and in any. */
export type TypeGlobs = Readonly<Record<Partition, readonly Glob[]>>;

/** Patterns of types are asked about in edit after edit, so they are kept. Their ids tell them apart from nothing else. */
export function globsOfTypes(types: readonly ResourceType[]): TypeGlobs {
  const globs = (types.length === 0 ? [NO_TYPE] : types).map(globsOfType);
  return { usual: globs.map(({ usual }) => usual), any: globs.map(({ any }) => any) };
}

function globsOfType(type: ResourceType): Readonly<Record<Partition, Glob>> {
  let globs = globsByType.get(type);
  if (globs === undefined || isFull(globs.usual) || isFull(globs.any)) {
    const made = (arn: string): Glob => globMaker()(type.arn, arn === '*' ? plainTokens('*') : typeTokens(arn), false);
    globs = { usual: made(type.arn.replace('${Partition}', 'aws')), any: made(type.arn) };
    globsByType.set(type, globs);
  }
  return globs;
}

/** Texts of strange characters must not fill the memory: their machines are then made anew. */
function isFull({ machine }: Glob): boolean {
  return machine.steps() > MOST_STEPS;
}

const MOST_STEPS = 10_000;

/** An action that AWS may add to a service it has works on resources of that service, or on none in particular. Undefined: any. */
export function typesOfUnlisted(name: string, catalogue: Catalogue): readonly ResourceType[] | undefined {
  const service = name.slice(0, name.indexOf(':')).toLowerCase();
  const known = unlistedTypes.get(catalogue)?.get(service);
  if (known !== undefined) return known;
  const actions = catalogue.actionsOf(service);
  if (actions.length === 0) return undefined;
  const owners = new Set([
    service,
    ...actions.flatMap(({ resourceTypes }) => resourceTypes.map(({ arn }) => arn.split(':')[2] ?? service)),
  ]);
  const types = [NO_TYPE, ...[...owners].map((owner) => ({ name: owner, arn: `arn:*:${owner}:*:*:*` }))];
  unlistedTypes.set(catalogue, (unlistedTypes.get(catalogue) ?? new Map<string, readonly ResourceType[]>()).set(service, types));
  return types;
}

/** Resource types live as long as the catalogue; so may what is made of them. */
const servicesByTypes = new WeakMap<readonly ResourceType[], readonly string[]>();
const globsByType = new WeakMap<ResourceType, Readonly<Record<Partition, Glob>>>();
const unlistedTypes = new WeakMap<Catalogue, Map<string, readonly ResourceType[]>>();

/** The ARN pattern of a resource type: each hole is at least one character, in a field of its own; alone after the last field it is a plain name. */
function typeTokens(arn: string): readonly number[] {
  const tokens: number[] = [];
  const rest = arn.split(':').slice(5).join(':');
  const alone = /^\$\{[^}]*\}$/.test(rest);
  let colons = 0;
  for (let at = 0; at < arn.length; at++) {
    if (arn[at] === '$' && arn[at + 1] === '{') {
      const [one, many] = colons < 5 ? [ONE_NO_COLON, MANY_NO_COLON] : alone ? [ONE_NO_SEPARATOR, MANY_NO_SEPARATOR] : [ONE, MANY];
      tokens.push(one, many);
      at = arn.indexOf('}', at);
    } else if (arn[at] === '*') tokens.push(colons < 5 ? MANY_NO_COLON : MANY);
    else {
      if (arn[at] === ':') colons++;
      tokens.push(arn.charCodeAt(at));
    }
  }
  return tokens;
}
