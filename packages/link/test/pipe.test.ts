import { DuetError, limits, type PeerIdentity, sameBytes } from '@duet/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { type FramedLink, pipe, portLink } from '../src';
import { codeOf, linkPair, pattern, settle } from './helpers';

const owner: PeerIdentity = { fingerprint: 'ab', name: 'Olga', software: 'duet 0.1.0' };
const open: FramedLink[] = [];
afterEach(() => {
  for (const link of open.splice(0)) link.close(new DuetError('closed'));
});

/** The page's end and the worker's end of a port. */
function workerPair(): [FramedLink, FramedLink] {
  const { port1, port2 } = new MessageChannel();
  const ends: [FramedLink, FramedLink] = [
    portLink(port1, { peer: owner }),
    portLink(port2, { peer: owner }),
  ];
  open.push(...ends);
  return ends;
}

const text = (message: Uint8Array): string => new TextDecoder().decode(message);
const bytes = (message: string): Uint8Array => new TextEncoder().encode(message);

function collect(link: FramedLink): string[] {
  const got: string[] = [];
  link.onMessage((message) => void got.push(text(message)));
  return got;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await settle();
}

describe('a pipe', () => {
  it('passes messages and payloads both ways, those that came before it too', async () => {
    const net = linkPair();
    const [pageEnd, worker] = workerPair();
    expect(worker.peer).toBe(owner);
    net.left.send(bytes('early'));
    await net.left.sendPayload(5, pattern(300_000, 5));
    pipe(net.right, pageEnd);
    const atOwner = collect(net.left);
    const atWorker = collect(worker);
    const early = worker.receivePayload(5, 300_000);
    const down = worker.receivePayload(6, 20_000_000);
    const up = net.left.receivePayload(7, 20_000_000);
    worker.send(bytes('from the worker'));
    net.left.send(bytes('from the owner'));
    await Promise.all([
      net.left.sendPayload(6, pattern(20_000_000, 6)),
      worker.sendPayload(7, pattern(20_000_000, 7)),
      worker.sendPayload(8, new Uint8Array()),
    ]);
    expect(sameBytes(await early, pattern(300_000, 5))).toBe(true);
    expect(sameBytes(await down, pattern(20_000_000, 6))).toBe(true);
    expect(sameBytes(await up, pattern(20_000_000, 7))).toBe(true);
    expect(await net.left.receivePayload(8, 0)).toEqual(new Uint8Array());
    expect(atOwner).toEqual(['from the worker']);
    expect(atWorker).toEqual(['early', 'from the owner']);
  });

  it('lets a stalled receiver stall the sender at the far end', async () => {
    const net = linkPair();
    const [pageEnd, worker] = workerPair();
    pipe(net.right, pageEnd);
    let isSent = false;
    const size = 40_000_000;
    void worker.sendPayload(1, pattern(size)).then(() => {
      isSent = true;
    });
    const total = 3 * limits.messageCredit;
    let handled = 0;
    let resume = (): void => {};
    const stalled = new Promise<void>((resolve) => {
      resume = resolve;
    });
    net.left.onMessage(async () => {
      await stalled;
      handled += 1;
    });
    for (let i = 0; i < total; i += 1) worker.send(bytes('m'));
    for (let turn = 0; turn < 50; turn += 1) await settle();
    expect(isSent).toBe(false);
    expect(handled).toBe(0);
    resume();
    const received = net.left.receivePayload(1, size);
    await until(() => handled === total && isSent);
    expect(sameBytes(await received, pattern(size))).toBe(true);
  });

  it.each([
    ['the worker', 'closed', 'peer-left'],
    ['the owner', 'closed', 'peer-left'],
    ['the network', 'link-lost', 'link-lost'],
  ] as const)('closes one side when %s ends the other', async (who, _, heard) => {
    const net = linkPair();
    const [pageEnd, worker] = workerPair();
    pipe(net.right, pageEnd);
    if (who === 'the worker') worker.close(new DuetError('closed'));
    else if (who === 'the owner') net.left.close(new DuetError('closed'));
    else net.fail();
    const far = who === 'the worker' ? net.left : worker;
    expect((await far.closed).code).toBe(heard);
    await Promise.all([net.right.closed, pageEnd.closed]);
  });

  it('hands a live link to the next worker, with what was cut told and nothing lost of the rest', async () => {
    const net = linkPair();
    const [firstEnd, firstWorker] = workerPair();
    const first = pipe(net.right, firstEnd);
    const size = 20_000_000;
    // Under way both ways when the worker is taken away.
    const up = codeOf(net.left.receivePayload(1, size));
    const lost = codeOf(firstWorker.sendPayload(1, pattern(size)));
    const down = net.left.sendPayload(2, pattern(size));
    const gone = codeOf(firstWorker.receivePayload(2, size));
    for (let turn = 0; turn < 4; turn += 1) await settle();
    first.detach();
    first.detach();
    firstEnd.close(new DuetError('closed'));
    expect(await lost).toBe('peer-left');
    expect(await gone).toBe('peer-left');
    expect(await up).toBe('bad-transfer');
    // The owner's side is not held up by what nobody takes any more.
    await down;
    net.left.send(bytes('between'));
    await settle();
    expect(net.right.reason).toBeUndefined();

    const [nextEnd, nextWorker] = workerPair();
    pipe(net.right, nextEnd);
    const got = collect(nextWorker);
    const atOwner = collect(net.left);
    nextWorker.send(bytes('begin'));
    await until(() => atOwner.length > 0 && got.length > 0);
    expect(got).toEqual(['between']);
    const again = [
      [net.left.receivePayload(3, size), nextWorker.sendPayload(3, pattern(size, 3))],
      [nextWorker.receivePayload(4, size), net.left.sendPayload(4, pattern(size, 4))],
    ] as const;
    for (const [received, sent] of again) {
      await sent;
      expect((await received).length).toBe(size);
    }
  });

  it('leaves no credit behind, however often it is taken apart', async () => {
    const net = linkPair();
    for (let round = 0; round < 6; round += 1) {
      const [pageEnd, worker] = workerPair();
      const joined = pipe(net.right, pageEnd);
      // The owner sends what this worker never takes: twice the credit in all.
      const sent = net.left.sendPayload(round, pattern(limits.payloadCredit / 2));
      const up = codeOf(worker.sendPayload(round, pattern(3_000_000)));
      await sent;
      await settle();
      joined.detach();
      pageEnd.close(new DuetError('closed'));
      await up;
      await codeOf(net.left.receivePayload(round, 3_000_000));
    }
    const received = net.right.receivePayload(100, 1000);
    await net.left.sendPayload(100, pattern(1000));
    expect((await received).length).toBe(1000);
  });
});
