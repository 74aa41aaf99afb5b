import type { System } from './declaration.ts';

/** What an application is set up with, in no system's own words. By name only: not every JSON file is a configuration. */
export const settings: System = {
  id: 'settings',
  declarations: (tree, path) =>
    tree.format === 'toml' || tree.format === 'ini' || SETTINGS.test(path) || PACKAGES.test(path)
      ? tree.documents
          .filter((node) => node.type === 'object')
          .map((node, i) => ({
            system: 'settings',
            type: PACKAGES.test(path) ? 'package' : tree.format,
            key: `settings${i === 0 ? '' : `#${i + 1}`}`,
            name: baseName(path),
            node,
          }))
      : [],
};

/** What is installed, and from where. */
const PACKAGES = /(^|[/\\])(package\.json|pnpm-workspace\.ya?ml|\.yarnrc\.yml)$/i;

const SETTINGS =
  /(^|\/)(app-?settings|settings|config|configuration|application|bootstrap|database|secrets?|credentials?|service-account|local|production|development|staging|default)([-_.][^/]*)?\.(json[c5]?|ya?ml)$|(^|\/)config\/[^/]+\.(json|ya?ml)$/i;

function baseName(path: string): string {
  return path.split('/').at(-1) ?? path;
}
