/** The session that `countersign doctor` gives its canary edits. */
export const CANARY_SESSION = 'countersign-doctor';
/** How the name of a canary's folder begins, and its only file: gone once the hook has answered. */
export const CANARY_FOLDER = 'countersign-canary-';
export const CANARY_FILE = 'policy.json';

/** A hold or a record, as far as it tells what it is about. */
type About = {
  readonly workspace?: string | undefined;
  readonly provenance?: { readonly agent?: { readonly session?: string | undefined } | undefined } | undefined;
  readonly files?: readonly { readonly path: string }[] | undefined;
  readonly hold?: string | undefined;
};

/**
 * True of an edit that only tries whether a hook fires. Decides nothing: a canary is held like any other edit. An agent may choose
 * its session, so that all of it must be the canary's own file in the canary's own folder.
 */
export function isCanary({ workspace, provenance, files = [] }: About): boolean {
  return isMarked(provenance) && FOLDER.test(workspace ?? '') && files.length > 0 && files.every(({ path }) => path === CANARY_FILE);
}

/** For the records of one log, from its beginning: which belong to canaries, and are counted by no report. */
export function canaryRecords(): (event: About) => boolean {
  const held = new Set<string>();
  return (event) => {
    const { hold, files, provenance } = event;
    // What speaks of no file belongs to a canary only by its hold.
    if (files === undefined || files.length === 0) return hold !== undefined && held.has(hold) && isMarked(provenance);
    if (!isCanary(event)) return false;
    if (hold !== undefined) held.add(hold);
    return true;
  };
}

const FOLDER = new RegExp(`[/\\\\]${CANARY_FOLDER}[A-Za-z0-9]{6}$`);

function isMarked(provenance: About['provenance']): boolean {
  return provenance?.agent?.session === CANARY_SESSION;
}
