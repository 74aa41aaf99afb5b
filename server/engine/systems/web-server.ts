import { member, type TreeNode } from '../read/tree.ts';
import type { System } from './declaration.ts';
import { madeArray, madeMember, madeObject, madeText } from './nodes.ts';
import { itemsOf, textOf } from './text-of.ts';
import { fileName } from './whole-file.ts';

/**
 * Servers that stand before others and have a language of their own: Caddy (`caddy`), HAProxy (`haproxy`), Apache (`apache`), by their
 * lines without comments and indentation: {"line": [text]}. Belongs to the settings.
 */
export const webServer: System = {
  id: 'settings',
  declarations: (tree, path) => {
    const type = tree.format === 'lines' ? typeOf(path, tree.text) : undefined;
    if (type === undefined) return [];
    return tree.documents.map((root) => ({
      system: 'settings',
      type,
      key: type,
      name: fileName(path),
      node: madeObject([madeMember('line', madeArray(itemsOf(member(root, 'line')).flatMap(plain), root))], root),
    }));
  },
};

function typeOf(path: string, text: string): 'caddy' | 'haproxy' | 'apache' | undefined {
  if (/(^|[/\\])caddyfile[^/\\]*$|\.caddy$/i.test(path)) return 'caddy';
  if (/(^|[/\\])haproxy[^/\\]*\.cfg$/i.test(path)) return 'haproxy';
  if (/\.htaccess$|(^|[/\\])(httpd|apache2?)([^/\\]*\.conf|[/\\].*\.conf)$/i.test(path)) return 'apache';
  return /\.(conf|vhost)$/i.test(path) && /^\s*<(VirtualHost|Directory|Location|Files|IfModule)\b/im.test(text) ? 'apache' : undefined;
}

function plain(line: TreeNode): readonly TreeNode[] {
  const text = textOf(line) ?? '';
  const value = text.replace(/(^|\s)#.*$/, '').trim();
  if (value === '') return [];
  const start = line.offset + text.indexOf(value);
  return [{ ...madeText(value.replace(/\s+/g, ' '), line), offset: start, length: value.length }];
}
