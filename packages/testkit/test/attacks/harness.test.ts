/** What is checked after each attack is checked here: each thing that must not be left shows when it is. */

import { nextMacrotask } from '@duet/engine';
import { encodeOwnerMessage, type Link } from '@duet/protocol';
import { describe, expect, it } from 'vitest';
import { wrappedEngine } from '../../src/raw-pair';
import { canary } from '../canary';
import { action, floats, get, own, published, request } from '../words';
import { ages, matrix, type Scene, type Setting, within } from './attack';

/** Does what follows an attack find something? */
async function isFound(run: (scene: Scene) => Promise<void>, setting: Setting = {}): Promise<void> {
  let ran = false;
  const failure = await within(setting, async (scene) => {
    await run(scene);
    ran = true;
  }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(ran).toBe(true);
  expect(failure).toMatchObject({ name: 'AssertionError' });
}

/** A link by which something more is said after each message. */
function saying(link: Link, more: Uint8Array): Link {
  return new Proxy(link, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name, target);
      if (name === 'send') {
        return (message: Uint8Array) => {
          target.send(message);
          target.send(more);
        };
      }
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

describe('what is left of an attack is found', () => {
  it('where nothing is left, nothing is', async () => {
    await within({}, async (scene) => {
      await scene.tell(action(1, 'neg', published(ages)));
    });
  });

  it('an element that was released, as it is, negated, or as an integer', async () => {
    for (const op of ['clone', 'neg'] as const) {
      await isFound(async (scene) => {
        await scene.tell(
          action(1, 'slice', published(ages), [2], [1]),
          action(2, op, own(1)),
          request(3, own(2)),
          get(4, own(2), { request: 3 }),
        );
        await scene.owner.requests.at(0).accept();
        await scene.eve.quiet();
        scene.expectedLog.push('request', 'accepted', 'release');
      });
    }
  });

  it('an element in a text that the owner’s side says', async () => {
    const secret = new Float32Array(canary([6], 1).bytes.slice().buffer)[3];
    const told = encodeOwnerMessage({
      kind: 'decision',
      request: 1,
      outcome: 'denied',
      reason: `it is ${secret}`,
    });
    await isFound(
      async (scene) => {
        await scene.tell(get(1, published(ages)));
      },
      { wrapLink: (link) => saying(link, told) },
    );
  });

  it('a request that still waits, a grant that is open, something published', async () => {
    await isFound(async (scene) => {
      await scene.tell(request(1, published(ages)));
      scene.expectedLog.push('request');
    });
    await isFound(async (scene) => {
      await scene.tell(request(1, published(ages)));
      await scene.owner.requests.at(0).accept();
      scene.expectedLog.push('request', 'accepted');
    });
    await isFound(async ({ owner }) => {
      owner.store.add(floats([1]));
    });
    await isFound(async ({ owner }) => {
      owner.store.remove(`p${matrix}`);
    });
  });

  it('an entry in the log that the test does not expect', async () => {
    await isFound(async (scene) => {
      await scene.tell(request(1, published(ages)), { kind: 'withdraw', request: 1 });
    });
  });

  it('bytes of the owner’s that were changed', async () => {
    await isFound(async ({ owner }) => {
      owner.store.find(ages)?.value.bytes.fill(0);
    });
  });

  it('an honest scientist who is not served', async () => {
    let isBroken = false;
    await isFound(
      async () => {
        isBroken = true;
        await nextMacrotask();
      },
      {
        wrapEngine: (engine) =>
          wrappedEngine(engine, {
            run: (step) =>
              engine.run(isBroken && step.kind === 'op' ? { ...step, op: 'matMul' } : step),
          }),
      },
    );
  });
});
