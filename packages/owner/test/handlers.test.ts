import { isDuetError, systemClock } from '@duet/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HandlerList, type HandlerOptions } from '../src/handlers';

function clockAt() {
  const clock = { time: 0, now: () => clock.time, after: systemClock.after };
  return clock;
}

const tagged = (...tags: string[][]) => tags.map((each) => new Set(each));
const accept: HandlerOptions = {
  action: 'accept',
  tags: ['t'],
  elementQuota: 10,
  release: 'records',
};

describe('a handler that accepts', () => {
  it('must say how far it goes, for which data, and how much', () => {
    const list = new HandlerList(clockAt());
    const { tags: _, ...noTags } = accept;
    const { elementQuota: __, ...noQuota } = accept;
    const { release: ___, ...noRelease } = accept;
    for (const options of [
      noTags,
      noQuota,
      noRelease,
      { ...accept, tags: [] },
      { action: 'accept', name: 'loss' } as const,
    ]) {
      expect(() => list.add(options)).toThrow(/releases values without a look/);
    }
    expect(list.list()).toEqual([]);
    expect(list.add(accept)).toBe('h1');
  });

  it('matches only where every source has all of its tags, and nothing that has no source', () => {
    const list = new HandlerList(clockAt());
    list.add({ ...accept, tags: ['a', 'b'] });
    const decide = (...sources: string[][]) =>
      list.decide({ name: '', elements: 1, sourceTags: tagged(...sources) })?.accept;
    expect(decide(['a', 'b', 'c'])).toBe(true);
    expect(decide(['a', 'b'], ['b', 'a'])).toBe(true);
    expect(decide(['a'])).toBeUndefined();
    expect(decide(['a', 'b'], ['a'])).toBeUndefined();
    expect(decide()).toBeUndefined();
  });

  it('is only narrowed by a name', () => {
    const list = new HandlerList(clockAt());
    list.add({ ...accept, name: 'loss' });
    expect(list.decide({ name: 'loss', elements: 1, sourceTags: tagged(['t']) })?.accept).toBe(
      true,
    );
    expect(
      list.decide({ name: 'loss', elements: 1, sourceTags: tagged(['other']) }),
    ).toBeUndefined();
    expect(
      list.decide({ name: 'weights', elements: 1, sourceTags: tagged(['t']) }),
    ).toBeUndefined();
  });

  it('denies what does not fit in its quota, spending nothing', () => {
    const list = new HandlerList(clockAt());
    list.add(accept);
    const ask = (elements: number) =>
      list.decide({ name: '', elements, sourceTags: tagged(['t']) })?.accept;
    expect(ask(11)).toBe(false);
    expect(ask(7)).toBe(true);
    expect(ask(4)).toBe(false);
    expect(ask(3)).toBe(true);
    expect(ask(1)).toBe(false);
    expect(ask(0)).toBe(true);
    expect(list.list()[0]?.quotaLeft).toBe(0);
  });

  it('never releases more than its quota, whatever is asked', () => {
    fc.assert(
      fc.property(fc.nat(50), fc.array(fc.nat(20)), (quota, asked) => {
        const list = new HandlerList(clockAt());
        list.add({ ...accept, elementQuota: quota });
        const released = asked.filter(
          (elements) => list.decide({ name: '', elements, sourceTags: tagged(['t']) })?.accept,
        );
        expect(released.reduce((sum, elements) => sum + elements, 0)).toBeLessThanOrEqual(quota);
      }),
    );
  });
});

describe('handlers', () => {
  it('are tried in the order in which they were added', () => {
    const list = new HandlerList(clockAt());
    list.add({ action: 'deny', name: 'rows' });
    list.add(accept);
    const facts = { elements: 1, sourceTags: tagged(['t']) };
    expect(list.decide({ ...facts, name: 'rows' })).toMatchObject({ id: 'h1', accept: false });
    expect(list.decide({ ...facts, name: 'other' })).toMatchObject({ id: 'h2', accept: true });
  });

  it('live as long as they were given, on the owner’s clock', () => {
    const clock = clockAt();
    const list = new HandlerList(clock);
    list.add({ action: 'deny', timeoutSecs: 5 });
    clock.time = 4_999;
    expect(list.list()).toMatchObject([{ id: 'h1', secondsLeft: 1 }]);
    clock.time = 5_000;
    expect(list.list()).toEqual([]);
    expect(list.decide({ name: '', elements: 1, sourceTags: [] })).toBeUndefined();
  });

  it('are removed by id, or all at once', () => {
    const list = new HandlerList(clockAt());
    list.add({ action: 'deny' });
    list.add({ action: 'deny', name: 'x' });
    list.remove('h1');
    expect(list.list().map(({ id }) => id)).toEqual(['h2']);
    expect(() => list.remove('h1')).toThrow(/no handler h1/);
    list.clear();
    expect(list.list()).toEqual([]);
  });

  it('refuse options that make no sense', () => {
    const list = new HandlerList(clockAt());
    const wrong = [
      { action: 'maybe' },
      { action: 'deny', timeoutSecs: 0 },
      { action: 'deny', timeoutSecs: Number.NaN },
      { action: 'deny', elementQuota: -1 },
      { action: 'deny', elementQuota: 1.5 },
      { action: 'deny', name: 'x'.repeat(65) },
      { ...accept, release: 'everything' },
    ] as unknown as HandlerOptions[];
    for (const options of wrong) {
      try {
        list.add(options);
        expect.unreachable(JSON.stringify(options));
      } catch (thrown) {
        expect(isDuetError(thrown)).toBe(true);
      }
    }
  });
});
