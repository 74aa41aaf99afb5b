import type { TreeNode } from '../read/tree.ts';
import type { Declaration } from '../systems/declaration.ts';
import type { Span } from './box.ts';

/** What a network rule lets through or keeps out, whoever's words it is written in. */
export type NetworkRule = {
  readonly target: Target;
  readonly direction: 'in' | 'out';
  readonly allow: boolean;
  /** Lower counts first; of equal ones, what keeps out. */
  readonly order: number;
  /** Empty for every protocol. */
  readonly protocol: string;
  readonly ports: readonly Span[];
  /** A port or protocol that is not in this text. */
  readonly unresolved: boolean;
  readonly peer: Peer;
  /** What to mark; the peer's own node comes first. */
  readonly nodes: readonly TreeNode[];
  readonly declaration: Declaration;
};

/** The one that is reached, or that reaches out. */
export type Target = {
  /** The same on both sides; from the widest to the narrowest. */
  readonly path: readonly string[];
  readonly name: string;
  /** "security group", "database"; rates what is reached. */
  readonly kind: string;
  /** How its rules are meant: a firewall's words, a server behind one, or a port of the machine it runs on. */
  readonly way: 'firewall' | 'database' | 'control plane' | 'service' | 'published' | 'policy';
};

export type Peer = {
  readonly text: string;
  /** Empty for addresses; a named group of machines otherwise, from the widest to the narrowest. */
  readonly path: readonly string[];
  readonly spans: readonly Span[];
  readonly unresolved: boolean;
};
