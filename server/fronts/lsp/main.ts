import { homedir } from 'node:os';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { stateFolder } from '../../gate/state-folder.ts';
import { actorOf } from '../actor.ts';
import { serve } from './connection.ts';
import { judgeInThread } from './large-judgement.ts';
import { shipInBackground } from './shipping.ts';

const TRANSPORTS = ['--stdio', '--node-ipc', '--socket', '--pipe'];

if (!isMainThread) {
  judgeInThread();
} else if (process.argv.some((argument) => TRANSPORTS.some((transport) => argument.startsWith(transport)))) {
  const state = stateFolder(process.env, process.platform, homedir());
  serve(createConnection(ProposedFeatures.all), {
    stateFolder: state,
    now: () => new Date(),
    actor: actorOf('countersign language server'),
  });
  shipInBackground({ cli: join(__dirname, 'cli.js'), stateFolder: state, env: process.env });
} else {
  process.stderr.write('The Countersign language server is started by an editor: add --stdio.\n');
  process.exitCode = 2;
}
