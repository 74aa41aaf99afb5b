/** The part of a tree-sitter node that is looked at. */
export type SyntaxNode = {
  readonly type: string;
  readonly text: string;
  readonly startIndex: number;
  readonly endIndex: number;
  readonly hasError: boolean;
  readonly isMissing: boolean;
  readonly namedChildren: readonly (SyntaxNode | null)[];
  readonly children: readonly (SyntaxNode | null)[];
  readonly childForFieldName: (name: string) => SyntaxNode | null;
  readonly childrenForFieldName: (name: string) => readonly (SyntaxNode | null)[];
};

/** Its children that mean something, in order. */
export function named(node: SyntaxNode): readonly SyntaxNode[] {
  return node.namedChildren.filter((child): child is SyntaxNode => child !== null);
}
