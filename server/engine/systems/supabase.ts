import type { System } from './declaration.ts';
import { has } from './nodes.ts';
import { fileName } from './whole-file.ts';

/** Supabase's config.toml: {"functions": {"hello": {"verify_jwt": true}}, "auth": {…}}. Its migrations are SQL. */
export const supabase: System = {
  id: 'supabase',
  declarations: (tree, path) => {
    const [node] = tree.documents;
    if (tree.format !== 'toml' || node === undefined) return [];
    const speaks =
      /(^|[/\\])supabase[/\\]config\.toml$/i.test(path) || (has(node, 'project_id') && (has(node, 'auth') || has(node, 'functions')));
    return speaks ? [{ system: 'supabase', type: 'supabase', key: 'supabase', name: fileName(path), node }] : [];
  },
};
