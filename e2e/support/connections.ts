/** Breaks the connections of a page as networks do: at any frame, with or without a word to either side. */

import type { BrowserContext, Page } from '@playwright/test';

/**
 * `channel`: both sides hear that it has ended. `silence`: as with a network that is gone, nothing arrives any more in either
 * direction, and nobody is told.
 */
export type Cut = 'channel' | 'silence';

declare global {
  var duetConnections: {
    /** Frames sent since the page was loaded. */
    frames: number;
    /** Channels that were ended here. */
    broken: number;
    /** What the page's connections were told of themselves and of the other side: SDP. */
    descriptions(): string[];
    cut(how: Cut): number;
    cutAfter(frames: number, how: Cut): void;
  };
}

/** Must be called before the pages are opened. */
export async function tapConnections(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    // Either side's: one makes its channel, the other is given it.
    const channels = new Set<RTCDataChannel>();
    const silent = new WeakSet<RTCDataChannel>();
    // Those that are over are not to be held here: a test may look at what memory they take.
    let connections: WeakRef<RTCPeerConnection>[] = [];
    let countdown: { frames: number; how: Cut } | undefined;
    const tap = {
      frames: 0,
      broken: 0,
      descriptions: () =>
        connections.flatMap((connection) => {
          const { localDescription, remoteDescription } = connection.deref() ?? {};
          return [localDescription, remoteDescription].flatMap((each) => each?.sdp ?? []);
        }),
      cut(how: Cut): number {
        const open = [...channels].filter(
          (channel) => channel.readyState === 'open' && !silent.has(channel),
        );
        for (const channel of open) {
          if (how === 'silence') silent.add(channel);
          else channel.close();
        }
        tap.broken += open.length;
        return open.length;
      },
      cutAfter(frames: number, how: Cut): void {
        countdown = { frames, how };
      },
    };
    globalThis.duetConnections = tap;
    const describe = RTCPeerConnection.prototype.setLocalDescription;
    RTCPeerConnection.prototype.setLocalDescription = function describeTapped(
      this: RTCPeerConnection,
      ...args: unknown[]
    ) {
      connections = connections.filter((each) => ![undefined, this].includes(each.deref()));
      connections.push(new WeakRef(this));
      return Reflect.apply(describe, this, args);
    } as typeof describe;
    const listening = Object.getOwnPropertyDescriptor(RTCDataChannel.prototype, 'onmessage');
    Object.defineProperty(RTCDataChannel.prototype, 'onmessage', {
      configurable: true,
      set(this: RTCDataChannel, listen: ((event: MessageEvent) => void) | null) {
        listening?.set?.call(this, (event: MessageEvent) => {
          if (!silent.has(this)) listen?.(event);
        });
      },
    });
    const send = RTCDataChannel.prototype.send as (data: unknown) => void;
    RTCDataChannel.prototype.send = function sendTapped(data: unknown) {
      if (!channels.has(this)) {
        channels.add(this);
        this.addEventListener('close', () => channels.delete(this));
      }
      if (silent.has(this)) return;
      send.call(this, data);
      tap.frames += 1;
      if (countdown === undefined) return;
      countdown.frames -= 1;
      if (countdown.frames > 0) return;
      const { how } = countdown;
      countdown = undefined;
      tap.cut(how);
    };
  });
}

/** Ends every open connection of the page; resolves with how many there were. */
export function cutConnections(page: Page, how: Cut = 'channel'): Promise<number> {
  return page.evaluate((kind) => duetConnections.cut(kind), how);
}

/** How many were ended here since this was last asked. */
export function takeBroken(page: Page): Promise<number> {
  return page.evaluate(() => {
    const { broken } = duetConnections;
    duetConnections.broken = 0;
    return broken;
  });
}

/** Ends them in the moment in which the page has sent so many frames more. */
export function cutAfterFrames(page: Page, frames: number, how: Cut = 'channel'): Promise<void> {
  return page.evaluate(([count, kind]) => duetConnections.cutAfter(count, kind), [
    frames,
    how,
  ] as const);
}
