import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HandlerOptions } from '../src/gate/handlers';
import type { OwnerStorage } from '../src/storage';
import { factsWith, lastingStorage, Page } from './handler-bench';

const metric = factsWith({ class: 'metric' });
const accept: HandlerOptions = { action: 'accept', elementQuota: 10 };

/** A page that has read what the one before kept. */
async function opened(storage: OwnerStorage, wallMs = () => 0): Promise<Page> {
  const page = new Page(storage, wallMs);
  await page.automatic.ready;
  return page;
}

describe('after a reload of the owner’s page', () => {
  it('handlers are there in their order, with what they have left', async () => {
    const storage = lastingStorage();
    const page = await opened(storage);
    page.automatic.add({
      ...accept,
      tags: ['t'],
      name: 'loss',
      within: { seconds: 9, requests: 4 },
    });
    page.automatic.add({ action: 'deny', printLocal: true });
    await page.ask(metric);
    await page.ask(factsWith({ class: 'metric', elements: 3 }));
    const before = page.automatic.list();

    const next = await opened(storage);
    expect(next.automatic.list()).toEqual(before);
    expect(next.automatic.list()).toMatchObject([
      { id: 'h1', quotaLeft: 6, requestsLeft: 2, accepted: 2, active: true },
      { id: 'h2', printLocal: true, quotaLeft: undefined },
    ]);
    expect(await next.ask(factsWith({ class: 'metric', elements: 7 }))).toBe('deny');
    expect(await next.ask(factsWith({ class: 'metric', elements: 6 }))).toBe('accept');
    // They are not added again.
    expect(next.noted('handler')).toMatchObject([{ handler: 'h1', what: 'used-up' }]);
  });

  it('counts of what was denied or was too much for them are there, too', async () => {
    const storage = lastingStorage();
    const page = await opened(storage);
    page.automatic.add({ action: 'accept', name: 'rows' });
    page.automatic.add({ action: 'deny' });
    await page.ask(factsWith({ name: 'rows' }));
    await page.ask(metric);
    await page.automatic.close();
    expect((await opened(storage)).automatic.list()).toMatchObject([
      { id: 'h1', tooNarrow: 1, denied: 0 },
      { id: 'h2', tooNarrow: 0, denied: 2 },
    ]);
  });

  it('what was spent stays spent where it was accepted before the handler itself was kept', async () => {
    const storage = lastingStorage();
    const page = await opened(storage);
    // Asked first, decided when the turn comes, and by then the handler is there.
    const asked = page.ask(factsWith({ class: 'metric', elements: 4 }));
    page.automatic.add(accept);
    expect(await asked).toBe('accept');
    await page.ask(factsWith({ name: 'other', class: 'record' }));
    expect((await opened(storage)).automatic.list()).toMatchObject([{ id: 'h1', quotaLeft: 6 }]);
  });

  it('ids are not used again', async () => {
    const storage = lastingStorage();
    const page = await opened(storage);
    page.automatic.add({ action: 'deny' });
    page.automatic.add({ action: 'deny' });
    page.automatic.remove('h2');
    const next = await opened(storage);
    expect(next.automatic.list().map(({ id }) => id)).toEqual(['h1']);
    next.automatic.clear();
    const last = await opened(storage);
    expect(last.automatic.list()).toEqual([]);
    expect(last.automatic.add({ action: 'deny' })).toBe('h3');
  });

  it('functions are listed as not active, and answer nothing', async () => {
    const storage = lastingStorage();
    const page = await opened(storage);
    page.automatic.add({ decide: () => 'accept', elementQuota: 5, name: 'loss' });
    expect(await page.ask(metric)).toBe('accept');
    for (const next of [await opened(storage), await opened(storage)]) {
      expect(next.automatic.list()).toMatchObject([
        { id: 'h1', active: false, name: 'loss', quotaLeft: 4 },
      ]);
      expect(await next.ask(metric)).toBeUndefined();
      expect(next.automatic.tooNarrow(metric)).toEqual([]);
      expect(next.noted('failure')).toEqual([]);
    }
  });

  it('they have as long to live as the wall clock says, and never longer than before', async () => {
    const storage = lastingStorage();
    let wallMs = 1_000_000;
    const page = await opened(storage, () => wallMs);
    page.automatic.add({ action: 'deny', timeoutSecs: 100 });
    page.automatic.add({ action: 'deny', timeoutSecs: 30 });
    page.clock.time = 20_000;
    wallMs += 20_000;
    await page.automatic.close();
    expect(page.automatic.list()).toEqual([]);

    const later = async (ms: number) => {
      const next = await opened(storage, () => wallMs + ms);
      return next.automatic.list().map(({ id, secondsLeft }) => [id, secondsLeft]);
    };
    expect(await later(-500_000)).toEqual([
      ['h1', 80],
      ['h2', 10],
    ]);
    expect(await later(5000)).toEqual([
      ['h1', 75],
      ['h2', 5],
    ]);
    expect(await later(10_000)).toEqual([['h1', 70]]);
    // The one that ended is gone for good, whatever the wall clock says later.
    expect(await later(-500_000)).toEqual([['h1', 80]]);
  });

  it('a window goes on where it was', async () => {
    const after = async (ms: number) => {
      const storage = lastingStorage();
      const page = await opened(storage, () => 5000);
      page.clock.time = 123_456;
      page.automatic.add({ ...accept, within: { seconds: 60, requests: 1 } });
      expect(await page.ask(metric)).toBe('accept');
      const next = await opened(storage, () => 5000 + ms);
      return next.ask(metric);
    };
    expect(await after(-9_000_000)).toBe('deny');
    expect(await after(59_000)).toBe('deny');
    expect(await after(60_000)).toBe('accept');
  });

  it('what is spent stays spent, wherever the page was closed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ elements: fc.nat(9), reload: fc.boolean() })),
        async (asks) => {
          const storage = lastingStorage();
          let page = await opened(storage);
          page.automatic.add({ ...accept, elementQuota: 25 });
          let released = 0;
          for (const { elements, reload } of asks) {
            if ((await page.ask(factsWith({ class: 'metric', elements }))) === 'accept') {
              released += elements;
            }
            if (reload) page = await opened(storage);
          }
          expect(released).toBeLessThanOrEqual(25);
          expect(page.automatic.list()[0]?.quotaLeft).toBe(25 - released);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('a storage', () => {
  it('is read before anything is decided or added', async () => {
    const storage = lastingStorage();
    const page = await opened(storage);
    page.automatic.add({ action: 'deny' });
    await page.automatic.close();

    const next = new Page(storage);
    expect(() => next.automatic.add({ action: 'accept' })).toThrow(/have not been read/);
    expect(await next.ask(metric)).toBe('deny');
  });

  it('that cannot be read leaves every request to the owner', async () => {
    const storage = { ...lastingStorage(), read: () => Promise.reject(new Error('broken')) };
    const page = new Page(storage);
    await expect(page.automatic.ready).rejects.toThrow();
    expect(await page.ask(metric)).toBeUndefined();
    expect(() => page.automatic.add({ action: 'deny' })).toThrow(/have not been read/);
    expect(page.noted('failure')).toHaveLength(1);
  });

  it('that holds what nobody understands loses that handler alone, and says so', async () => {
    const storage = lastingStorage();
    const page = await opened(storage);
    page.automatic.add({ action: 'deny' });
    page.automatic.add({ action: 'deny', name: 'x' });
    await page.automatic.close();
    const [, [key, row] = []] = await storage.read('handlers');
    const value = { ...(row as object), options: { action: 'accept', release: 'records' } };
    await storage.write([{ table: 'handlers', key: key ?? '', value }]);
    const next = await opened(storage);
    expect(next.automatic.list().map(({ id }) => id)).toEqual(['h2']);
    expect(next.noted('failure')).toEqual([
      { kind: 'failure', what: 'These handlers cannot be read: h1.' },
    ]);
  });

  it('that forgets with the page is not waited for', () => {
    expect(new Page().automatic.add({ action: 'deny' })).toBe('h1');
  });
});
