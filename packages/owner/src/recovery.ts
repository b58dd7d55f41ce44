import type { Engine, Slot } from '@duet/ops';
import { byteLength, mapArg, type TensorValue } from '@duet/protocol';
import type { Version } from './objects';
import type { PlanTable } from './plans';
import { loadSlot, readSlot } from './read-slot';
import { type Recipe, type Source, sourcesOf } from './recipes';

/** What one restart may spend on values that their scientist may not read: a few seconds of a slow backend. */
const remakeCost = 2e9;
/** Calls on top of each other after which a value that its scientist may read is kept as bytes instead. */
const readableDepth = 64;
/** The same by what making it again would cost: a few seconds, too. */
const readableCost = 2e9;
/** Calls on top of each other that are remembered for the others. */
const unreadableDepth = 256;
/** Recipes of one session, and bytes that nothing but recipes needs. With more, none is kept that can be spared. */
const mostRecipes = 16_384;
const mostRecipeBytes = 64 * 1024 * 1024;
/** What a recipe takes for each version that it needs, about, and for each input and literal of its call. */
const perNeed = 32;
const perSource = 40;
const perLiteral = 256;
/** Bytes of intermediate values that are held at once while values are made again. */
const mostRemakeBytes = 256 * 1024 * 1024;

/** What was just given to the engine. */
export interface Made
  extends Pick<Recipe, 'making' | 'dependsOn' | 'outputs' | 'positions' | 'width' | 'cost'> {
  /** How many recipes its call has: they share its inputs. */
  readonly shares: number;
}

export interface RecoveryParts {
  readonly engine: Engine;
  readonly plans: PlanTable;
  readonly newSlot: () => Slot;
  readonly readable: (version: Version) => boolean;
}

/**
 * What brings values back when the engine has lost everything. Those with bytes are put again. Others are made again from
 * how they were made: what their scientist may read always is, whatever it costs; the rest within a budget of public costs,
 * and is poison beyond it. Which of them are poison is never told but as the payload of a grant.
 */
export class Recovery {
  readonly #parts: RecoveryParts;
  /** Values with a place in the engine, in the order in which they came. */
  readonly #live = new Set<Version>();
  #recipes = 0;
  /** Literals of recipes, and bytes of dropped values that recipes need. */
  #bytes = 0;
  #losses = 0;
  #generation = 0;

  constructor(parts: RecoveryParts) {
    this.#parts = parts;
  }

  /** How often the engine was lost. */
  get generation(): number {
    return this.#generation;
  }

  get recipes(): number {
    return this.#recipes;
  }

  /** More is remembered than may be: `relieve` must be called before the next message. */
  get pressed(): boolean {
    return this.#recipes > mostRecipes || this.#bytes > mostRecipeBytes;
  }

  /** From now on it has a place in the engine. */
  track(version: Version): void {
    this.#live.add(version);
  }

  /** Nothing needs it any more but, perhaps, recipes. */
  untrack(version: Version): void {
    if (!this.#live.delete(version)) return;
    if (version.users > 0) this.#bytes += heldBytes(version);
    else this.#forget(version);
  }

  /**
   * Remembers how outputs of a call were made: those, by position, that depend on the same inputs. Outputs that cannot be
   * made again, or only at too high a price, have no recipe.
   */
  remember({ making, dependsOn, outputs, positions, width, cost, shares }: Made): void {
    const [first] = outputs;
    if (!first) return;
    const sources = sourcesOf(making);
    const needs = needsOf(sources, dependsOn);
    let total = cost;
    let depth = 1;
    for (const { bytes, recipe } of needs) {
      if (bytes) continue;
      if (!recipe) return;
      if (recipe.endsHere) continue;
      total += recipe.total;
      depth = Math.max(depth, 1 + recipe.depth);
    }
    const readable = this.#parts.readable(first);
    if (!readable && (total > remakeCost || depth > unreadableDepth)) return;
    const recipe: Recipe = {
      making,
      dependsOn,
      needs,
      outputs,
      positions,
      width,
      cost,
      total,
      depth,
      bytes: Math.ceil(bytesOf(sources) / shares) + perNeed * needs.length,
      endsHere: readable && (depth > readableDepth || total > readableCost),
      users: outputs.length,
    };
    for (const version of outputs) version.recipe = recipe;
    for (const version of needs) version.users += 1;
    if (making.kind === 'plan') this.#parts.plans.hold(making.plan);
    this.#recipes += 1;
    this.#bytes += recipe.bytes;
    if (recipe.endsHere) for (const version of outputs) void this.#keepBytes(version);
  }

  /** The engine has lost everything: gives it back what can be had, in one go. */
  lost(): void {
    this.#generation += 1;
    this.#losses += 1;
    const { engine, plans } = this.#parts;
    plans.lost();
    for (const version of this.#live) {
      const { bytes, failed, isInEngine, slot } = version;
      if (bytes && isInEngine && !failed) engine.put(slot, bytes);
    }
    const kitchen = new Kitchen(this.#parts, this.#live);
    let budget = remakeCost;
    for (const version of this.#live) {
      const { recipe } = version;
      if (version.bytes || version.failed || !recipe) continue;
      if (this.#parts.readable(version)) {
        // Something in it may be what ends the engine: the third time it waits until it is asked for.
        if (this.#losses <= 2) kitchen.make(recipe);
        continue;
      }
      const cost = this.#losses === 1 ? kitchen.costOf(recipe) : Number.POSITIVE_INFINITY;
      if (cost <= budget) {
        budget -= cost;
        kitchen.make(recipe);
      } else {
        this.#forget(version);
      }
    }
    kitchen.clear();
    const generation = this.#generation;
    void engine.settled().then(() => {
      if (this.#generation === generation) this.#losses = 0;
    });
  }

  /** One more try at a value that its scientist may read and that the engine has not. Undefined if there is none. */
  async remake(version: Version): Promise<TensorValue | undefined> {
    const { recipe } = version;
    if (!recipe || version.failed) return undefined;
    // What lies in the engine is not trusted: only the value itself goes to its place.
    const kitchen = new Kitchen(this.#parts, new Set([version]));
    kitchen.make(recipe);
    const value = readSlot(this.#parts.engine, version);
    kitchen.clear();
    if (!this.#live.has(version)) this.#parts.engine.drop([version.slot]);
    return value;
  }

  /** Keeps as bytes what its scientist may read, and forgets how the rest was made. */
  async relieve(): Promise<void> {
    const kept: Promise<void>[] = [];
    for (const version of this.#live) {
      if (!version.recipe) continue;
      if (this.#parts.readable(version)) kept.push(this.#keepBytes(version));
      else this.#forget(version);
    }
    await Promise.all(kept);
  }

  /** Keeps as bytes what could only be made again. */
  async keep(version: Version): Promise<void> {
    if (version.recipe) await this.#keepBytes(version);
  }

  /** As long as it is being read it can be made again, whatever is dropped meanwhile. */
  need(version: Version): void {
    version.users += 1;
  }

  /** It was read. */
  spare(version: Version): void {
    version.users -= 1;
    if (version.users > 0 || this.#live.has(version)) return;
    this.#bytes -= heldBytes(version);
    this.#forget(version);
  }

  /** It is there as bytes from now on. */
  kept(version: Version, value: TensorValue): void {
    version.bytes ??= value;
    this.#forget(version);
    if (!this.#live.has(version) && version.users > 0) this.#bytes += byteLength(value.meta);
  }

  /** It stays a failure: its failure was told, or nothing can make it. */
  failed(version: Version): void {
    version.failed = true;
    this.#forget(version);
    // So that what is computed with it from now on fails as well.
    this.#parts.engine.drop([version.slot]);
  }

  async #keepBytes(version: Version, tries = 2): Promise<void> {
    const generation = this.#generation;
    const value = (await readSlot(this.#parts.engine, version)) ?? (await this.remake(version));
    if (!version.recipe || version.bytes) return;
    if (value) this.kept(version, value);
    else if (generation === this.#generation || tries === 1) this.failed(version);
    else await this.#keepBytes(version, tries - 1);
  }

  /** It has no recipe any more; nor has what only that recipe needed. */
  #forget(start: Version): void {
    const left = [start];
    for (let version = left.pop(); version; version = left.pop()) {
      const { recipe } = version;
      version.recipe = undefined;
      if (!recipe) continue;
      recipe.users -= 1;
      if (recipe.users > 0) continue;
      this.#recipes -= 1;
      this.#bytes -= recipe.bytes;
      if (recipe.making.kind === 'plan') this.#parts.plans.release(recipe.making.plan);
      for (const need of recipe.needs) {
        need.users -= 1;
        if (need.users > 0 || this.#live.has(need)) continue;
        this.#bytes -= heldBytes(need);
        left.push(need);
      }
    }
  }
}

/** Where values are made again. What only they need has a place here until it is cleared. */
class Kitchen {
  readonly #parts: RecoveryParts;
  readonly #inPlace: ReadonlySet<Version>;
  readonly #done = new Set<Recipe>();
  readonly #aside = new Map<Version, Slot>();
  readonly #temporary: Slot[] = [];
  #bytes = 0;

  /** Values in `inPlace` go to their own places, and are taken from there once they are made or have bytes. */
  constructor(parts: RecoveryParts, inPlace: ReadonlySet<Version>) {
    this.#parts = parts;
    this.#inPlace = inPlace;
  }

  /** Of a recipe and those before it that were not made here. */
  costOf(recipe: Recipe): number {
    return this.#inOrder(recipe).reduce((sum, { cost }) => sum + cost, 0);
  }

  make(recipe: Recipe): void {
    if (this.#bytes > mostRemakeBytes) this.clear();
    for (const each of this.#inOrder(recipe)) this.#makeOne(each);
  }

  clear(): void {
    if (this.#temporary.length > 0) this.#parts.engine.drop([...this.#temporary]);
    this.#temporary.length = 0;
    // What was made aside is gone; what is in place stays.
    for (const version of this.#aside.keys()) if (version.recipe) this.#done.delete(version.recipe);
    this.#aside.clear();
    this.#bytes = 0;
  }

  /** Those before it first. Recipes are never deeper than a few hundred. */
  #inOrder(recipe: Recipe, order = new Set<Recipe>()): Recipe[] {
    if (!this.#done.has(recipe) && !order.has(recipe)) {
      for (const { bytes, recipe: before } of recipe.needs) {
        if (!bytes && before) this.#inOrder(before, order);
      }
      order.add(recipe);
    }
    return [...order];
  }

  #makeOne(recipe: Recipe): void {
    this.#done.add(recipe);
    const { making, dependsOn, outputs, positions, width } = recipe;
    const { engine, plans } = this.#parts;
    const slots = sourcesOf(making).map((of, at) =>
      // What it does not depend on is not there: it could only do harm.
      dependsOn === undefined || dependsOn.has(at) ? this.#slotOf(of) : this.#parts.newSlot(),
    );
    const byPosition = new Map(outputs.map((output, at) => [positions?.[at] ?? at, output]));
    const into = Array.from({ length: width }, (_, at) => this.#placeFor(byPosition.get(at)));
    if (making.kind === 'plan') {
      plans.install(making.plan);
      engine.run({
        kind: 'plan',
        plan: making.plan.id,
        inputs: slots,
        outputs: into,
        salt: making.salt,
      });
      return;
    }
    let next = 0;
    const args = making.args.map((arg) => mapArg(arg, () => slots[next++] ?? 0));
    engine.run({ kind: 'op', op: making.op, args, outputs: into });
  }

  #slotOf(of: Source): Slot {
    if (of.kind === 'literal') return this.#put(of.value);
    const { version } = of;
    const aside = this.#aside.get(version);
    if (aside !== undefined) return aside;
    if (this.#inPlace.has(version)) {
      loadSlot(this.#parts.engine, version);
      return version.slot;
    }
    if (!version.bytes || version.failed) return this.#parts.newSlot();
    const slot = this.#put(version.bytes);
    this.#aside.set(version, slot);
    return slot;
  }

  #put(value: TensorValue): Slot {
    const slot = this.#newTemporary(byteLength(value.meta));
    this.#parts.engine.put(slot, value);
    return slot;
  }

  #placeFor(version: Version | undefined): Slot {
    const wanted = version && !version.bytes && !version.failed;
    if (wanted && this.#inPlace.has(version)) return version.slot;
    const slot = this.#newTemporary(version ? byteLength(version.meta) : 0);
    if (wanted) this.#aside.set(version, slot);
    return slot;
  }

  #newTemporary(bytes: number): Slot {
    const slot = this.#parts.newSlot();
    this.#temporary.push(slot);
    this.#bytes += bytes;
    return slot;
  }
}

/** The versions that the values depend on, each once. */
function needsOf(
  sources: readonly Source[],
  dependsOn: ReadonlySet<number> | undefined,
): readonly Version[] {
  const needed: Version[] = [];
  for (const [at, of] of sources.entries()) {
    if (of.kind === 'version' && dependsOn?.has(at) !== false) needed.push(of.version);
  }
  // A set for each of many small ops would be most of what they take.
  const areTwo = needed.length === 2 && needed[0] !== needed[1];
  return needed.length < 2 || areTwo ? needed : [...new Set(needed)];
}

function heldBytes({ bytes }: Version): number {
  return bytes ? byteLength(bytes.meta) : 0;
}

function bytesOf(sources: readonly Source[]): number {
  let bytes = 0;
  for (const of of sources) {
    bytes += of.kind === 'literal' ? perLiteral + byteLength(of.value.meta) : perSource;
  }
  return bytes;
}
