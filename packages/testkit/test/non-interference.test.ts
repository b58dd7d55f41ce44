import type { Engine, Step as EngineStep } from '@duet/ops';
import {
  DuetError,
  decodeOwnerMessage,
  encodeOwnerMessage,
  type Link,
  type OwnerMessage,
  type TensorValue,
  tensorsOf,
} from '@duet/protocol';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { sentLabel } from '../../owner/src/labels';
import { Workspace } from '../../owner/src/workspace';
import { wrappedEngine } from '../src';
import {
  compare,
  observe,
  type Plant,
  type Program,
  program,
  type World,
  world,
} from './non-interference';
import {
  action,
  bools,
  call,
  define,
  float,
  floats,
  get,
  ints,
  node,
  own,
  plan,
  published,
  request,
  train,
} from './words';

const runs = { numRuns: 150 };

describe('what leaves before a decision is the same for any two private data sets', () => {
  it('for random programs, failing ones included, with decisions and handlers in between', async () => {
    let compared = 0;
    const ends = new Set<string>();
    let values = 0;
    await fc.assert(
      fc.asyncProperty(program, world, world, async (steps, a, b) => {
        const observed = await observe(steps, a);
        const comparison = await compare(observed, await observe(steps, b));
        compared += comparison.compared;
        for (const arrival of observed.arrivals) {
          if (arrival.kind !== 'message') continue;
          if (arrival.message.kind === 'progress') ends.add(arrival.message.state);
          if (arrival.message.kind === 'value') values += 1;
        }
        expect(comparison.difference).toBeUndefined();
      }),
      runs,
    );
    // The programs do get somewhere: runs end in either way, and values leave.
    expect([...ends].sort()).toEqual(['cancelled', 'finished', 'running']);
    expect(values).toBeGreaterThan(runs.numRuns);
    // On average more than the welcome and the catalogue of six objects.
    expect(compared / runs.numRuns).toBeGreaterThan(9);
  });

  it('where the engine fails by values, until the owner releases the failure', async () => {
    const plant: Plant = ({ differs }) => ({
      wrapEngine: (engine) =>
        failingWhere(engine, secretBit(differs[0]) ? differs : [], (_, spoilt) =>
          engine.run(spoilt),
        ),
    });
    await sameInAllWorlds(plant);
  });

  it('where the engine is lost by values', async () => {
    const plant: Plant = ({ differs }) => ({
      wrapEngine: (engine) =>
        failingWhere(engine, secretBit(differs[0]) ? differs : [], (step, spoilt) => {
          engine.run(step);
          if (step !== spoilt) queueMicrotask(() => engine.restart());
        }),
    });
    await sameInAllWorlds(plant);
    for (const leak of [fixed, fixedRun]) {
      const observed = [await observe(leak, zero, plant), await observe(leak, one, plant)] as const;
      expect((await compare(...observed)).difference).toBeUndefined();
    }
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

async function sameInAllWorlds(plant: Plant): Promise<void> {
  await fc.assert(
    fc.asyncProperty(program, world, world, async (steps, a, b) => {
      const observed = [await observe(steps, a, plant), await observe(steps, b, plant)] as const;
      expect((await compare(...observed)).difference).toBeUndefined();
    }),
    runs,
  );
}

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

const step = plan(
  [float(3), float(2, 3)],
  [node('mean', 1, [0]), node('add', 0, 2), node('mean', 3)],
  [3, 4],
);
const both = plan([float(4, 3), float(3)], [node('add', 0, 1), node('neg', 1)], [2, 3]);

/** A call of a plan with a readable output and a private one, a training run, and an engine that is ended. */
const fixedRun: Program = {
  handler: false,
  steps: [
    {
      kind: 'say',
      messages: [
        define(1, both),
        call(2, 1, [published(1), published(6)]),
        get(3, own(2, 0)),
        get(4, own(2, 1)),
        define(5, step),
        train(6, 5, {
          state: [published(6)],
          data: [published(1)],
          batchSize: 2,
          epochs: 3,
          checkpointEvery: 2,
        }),
      ],
    },
    { kind: 'say', messages: [get(30, own(6)), get(31, own(7)), get(32, own(11))] },
    { kind: 'end' },
    {
      kind: 'say',
      messages: [get(33, own(6)), get(34, own(2, 1)), get(35, own(2, 0)), request(36, own(7))],
    },
    { kind: 'decide', at: 0, how: 'deny' },
  ],
};

function secretBit(value: TensorValue | undefined): boolean {
  return value?.bytes.some((byte) => byte !== 0) === true;
}

/**
 * An engine in which some steps on private values go wrong, in one world and not in the other. `run` has the step as it was
 * given, and as it goes wrong: what does not depend on those values is never touched.
 */
function failingWhere(
  engine: Engine,
  differs: readonly TensorValue[],
  run: (step: EngineStep, spoilt: EngineStep) => void,
): Engine {
  const tainted = new Set<number>();
  const poison = 1e9;
  const spoil = (step: EngineStep): EngineStep => {
    if (step.kind === 'plan') {
      return { ...step, inputs: step.inputs.map((slot) => (tainted.has(slot) ? poison : slot)) };
    }
    return ['mean', 'gather', 'add'].includes(step.op) ? { ...step, args: [] } : step;
  };
  return wrappedEngine(engine, {
    put: (slot, value) => {
      if (differs.includes(value)) tainted.add(slot);
      engine.put(slot, value);
    },
    run: (step) => {
      const inputs = step.kind === 'plan' ? step.inputs : tensorsOf(step.args);
      if (!inputs.some((slot) => tainted.has(slot))) return engine.run(step);
      // Outputs of a plan that depend on nothing private go wrong with the others: what may be read is made once more.
      for (const slot of step.outputs) tainted.add(slot);
      run(step, spoil(step));
    },
  });
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
      wrappedEngine(engine, {
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

/** Leaks of plans and runs. */
const leaksOfRuns: Readonly<Record<string, Plant>> = {
  'progress by values': onLink((message, pass) =>
    pass(message.kind === 'progress' && message.step === 3 ? { ...message, step: 4 } : message),
  ),
  'progress that is left out': onLink((message, pass) => {
    if (message.kind !== 'progress' || message.step !== 3) pass(message);
  }),
  'a run that ends early': onLink((message, pass) => {
    if (message.kind !== 'progress' || message.step < 3) pass(message);
    else if (message.step === 3) pass({ ...message, state: 'finished' });
  }),
  'a run that fails': onLink((message, pass) =>
    pass(message.kind === 'progress' ? { kind: 'fault', about: 6, code: 'op-failed' } : message),
  ),
  'a checkpoint that is not there': onLink((message, pass) =>
    pass(
      message.kind === 'failed' && message.get === 32 ? { ...message, code: 'no-object' } : message,
    ),
  ),
  'an engine that was lost, told': ({ differs: [matrix] }) => {
    let told: Link | undefined;
    const gone = encodeOwnerMessage({ kind: 'gone', published: [], own: [2] });
    return {
      wrapLink: (link) => {
        told = link;
        return link;
      },
      wrapEngine: (engine) => {
        engine.onLost(() => secretBit(matrix) && told?.send(gone));
        return engine;
      },
    };
  },
  'an engine that was lost, with what may be read': ({ differs: [matrix] }) => ({
    wrapEngine: (engine) =>
      wrappedEngine(engine, {
        onLost: (listener) => engine.onLost(() => secretBit(matrix) || listener()),
        run: (given) => {
          // It cannot be made again either.
          if (!(secretBit(matrix) && given.kind === 'plan' && given.inputs.includes(1e9)))
            engine.run(given);
        },
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

  it.each(Object.entries(leaksOfRuns))('%s', async (_, plant) => {
    const { difference } = await compare(
      await observe(fixedRun, zero, plant),
      await observe(fixedRun, one, plant),
    );
    expect(difference).toBeDefined();
  });

  it('an output whose label was not joined', async () => {
    const plain = await compare(await observe(fixedRun, zero), await observe(fixedRun, one));
    expect(plain.difference).toBeUndefined();
    const joined = vi.spyOn(Workspace.prototype, 'originOf');
    joined.mockImplementation(function (this: Workspace) {
      return sentLabel(this.peer.fingerprint);
    });
    try {
      const { difference } = await compare(
        await observe(fixedRun, zero),
        await observe(fixedRun, one),
      );
      expect(difference).toBeDefined();
    } finally {
      joined.mockRestore();
    }
  });
});
