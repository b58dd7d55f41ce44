/** Cases 21 and 22: answers and errors. */

import type { Pointer } from 'duetjs';
import { describe, expect, it } from 'vitest';
import { until } from '../../src';
import { RawPair, wrappedEngine } from '../../src/raw-pair';
import { answers, failed, payloads } from '../answers';
import { action, begin, floats, get, own, published, request } from '../words';
import { inDuo, publishAges } from './duo';

describe('answers', () => {
  it('D21 that come in another order reach those who asked', () =>
    inDuo(async (pair) => {
      const { owner } = pair;
      const values = await publishAges(pair);
      const getting = (pointer: Pointer, name: string) =>
        pointer.getValue({ requestBlock: true, name });
      const max = getting(values.max(), 'max');
      const min = getting(values.min(), 'min');
      await until(() => owner.requests.length === 2);
      const [first, second] = owner.requests.list();
      expect([first?.name, second?.name]).toEqual(['max', 'min']);
      await second?.accept();
      expect(await min).toBe(22);
      await first?.accept();
      expect(await max).toBe(88);
    }));
});

describe('errors', () => {
  it('D22 what is not permitted says so; a failure is a code, told under an accept, without a word of the engine’s', async () => {
    const secret = 'secret 49 at /home/owner';
    const pair = new RawPair({
      wrapEngine: (engine) =>
        wrappedEngine(engine, { read: () => Promise.reject(new Error(secret)) }),
    });
    pair.owner.store.add(floats([1, 2]), { tags: ['ages'] });
    const grace = pair.join();
    await answers(grace, begin);
    const refused = await answers(grace, action(1, 'neg', published(1)), get(2, own(1)));
    expect(refused).toEqual([failed(2, 'not-released')]);
    expect(payloads(grace)).toEqual([]);
    await answers(grace, request(3, own(1)), get(4, own(1), { request: 3 }));
    await pair.owner.requests.at(0).accept({ evenStale: true });
    await grace.quiet();
    const told = grace.messages.filter(({ kind }) => kind === 'failed');
    expect(told).toMatchObject([{ get: 4 }]);
    const sent = grace.wire.log.filter(({ lane }) => lane === 'aToB');
    const text = sent.map(({ frame }) => new TextDecoder('latin1').decode(frame)).join('');
    expect(sent.length).toBeGreaterThan(0);
    for (const word of [secret, 'Error', 'at ', '.ts']) expect(text).not.toContain(word);
    await pair.close();
  });
});
