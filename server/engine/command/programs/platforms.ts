/** Command lines of services that run what is deployed to them. */
export const PLATFORMS: readonly string[] = [
  'wrangler',
  'fly',
  'flyctl',
  'vercel',
  'netlify',
  'heroku',
  'railway',
  'firebase',
  'supabase',
  'nomad',
  'doctl',
  'hcloud',
  'consul',
];

/** Programs that let the internet reach this machine. */
export const TUNNELS: readonly string[] = ['ngrok', 'cloudflared', 'lt', 'localtunnel', 'bore', 'tailscale', 'devtunnel', 'zrok'];
