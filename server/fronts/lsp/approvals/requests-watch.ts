import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { roomFolder } from '../../../gate/state-folder.ts';
import type { GateContext } from '../../../gate/types.ts';
import type { RequestItem } from '../../../protocol.ts';
import type { Gates } from '../gates.ts';
import { type FoundRequest, placesOf, requestsOf } from './found-requests.ts';
import { requestItem } from './request-review.ts';

/** Requests come over a shared folder or with a pull: nothing tells of them. Milliseconds. */
const LOOK = 2_000;
/** Looked at anew, though no file changed: requests expire. Milliseconds. */
const ANYHOW = 60_000;

export type RequestsWatchOptions = {
  readonly gates: Gates;
  /** The folders that are open; where none is, the one that stands in for them. */
  readonly folders: () => readonly string[];
  /** The person's own key, once the editor has said which it is. */
  readonly keyId: () => string | undefined;
  readonly tell: (requests: readonly RequestItem[]) => void;
};

/** Knows what waits for a second person. Holds a timer until closed. */
export class RequestsWatch {
  readonly #options: RequestsWatchOptions;
  readonly #timer: NodeJS.Timeout;
  #found: ReadonlyMap<string, { readonly request: FoundRequest; readonly workspace: string }> = new Map();
  #told = '[]';
  #looking = false;
  #seen = '';
  #at = 0;

  constructor(options: RequestsWatchOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.look(), LOOK);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** The request as it was found last, and the folder whose gate answers for it. */
  of(id: string): { readonly request: FoundRequest; readonly workspace: string } | undefined {
    return this.#found.get(id);
  }

  /** Looks at once, whatever has changed. */
  async again(): Promise<void> {
    this.#seen = '';
    await this.look();
  }

  async look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      await this.#lookAt(await this.#gates());
    } catch {
      // A folder that cannot be read now is looked at again soon.
    } finally {
      this.#looking = false;
    }
  }

  async #gates(): Promise<readonly { readonly workspace: string; readonly gate: GateContext }[]> {
    const { gates, folders } = this.#options;
    const opened = await Promise.all(folders().map(async (workspace) => ({ workspace, opened: await gates.of(workspace) })));
    return opened.flatMap((one) => (one.opened.ok ? [{ workspace: one.workspace, gate: one.opened.gate }] : []));
  }

  async #lookAt(all: readonly { readonly workspace: string; readonly gate: GateContext }[]): Promise<void> {
    const seen = all
      .flatMap(({ workspace, gate }) => [
        ...placesOf(workspace, gate),
        ...(['requests', 'glass', 'holds', 'keys'] as const).map((room) => roomFolder(gate.stateFolder, room)),
      ])
      .map(stampOf)
      .concat(this.#options.keyId() ?? '')
      .join('\n');
    if (seen === this.#seen && Date.now() - this.#at < ANYHOW) return;
    this.#seen = seen;
    this.#at = Date.now();
    const found = new Map<string, { readonly request: FoundRequest; readonly workspace: string }>();
    for (const { workspace, gate } of all) {
      for (const request of requestsOf(workspace, gate, this.#options.keyId()))
        if (!found.has(request.id)) found.set(request.id, { request, workspace });
    }
    this.#found = found;
    const items = [...found.values()].map(({ request }) => requestItem(request));
    const told = JSON.stringify(items);
    if (told === this.#told) return;
    this.#told = told;
    this.#options.tell(items);
  }
}

/** Changes when a file in the folder comes, goes or is another. */
function stampOf(folder: string): string {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .map((name) => {
        const { mtimeMs, ino } = statSync(join(folder, name));
        return `${name} ${mtimeMs} ${ino}`;
      })
      .toSorted()
      .join(',');
  } catch {
    return '';
  }
}
