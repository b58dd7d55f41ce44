/** Cases 10 to 15: what is between the two. Others of 1 to 16 are in pairing-duet.test.ts and lasting-duet.test.ts. */

import { nextMacrotask } from '@duet/engine';
import type { ServerEvent } from '@duet/link';
import { limits } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { DuetWorld, hurried, RawPair, until } from '../../src';
import { answers } from '../answers';
import { frame, nextSequence } from '../attacks/raw-frames';
import { begin, floats, get, published } from '../words';
import { codeOf, inDuo } from './duo';

describe('messages', () => {
  it('Duet 10 a large one comes in frames of a bounded size, and a small request is answered meanwhile', () =>
    inDuo(async ({ owner, scientist, wire }) => {
      const count = 4_000_000;
      const large = new Float32Array(count).fill(7);
      await owner.store.add(large, { tags: ['large'], public: true });
      await owner.store.add([1, 2], { tags: ['small'], public: true });
      await until(() => scientist.store.length === 2);
      const order: string[] = [];
      let isMoving = false;
      const coming = scientist.store
        .get('large')
        .get({
          onProgress: () => {
            if (!isMoving) wire.aToB.hold();
            isMoving = true;
          },
        })
        .then((tensor) => {
          order.push('large');
          return tensor;
        });
      await until(() => isMoving);
      const small = scientist.store
        .get('small')
        .getValue()
        .finally(() => order.push('small'));
      // Frame by frame from here on, as a slow network has it.
      while (order.length === 0) {
        wire.aToB.release(1);
        await nextMacrotask();
      }
      wire.aToB.release();
      expect(await small).toEqual([1, 2]);
      const got = await coming;
      expect(order).toEqual(['small', 'large']);
      expect([got.size, (await got.min().data())[0], (await got.max().data())[0]]).toEqual([
        count,
        7,
        7,
      ]);
      const sizes = wire.log.map(({ frame: { length } }) => length);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(limits.frameBytes);
      expect(sizes.length).toBeGreaterThan((4 * count) / limits.frameBytes);
    }));

  it('Duet 11 bytes that look like any frame of ours come as they are, over a loss of the connection, too', async () => {
    await using world = await DuetWorld.open();
    const { duet } = await world.join();
    // A control frame of each kind, a frame with a close in it, the text of the end of a port, and zeros.
    const closing = frame(1, ['close', 0]);
    const kinds = [1, 2, 3, 4, 5].map((kind) => [0, 0, 0, 0, kind, 255, 255, 255, 255]);
    const marks = [
      ...kinds,
      [...closing],
      [...new TextEncoder().encode('close')],
      Array(64).fill(0),
    ];
    const values = marks.map((bytes) => Int32Array.from([...bytes, ...bytes.toReversed()]));
    const texts = ['close', '{"duet":1}', 'd1.', 'END', '\u200b'];
    const sent = values.map((value) => duet.send(value, { tags: [] }));
    world.cut();
    const words = duet.send(texts);
    for (const [index, pointer] of sent.entries()) {
      expect(await pointer.getValue()).toEqual([...(values[index] ?? [])]);
    }
    world.cut();
    expect(await words.getValue()).toEqual(texts);
  });

  it('Duet 12 malformed frames end the link with an error, keep nothing, and cost nobody else anything', async () => {
    const pair = new RawPair();
    pair.owner.store.add(floats([1, 2]), { tags: ['t'], public: true });
    const grace = pair.join();
    await answers(grace, begin);
    const whole = frame(1, ['message', 0, new Uint8Array(4)]);
    const lying = whole.slice();
    lying.set([255, 255], 9);
    const malformed: readonly ((next: number) => Uint8Array)[] = [
      () => new Uint8Array([1]),
      () => new Uint8Array(4),
      () => whole.slice(0, 7),
      () => lying,
      () => new Uint8Array(limits.frameBytes).fill(255),
      (next) => frame(next + 1, ['message', 0, new Uint8Array(4)]),
      (next) => frame(next - 1, ['message', 0, new Uint8Array(4)]),
      (next) =>
        frame(
          next,
          ['payload-end', 4_000_000_000, new Uint8Array(8)],
          ['message-credit', 4_294_967_295],
        ),
    ];
    for (const [index, make] of malformed.entries()) {
      const eve = pair.join(`eve${index}`);
      await answers(eve, begin);
      eve.wire.b.send(make(nextSequence(eve)));
      const reason = await eve.link.closed;
      expect(['bad-message', 'link-lost', 'bad-transfer', 'peer-left'], `${index}`).toContain(
        reason.code,
      );
      await until(() => eve.peer.status === 'left');
      await eve.peer.session?.freed;
    }
    await answers(grace, get(2, published(1)));
    expect(grace.arrivals.some(({ kind }) => kind === 'payload')).toBe(true);
    expect(pair.owner.joined).toHaveLength(1);
    await pair.close();
  });
});

describe('a signaling server that puts itself in between', () => {
  /** What it does with each signal. */
  const tricks: Record<string, (event: ServerEvent) => readonly ServerEvent[]> = {
    'changes them': (event) => [
      {
        ...event,
        bytes: event.bytes.map((byte, at) => (at === event.bytes.length - 1 ? byte ^ 1 : byte)),
      },
    ],
    'puts its own in their place': (event) => [
      { ...event, bytes: crypto.getRandomValues(new Uint8Array(event.bytes.length)) },
    ],
    'sends them back': (event) => [{ ...event, to: event.to === 'host' ? 'guest' : 'host' }],
    'lets only hellos through': (event) => (event.bytes[1] === 1 ? [event] : []),
  };

  it.each(Object.keys(tricks))('Duet 15 and %s is found out before any data', async (name) => {
    await using world = await DuetWorld.open({ clock: hurried(20) });
    await world.owner.store.add([1, 2, 3], { tags: ['secret'] });
    world.server.between = (event, deliver) => {
      const changed = event.kind === 'signal' ? tricks[name]?.(event) : [event];
      for (const each of changed ?? []) deliver(each);
    };
    const seen: string[] = [];
    const person = await world.person();
    const code = await codeOf(
      person.join(world.owner.invite.url, { onStatus: (status) => seen.push(status) }),
    );
    expect(['peer-auth', 'no-connection', 'peer-left', 'room-full']).toContain(code);
    expect(seen).not.toContain('connected');
    expect(world.owner.peers).toEqual([]);
    expect(world.transport.pairs).toEqual([]);
    world.server.between = undefined;
    await person.join(world.owner.invite.url);
    expect(world.owner.status.joined).toBe(1);
  });
});

describe('a third', () => {
  it('Duet 7 P4 in the invite’s room hears nothing of what others say to each other', async () => {
    await using world = await DuetWorld.open({ owner: { admit: 'ask', uses: 2 } });
    const [room = ''] = world.server.rooms;
    const grace = await world.person();
    const joining = grace.join(world.owner.invite.url);
    await until(() => world.owner.status.waiting === 1);
    const heard: Uint8Array[] = [];
    await world.server.connect().join(room, {
      signal: (bytes) => heard.push(bytes),
      relayed: (bytes) => heard.push(bytes),
      left: () => undefined,
    });
    world.owner.peers[0]?.admit();
    await joining;
    world.cut();
    await until(() => world.owner.status.away === 1);
    await until(() => world.owner.status.away === 0);
    expect(heard).toEqual([]);
    tf.disposeVariables();
  });
});
