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
