import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { openGate } from '../../gate/open.ts';
import { stateFolder, userPolicyFile } from '../../gate/state-folder.ts';
import { actorOf } from '../actor.ts';
import type { CliIo } from './io.ts';

/** Where the person who runs a command keeps what is theirs. */
export type OwnPlaces = { readonly home: string; readonly state: string; readonly userPolicy: string };

/** `state`: the folder that --state names, in place of the usual one. */
export function ownPlaces({ env, cwd }: Pick<CliIo, 'env' | 'cwd'>, state?: string): OwnPlaces {
  const home = env['HOME'] ?? homedir();
  return {
    home,
    state: state === undefined ? stateFolder(env, process.platform, home) : resolve(cwd, state),
    userPolicy: userPolicyFile(env, process.platform, home),
  };
}

/** The gate of a workspace for a command that a person runs. Their time is not limited. `program`: as for actorOf. */
export async function ownGate(io: CliIo, workspace: string, program: string): ReturnType<typeof openGate> {
  const { state, userPolicy } = ownPlaces(io);
  return await openGate({ workspace, stateFolder: state, now: io.now, actor: actorOf(program), outOfTime: () => false, userPolicy });
}
