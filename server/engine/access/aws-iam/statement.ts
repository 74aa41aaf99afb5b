import type { Place } from '../../types.ts';
import type { Owner } from './owner.ts';

/**
 * Which question a policy answers. Identity: what its holder may do. Resource and trust: who may use this resource, or become this role.
 * SCP and boundary only limit: what they allow is the most that other policies can give, so widening one expands what is possible at most.
 */
export type PolicyKind = 'identity' | 'resource' | 'trust' | 'scp' | 'boundary';

/** One AWS policy, wherever it stands in the file. */
export type PolicyDocument = {
  readonly kind: PolicyKind;
  /** JSON pointer (RFC 6901) of the object in the file; '' for the whole file. A policy inside a JSON string has the pointer of the string. */
  readonly pointer: string;
  /** The pointer with named list items by their name and others without their number: the same after a reorder. */
  readonly identity: string;
  /** Whose policy it is, where the document says so. */
  readonly owner?: Owner | undefined;
  /** As written. `${…}` are policy variables only in version 2012-10-17; before that, which is also what AWS takes when none is given, plain text. */
  readonly version: string | undefined;
  readonly statements: readonly Statement[];
  readonly place: Place;
};

/** A string of the policy with its place. Numbers and booleans of conditions are given as text. */
export type Value = {
  /** As a person reads it; template functions of CloudFormation appear as `${Name}`. */
  readonly text: string;
  readonly place: Place;
};

export type PrincipalType = 'AWS' | 'Service' | 'Federated' | 'CanonicalUser' | '*';
export type PrincipalValue = Value & { readonly type: PrincipalType };

export type Condition = {
  /** As written: "ForAnyValue:StringLikeIfExists". */
  readonly operator: string;
  /** As written; keys compare without case. */
  readonly key: string;
  readonly values: readonly Value[];
  readonly place: Place;
};

export type Statement = {
  readonly sid: string | undefined;
  readonly effect: 'Allow' | 'Deny';
  /** Absent in identity policies. */
  readonly principals: readonly PrincipalValue[] | undefined;
  /** True: NotPrincipal, everyone but these. */
  readonly notPrincipal: boolean;
  readonly actions: readonly Value[];
  readonly notAction: boolean;
  /** Trust policies have none: read as "*". */
  readonly resources: readonly Value[];
  readonly notResource: boolean;
  readonly conditions: readonly Condition[];
  readonly pointer: string;
  readonly place: Place;
  readonly effectPlace: Place;
};

export type Principal = {
  /** `holder`: whoever the policy is attached to. `anonymous`: anyone, not even signed in. `anyone`: every principal of every AWS account. */
  readonly kind: 'holder' | 'anonymous' | 'anyone' | 'account' | 'role' | 'user' | 'service' | 'federated' | 'canonical' | 'other';
  /** ARN, account id, service name …; "*" for anonymous and anyone, '' for the holder. */
  readonly value: string;
};
