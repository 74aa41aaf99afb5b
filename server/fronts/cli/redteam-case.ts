import * as v from 'valibot';

/**
 * One adversarial case: a small YAML file in redteam/, whose name is the case's name and whose first word is its family.
 *
 * In every text `{{workspace}}`, `{{state}}`, `{{home}}`, `{{product}}` (the installed program) and `{{hook}}` (its launcher) are
 * folders and files; `{{policy}}` is the trust policy that stands in policy.json, `{{opened}}` the same for everybody (also in
 * wide.txt), `{{hold}}` and `{{acknowledgement}}` the first ids in the state folder, `{{big}}` nine million characters.
 */
export type RedteamCase = v.InferOutput<typeof Case> & { readonly name: string };
export type RedteamStep = v.InferOutput<typeof Step>;

/** `held`: denied, and a hold waits for a person. `passes`: the call goes on, without a word. */
const MUST = v.picklist(['denied', 'held', 'passes']);

const texts = v.record(v.string(), v.string());
const call = {
  must: MUST,
  session: v.optional(v.string()),
  /** Variables in the agent's environment. */
  env: v.optional(texts),
  /** What the answer must say. */
  says: v.optional(v.string()),
};

const Step = v.union([
  /** The agent's shell tool. */
  v.strictObject({ shell: v.string(), ...call }),
  /** Its tools that write and edit files. `after`: the event after the tool has run. */
  v.strictObject({ write: v.strictObject({ path: v.string(), content: v.string() }), ...call }),
  v.strictObject({
    edit: v.strictObject({ path: v.string(), from: v.string(), to: v.string() }),
    after: v.optional(v.boolean()),
    ...call,
  }),
  /** A payload as this agent sends it: an object, or the bytes themselves. */
  v.strictObject({ payload: v.union([v.string(), v.record(v.string(), v.unknown())]), ...call }),
  /** Our own command line, without a terminal. */
  v.strictObject({ cli: v.array(v.string()), must: v.picklist(['refused', 'passes']), says: v.optional(v.string()) }),
  /** Another program writes, copies (with replacements) or removes files. */
  v.strictObject({ put: texts }),
  v.strictObject({ copy: v.string(), to: v.string(), replace: v.optional(texts) }),
  v.strictObject({ remove: v.string() }),
  /** A person acknowledges what waits. */
  v.strictObject({ acknowledge: v.literal(true) }),
  v.strictObject({ log: v.picklist(['verifies', 'broken']) }),
  v.strictObject({ holds: v.number() }),
]);

const Case = v.strictObject({
  tries: v.pipe(v.string(), v.minLength(5)),
  /** As in `countersign hook <id>`; any agent when absent. */
  agent: v.optional(v.string()),
  files: v.optional(texts),
  /** Name → what it leads to. */
  links: v.optional(texts),
  hardLinks: v.optional(texts),
  steps: v.pipe(v.array(Step), v.minLength(1)),
  /** No local tool can be sure to stop this: what does, or what shows it. */
  beyond: v.optional(v.string()),
});

/** A sentence for the first thing that is wrong with a case. */
export function parseCase(
  name: string,
  value: unknown,
): { readonly ok: true; readonly found: RedteamCase } | { readonly ok: false; readonly problem: string } {
  const parsed = v.safeParse(Case, value);
  if (parsed.success) return { ok: true, found: { ...parsed.output, name } };
  const [issue] = parsed.issues;
  const at = issue.path?.map(({ key }) => String(key)).join('.') ?? '';
  return { ok: false, problem: `The case ${name} cannot be read${at === '' ? '' : ` at ${at}`}: ${issue.message}` };
}

export function familyOf({ name }: RedteamCase): string {
  return name.split('-', 1)[0] ?? name;
}
