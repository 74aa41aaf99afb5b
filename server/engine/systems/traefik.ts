import { member } from '../read/tree.ts';
import type { System } from './declaration.ts';
import { has } from './nodes.ts';
import { fileName } from './whole-file.ts';

/** What Traefik starts with (`traefik`), and what it learns while it runs: routers, services and what stands between (`traefik-routes`). Belongs to the settings. */
export const traefik: System = {
  id: 'settings',
  declarations: (tree, path) =>
    tree.documents.flatMap((node, i) => {
      const suffix = i === 0 ? '' : `#${i + 1}`;
      const name = fileName(path);
      if (has(node, 'entryPoints')) return [{ system: 'settings', type: 'traefik', key: `traefik${suffix}`, name, node }];
      const routes = ['http', 'tcp', 'udp'].some((key) =>
        ['routers', 'middlewares', 'services', 'serversTransports'].some((part) => has(member(node, key), part)),
      );
      return routes && !has(node, 'apiVersion')
        ? [{ system: 'settings', type: 'traefik-routes', key: `traefik-routes${suffix}`, name, node }]
        : [];
    }),
};
