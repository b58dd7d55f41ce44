import type { Engine, Step as EngineStep } from '@duet/ops';
import {
  DuetError,
  decodeOwnerMessage,
  encodeOwnerMessage,
  type Link,
  type OwnerMessage,
  type TensorValue,
} from '@duet/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compare,
  observe,
  type Plant,
  type Program,
  program,
  type World,
  world,
} from './non-interference';
import { action, bools, floats, get, ints, own, published, request } from './words';

const runs = { numRuns: 150 };

describe('what leaves before a decision is the same for any two private data sets', () => {
  it('for random programs, failing ones included, with decisions and handlers in between', async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(program, world, world, async (steps, a, b) => {
        const comparison = await compare(await observe(steps, a), await observe(steps, b));
        compared += comparison.compared;
        expect(comparison.difference).toBeUndefined();
      }),
      runs,
    );
    // On average more than the welcome and the catalogue of six objects.
    expect(compared / runs.numRuns).toBeGreaterThan(9);
  });

  it('where the engine fails by values, until the owner releases the failure', async () => {
    const plant: Plant = ({ differs: [matrix] }) => ({
      wrapEngine: (engine) => failingWhere(engine, secretBit(matrix)),
    });
    await fc.assert(
      fc.asyncProperty(program, world, world, async (steps, a, b) => {
        const { difference } = await compare(
          await observe(steps, a, plant),
          await observe(steps, b, plant),
        );
        expect(difference).toBeUndefined();
      }),
      runs,
    );
  });

  it('also in a run that goes on after a release', async () => {
    const { compared, difference } = await compare(
      await observe(fixed, zero),
      await observe(fixed, one),
    );
    expect(difference).toBeUndefined();
    // welcome, 6 × catalogue, decision, value, payload, then all that follows on the released value.
    expect(compared).toBeGreaterThan(14);
  });
});

// ---- the check is itself checked -----------------------------------------------------------------------------------

const zero: World = {
  differs: [
    floats(new Array(12).fill(0), [4, 3]),
    ints([0, 1, 2, 3]),
    bools([0, 0, 0, 0]),
    floats([0], []),
  ],
};
const one: World = {
  differs: [
    floats(new Array(12).fill(1), [4, 3]),
    ints([9, -9, 2, 3]),
    bools([1, 0, 1, 0]),
    floats([1], []),
  ],
};

/** Releases a value that is the same in both worlds, computes on with it, and asks for values that differ. */
const fixed: Program = {
  handler: false,
  steps: [
    {
      kind: 'say',
      messages: [
        action(1, 'sum', published(5)),
        action(2, 'gather', published(1), published(2)),
        action(3, 'mean', own(2)),
        action(4, 'add', published(1), published(6)),
        request(5, own(1)),
        get(6, own(1), { request: 5 }),
      ],
    },
    { kind: 'decide', at: 0, how: 'accept' },
    {
      kind: 'say',
      messages: [
        action(7, 'neg', own(1)),
        get(8, own(7)),
        action(9, 'mul', own(3), own(1)),
        get(10, own(9)),
        action(11, 'neg', published(6)),
        get(12, own(11)),
        request(13, own(9)),
        get(14, own(9), { request: 13 }),
        action(15, 'matMul', published(1), published(6)),
      ],
    },
    { kind: 'decide', at: 0, how: 'deny' },
    { kind: 'say', messages: [request(16, own(3)), get(17, own(3), { request: 16 })] },
    { kind: 'decide', at: 0, how: 'accept' },
  ],
};

function secretBit(value: TensorValue | undefined): boolean {
  return value?.bytes.some((byte) => byte !== 0) === true;
}

function wrapEngine(engine: Engine, over: Partial<Engine>): Engine {
  return {
    put: (slot, value) => engine.put(slot, value),
    run: (step) => engine.run(step),
    drop: (slots) => engine.drop(slots),
    read: (slot) => engine.read(slot),
    settled: () => engine.settled(),
    close: () => engine.close(),
    get size() {
      return engine.size;
    },
    ...over,
  };
}

/** An engine that runs out of something, in one world and not in the other. */
function failingWhere(engine: Engine, bit: boolean): Engine {
  const spoilt = (step: EngineStep) =>
    bit && ['mean', 'gather', 'add'].includes(step.op) ? { ...step, args: [] } : step;
  return wrapEngine(engine, { run: (step) => engine.run(spoilt(step)) });
}

/** A link of an owner's side that looks at the private world before it sends. */
function leakyLink(
  link: Link,
  bit: boolean,
  send: (message: OwnerMessage, pass: (message: OwnerMessage) => void) => void,
): Link {
  const pass = (message: OwnerMessage) => link.send(encodeOwnerMessage(message));
  return {
    peer: link.peer,
    closed: link.closed,
    onMessage: (receive) => link.onMessage(receive),
    sendPayload: (stream, payload, options) => link.sendPayload(stream, payload, options),
    receivePayload: (stream, length, options) => link.receivePayload(stream, length, options),
    close: (reason) => link.close(reason),
    send: (bytes) => {
      const message = decodeOwnerMessage(bytes);
      if (bit) send(message, pass);
      else pass(message);
    },
  };
}

type Send = Parameters<typeof leakyLink>[2];
const onLink =
  (send: Send): Plant =>
  ({ differs: [matrix] }) => ({ wrapLink: (link) => leakyLink(link, secretBit(matrix), send) });

let held: OwnerMessage[] = [];

const leaks: Readonly<Record<string, Plant>> = {
  'an error code that depends on values': onLink((message, pass) =>
    pass(message.kind === 'fault' ? { ...message, code: 'op-failed' } : message),
  ),
  'an error about an object that failed by values': onLink((message, pass) => {
    pass(message);
    if (message.kind === 'decision') pass({ kind: 'fault', about: 4, code: 'op-failed' });
  }),
  'a value in the text of a denial': onLink((message, pass) =>
    pass(message.kind === 'decision' ? { ...message, reason: 'mean 1' } : message),
  ),
  'a value in a description': onLink((message, pass) =>
    pass(
      message.kind === 'catalogue'
        ? {
            ...message,
            objects: message.objects.map((object) => ({ ...object, description: 'mean 1' })),
          }
        : message,
    ),
  ),
  'a shape by values': onLink((message, pass) =>
    pass(
      message.kind === 'value' && message.get === 17
        ? { ...message, meta: { ...message.meta, shape: [1] } }
        : message,
    ),
  ),
  'a count': onLink((message, pass) =>
    pass(message.kind === 'welcome' ? { ...message, nextId: message.nextId + 1 } : message),
  ),
  'a message more': onLink((message, pass) => {
    pass(message);
    if (message.kind === 'failed') pass({ kind: 'gone', published: [], own: [3] });
  }),
  'a message less': onLink((message, pass) => {
    if (message.kind !== 'fault') pass(message);
  }),
  'a message that comes later': onLink((message, pass) => {
    if (message.kind === 'failed' && held.length === 0) {
      held = [message];
      return;
    }
    pass(message);
    for (const late of held.splice(0)) pass(late);
  }),
  'an outcome by values': onLink((message, pass) =>
    pass(
      message.kind === 'decision' && message.request === 13
        ? { ...message, outcome: 'expired' }
        : message,
    ),
  ),
  'a failure told without a grant': onLink((message, pass) =>
    pass(
      message.kind === 'failed' && message.code === 'not-released'
        ? { ...message, code: 'op-failed' }
        : message,
    ),
  ),
  'a public value that a private one was mixed into': ({ differs: [matrix] }) => ({
    wrapEngine: (engine) =>
      wrapEngine(engine, {
        read: async (slot) => {
          const value = await engine.read(slot);
          // The sign bit: only the negative ones, which are computed from what was released and from public values.
          if (value && secretBit(matrix) && (value.bytes[3] ?? 0) > 127) value.bytes[0] = 1;
          return value;
        },
      }),
  }),
  'a payload that is cut short': ({ differs: [matrix] }) => ({
    wrapLink: (link) => ({
      ...leakyLink(link, false, (message, pass) => pass(message)),
      sendPayload: (stream, payload) =>
        link.sendPayload(stream, secretBit(matrix) ? payload.slice(1) : payload),
    }),
  }),
  'a link that is closed by values': ({ differs: [matrix] }) => ({
    wrapLink: (link) =>
      leakyLink(link, secretBit(matrix), (message, pass) => {
        if (message.kind === 'failed') link.close(new DuetError('closed'));
        else pass(message);
      }),
  }),
};

describe('the check catches a leak that is planted on purpose', () => {
  it.each(Object.entries(leaks))('%s', async (_, plant) => {
    held = [];
    const { difference } = await compare(
      await observe(fixed, zero, plant),
      await observe(fixed, one, plant),
    );
    expect(difference).toBeDefined();
  });
});
