import type { ChildProcess } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setTimeout as pause } from 'node:timers/promises';
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node';
import {
  ACKNOWLEDGE,
  APPLIED,
  DISCARD,
  DISK_FILES,
  ENROL,
  HOLDS_CHANGED,
  REVIEW,
  SIGN,
  SUGGEST,
  type AcknowledgeResult,
  type AppliedResult,
  type DiscardResult,
  type EnrolResult,
  type HoldItem,
  type ReviewResult,
  type SignParams,
  type SuggestResult,
} from '../../server/protocol.ts';
import { personSigner } from '../../server/ledger/keys.ts';
import type { Random, StormScene } from './scene.ts';

/** What editors were answered `ok`, before anything killed them: what must be in the log. */
export type Promises = {
  /** By acknowledgement: its hold. */
  readonly acknowledged: Map<string, string>;
  readonly discarded: string[];
  /** Acknowledgements whose text the editor put in place, and was told that this is recorded. */
  readonly applied: string[];
  /** Why an editor was told no. */
  readonly refused: Map<string, number>;
};

export type PersonKey = { readonly privateKeyPem: string; readonly publicKeyPem: string; readonly keyId: string };

export type Editor = {
  readonly process: ChildProcess;
  readonly holds: () => readonly HoldItem[];
  /** Until its process ends, or `until`. */
  readonly work: (until: () => boolean) => Promise<void>;
  readonly ended: Promise<void>;
};

/** A window: the language server that ships, the person's key, and a person who decides what is held as fast as it comes. */
export async function startEditor(scene: StormScene, key: PersonKey, random: Random, promises: Promises): Promise<Editor> {
  const child = scene.start('server.js', ['--stdio']);
  if (child.stdout === null || child.stdin === null || child.stderr === null) throw new Error('no pipes');
  child.stdin.on('error', () => undefined);
  child.stderr.resume();
  const reader = new StreamMessageReader(child.stdout);
  // What is killed in the middle of a message would be waited for to the end of days.
  reader.partialMessageTimeout = 0;
  const rpc = createMessageConnection(reader, new StreamMessageWriter(child.stdin));
  let holds: readonly HoldItem[] = [];
  const life = { over: false };
  // What was asked of a process that is killed is never answered: disposing rejects it.
  const ended = new Promise<void>((resolve) =>
    child.once('close', () => {
      life.over = true;
      rpc.dispose();
      resolve();
    }),
  );
  rpc.onError(() => undefined);
  rpc.onNotification(HOLDS_CHANGED, (params: { readonly holds: readonly HoldItem[] }) => void (holds = params.holds));
  rpc.onNotification(() => undefined);
  rpc.onRequest(SIGN, async ({ bytes }: SignParams) => {
    const signature = await personSigner(key.privateKeyPem).sign(Buffer.from(bytes, 'base64'));
    return { keyId: key.keyId, signature: Buffer.from(signature).toString('base64') };
  });
  rpc.onRequest(() => null);
  rpc.listen();

  const ask = async <R>(method: string, params: unknown): Promise<R | undefined> => {
    try {
      return life.over ? undefined : await rpc.sendRequest<R>(method, params);
    } catch {
      return undefined;
    }
  };
  const tell = (method: string, params: unknown): void => void (life.over || rpc.sendNotification(method, params).catch(() => undefined));
  const note = (why: string): void => void promises.refused.set(why, (promises.refused.get(why) ?? 0) + 1);

  const root = pathToFileURL(scene.workspace).href;
  await ask('initialize', { processId: process.pid, rootUri: root, capabilities: {}, initializationOptions: { showsGates: true } });
  tell('initialized', {});
  const infra = join(scene.workspace, 'infra');
  const uris = readdirSync(infra).map((name) => pathToFileURL(join(infra, name)).href);
  tell(DISK_FILES, { folder: root, uris, last: true });

  let enrolled = false;
  /** The disk may be full at the start. */
  const enrol = async (): Promise<boolean> => {
    const said = enrolled ? undefined : await ask<EnrolResult>(ENROL, { publicKey: key.publicKeyPem });
    if (said?.ok === false) note(said.problem);
    enrolled ||= said?.ok === true;
    return enrolled;
  };

  const acknowledge = async (hold: string): Promise<Extract<AcknowledgeResult, { ok: true }> | undefined> => {
    const opened = await ask<ReviewResult>(REVIEW, { hold });
    if (opened?.ok !== true) return undefined;
    const { nonce, form } = opened.review;
    const done = await ask<AcknowledgeResult>(ACKNOWLEDGE, {
      hold,
      nonce,
      category: 'temporary',
      reason: 'Partners fetch these exports until the new bucket is there.',
      ticket: '',
      hours: 4,
      rollBackLater: true,
      confirmation: form.confirm === undefined ? null : { text: form.confirm.name, how: 'typed' },
    });
    if (done?.ok === true) {
      promises.acknowledged.set(done.id, hold);
      return done;
    }
    if (done !== undefined) note('problem' in done ? done.problem : JSON.stringify(done.missing));
    return undefined;
  };

  const decide = async (): Promise<void> => {
    // Agents wait for their answer; a file that is on disk already does not.
    const waiting = holds.filter(({ disk }) => disk === undefined);
    const from = waiting.length > 0 && random() < 0.8 ? waiting : holds;
    const item = from[Math.floor(random() * from.length)];
    if (item === undefined) return;
    if (random() < 0.1) {
      const done = await ask<DiscardResult>(DISCARD, { holds: [item.id] });
      if (done?.ok === true) promises.discarded.push(item.id);
      else if (done?.problem !== undefined) note(done.problem);
    } else await acknowledge(item.id);
  };

  /** A paste into a document that is not on disk: the editor applies it itself. */
  const paste = async (): Promise<void> => {
    const bucket = `paste-${Math.floor(random() * 1e9)}`;
    const uri = pathToFileURL(join(infra, `${bucket}.json`)).href;
    const suggested = await ask<SuggestResult>(SUGGEST, {
      uri,
      before: policyOf(bucket, false),
      after: policyOf(bucket, true),
      channel: 'paste',
      certainty: 'observed',
    });
    if (suggested?.verdict !== 'acknowledge') return;
    const done = await acknowledge(suggested.hold);
    if (done === undefined || done.apply.length === 0) return;
    const applied = await ask<AppliedResult>(APPLIED, { hold: suggested.hold, id: done.id, ok: true });
    if (applied?.ok === true) promises.applied.push(done.id);
    else if (applied?.problem !== undefined) note(applied.problem);
  };

  return {
    process: child,
    holds: () => holds,
    ended,
    work: async (until) => {
      while (!life.over && !until()) {
        if (await enrol()) await (random() < 0.15 ? paste() : decide());
        await pause(20 + random() * 60);
      }
    },
  };
}

/** Few statements, so that what takes time is the storm. `open`: to anybody. */
export function policyOf(bucket: string, open: boolean): string {
  const Principal = open ? '*' : { AWS: 'arn:aws:iam::447109320118:role/app-reader' };
  const Statement = [{ Sid: 'Read', Effect: 'Allow', Principal, Action: 's3:GetObject', Resource: `arn:aws:s3:::${bucket}/*` }];
  return `${JSON.stringify({ Version: '2012-10-17', Statement }, null, 2)}\n`;
}
