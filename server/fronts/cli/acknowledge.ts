import { join } from 'node:path';
import { acknowledge, BREAK_GLASS, breakGlass, whyUntrusted } from '../../gate/decisions.ts';
import { isNameOf } from '../../gate/reasons.ts';
import { digestOfHold, listHolds, readHold } from '../../gate/holds.ts';
import type { Acknowledged, GateContext, Hold } from '../../gate/types.ts';
import type { Signer } from '../../ledger/types.ts';
import { effectOf, reviewModel } from '../review-model.ts';
import { reviewText } from '../review-text.ts';
import { visibleText } from '../visible-text.ts';
import { parseFlags } from './arguments.ts';
import { shipAtOnce } from './broken-glass.ts';
import { type Dialogue, dialogueWith, NO_TERMINAL } from './dialogue.ts';
import { type CliIo, fail, say } from './io.ts';
import { ownGate, ownPlaces } from './own-places.ts';
import { signerOf } from './key-signer.ts';
import { untilWords } from '../good-until.ts';

const HELP = `countersign acknowledge HOLD [--key FILE]

Shows what a held edit opens, asks for a reason, and signs with your key, for machines without the editor. The agent may then
make that edit once. Where the policy asks for a second person, it writes the request for them: countersign approve.

  --key FILE   an SSH key, or one that "countersign key new" made (default: your own)

It asks in a terminal and has no flag for the answers. Edits that the editor itself would apply are acknowledged there.

Example:
  countersign acknowledge H-4K7TQ2ZN

Exit codes: 0 acknowledged, 1 not wanted, 3 refused or error.
`;

/** Of one question. */
const MOST_TRIES = 5;

const GLASS_HELP = `countersign break-glass HOLD [--key FILE]

Lets a held edit through alone, where the policy asks for a second person or a security key and neither can be had now. Asks
for the words "${BREAK_GLASS}", a reason and your key. It is recorded as critical, shipped, and shown in every open editor until
somebody else has looked at it (countersign approve, with the request it writes). A no-go zone stays closed.

  --key FILE   an SSH key, or one that "countersign key new" made (default: your own)

Example:
  countersign break-glass H-4K7TQ2ZN

Exit codes: 0 let through, 1 not wanted, 3 refused or error.
`;

export async function acknowledgeCommand(args: readonly string[], io: CliIo): Promise<number> {
  return await decided('acknowledge', HELP, args, io, askAndAcknowledge);
}

export async function breakGlassCommand(args: readonly string[], io: CliIo): Promise<number> {
  return await decided('break-glass', GLASS_HELP, args, io, askAndBreak);
}

type Act = (hold: Hold, gate: GateContext, dialogue: Dialogue, signer: Signer) => Promise<Acknowledged | undefined>;

async function decided(command: string, help: string, args: readonly string[], io: CliIo, act: Act): Promise<number> {
  const id = args[0]?.startsWith('-') === false ? args[0] : undefined;
  const parsed = parseFlags(command, id === undefined ? args : args.slice(1), {
    key: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  });
  if (!parsed.ok) return fail(io, parsed.problem);
  if (parsed.values.help) return say(io, help);
  if (id === undefined) return fail(io, `Name what is held: countersign ${command} H-…. countersign holds lists them.`);
  const { state } = ownPlaces(io);
  const hold = readHold(state, id);
  if (hold === undefined)
    return fail(io, `${visibleText(id)} is not held: it was decided already, or never was. countersign holds lists what is.`);
  const opened = await ownGate(io, hold.workspace, `countersign ${command}`);
  if (!opened.ok) return fail(io, opened.problem);
  if (effectOf(hold) === 'apply') return fail(io, 'The editor would apply this edit itself: decide it in the review there.');
  const dialogue = dialogueWith(io);
  if (dialogue === undefined) return fail(io, NO_TERMINAL);
  try {
    const review = reviewModel(hold, listHolds(state), opened.gate.policy, '', io.now());
    dialogue.tell(`${reviewText(review, { color: false, width: 96 })}\n\n`);
    const own = await signerOf(parsed.values.key, state, io, dialogue);
    if (typeof own === 'string') return fail(io, own);
    const untrusted = whyUntrusted(own.signer, opened.gate);
    if (untrusted !== undefined) return fail(io, untrusted);
    const done = await act(hold, opened.gate, dialogue, own.signer);
    if (done === undefined) return stays(io, hold);
    return done.ok ? say(io, `${letThrough(done, io.now())}\n`) : fail(io, whyNot(done));
  } finally {
    dialogue.close();
  }
}

async function askAndAcknowledge(hold: Hold, gate: GateContext, dialogue: Dialogue, signer: Signer): Promise<Acknowledged | undefined> {
  const { form } = reviewModel(hold, [], gate.policy, '', gate.now());
  dialogue.tell(`${form.categories.map(({ label }, index) => `  ${index + 1}  ${visibleText(label)}`).join('\n')}\n`);
  const last = form.categories.length;
  const chosen = await insist(dialogue, 'Which of these is it? ', (answer) => {
    const category = form.categories[Number(answer) - 1];
    return category === undefined ? { remedy: `Type a number from 1 to ${last}; nothing, to leave it held.` } : { value: category };
  });
  if (chosen === undefined) return undefined;
  const text = await insist(dialogue, `Your reason, at least ${form.minimumReason} characters: `, (answer) => {
    const lacking = form.minimumReason - answer.trim().length;
    return lacking > 0
      ? { remedy: `Still needed: ${lacking} more ${lacking === 1 ? 'character' : 'characters'} of reason.` }
      : { value: answer };
  });
  if (text === undefined) return undefined;
  const ticket = await dialogue.ask(form.ticket === 'required' ? 'Ticket: ' : 'Ticket (may be empty): ');
  if (ticket === undefined) return undefined;
  const { confirm } = form;
  const confirmation =
    confirm === undefined
      ? undefined
      : await insist(dialogue, `Type the name of the ${confirm.kind} that this opens: `, (answer) =>
          isNameOf(confirm, answer) ? { value: answer } : { remedy: `That is not its name: ${visibleText(confirm.name)}` },
        );
  if (confirm !== undefined && confirmation === undefined) return undefined;
  // What ssh-keygen asks for, it asks for by itself.
  dialogue.close();
  const hours = form.hours.find(({ preset }) => preset)?.hours ?? 1;
  return await acknowledge(
    hold.id,
    {
      reason: { category: chosen.id, text, ...(ticket.trim() === '' ? {} : { ticket: ticket.trim() }) },
      hours,
      ...(confirmation === undefined ? {} : { confirmation: { text: confirmation, how: 'typed' } }),
      rollBackLater: false,
      seen: digestOfHold(hold),
    },
    gate,
    signer,
  );
}

/** Asks until the answer will do, a few times. Undefined when the person gives none. */
async function insist<T>(
  dialogue: Dialogue,
  question: string,
  read: (answer: string) => { readonly value: T } | { readonly remedy: string },
): Promise<T | undefined> {
  for (let left = MOST_TRIES; left > 0; left--) {
    const answer = await dialogue.ask(question);
    if (answer === undefined || answer.trim() === '') return undefined;
    const found = read(answer);
    if ('value' in found) return found.value;
    dialogue.tell(`${found.remedy}\n`);
  }
  return undefined;
}

async function askAndBreak(hold: Hold, gate: GateContext, dialogue: Dialogue, signer: Signer): Promise<Acknowledged | undefined> {
  dialogue.tell('This passes over the policy. It is recorded as critical, and shown until somebody else has looked at it.\n');
  const phrase = await dialogue.ask(`Type "${BREAK_GLASS}": `);
  if (phrase?.trim().toLowerCase() !== BREAK_GLASS) return undefined;
  const reason = await dialogue.ask(`Why can this not wait for somebody else? At least ${gate.policy.reason.minimumLength} characters: `);
  if (reason === undefined || reason.trim() === '') return undefined;
  dialogue.close();
  const done = await breakGlass(hold.id, { phrase, reason }, gate, signer);
  // Perhaps no editor is open, whose own shipper would send it.
  if (done.ok && gate.policy.sinks.length > 0) shipAtOnce(join(__dirname, 'cli.js'), gate.stateFolder, process.env);
  return done;
}

function letThrough({ asked, retryUntil, expires, note }: Extract<Acknowledged, { ok: true }>, now: Date): string {
  const [until, end] = [retryUntil, expires].map((time) => untilWords(new Date(time), now));
  const said =
    asked === undefined
      ? [`Signed under your name. The agent may make this edit once, until ${until}. Accepted until ${end}.`]
      : // A path ends its line, so that it can be copied.
        [`Signed under your name. Somebody else must approve it, until ${until}. Give them:`, ...asked.files];
  return [...said, ...(note === undefined ? [] : [note])].join('\n');
}

function whyNot(done: Extract<Acknowledged, { ok: false }>): string {
  return 'missing' in done ? `Still needed: ${done.missing.map(({ what }) => what).join('; ')}. It stays held.` : done.problem;
}

function stays(io: CliIo, { id }: Hold): number {
  io.stdout.write(`Nothing was signed. ${id} stays held.\n`);
  return 1;
}
