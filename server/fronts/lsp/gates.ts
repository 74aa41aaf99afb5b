import { openGate } from '../../gate/open.ts';
import { VERDICTS, type GateContext, type Policy } from '../../gate/types.ts';
import { SEVERITIES, type Severity } from '../../engine/types.ts';
import type { Actor } from '../../ledger/types.ts';

export type GatesOptions = { readonly stateFolder: string; readonly now: () => Date; readonly actor: Actor };
export type Opened = { readonly ok: true; readonly gate: GateContext } | { readonly ok: false; readonly problem: string };

/** How long an open gate is used before policy and trusted keys are read again, in milliseconds. */
const FRESH = 1_000;
/** How long one decision may take, in milliseconds; then the gate closes. */
const LONGEST = 5_000;

/** The gate of each workspace, opened when it is first needed. One that failed to open is tried again at the next question. */
export class Gates {
  readonly #options: GatesOptions;
  readonly #open = new Map<string, { readonly at: number; readonly opened: Promise<Opened> }>();
  #minimum: Severity | undefined;

  constructor(options: GatesOptions) {
    this.#options = options;
  }

  /** The person's own setting: hold from this severity on, even where the policy would let it pass. It never loosens the policy. */
  holdFrom(minimum: Severity | undefined): void {
    this.#minimum = minimum;
  }

  forget(): void {
    this.#open.clear();
  }

  async of(workspace: string): Promise<Opened> {
    const opened = await this.#current(workspace);
    // Each question has its own time.
    return opened.ok ? { ok: true, gate: { ...opened.gate, outOfTime: deadline(LONGEST) } } : opened;
  }

  async #current(workspace: string): Promise<Opened> {
    const known = this.#open.get(workspace);
    if (known !== undefined && Date.now() - known.at < FRESH) return known.opened;
    const opened = this.#openAnew(workspace);
    this.#open.set(workspace, { at: Date.now(), opened });
    if (!(await opened).ok) this.#open.delete(workspace);
    return opened;
  }

  async #openAnew(workspace: string): Promise<Opened> {
    try {
      const opened = await openGate({ ...this.#options, workspace, outOfTime: () => false });
      return opened.ok ? { ok: true, gate: { ...opened.gate, policy: tightened(opened.gate.policy, this.#minimum) } } : opened;
    } catch (error) {
      return { ok: false, problem: error instanceof Error ? error.message : String(error) };
    }
  }
}

/** Says true once `milliseconds` are over. */
export function deadline(milliseconds: number): () => boolean {
  const end = performance.now() + milliseconds;
  return () => performance.now() > end;
}

export function tightened(policy: Policy, minimum: Severity | undefined): Policy {
  if (minimum === undefined) return policy;
  const worthHolding = SEVERITIES.slice(0, SEVERITIES.indexOf(minimum) + 1);
  const mild = (severity: Severity): boolean => VERDICTS.indexOf(policy.verdicts[severity]) < VERDICTS.indexOf('acknowledge');
  const raised = worthHolding.filter(mild).map((severity) => [severity, 'acknowledge'] as const);
  return {
    ...policy,
    verdicts: { ...policy.verdicts, ...Object.fromEntries(raised) },
    environments: policy.environments.map((environment) => {
      const milder = worthHolding.filter((severity) => {
        const own = environment.verdicts[severity];
        return own !== undefined && VERDICTS.indexOf(own) < VERDICTS.indexOf('acknowledge');
      });
      return {
        ...environment,
        verdicts: { ...environment.verdicts, ...Object.fromEntries(milder.map((severity) => [severity, 'acknowledge'])) },
      };
    }),
  };
}
