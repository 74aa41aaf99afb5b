import type { Tick } from './clock.ts';
import type { PolicyKind, Principal, PrincipalValue, Statement } from './statement.ts';

/** One kind of caller that the statements tell apart. */
export type Atom = Principal & {
  /** Principal of a request that stands for it. */
  readonly example: string;
  readonly account: string | undefined;
  /** True: policies of the caller's own account also allow the request. Naming an account (":root") gives only to these. */
  readonly withOwnPolicy: boolean;
};

/** A set of atoms as bits, lowest first. */
export type PrincipalSet = bigint;

export type PrincipalSpace = {
  readonly atoms: readonly Atom[];
  readonly setOf: (statement: Statement) => PrincipalSet;
  readonly all: PrincipalSet;
};

/**
 * The callers worth telling apart: every principal that is named, for every account named somebody else in it,
 * somebody of an account nobody named, and (but for trust policies) somebody who is not signed in.
 *
 * An account, "123456789012" or its ":root", stands for whoever that account's own policies let through: naming one of its roles instead
 * is no expansion, save that the role then needs no policy of its own. Both sides of that are told apart as `withOwnPolicy`.
 */
export function principalSpace(statements: readonly Statement[], kind: PolicyKind, tick: Tick): PrincipalSpace {
  if (statements.every(({ principals }) => principals === undefined)) {
    return { atoms: [HOLDER], setOf: () => 1n, all: 1n };
  }
  const named = new Map<string, Named>();
  for (const { principals } of statements) {
    tick(principals?.length);
    for (const each of principals ?? []) {
      const one = namedOf(each);
      named.set(`${one.kind}\u0000${one.value}`, one);
    }
  }
  const names = [...named.values()];
  const atoms: Atom[] = [];
  if (kind !== 'trust') atoms.push({ kind: 'anonymous', value: '*', example: '*', account: undefined, withOwnPolicy: false });
  const taken = new Set(names.map(({ account }) => account));
  const stranger = FRESH_ACCOUNTS.find((each) => !taken.has(each)) ?? '0';
  atoms.push({ kind: 'anyone', value: '*', example: `arn:aws:iam::${stranger}:role/someone`, account: stranger, withOwnPolicy: true });
  for (const type of ['service', 'federated'] as const) {
    if (named.has(`${type}\u0000*`))
      atoms.push({ kind: type, value: '*', example: EXAMPLES[type], account: undefined, withOwnPolicy: false });
  }
  for (const one of names) {
    if (one.value === '*' || one.kind === 'account') continue;
    for (const withOwnPolicy of one.account === undefined ? [false] : [true, false]) {
      atoms.push({ kind: one.kind, value: one.value, example: one.value, account: one.account, withOwnPolicy });
    }
  }
  for (const account of taken) {
    if (account === undefined) continue;
    for (const withOwnPolicy of [true, false]) {
      atoms.push({ kind: 'account', value: account, example: `arn:aws:iam::${account}:role/someone`, account, withOwnPolicy });
    }
  }
  if (statements.some(({ principals }) => principals === undefined)) atoms.push(HOLDER);

  const all = (1n << BigInt(atoms.length)) - 1n;
  const every = atoms.map((_, i) => i);
  const byAccount = indexBy(atoms, ({ account }) => account);
  const byValue = indexBy(atoms, ({ value }) => value);
  const cache = new Map<PrincipalValue, Map<boolean, PrincipalSet>>();
  const setOfValue = (value: PrincipalValue, direct: boolean): PrincipalSet => {
    const known = cache.get(value)?.get(direct);
    if (known !== undefined) return known;
    const one = namedOf(value);
    let set = 0n;
    // Only atoms that can be meant: all for "*", else those of the account, of the name, and sessions.
    const near =
      one.value === '*'
        ? every
        : [...(one.account === undefined ? [] : (byAccount.get(one.account) ?? [])), ...(byValue.get(one.value) ?? [])];
    tick((near.length * (1 + atoms.length / 500)) / 4);
    for (const i of new Set(near)) {
      const atom = atoms[i];
      if (atom !== undefined && meets(one, atom, direct)) set |= 1n << BigInt(i);
    }
    cache.set(value, (cache.get(value) ?? new Map<boolean, PrincipalSet>()).set(direct, set));
    return set;
  };
  const holderBit = atoms.at(-1) === HOLDER ? 1n << BigInt(atoms.length - 1) : 0n;
  const setOf = (statement: Statement): PrincipalSet => {
    if (statement.principals === undefined) return holderBit;
    // A Deny on an account, and leaving one out of NotPrincipal, reach everybody in it.
    const direct = statement.effect === 'Allow' && !statement.notPrincipal;
    const named = statement.principals.reduce((set, value) => {
      tick(1 + atoms.length / 2_000);
      return set | setOfValue(value, direct);
    }, 0n);
    return statement.notPrincipal ? all & ~holderBit & ~named : named;
  };
  return { atoms, setOf, all };
}

/** Who is in the set, in the words of a policy: the widest first, and nothing that a wider one contains. */
export function principalsIn(
  set: PrincipalSet,
  space: PrincipalSpace,
): { readonly principals: readonly Principal[]; readonly onlyWithoutOwnPolicy: boolean } {
  const inside = atomsIn(set, space);
  const plain = ({ kind, value }: Atom): Principal => ({ kind, value });
  const anonymous = inside.find(({ kind }) => kind === 'anonymous');
  const anyone = inside.find(({ kind }) => kind === 'anyone');
  const widest = anonymous ?? anyone;
  if (widest !== undefined) return { principals: [plain(widest)], onlyWithoutOwnPolicy: false };
  const accounts = new Set(inside.filter(({ kind }) => kind === 'account').map(({ value }) => value));
  const kept = inside.filter(({ kind, account }) => kind === 'account' || account === undefined || !accounts.has(account));
  const unique = new Map(kept.map((atom) => [`${atom.kind}\u0000${atom.value}`, plain(atom)]));
  const principals = [...unique].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, principal]) => principal);
  return {
    principals,
    onlyWithoutOwnPolicy: inside.length > 0 && inside.every(({ account, withOwnPolicy }) => account !== undefined && !withOwnPolicy),
  };
}

/** The members of a set, in the order of the space. */
export function atomsIn(set: PrincipalSet, { atoms }: PrincipalSpace): readonly Atom[] {
  return atoms.filter((_, i) => (set & (1n << BigInt(i))) !== 0n);
}

/** Account ids compare with their root ARN. Used for comparing statements as well. */
export function principalKey(value: PrincipalValue): string {
  const { kind, value: text } = namedOf(value);
  return `${kind}:${text}`;
}

function indexBy(atoms: readonly Atom[], keyOf: (atom: Atom) => string | undefined): ReadonlyMap<string, readonly number[]> {
  const index = new Map<string, number[]>();
  atoms.forEach((atom, i) => {
    const key = keyOf(atom);
    if (key === undefined) return;
    const known = index.get(key);
    if (known === undefined) index.set(key, [i]);
    else known.push(i);
  });
  return index;
}

type Named = { readonly kind: Principal['kind']; readonly value: string; readonly account: string | undefined };

function namedOf({ type, text }: PrincipalValue): Named {
  if (type === '*' || (type === 'AWS' && text === '*')) return { kind: 'anyone', value: '*', account: undefined };
  if (type === 'Service') return { kind: 'service', value: text, account: undefined };
  if (type === 'Federated') return { kind: 'federated', value: text, account: undefined };
  if (type === 'CanonicalUser') return { kind: 'canonical', value: text, account: undefined };
  if (/^\d+$/.test(text)) return { kind: 'account', value: text, account: text };
  const [, service, account, resource = ''] = /^arn:[^:]*:([^:]*):[^:]*:([^:]*):(.*)$/.exec(text) ?? [];
  if (account === undefined || account === '') return { kind: 'other', value: text, account: undefined };
  if (resource === 'root') return { kind: 'account', value: account, account };
  const kind = resource.startsWith('role/')
    ? 'role'
    : resource.startsWith('user/')
      ? 'user'
      : service === 'sts' && resource.startsWith('assumed-role/')
        ? 'role'
        : 'other';
  return { kind, value: text, account };
}

function meets(named: Named, atom: Atom, direct: boolean): boolean {
  if (named.value === '*') return named.kind === 'anyone' ? true : named.kind === atom.kind;
  if (atom.kind === 'anonymous' || atom.kind === 'anyone') return false;
  if (named.kind === 'account') return named.account === atom.account && (atom.withOwnPolicy || !direct);
  if (named.value === atom.value) return named.kind === atom.kind;
  return named.kind === 'role' && isSessionOf(atom.value, named.value);
}

/** "arn:aws:sts::1:assumed-role/app/session" is a session of "arn:aws:iam::1:role/path/app". */
function isSessionOf(session: string, role: string): boolean {
  const [, account, name] = /^arn:[^:]*:sts::([^:]*):assumed-role\/([^/]+)\//.exec(session) ?? [];
  const [, roleAccount, roleName] = /^arn:[^:]*:iam::([^:]*):role\/(?:.*\/)?([^/]+)$/.exec(role) ?? [];
  return account !== undefined && account === roleAccount && name?.toLowerCase() === roleName?.toLowerCase();
}

const HOLDER: Atom = { kind: 'holder', value: '', example: '', account: undefined, withOwnPolicy: false };
const FRESH_ACCOUNTS = ['111122223333', '444455556666', '777788889999', '222233334444', '555566667777', '888899990000'];
const EXAMPLES = { service: 'any-service.amazonaws.com', federated: 'any-provider.example' } as const;
