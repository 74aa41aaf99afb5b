import type { System } from './declaration.ts';
import { has } from './nodes.ts';

/** What an application is set up with, in no system's own words. By name only: not every JSON file is a configuration. */
export const settings: System = {
  id: 'settings',
  declarations: (tree, path) =>
    tree.format === 'toml' || tree.format === 'ini' || SETTINGS.test(path) || PACKAGES.test(path)
      ? tree.documents
          .filter((node) => node.type === 'object' && (!/package\.json$/i.test(path) || INSTALLS.some((key) => has(node, key))))
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

/** What of package.json decides what runs on install, or where packages come from. */
const INSTALLS = ['scripts', 'publishConfig', 'pnpm', 'registry', 'dependencies', 'devDependencies', 'overrides', 'resolutions'];

const SETTINGS =
  /(^|\/)(app-?settings|settings|config|configuration|application|bootstrap|database|secrets?|credentials?|service-account|local|production|development|staging|default)([-_.][^/]*)?\.(json[c5]?|ya?ml)$|(^|\/)config\/[^/]+\.(json|ya?ml)$|(^|\/)\.pre-commit-config\.ya?ml$/i;

function baseName(path: string): string {
  return path.split('/').at(-1) ?? path;
}
