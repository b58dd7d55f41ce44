/** The worker's end of a connection that its page has lent it. */

import { type FramedLink, portLink } from '@duet/link';
import {
  asDuetError,
  DuetError,
  type Handled,
  isDuetError,
  type Link,
  type LinkState,
  type PayloadOptions,
  type PeerIdentity,
} from '@duet/protocol';
import type { PortNews } from './attachment';

type Opened = Extract<PortNews, { duet: 'open' }>;

export interface Attached {
  readonly link: Link;
  /** Is there something of a session from before the page was reloaded? */
  readonly keep: boolean;
}

/** Waits for the page to say who the owner is. Rejects with `aborted`, `bad-message`, or why the connection has ended. */
export function attachedLink(
  port: MessagePort,
  signal: AbortSignal | undefined,
): Promise<Attached> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      port.onmessage = null;
      signal?.removeEventListener('abort', abort);
    };
    const abort = (): void => {
      settle();
      reject(new DuetError('aborted'));
    };
    if (signal?.aborted) return abort();
    signal?.addEventListener('abort', abort);
    port.onmessage = ({ data }: MessageEvent<PortNews>) => {
      switch (data?.duet) {
        case 'state':
          return;
        case 'open':
          settle();
          resolve({ link: new AttachedLink(port, data), keep: data.keep });
          return;
        case 'ended':
          settle();
          reject(new DuetError(data.code, { detail: data.detail, hint: '' }));
          return;
        default:
          settle();
          reject(new DuetError('bad-message', { detail: 'This port does not lead to a duet.' }));
      }
    };
  });
}

/**
 * A link over ports that follow one another. When one is closed from the page's end, the page says next whether another takes
 * its place, since the owner's page was reloaded, or that was all.
 */
class AttachedLink implements Link {
  readonly peer: PeerIdentity;
  readonly ownFingerprint: string | undefined;
  readonly closed: Promise<DuetError>;
  #resolveClosed: (reason: DuetError) => void = () => undefined;
  #reason: DuetError | undefined;
  readonly #port: MessagePort;
  #current: FramedLink;
  /** Has the page closed the current one, so that everything of it has come? */
  #isOver = false;
  /** What the page has said of the time after the current one. */
  #next: Exclude<PortNews, { duet: 'state' }> | undefined;
  #receive: ((message: Uint8Array) => Handled) | undefined;
  #state: LinkState;
  readonly #states = new Set<(state: LinkState) => void>();
  readonly #renewed = new Set<() => void>();

  constructor(port: MessagePort, opened: Opened) {
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    this.peer = opened.owner;
    this.ownFingerprint = opened.scientist;
    this.#state = opened.state;
    this.#port = port;
    this.#current = this.#follow(opened);
    port.onmessage = ({ data }: MessageEvent<PortNews>) => this.#hear(data);
  }

  get state(): LinkState {
    return this.#state;
  }

  onState(listener: (state: LinkState) => void): () => void {
    this.#states.add(listener);
    return () => this.#states.delete(listener);
  }

  onRenewed(listener: () => void): () => void {
    this.#renewed.add(listener);
    return () => this.#renewed.delete(listener);
  }

  send(message: Uint8Array): void {
    this.#current.send(message);
  }

  onMessage(receive: (message: Uint8Array) => Handled): void {
    this.#receive = receive;
    this.#current.onMessage(receive);
  }

  sendPayload(stream: number, payload: Uint8Array, options?: PayloadOptions): Promise<void> {
    return this.#current.sendPayload(stream, payload, options).catch(this.#lost);
  }

  receivePayload(
    stream: number,
    byteLength: number,
    options?: PayloadOptions,
  ): Promise<Uint8Array<ArrayBuffer>> {
    return this.#current.receivePayload(stream, byteLength, options).catch(this.#lost);
  }

  close(reason: DuetError): void {
    if (this.#reason !== undefined) return;
    this.#current.close(reason);
    this.#end(reason);
  }

  /** How a port ends is not how the connection does: the page says that, or that it goes on. */
  readonly #lost = (thrown: unknown): never => {
    const error = asDuetError(thrown);
    const isOfPort = error === this.#current.reason && this.#reason === undefined;
    throw isOfPort ? new DuetError('link-lost', { cause: error }) : error;
  };

  #hear(news: PortNews): void {
    if (news.duet === 'state') {
      this.#state = news.state;
      for (const listener of [...this.#states]) listener(news.state);
      return;
    }
    this.#next = news;
    this.#goOn();
  }

  #follow({ port }: Opened): FramedLink {
    const link = portLink(port, { peer: this.peer, ownFingerprint: this.ownFingerprint });
    void link.closed.then((reason) => {
      if (link !== this.#current || this.#reason !== undefined) return;
      this.#isOver = true;
      if (reason.from === 'here' && !isDuetError(reason, 'peer-left')) this.#end(reason);
      else this.#goOn();
    });
    return link;
  }

  /** Everything of the current link has come, and the page has said what is next. */
  #goOn(): void {
    const next = this.#next;
    if (!this.#isOver || next === undefined || this.#reason !== undefined) return;
    this.#next = undefined;
    if (next.duet === 'ended') {
      this.#end(new DuetError(next.code, { detail: next.detail, hint: '', from: 'peer' }));
      return;
    }
    this.#isOver = false;
    this.#state = next.state;
    this.#current = this.#follow(next);
    for (const listener of [...this.#renewed]) listener();
    if (this.#receive) this.#current.onMessage(this.#receive);
  }

  #end(reason: DuetError): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#port.close();
    this.#resolveClosed(reason);
  }
}
