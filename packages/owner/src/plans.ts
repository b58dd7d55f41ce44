import { describePlan, type Engine, inferPlan, type PlanFacts, planHash } from '@duet/ops';
import { DuetError, encodePlan, limits, type Plan, type SessionLimits } from '@duet/protocol';
import { nameOfPlan, type PlanCard } from './lineage';

/** What a plan's words are made from, until it is forgotten. */
export interface Card extends PlanCard {
  graph: Plan | undefined;
  readonly bytes: number;
}

/** Outputs that depend on the same inputs: they share their label and their recipe. */
export interface OutputGroup {
  readonly dependsOn: ReadonlySet<number>;
  /** Positions among the outputs. */
  readonly outputs: readonly number[];
}

/** A plan of a scientist's that was checked. It lives until its id is dropped and nothing that was made by it needs it. */
export interface DefinedPlan {
  /** The id of its define, and its number in the engine. */
  readonly id: number;
  readonly graph: Plan;
  readonly facts: PlanFacts;
  readonly groups: readonly OutputGroup[];
  readonly card: Card;
  /** `“step” (plan 1a2b3c4d)`. */
  readonly words: string;
  readonly bytes: number;
  /** Its id, runs under way, and recipes. */
  holds: number;
  installed: boolean;
}

export interface PlanTableParts {
  readonly engine: Engine;
  readonly limits: SessionLimits;
  /** Ops that the engine's backend cannot run. */
  readonly lacking: () => ReadonlySet<string>;
  /** Has recipes let go of the plans that only they need. */
  readonly relieve: () => Promise<void>;
}

/** The plans of one scientist, by the ids of their defines. Such an id is no object's. */
export class PlanTable {
  readonly #parts: PlanTableParts;
  readonly #named = new Map<number, DefinedPlan>();
  readonly #kept = new Set<DefinedPlan>();
  readonly #remembered: Card[] = [];
  #bytes = 0;
  #rememberedBytes = 0;

  constructor(parts: PlanTableParts) {
    this.#parts = parts;
  }

  /** Plans that something needs, those of dropped ids included. */
  get count(): number {
    return this.#kept.size;
  }

  /** Of their encoding, as they came. */
  get bytes(): number {
    return this.#bytes;
  }

  has(id: number): boolean {
    return this.#named.has(id);
  }

  /** Throws `no-object`. */
  find(id: number): DefinedPlan {
    const plan = this.#named.get(id);
    if (!plan) throw new DuetError('no-object');
    return plan;
  }

  /** Checks a plan and keeps it. Throws like `inferPlan`, and `limit`; nothing is kept then. */
  async define(id: number, graph: Plan): Promise<void> {
    const bytes = encodePlan(graph).length;
    if (!this.#fits(bytes)) await this.#parts.relieve();
    if (!this.#fits(bytes)) {
      throw new DuetError('limit', {
        detail: `More than ${this.#parts.limits.plans} plans or ${this.#parts.limits.definedBytes} bytes of them would be defined.`,
      });
    }
    const facts = inferPlan(graph, this.#parts.limits);
    this.#checkBackend(graph);
    const card = cardOf(graph, await planHash(graph), facts, bytes);
    const plan: DefinedPlan = {
      id,
      graph,
      facts,
      groups: groupsOf(facts),
      card,
      words: nameOfPlan(card),
      bytes,
      holds: 1,
      installed: false,
    };
    this.#named.set(id, plan);
    this.#kept.add(plan);
    this.#bytes += bytes;
  }

  #fits(bytes: number): boolean {
    const { plans, definedBytes } = this.#parts.limits;
    return this.#kept.size < plans && this.#bytes + bytes <= definedBytes;
  }

  /** Throws `unsupported-op` for an op that the engine's backend lacks, before the engine hears of it. */
  #checkBackend(graph: Plan): void {
    for (const node of graph.nodes) {
      if (node.kind === 'op' && this.#parts.lacking().has(node.op)) {
        throw new DuetError('unsupported-op');
      }
    }
    for (const inner of graph.plans) this.#checkBackend(inner);
  }

  /** Has the engine know it, before a run of it. */
  install(plan: DefinedPlan): void {
    if (plan.installed) return;
    plan.installed = true;
    this.#parts.engine.install(plan.id, plan.graph);
  }

  hold(plan: DefinedPlan): void {
    plan.holds += 1;
  }

  release(plan: DefinedPlan): void {
    plan.holds -= 1;
    if (plan.holds > 0) return;
    this.#kept.delete(plan);
    this.#bytes -= plan.bytes;
    if (plan.installed) this.#parts.engine.uninstall(plan.id);
    plan.installed = false;
    this.#remember(plan.card);
  }

  /** Lets go of an id. Throws `no-object`. */
  drop(id: number): void {
    const plan = this.find(id);
    this.#named.delete(id);
    this.release(plan);
  }

  clear(): void {
    for (const id of [...this.#named.keys()]) this.drop(id);
  }

  /** The engine has lost them all. */
  lost(): void {
    for (const plan of this.#kept) plan.installed = false;
  }

  /** People may ask for a plan's words long after it was dropped. The oldest are forgotten. */
  #remember(card: Card): void {
    this.#remembered.push(card);
    this.#rememberedBytes += card.bytes;
    while (this.#rememberedBytes > limits.rememberedPlanBytes) {
      const oldest = this.#remembered.shift();
      if (!oldest) return;
      this.#rememberedBytes -= oldest.bytes;
      oldest.graph = undefined;
    }
  }
}

function cardOf(graph: Plan, hash: string, { ops, cost }: PlanFacts, bytes: number): Card {
  return {
    hash,
    name: graph.name,
    ops,
    cost,
    takesGradients: takesGradients(graph),
    graph,
    bytes,
    get words() {
      return this.graph && describePlan(this.graph);
    },
  };
}

function takesGradients({ nodes, plans }: Plan): boolean {
  return nodes.some(({ kind }) => kind === 'grads') || plans.some(takesGradients);
}

function groupsOf({ dependsOn }: PlanFacts): OutputGroup[] {
  const groups = new Map<string, { dependsOn: ReadonlySet<number>; outputs: number[] }>();
  // Most outputs share the very set.
  const keys = new Map<ReadonlySet<number>, string>();
  dependsOn.forEach((inputs, output) => {
    const key = keys.get(inputs) ?? [...inputs].sort((a, b) => a - b).join();
    keys.set(inputs, key);
    const group = groups.get(key) ?? { dependsOn: inputs, outputs: [] };
    group.outputs.push(output);
    groups.set(key, group);
  });
  return [...groups.values()];
}
