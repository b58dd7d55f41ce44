import {
  asDuetError,
  byteLength,
  checkTensor,
  DuetError,
  type ErrorCode,
  type Link,
  PieceHasher,
  type Put,
  sameBytes,
} from '@duet/protocol';
import { roomFor, type Version } from './objects';
import type { Workspace } from './workspace';

export interface UploadsParts {
  readonly link: Link;
  readonly space: Workspace;
  /** Runs a task in the session's order of messages and decisions. */
  readonly inTurn: (task: (ended: boolean) => void) => Promise<void>;
  /** One did not come as it was announced. */
  readonly failed: (id: number, code: ErrorCode) => void;
}

/** Values that a scientist sends. What names one that is on its way waits for it, outside the turn. */
export class Uploads {
  readonly #parts: UploadsParts;
  /** Those that are not here yet, by id. */
  readonly #coming = new Map<number, Promise<void>>();

  constructor(parts: UploadsParts) {
    this.#parts = parts;
  }

  /** Is anything on its way? */
  get areComing(): boolean {
    return this.#coming.size > 0;
  }

  isComing(id: number): boolean {
    return this.#coming.has(id);
  }

  /** Resolves when it is here, or will not come. */
  async arrived(id: number): Promise<void> {
    await this.#coming.get(id);
  }

  async settled(): Promise<void> {
    await Promise.all(this.#coming.values());
  }

  /** Announces a value; its id is claimed. Throws `limit`. */
  put({ id, meta, tags, description, digest }: Put): void {
    const { link, space } = this.#parts;
    try {
      space.objects.reserve(roomFor([meta]));
    } catch (thrown) {
      // Its payload is on the way: let it pass by.
      const over = { signal: AbortSignal.abort() };
      void link.receivePayload(id, byteLength(meta), over).catch(() => undefined);
      throw thrown;
    }
    const version = space.sent(meta, { tags, description });
    space.objects.bind(id, [version]);
    this.#coming.set(
      id,
      this.#take(id, version, digest).finally(() => this.#coming.delete(id)),
    );
  }

  async #take(id: number, version: Version, digest: Uint8Array): Promise<void> {
    const { link, space, inTurn } = this.#parts;
    space.objects.hold(version);
    let bad: ErrorCode | undefined;
    // Pieces are hashed while the next ones come.
    const hasher = new PieceHasher();
    try {
      const bytes = await link.receivePayload(id, byteLength(version.meta), {
        onPiece: (piece) => hasher.add(piece),
      });
      const value = { meta: version.meta, bytes };
      checkTensor(value);
      const { whole } = await hasher.finish(bytes);
      if (!sameBytes(whole, digest)) throw new DuetError('bad-transfer');
      version.bytes = value;
    } catch (thrown) {
      bad = asDuetError(thrown).code;
    }
    // Whoever waits for it goes on when this is done.
    await inTurn((ended) => {
      if (!ended) this.#taken(id, version, bad);
      space.objects.release(version);
    });
  }

  #taken(id: number, version: Version, bad: ErrorCode | undefined): void {
    const { space } = this.#parts;
    // What names it from now on finds nothing. Its scientist may have dropped it meanwhile.
    if (!version.bytes && space.objects.has(id)) space.objects.drop(id);
    if (bad) this.#parts.failed(id, bad);
  }
}
