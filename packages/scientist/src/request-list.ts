import { type DType, DuetError } from '@duet/protocol';
import { RequestHandle, type RequestState, type Requests } from './requests';

/** One row of `table()`. */
export interface OwnRequestRow {
  readonly id: number;
  readonly name: string;
  readonly reason: string;
  readonly pointer: string;
  readonly shape: string;
  readonly dtype: DType;
}

/** Iterates over this session's requests that wait for a decision, oldest first. */
export class RequestList {
  readonly #requests: Requests;
  readonly #handles = new WeakMap<RequestState, RequestHandle>();

  /** Made by a duet. */
  constructor(requests: Requests) {
    this.#requests = requests;
  }

  get length(): number {
    return this.#requests.size;
  }

  list(): readonly RequestHandle[] {
    return this.#requests.pending.map((state) => this.handleOf(state));
  }

  [Symbol.iterator](): IterableIterator<RequestHandle> {
    return this.list()[Symbol.iterator]();
  }

  /** By position; negative from the end. Throws `no-request`. */
  at(index: number): RequestHandle {
    return this.list().at(index) ?? nothing(`${this.length} requests wait.`);
  }

  /** By id. Throws `no-request`. */
  get(id: number): RequestHandle {
    const state = this.#requests.waiting(id);
    return state ? this.handleOf(state) : nothing(`No request ${id} waits.`);
  }

  /** Rows for `console.table`. */
  table(): OwnRequestRow[] {
    return this.list().map(({ id, name, reason, pointer, shape, dtype }) => ({
      id,
      name,
      reason,
      pointer,
      shape: `[${shape.join(', ')}]`,
      dtype,
    }));
  }

  /** The same handle for the same request. */
  handleOf(state: RequestState): RequestHandle {
    const known = this.#handles.get(state);
    if (known !== undefined) return known;
    const handle = new RequestHandle(state, () => this.#requests.withdraw(state));
    this.#handles.set(state, handle);
    return handle;
  }
}

function nothing(detail: string): never {
  throw new DuetError('no-request', { detail, hint: '' });
}
