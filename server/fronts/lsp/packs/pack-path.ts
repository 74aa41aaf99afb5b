/** Globs of the files that are rule packs, as editors complete them. */
export const PACK_GLOBS: readonly string[] = [
  '**/*.pack.{yaml,yml,json}',
  '**/.countersign/packs/**/*.{yaml,yml}',
  '**/server/engine/packs/*.yaml',
];

const PACK_FILE = /\.pack\.(?:ya?ml|json)$|\/\.countersign\/packs\/.*\.ya?ml$|\/server\/engine\/packs\/[^/]*\.yaml$/;

/** Is this document a rule pack that somebody writes? */
export function isPackUri(uri: string): boolean {
  return PACK_FILE.test(decoded(uri));
}

function decoded(uri: string): string {
  try {
    return decodeURIComponent(uri);
  } catch {
    return uri;
  }
}
