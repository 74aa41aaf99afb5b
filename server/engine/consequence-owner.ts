import type { PolicyDocument } from './access/aws-iam/statement.ts';
import { quoted } from './consequence-names.ts';

/** Whose access a policy tells, in the words of a sentence. */
export type Owned = {
  /** The subject, for policies that name none: "Role `app`", "Whoever holds this policy (`ci-deploy.json`)". */
  readonly holder: string;
  /** Bare name and what it is: what a person types where nothing else is named. */
  readonly name: string;
  readonly kind: string;
  /** What a policy about a thing is about: "`exports`", "this role (`app-trust.json`)". */
  readonly thing: (noun: string) => string;
  /** For the sensitivity map. */
  readonly names: readonly string[];
};

export function ownerOf(document: PolicyDocument | undefined, path: string): Owned {
  const file = fileName(path);
  const owner = document?.owner;
  const stem = stemOf(path);
  if (owner === undefined) {
    return {
      holder: document?.kind === 'boundary' ? `Whoever is limited by ${quoted(file)}` : `Whoever holds this policy (${quoted(file)})`,
      name: file,
      kind: 'policy',
      thing: (noun) => `this ${noun} (${quoted(file)})`,
      names: [stem],
    };
  }
  const { kind, name } = owner;
  return {
    holder: document?.kind === 'boundary' ? `Whoever is limited by ${quoted(name)}` : holderOf(kind, name),
    name,
    kind,
    thing: (noun) => (kind === 'policy' ? `the ${noun} of ${quoted(name)}` : quoted(name)),
    names: [name, stem],
  };
}

function holderOf(kind: string, name: string): string {
  switch (kind) {
    case 'role':
      return `Role ${quoted(name)}`;
    case 'user':
      return `User ${quoted(name)}`;
    case 'group':
      return `Everyone in group ${quoted(name)}`;
    case 'function':
      return `Function ${quoted(name)}`;
    default:
      return `Whoever holds policy ${quoted(name)}`;
  }
}

/** The file's name; with its folder where the name alone says nothing. */
function fileName(path: string): string {
  const segments = path.split(/[/\\]/).filter((each) => each !== '' && each !== '.');
  const name = segments.at(-1) ?? 'this file';
  const folder = segments.at(-2);
  return folder !== undefined && /^(index|main|policy|policies|trust|trust-policy|role|iam|document|template)\.[a-z]+$/i.test(name)
    ? `${folder}/${name}`
    : name;
}

/** Words of the file's name that speak of what it is about, and none of what kind of file it is. */
function stemOf(path: string): string {
  return fileName(path)
    .replace(/\.[a-z]+$/i, '')
    .replace(/\b(policy|policies|trust|document)\b/gi, ' ');
}
