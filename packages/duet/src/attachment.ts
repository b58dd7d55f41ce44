/** A connection lent to a worker of the page, over a port, also when the owner's page is reloaded meanwhile. */

import { type FramedLink, type Pipe, pipe, portLink, type RenewableLink } from '@duet/link';
import { DuetError, type ErrorCode, type LinkState, type PeerIdentity } from '@duet/protocol';

/** What the page tells through the port. Frames travel over ports of their own: one for each page that the owner has had. */
export type PortNews =
  /** Who the two are, and the port of a link on which nothing was said yet. */
  | {
      readonly duet: 'open';
      readonly owner: PeerIdentity;
      /** The fingerprint by which the owner knows this scientist. */
      readonly scientist: string | undefined;
      /** Is there something of a session from before this page was reloaded? */
      readonly keep: boolean;
      readonly port: MessagePort;
      readonly state: LinkState;
    }
  | { readonly duet: 'state'; readonly state: LinkState }
  /** The connection has ended, or was lent to another. */
  | { readonly duet: 'ended'; readonly code: ErrorCode; readonly detail: string };

export class Attachment {
  readonly #link: RenewableLink;
  readonly #port: MessagePort;
  readonly #stops: (() => void)[];
  #isAttached = true;
  #inner: FramedLink | undefined;
  #pipe: Pipe | undefined;

  /** `keep` is for the first session on it. */
  constructor(link: RenewableLink, port: MessagePort, keep: boolean) {
    this.#link = link;
    this.#port = port;
    this.#stops = [
      link.onState((state) => this.#tell({ duet: 'state', state })),
      // What is under the link now has its listeners set after this one was told.
      link.onRenewed(() => queueMicrotask(() => this.#open(true))),
    ];
    this.#open(keep);
    void link.closed.then(({ code, message }) =>
      this.#end({ duet: 'ended', code, detail: message }),
    );
  }

  /** Takes the worker off. What it sent and the link could not take yet is lost. */
  detach(): void {
    this.#pipe?.detach();
    this.#inner?.close(new DuetError('closed'));
    const { code, message } = new DuetError('closed');
    this.#end({ duet: 'ended', code, detail: message });
  }

  #open(keep: boolean): void {
    if (!this.#isAttached || this.#link.reason !== undefined) return;
    // The one before was closed by its pipe, behind all that came for it.
    const { port1, port2 } = new MessageChannel();
    const { peer: owner, ownFingerprint: scientist, state } = this.#link;
    const inner = portLink(port1, { peer: owner });
    this.#inner = inner;
    // A session that is closed at that end was closed on this side.
    void inner.closed.then(({ from }) => {
      if (from === 'peer' && this.#isAttached && inner === this.#inner) {
        this.#link.close(new DuetError('closed'));
      }
    });
    this.#pipe = pipe(this.#link.current, inner);
    this.#tell({ duet: 'open', owner, scientist, keep, port: port2, state }, [port2]);
  }

  #tell(news: PortNews, transfer: Transferable[] = []): void {
    if (this.#isAttached) this.#port.postMessage(news, transfer);
  }

  #end(news: PortNews): void {
    if (!this.#isAttached) return;
    this.#tell(news);
    this.#isAttached = false;
    for (const stop of this.#stops) stop();
    // After what was posted last.
    this.#port.close();
  }
}
