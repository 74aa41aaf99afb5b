/** The session that `countersign doctor` gives its canary edits: what it leaves in the log is known by it, and counted by no report. */
export const CANARY_SESSION = 'countersign-doctor';

type Suggested = { readonly agent?: { readonly session?: string | undefined } | undefined };

/** True of an edit that only tries whether a hook fires. Decides nothing: a canary is held like any other edit. */
export function isCanary(provenance: Suggested | undefined): boolean {
  return provenance?.agent?.session === CANARY_SESSION;
}
