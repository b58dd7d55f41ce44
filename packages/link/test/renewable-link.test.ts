import { DuetError } from '@duet/protocol';
import { describe, expect, it } from 'vitest';
import { RenewableLink } from '../src';
import { codeOf, type LinkPair, linkPair, pattern, settle } from './helpers';

const text = (message: Uint8Array): string => new TextDecoder().decode(message);
const bytes = (message: string): Uint8Array => new TextEncoder().encode(message);

interface Setup {
  readonly link: RenewableLink;
  /** The first life; `right` is the other side's end of it. */
  readonly first: LinkPair;
  readonly events: string[];
  /** Begins another life. */
  renew(): LinkPair;
}

function setUp(): Setup {
  const first = linkPair();
  const link = new RenewableLink(first.left);
  const events: string[] = [];
  link.onRenewed(() => events.push('renewed'));
  void link.closed.then(({ code }) => events.push(`closed ${code}`));
  const renew = (): LinkPair => {
    const next = linkPair();
    link.renew(next.left);
    return next;
  };
  return { link, first, events, renew };
}

/** A listener that does not go on with a message before it is told to. */
function slowly(events: string[]): {
  receive: (message: Uint8Array) => Promise<void>;
  goOn: (thrown?: Error) => void;
} {
  const waiting: ((thrown?: Error) => void)[] = [];
  return {
    receive: (message) => {
      events.push(text(message));
      return new Promise((resolve, reject) => {
        waiting.push((thrown) => (thrown === undefined ? resolve() : reject(thrown)));
      });
    },
    goOn: (thrown) => waiting.shift()?.(thrown),
  };
}

describe('a renewable link', () => {
  it('is the link underneath until it is renewed, and the next one from then on', async () => {
    const { link, first, events, renew } = setUp();
    link.onMessage((message) => void events.push(text(message)));
    const there: string[] = [];
    first.right.onMessage((message) => void there.push(`first ${text(message)}`));
    link.send(bytes('a'));
    first.right.send(bytes('b'));
    await settle();
    const next = renew();
    next.right.onMessage((message) => void there.push(`next ${text(message)}`));
    next.right.send(bytes('c'));
    // Nobody is there for it any more, and nobody yet.
    link.send(bytes('lost'));
    await settle();
    link.send(bytes('d'));
    await settle();
    expect(events).toEqual(['b', 'renewed', 'c']);
    expect(there).toEqual(['first a', 'next d']);
    expect(link.current).toBe(next.left);
  });

  it('lets what is sent from within the listener reach the new page first', async () => {
    const { link, events, renew } = setUp();
    link.onRenewed(() => link.send(bytes('begin')));
    const next = renew();
    next.right.onMessage((message) => void events.push(text(message)));
    await settle();
    link.send(bytes('more'));
    await settle();
    expect(events).toEqual(['renewed', 'begin', 'more']);
  });

  it('rejects what is pending, and still takes a payload that had come whole', async () => {
    const { link, first, events, renew } = setUp();
    const slow = slowly(events);
    link.onMessage(slow.receive);
    const whole = pattern(200_000);
    first.right.send(bytes('put'));
    await first.right.sendPayload(1, whole);
    first.aToB.hold();
    const pending = codeOf(link.receivePayload(2, 10));
    const sending = codeOf(link.sendPayload(3, pattern(3_000_000)));
    await settle();
    renew();
    expect(await pending).toBe('link-lost');
    expect(await sending).toBe('link-lost');
    // The message that announces it is still being handled.
    expect(await link.receivePayload(1, whole.length)).toEqual(whole);
    expect(await codeOf(link.receivePayload(4, 10))).toBe('link-lost');
    expect(await codeOf(link.sendPayload(5, whole))).toBe('link-lost');
    slow.goOn();
    await settle();
    expect(events).toEqual(['put', 'renewed']);
  });

  it('drops a half payload that nobody has asked for yet', async () => {
    const { link, first, renew, events } = setUp();
    const slow = slowly(events);
    link.onMessage(slow.receive);
    first.right.send(bytes('put'));
    const sending = first.right.sendPayload(1, pattern(20_000_000));
    await settle();
    renew();
    expect(await codeOf(link.receivePayload(1, 20_000_000))).toBe('link-lost');
    first.right.close(new DuetError('closed'));
    expect(await codeOf(sending)).toBe('closed');
  });

  it('handles all that was received, in order, before it is renewed', async () => {
    const { link, first, events, renew } = setUp();
    const slow = slowly(events);
    link.onMessage(slow.receive);
    for (const message of ['1', '2', '3']) first.right.send(bytes(message));
    await settle();
    const next = renew();
    next.right.send(bytes('4'));
    for (let turn = 0; turn < 4; turn += 1) {
      slow.goOn();
      await settle();
    }
    expect(events).toEqual(['1', '2', '3', 'renewed', '4']);
  });

  it('takes the last of several that come while it is not done with the first', async () => {
    const { link, first, events, renew } = setUp();
    const slow = slowly(events);
    link.onMessage(slow.receive);
    first.right.send(bytes('1'));
    await settle();
    const second = renew();
    second.right.send(bytes('2'));
    const third = renew();
    third.right.send(bytes('3'));
    await settle();
    slow.goOn();
    await settle();
    expect(events).toEqual(['1', 'renewed', '3']);
    expect(link.current).toBe(third.left);
  });

  it('drops what nobody listens for, so that nothing waits for ever', async () => {
    const { link, first, events, renew } = setUp();
    first.right.send(bytes('1'));
    await settle();
    const next = renew();
    await settle();
    expect(events).toEqual(['renewed']);
    link.onMessage((message) => void events.push(text(message)));
    next.right.send(bytes('2'));
    await settle();
    expect(events).toEqual(['renewed', '2']);
  });

  it('drops it also when the listener is taken away in between', async () => {
    const { link, first, events, renew } = setUp();
    const slow = slowly(events);
    link.onMessage(slow.receive);
    for (const message of ['1', '2']) first.right.send(bytes(message));
    await settle();
    renew();
    link.onMessage(undefined);
    slow.goOn();
    await settle();
    expect(events).toEqual(['1', 'renewed']);
  });

  it('ends with the link underneath, but not with one that it has left', async () => {
    const { link, first, events, renew } = setUp();
    link.onMessage(() => {});
    const next = renew();
    await settle();
    first.right.close(new DuetError('dismissed'));
    first.fail();
    await settle();
    expect(link.reason).toBeUndefined();
    next.right.close(new DuetError('dismissed'));
    await settle();
    expect(events).toEqual(['renewed', 'closed dismissed']);
    expect(link.reason?.code).toBe('dismissed');
  });

  it('ends at once when the next one ends before it is taken up', async () => {
    const { link, first, events, renew } = setUp();
    const slow = slowly(events);
    link.onMessage(slow.receive);
    first.right.send(bytes('1'));
    await settle();
    const next = renew();
    next.right.close(new DuetError('dismissed'));
    await settle();
    slow.goOn();
    await settle();
    expect(events).toEqual(['1', 'closed dismissed']);
  });

  it('that is closed while it is being renewed tells the new page', async () => {
    const { link, first, events, renew } = setUp();
    const slow = slowly(events);
    link.onMessage(slow.receive);
    first.right.send(bytes('1'));
    await settle();
    const next = renew();
    link.close(new DuetError('not-admitted'));
    expect((await next.right.closed).code).toBe('not-admitted');
    slow.goOn();
    await settle();
    expect(events).toEqual(['1', 'closed not-admitted']);
  });

  it('ends when the handling of what was left fails, and the new page is told', async () => {
    const { link, first, events, renew } = setUp();
    const slow = slowly(events);
    link.onMessage(slow.receive);
    first.right.send(bytes('1'));
    await settle();
    const next = renew();
    slow.goOn(new Error('a bug'));
    expect((await next.right.closed).code).toBe('internal');
    await settle();
    expect(events).toEqual(['1', 'closed internal']);
  });

  it('ends when a listener of renewals fails', async () => {
    const { link, renew } = setUp();
    link.onRenewed(() => {
      throw new Error('a bug');
    });
    const next = renew();
    expect((await link.closed).code).toBe('internal');
    expect((await next.right.closed).code).toBe('internal');
  });

  it('tells states until it has ended, and who no longer listens nothing', async () => {
    const { link, first } = setUp();
    const states: string[] = [];
    link.onState(({ phase }) => states.push(phase));
    const stop = link.onState(() => states.push('stopped'));
    stop();
    link.tell({ phase: 'away', awayUntil: 1 });
    expect(link.state).toEqual({ phase: 'away', awayUntil: 1 });
    link.tell({ phase: 'open' });
    first.right.close(new DuetError('closed'));
    await settle();
    link.tell({ phase: 'away' });
    expect(states).toEqual(['away', 'open']);
  });

  it('keeps payloads from being sent too early after a renewal as before it', async () => {
    const { link, events, renew } = setUp();
    link.tapPayloads(() => events.push('too early'));
    const next = renew();
    await settle();
    void next.right.sendPayload(1, pattern(10));
    await settle();
    expect(events).toEqual(['renewed', 'too early']);
  });
});
