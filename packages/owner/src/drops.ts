import { DuetError, limits, type Part, type Ref } from '@duet/protocol';
import type { Releases } from './releases';
import type { Workspace } from './workspace';

/** How a scientist's objects go: by their word, by the owner's, or because a later one has replaced them. */
export class Drops {
  readonly #space: Workspace;
  readonly #releases: Releases;
  /** Ids that the owner's side dropped, until their scientist has let go of them too. */
  readonly #takenAway = new Set<number>();
  /** Checkpoints among them, which go by themselves: only the latest are remembered. */
  readonly #replaced: number[] = [];

  constructor(space: Workspace, releases: Releases) {
    this.#space = space;
    this.#releases = releases;
  }

  /** In turn: drops all that are there. Throws `no-object` if one was not, unless the owner took it and the two words crossed. */
  byScientist(ids: readonly number[], parts: readonly Part[]): void {
    const { plans, objects } = this.#space;
    let missing = false;
    for (const id of ids) {
      if (plans.has(id)) plans.drop(id);
      else if (objects.has(id)) this.#drop(id);
      else if (!this.#takenAway.delete(id)) missing = true;
    }
    for (const { id, output } of parts) {
      const ref = { space: 'own', id, path: [output] } as const;
      if (objects.hasPart(ref)) this.#dropPart(ref);
      else if (!this.#takenAway.has(id)) missing = true;
    }
    this.#releases.voidUnnamed();
    if (missing) throw new DuetError('no-object');
  }

  /** Throws `no-object`. What it leaves void is seen to in turn. */
  byOwner(id: number): void {
    this.#drop(id);
    this.#takenAway.add(id);
  }

  /** In turn: of one that a later one has replaced. The scientist's side knows, and may let go of it before it hears. */
  checkpoint(id: number): void {
    this.#drop(id);
    this.#releases.voidUnnamed();
    this.#takenAway.add(id);
    this.#replaced.push(id);
    const oldest = this.#replaced.length > limits.dropIds ? this.#replaced.shift() : undefined;
    if (oldest !== undefined) this.#takenAway.delete(oldest);
  }

  clear(): void {
    this.#takenAway.clear();
    this.#replaced.length = 0;
  }

  #dropPart(ref: Ref): void {
    this.#space.objects.dropOne(ref);
    this.#releases.forgetDeliveries(ref.id, ref.path);
  }

  #drop(id: number): void {
    this.#space.objects.drop(id);
    this.#releases.forgetDeliveries(id);
  }
}
