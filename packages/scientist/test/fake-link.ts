import {
  DuetError,
  decodeScientistMessage,
  defaultSessionLimits,
  digestOf,
  encodeOwnerMessage,
  type Link,
  type LinkState,
  limits,
  type OwnerMessage,
  type PayloadOptions,
  type Published,
  type ScientistMessage,
  type TensorValue,
  tensorMeta,
  type Welcome,
} from '@duet/protocol';
import { ScientistSession, type SessionOptions } from '../src';

type Kind = ScientistMessage['kind'];
export type MessageOf<K extends Kind> = Extract<ScientistMessage, { kind: K }>;

interface Taking {
  readonly byteLength: number;
  readonly resolve: (bytes: Uint8Array<ArrayBuffer>) => void;
  readonly reject: (error: DuetError) => void;
  readonly onProgress: ((bytes: number) => void) | undefined;
}

/** The scientist's end of a link whose other end is the test itself. */
export class FakeLink implements Link {
  readonly peer = { fingerprint: 'f'.repeat(64), name: 'Olga', software: 'test' };
  readonly closed: Promise<DuetError>;
  /** Everything that was sent, in order. */
  readonly sent: ScientistMessage[] = [];
  /** The same, by the microtask: what would be one frame. */
  readonly frames: ScientistMessage[][] = [];
  readonly payloads = new Map<number, Uint8Array>();
  /** Payload streams whose rest was not wanted. */
  readonly discarded: number[] = [];
  /** Leaves payloads on their way. */
  holdPayloads = false;
  reason: DuetError | undefined;
  state: LinkState = { phase: 'open' };
  readonly #renewed = new Set<() => void>();
  readonly #states = new Set<(state: LinkState) => void>();
  #receive: (message: Uint8Array) => void | Promise<void> = () => undefined;
  #resolveClosed: (reason: DuetError) => void = () => undefined;
  #frameIsOpen = false;
  readonly #taking = new Map<number, Taking>();
  readonly #sending = new Set<(error: DuetError) => void>();

  constructor() {
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  send(bytes: Uint8Array): void {
    if (this.reason !== undefined) return;
    const message = decodeScientistMessage(bytes);
    this.sent.push(message);
    if (!this.#frameIsOpen) {
      this.#frameIsOpen = true;
      this.frames.push([]);
      queueMicrotask(() => {
        this.#frameIsOpen = false;
      });
    }
    this.frames.at(-1)?.push(message);
  }

  onMessage(receive: (message: Uint8Array) => void | Promise<void>): void {
    this.#receive = receive;
  }

  sendPayload(stream: number, payload: Uint8Array, options: PayloadOptions = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.reason !== undefined) throw this.reason;
      const abort = () => reject(new DuetError('aborted'));
      if (options.signal?.aborted === true) return abort();
      options.signal?.addEventListener('abort', abort);
      this.#sending.add(reject);
      if (this.holdPayloads) return;
      this.payloads.set(stream, payload.slice());
      options.onProgress?.(payload.length);
      resolve();
    });
  }

  receivePayload(
    stream: number,
    length: number,
    options: PayloadOptions = {},
  ): Promise<Uint8Array<ArrayBuffer>> {
    return new Promise((resolve, reject) => {
      if (this.reason !== undefined) throw this.reason;
      const abort = () => {
        this.#taking.delete(stream);
        this.discarded.push(stream);
        reject(new DuetError('aborted'));
      };
      if (options.signal?.aborted === true) return abort();
      options.signal?.addEventListener('abort', abort);
      const { onProgress } = options;
      this.#taking.set(stream, { byteLength: length, resolve, reject, onProgress });
    });
  }

  onRenewed(listener: () => void): () => void {
    this.#renewed.add(listener);
    return () => this.#renewed.delete(listener);
  }

  onState(listener: (state: LinkState) => void): () => void {
    this.#states.add(listener);
    return () => this.#states.delete(listener);
  }

  close(reason: DuetError): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    for (const { reject } of this.#taking.values()) reject(reason);
    for (const reject of this.#sending) reject(reason);
    this.#resolveClosed(reason);
  }

  // ---- the owner's side ----------------------------------------------------------------------------------------

  /** The owner's page was reloaded. What is sent from now on is in `sent`. */
  renew(): void {
    const lost = new DuetError('link-lost');
    for (const { reject } of this.#taking.values()) reject(lost);
    for (const reject of this.#sending) reject(lost);
    this.#taking.clear();
    this.#sending.clear();
    this.sent.length = 0;
    this.payloads.clear();
    for (const listener of this.#renewed) listener();
  }

  become(state: LinkState): void {
    this.state = state;
    for (const listener of this.#states) listener(state);
  }

  say(message: OwnerMessage): void {
    void this.#receive(encodeOwnerMessage(message));
  }

  sayBytes(bytes: Uint8Array): void {
    void this.#receive(bytes);
  }

  /** The bytes of a value that was announced. */
  deliver(stream: number, bytes: Uint8Array): void {
    const taking = this.#taking.get(stream);
    if (taking === undefined) throw new Error(`Nobody takes payload ${stream}.`);
    this.#taking.delete(stream);
    taking.onProgress?.(bytes.length);
    taking.resolve(bytes.slice() as Uint8Array<ArrayBuffer>);
  }

  /** Answers a get with a value. */
  async answer(get: number, value: TensorValue): Promise<void> {
    const digest = await digestOf(value.bytes);
    this.say({ kind: 'value', get, meta: value.meta, digest });
    this.deliver(get, value.bytes);
    await settle();
  }

  of<K extends Kind>(kind: K): MessageOf<K>[] {
    return this.sent.filter((message): message is MessageOf<K> => message.kind === kind);
  }

  last<K extends Kind>(kind: K): MessageOf<K> {
    const message = this.of(kind).at(-1);
    if (message === undefined) throw new Error(`No ${kind} was sent.`);
    return message;
  }
}

/** Lets everything run that waits for no other side. Digests are taken on other threads: later ones end later. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 8; turn++) {
    await digestOf(new Uint8Array(limits.literalBytes * 8));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export function published(
  id: number,
  shape: readonly number[],
  more: Partial<Published> = {},
): Published {
  return {
    id,
    meta: tensorMeta('float32', shape),
    tags: [],
    description: '',
    columns: [],
    public: false,
    field: '',
    mockOf: 0,
    recordAxis: 0,
    minRecords: 10,
    ...more,
  };
}

export function welcome(
  epoch: number,
  nextId: number,
  catalogues = 0,
  more: Partial<Welcome> = {},
): Welcome {
  const { opCost, planCost, runCost } = defaultSessionLimits;
  return {
    kind: 'welcome',
    epoch,
    nextId,
    catalogues,
    opCost,
    planCost,
    runCost,
    backend: 'cpu',
    lacking: [],
    keepMs: 0,
    mine: 0,
    ...more,
  };
}

/** A session that the owner's side has welcomed, with some objects published. */
export async function openSession(
  objects: readonly Published[] = [
    published(1, [4, 3], { tags: ['ages'], columns: ['young', 'old', 'older'] }),
    published(2, [], { tags: ['pi'], public: true }),
  ],
  options: SessionOptions = {},
  told: Partial<Welcome> = {},
): Promise<{ session: ScientistSession; link: FakeLink }> {
  const link = new FakeLink();
  const opening = ScientistSession.open(link, options);
  link.say(welcome(options.epoch ?? 1, 1, 0, told));
  if (told.keepMs) link.say({ kind: 'kept', items: [], gone: [] });
  const session = await opening;
  link.say({ kind: 'catalogue', objects, dataSets: [] });
  link.sent.length = 0;
  link.frames.length = 0;
  return { session, link };
}
