import { checkInputs, classifyCall, classifyPlan, findOp, type Info, type Slot } from '@duet/ops';
import {
  type Action,
  type Arg,
  type CallPlan,
  DuetError,
  mapArg,
  type Operand,
  type TensorMeta,
  tensorsOf,
} from '@duet/protocol';
import { CallFactsFinder } from './call-facts';
import { labelEach } from './labels';
import type { Lineage } from './lineage';
import { roomFor, type Version } from './objects';
import type { DefinedPlan } from './plans';
import type { Input, Workspace } from './workspace';

/**
 * After so many calls, or so many estimated operations, the session waits until the engine has done those before them, so that
 * it is never further ahead than twice that, and the engine never idle. By public counts, so that waiting tells no time.
 */
const callsAhead = 256;
const costAhead = 2.5e9;
/** Outputs of one call of a plan that have a lineage each, where they depend on different inputs. */
const mostPasts = 16;

/** Ops and calls of plans: checked by public facts, labelled, given to the engine and bound to their ids. */
export class Actions {
  readonly #space: Workspace;
  readonly #gave: (words: string) => void;
  readonly #facts: CallFactsFinder;
  #calls = 0;
  #cost = 0;
  /** Resolves when the engine has done what was given before the last time that this was asked. */
  #caughtUp: Promise<void> = Promise.resolve();

  /** `gave` is told, in words, of each call that was given to the engine. */
  constructor(space: Workspace, gave: (words: string) => void) {
    this.#space = space;
    this.#gave = gave;
    this.#facts = new CallFactsFinder(space.limits);
  }

  /** One op. Its id is claimed. Throws what public facts forbid; nothing is bound then. */
  op({ id, op, args }: Action): void {
    const spec = findOp(op);
    if (!spec || this.#space.lacking.has(op)) throw new DuetError('unsupported-op');
    this.#with(tensorsOf(args), (inputs) => {
      let next = 0;
      const known: Arg<Input>[] = args.map((arg) => mapArg(arg, () => inputs[next++] ?? missing()));
      const { outputs, cost, room, words } = this.#facts.of(spec, known);
      this.#space.objects.reserve(room);
      const origin = this.#space.originOf(inputs);
      const labels = labelEach(origin, classifyCall(spec, known, outputs));
      const lineage = this.#space.lineages.call({ op: spec.name, words }, lineagesOf(inputs));
      const versions = outputs.map((meta, at) =>
        this.#space.derived(meta, labels[at] ?? missing(), lineage),
      );
      this.#space.engine.run({
        kind: 'op',
        op: spec.name,
        args: known.map((arg) => mapArg(arg, ({ slot }) => slot)),
        outputs: versions.map(({ slot }) => slot),
      });
      this.#space.objects.bind(id, versions);
      this.#space.recovery.remember({
        making: {
          kind: 'op',
          op: spec.name,
          args: known.map((arg) => mapArg(arg, ({ source }) => source)),
        },
        dependsOn: undefined,
        outputs: versions,
        positions: undefined,
        width: versions.length,
        cost,
        shares: 1,
      });
      this.#gave(words);
      return cost;
    });
  }

  /** One call of a plan, as one action. Its id is claimed. Throws like `op`, and `no-object` for what is no plan. */
  call({ id, plan: planId, args, salt }: CallPlan): void {
    const plan = this.#space.plans.find(planId);
    this.#with(args, (inputs) => {
      checkInputs(plan.graph, metasOf(inputs));
      this.#space.objects.reserve(roomFor(plan.facts.outputs));
      const versions = this.#outputsOf(plan, inputs);
      this.#space.plans.install(plan);
      this.#space.engine.run({
        kind: 'plan',
        plan: plan.id,
        inputs: inputs.map(({ slot }) => slot),
        outputs: versions.map(({ slot }) => slot),
        salt,
      });
      this.#space.objects.bind(id, versions);
      this.#remember(plan, inputs, versions, salt);
      this.#gave(plan.words);
      return plan.facts.cost;
    });
  }

  #outputsOf(plan: DefinedPlan, inputs: readonly Input[]): Version[] {
    const words = { op: plan.words, words: plan.words, plan: plan.card };
    const call = {};
    // Where each output has a past of its own, one for all must do: the owner reads words, not a graph.
    const common =
      plan.groups.length > mostPasts
        ? this.#space.lineages.call(words, lineagesOf(inputs), call)
        : undefined;
    const infos = classifyPlan(
      plan.graph,
      inputs.map(({ info }) => info),
    );
    const infoAt = (output: number): Info => infos[output] ?? missing();
    const versions: Version[] = [];
    for (const { dependsOn, outputs } of plan.groups) {
      const used = inputs.filter((_, at) => dependsOn.has(at));
      const labels = labelEach(this.#space.originOf(used), outputs.map(infoAt));
      const lineage = common ?? this.#space.lineages.call(words, lineagesOf(used), call);
      outputs.forEach((output, at) => {
        const meta = plan.facts.outputs[output] ?? missing();
        versions[output] = this.#space.derived(meta, labels[at] ?? missing(), lineage);
      });
    }
    return versions;
  }

  #remember(
    plan: DefinedPlan,
    inputs: readonly Input[],
    versions: readonly Version[],
    salt: number,
  ): void {
    const sources = inputs.map(({ source }) => source);
    for (const { dependsOn, outputs } of plan.groups) {
      this.#space.recovery.remember({
        making: { kind: 'plan', plan, inputs: sources, salt },
        dependsOn,
        outputs: outputs.map((output) => versions[output] ?? missing()),
        positions: outputs,
        width: versions.length,
        cost: plan.facts.cost,
        shares: plan.groups.length,
      });
    }
  }

  /** To be awaited before the next message, where much was given since the last time. */
  keepUp(): Promise<void> | undefined {
    if (this.#calls < callsAhead && this.#cost < costAhead) return undefined;
    this.#calls = 0;
    this.#cost = 0;
    const before = this.#caughtUp;
    this.#caughtUp = this.#space.engine.settled();
    return before;
  }

  /** Has `give` give one call to the engine. */
  #with(operands: readonly Operand[], give: (inputs: readonly Input[]) => number): void {
    const temporary: Slot[] = [];
    // Those count too that are refused: their literals have reached the engine.
    this.#calls += 1;
    try {
      this.#cost += give(operands.map((operand) => this.#space.input(operand, temporary)));
    } finally {
      if (temporary.length > 0) this.#space.engine.drop(temporary);
    }
  }
}

function metasOf(inputs: readonly Input[]): TensorMeta[] {
  return inputs.map(({ meta }) => meta);
}

function lineagesOf(inputs: readonly Input[]): Lineage[] {
  return inputs.map(({ lineage }) => lineage);
}

function missing(): never {
  throw new DuetError('internal');
}
