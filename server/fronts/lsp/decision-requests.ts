import { join } from 'node:path';
import type { GenericSchema, InferOutput } from 'valibot';
import { ErrorCodes, ResponseError, type Connection, type GenericRequestHandler } from 'vscode-languageserver/node';
import type { Provenance } from '../../engine/types.ts';
import { halt, resume } from '../../gate/halt.ts';
import { review } from '../../gate/review.ts';
import type { GateContext } from '../../gate/types.ts';
import { rotateKey } from '../../ledger/key-changes.ts';
import { knownKeys, trustKey } from '../../ledger/keys.ts';
import type { Signer } from '../../ledger/types.ts';
import { readVerifyingKey } from '../../ledger/verifying-key.ts';
import {
  ACKNOWLEDGE,
  APPLIED,
  APPROVE,
  BREAK_GLASS,
  DECISIONS,
  DISCARD,
  ENROL,
  HALT,
  HOLD_TEXTS,
  NOT_ROLLED_BACK,
  REGISTER_KEY,
  RESUME,
  REVERT,
  REVIEW,
  REPORT,
  ROLL_BACK,
  ROLL_BACK_FILES,
  ROTATE_KEY,
  SIGN,
  SUGGEST,
  TRUST_KEY,
  UNDO_DISCARD,
  VERIFY_LOG,
  type EnrolResult,
  type HaltResult,
  type KeyResult,
  type ReviewResult,
} from '../../protocol.ts';
import { Approvals } from './approvals/approvals.ts';
import { REQUEST } from './approvals/found-requests.ts';
import type { RequestsWatch } from './approvals/requests-watch.ts';
import { BUFFER } from './code-lens.ts';
import { Decisions } from './decisions.ts';
import type { DiskWrites } from './disk/disk-writes.ts';
import { invalid } from './document-features.ts';
import { placeOf } from './documents/places.ts';
import type { WatchedDocuments } from './documents/watched.ts';
import type { GateHealth } from './gate-health.ts';
import type { Gates, GatesOptions } from './gates.ts';
import { decisionsOf, verifiedLog } from './log-view.ts';
import { reportPage } from './report-page.ts';
import * as requests from './requests.ts';
import { notRolledBack, rollBack, rollBackFiles } from './rollbacks.ts';
import { suggest } from './suggest.ts';

export type DecisionRequestsOptions = Pick<GatesOptions, 'stateFolder' | 'now' | 'actor'> & {
  readonly gates: Gates;
  readonly folders: () => readonly string[];
  /** The folder whose gate answers what is asked of no folder. */
  readonly anyFolder: () => string;
  readonly watched: WatchedDocuments;
  readonly diskWrites: DiskWrites;
  readonly health: () => GateHealth | undefined;
  readonly requests: () => RequestsWatch | undefined;
  /** The holds may have changed: everyone is to see it at once. */
  readonly tellHolds: () => void;
};

/**
 * What a person's editor asks of the gate: may this be applied, and what became of what is held. Gives the id of the person's key,
 * once the editor has said which it is.
 */
export function serveDecisions(connection: Connection, options: DecisionRequestsOptions): () => string | undefined {
  const { stateFolder, now, gates, folders, anyFolder, watched, diskWrites, health, tellHolds } = options;
  const keysFolder = join(stateFolder, 'keys');
  let keyId: string | undefined;
  const showPage = async (url: string) => (await connection.window.showDocument({ uri: url, external: true })).success;
  const decisions = new Decisions({ stateFolder, gates, folders, now, keyId: () => keyId, sign: askForSignature, showPage });
  const approvals = new Approvals({
    gates,
    watch: options.requests,
    keyId: () => keyId,
    signer: (nonce) => decisions.signer(nonce),
    showPage,
  });

  answer(SUGGEST, requests.Suggest, async (params) => {
    const result = await suggest(params, folders(), gates).catch((error: unknown) => ({
      verdict: 'closed' as const,
      cause: sentenceOf(error),
    }));
    if (result.verdict === 'closed') void health()?.suspect();
    return result;
  });
  answer(REVIEW, requests.OneHold, async ({ hold }) => {
    if (hold.startsWith(REQUEST)) return closedOver(await approvals.review(hold));
    return closedOver(await (hold.startsWith(BUFFER) ? reviewBuffer(hold.slice(BUFFER.length)) : decisions.review(hold)));
  });
  answer(HOLD_TEXTS, requests.OneHold, ({ hold }) => (hold.startsWith(REQUEST) ? approvals.texts(hold) : decisions.texts(hold)));
  answer(APPROVE, requests.Approve, (params) => afterwards(approvals.approve(params)));
  answer(ACKNOWLEDGE, requests.Acknowledge, (params) => afterwards(decisions.acknowledge(params)));
  answer(BREAK_GLASS, requests.BreakGlass, (params) => afterwards(decisions.breakGlass(params)));
  answer(TRUST_KEY, requests.TrustKey, ({ nonce, publicKey, person }) =>
    withKey(nonce, async (gate, signer) => {
      return await trustKey(gate.ledger, keysFolder, publicKey, undefined, { signer, person });
    }),
  );
  answer(ROTATE_KEY, requests.RotateKey, ({ nonce, publicKey }) =>
    withKey(nonce, (gate, signer) => rotateKey(gate.ledger, keysFolder, publicKey, signer)),
  );
  answer(REGISTER_KEY, requests.RegisterKey, ({ nonce }) =>
    withKey(nonce, async (gate, signer) => {
      const { registerSecurityKey, securityKeys }: typeof import('./webauthn/security-key.ts') = require('./webauthn/security-key.ts');
      const registered = await registerSecurityKey(options.actor.user, securityKeys(gate.trustedKeys), showPage);
      if (!registered.ok) return { ok: false, problem: { message: registered.problem } };
      return await trustKey(gate.ledger, keysFolder, registered.key.text, undefined, { signer, person: options.actor.user });
    }),
  );
  answer(APPLIED, requests.Applied, (params) => afterwards(decisions.applied(params)));
  answer(DISCARD, requests.ManyHolds, ({ holds: ids }) => afterwards(decisions.discard(ids)));
  answer(REVERT, requests.OneHold, ({ hold }) => afterwards(diskWrites.revert(hold)));
  answer(HALT, requests.Halt, ({ reason }) =>
    withGate(async (gate) => await halt(options.actor.user, reason.trim() || 'no reason was given', gate)),
  );
  answer(RESUME, requests.Nothing, () => withGate(async (gate) => await resume('resumed by a click in the editor', gate)));
  answer(UNDO_DISCARD, requests.OneHold, ({ hold }) => afterwards(decisions.undoDiscard(hold)));
  answer(ROLL_BACK, requests.RollBack, (params) => afterwards(rollBack(params, options)));
  answer(NOT_ROLLED_BACK, requests.NotRolledBack, (params) => afterwards(notRolledBack(params, options)));
  answer(ROLL_BACK_FILES, requests.OneDecision, ({ id }) => rollBackFiles(id, options));
  answer(DECISIONS, requests.Nothing, async () => {
    const opened = await gates.of(anyFolder());
    return { decisions: opened.ok ? await decisionsOf(opened.gate.ledger, folders(), stateFolder) : [] };
  });
  answer(REPORT, requests.Report, (params) => reportPage(params, { stateFolder, now }));
  answer(VERIFY_LOG, requests.Nothing, () => verifiedLog(join(stateFolder, 'log'), keysFolder));
  answer(ENROL, requests.Enrol, async ({ publicKey }): Promise<EnrolResult> => {
    const opened = await gates.of(anyFolder());
    if (!opened.ok) return opened;
    const id = readVerifyingKey(publicKey)?.id ?? '';
    if (knownKeys(keysFolder).get(id)?.until !== undefined || opened.gate.policy.revokedKeys.includes(id)) {
      return {
        ok: false,
        revoked: true,
        problem: `Your key (${id.slice(0, 12)}…) was revoked, and signs nothing. Run “Countersign: Make a New Key…”.`,
      };
    }
    const trusted = await trustKey(opened.gate.ledger, keysFolder, publicKey);
    if (!trusted.ok) return { ok: false, problem: trusted.problem.message };
    keyId = trusted.keyId;
    gates.forget();
    void options.requests()?.again();
    return trusted;
  });
  return () => keyId;

  /** Where nothing can be recorded, nothing can be acknowledged either: it is said before anybody fills in a form. */
  function closedOver(result: ReviewResult): ReviewResult {
    const log = health()?.logProblem;
    return result.ok && result.review.closed === undefined && log !== undefined
      ? { ok: true, review: { ...result.review, closed: log } }
      : result;
  }

  /** What changes who may sign is signed by the person of this editor. */
  async function withKey(
    nonce: string,
    act: (
      gate: GateContext,
      signer: Signer,
    ) => Promise<{ readonly ok: true; readonly keyId: string } | { readonly ok: false; readonly problem: { readonly message: string } }>,
  ): Promise<KeyResult> {
    const opened = await gates.of(anyFolder());
    if (!opened.ok) return opened;
    const signer = decisions.signer(nonce);
    if (signer === undefined) return { ok: false, problem: 'The editor has not said which key is yours. Reload the window.' };
    const done = await act(opened.gate, signer);
    gates.forget();
    return done.ok ? done : { ok: false, problem: done.problem.message };
  }

  /** Halting is of the whole account: the gate of any folder does. */
  async function withGate(act: (gate: GateContext) => Promise<string | undefined>): Promise<HaltResult> {
    const opened = await gates.of(anyFolder());
    const problem = opened.ok ? await act(opened.gate) : opened.problem;
    return problem === undefined ? { ok: true } : { ok: false, problem };
  }

  /** Checks what came in, then answers; what must never happen becomes one sentence for the person, and no stack. */
  function answer<S extends GenericSchema, R extends object>(
    method: string,
    schema: S,
    handle: (params: InferOutput<S>) => R | Promise<R>,
  ): void {
    const respond = async (params: unknown): Promise<R> => {
      const given = requests.checked(schema, params, method);
      if (!given.ok) throw invalid(given.problem);
      try {
        return await handle(given.value);
      } catch (error) {
        throw new ResponseError(ErrorCodes.InternalError, sentenceOf(error));
      }
    };
    connection.onRequest(method, respond as GenericRequestHandler<unknown, unknown>);
  }

  /** A decision changes what is held and what is accepted: everyone sees it at once, not at the next look of the watch. */
  async function afterwards<R extends { readonly ok: boolean }>(deciding: Promise<R>): Promise<R> {
    try {
      const result = await deciding;
      if (!result.ok) void health()?.suspect();
      return result;
    } finally {
      tellHolds();
    }
  }

  /** Makes a hold of what is in a document already, so that a person can put their name to it. */
  async function reviewBuffer(uri: string): Promise<ReviewResult> {
    const place = placeOf(uri, folders());
    const texts = await watched.texts(uri);
    if (place === undefined || texts === undefined) return { ok: false, problem: 'Open the file first.' };
    const opened = await gates.of(place.workspace);
    if (!opened.ok) return opened;
    const { baseline: before, text: after, provenance } = texts;
    // What a person types is never held by itself; here that person asks for a review.
    const inFile: Provenance =
      provenance.channel === 'typed' ? { channel: 'typed', certainty: 'observed' } : { ...provenance, channel: 'disk' };
    const outcome = await review(
      { workspace: place.workspace, edits: [{ path: place.path, before, after, provenance: inFile }] },
      opened.gate,
    );
    tellHolds();
    if ('hold' in outcome) return decisions.review(outcome.hold.id);
    return { ok: false, problem: outcome.verdict === 'closed' ? outcome.cause : 'Nothing in this file needs a review.' };
  }

  async function askForSignature(params: { readonly nonce: string; readonly bytes: string }): Promise<InferOutput<typeof requests.Signed>> {
    const signed = requests.checked(requests.Signed, await connection.sendRequest<unknown>(SIGN, params), SIGN);
    if (!signed.ok) throw new Error(signed.problem);
    return signed.value;
  }
}

function sentenceOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
