import { readFileSync } from 'node:fs';
import { isDuetError } from '@duet/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DecideFunction, HandlerOptions } from '../src/gate/handlers';
import { handlerOptionNames } from '../src/handler-options';
import { handlerWords } from '../src/handler-words';
import { ada, eve, factsWith, Page, somePlan, source } from './handler-bench';

const accept: HandlerOptions = {
  action: 'accept',
  tags: ['t'],
  elementQuota: 10,
  release: 'records',
};

const metric = factsWith({ class: 'metric' });

describe('options', () => {
  const codeOf = (options: unknown): string => {
    try {
      return new Page().automatic.add(options as HandlerOptions);
    } catch (thrown) {
      return isDuetError(thrown) ? thrown.code : String(thrown);
    }
  };

  it('of a handler that accepts records say how much, and of what', () => {
    const { tags: _, ...noTags } = accept;
    const { elementQuota: __, ...noQuota } = accept;
    expect(codeOf(noTags)).toBe('bad-argument');
    expect(codeOf({ ...accept, tags: [] })).toBe('bad-argument');
    expect(codeOf({ ...noTags, name: 'loss', peer: ada })).toBe('bad-argument');
    expect(codeOf(noQuota)).toBe('bad-argument');
    expect(codeOf(accept)).toBe('h1');
    expect(codeOf({ ...noTags, plan: somePlan })).toBe('h1');
  });

  it('of one that accepts say nothing of data that was taken back since: the owner is asked', async () => {
    const page = new Page();
    page.automatic.add({ action: 'accept', elementQuota: 10 });
    page.automatic.add({ decide: () => 'accept', elementQuota: 10 });
    const gone = { ...source(), id: 'p2', gone: true } as const;
    const facts = factsWith({ class: 'metric', sources: [source('t'), gone] });
    expect(await page.ask(facts)).toBeUndefined();
    expect(page.automatic.tooNarrow(facts)).toMatchObject([
      { handler: 'h1', why: 'You took back what it is computed from: p2.' },
      { handler: 'h2' },
    ]);
    expect(page.automatic.list()).toMatchObject([{ quotaLeft: 10 }, { quotaLeft: 10 }]);
    page.automatic.add({ action: 'deny' });
    expect(await page.ask(facts)).toBe('deny');
  });

  it('of a handler that accepts metrics say how much; aggregates need nothing', () => {
    expect(() => new Page().automatic.add({ action: 'accept', release: 'metrics' })).toThrow(
      /elementQuota: each number could be about one person/,
    );
    expect(codeOf({ action: 'accept', elementQuota: 5 })).toBe('h1');
    expect(codeOf({ action: 'accept' })).toBe('h1');
    expect(codeOf({ action: 'accept', release: 'aggregates' })).toBe('h1');
  });

  it('bind a function like any other', () => {
    const decide = () => 'accept' as const;
    expect(codeOf({ decide })).toBe('h1');
    expect(codeOf({ decide, release: 'records', elementQuota: 3 })).toBe('bad-argument');
    expect(codeOf({ decide, release: 'metrics' })).toBe('bad-argument');
    expect(codeOf({ decide, action: 'accept' })).toBe('bad-argument');
    expect(codeOf({})).toBe('bad-argument');
    expect(codeOf({ decide: 'accept' })).toBe('bad-argument');
  });

  it.each([
    { action: 'maybe' },
    { action: 'deny', timeoutSecs: 0 },
    { action: 'deny', timeoutSecs: -1 },
    { action: 'deny', timeoutSecs: Number.NaN },
    { action: 'deny', timeoutSecs: '5' },
    { action: 'deny', name: 5 },
    { action: 'deny', peer: 'ada' },
    { action: 'deny', plan: 'step' },
    { action: 'deny', tags: 'ages' },
    { action: 'deny', tags: [5] },
    { action: 'deny', printLocal: 'yes' },
    { action: 'deny', elementQuota: 5 },
    { action: 'deny', release: 'metrics' },
    { action: 'deny', whenUsedUp: 'ask' },
    { action: 'deny', tag: ['ages'] },
    { ...accept, elementQuota: -1 },
    { ...accept, elementQuota: 1.5 },
    { ...accept, elementQuota: Number.POSITIVE_INFINITY },
    { ...accept, release: 'everything' },
    { ...accept, whenUsedUp: 'accept' },
    { ...accept, digits: 0 },
    { ...accept, digits: 10 },
    { ...accept, digits: 'all' },
    { ...accept, within: {} },
    { ...accept, within: { seconds: 5 } },
    { ...accept, within: { seconds: 0, requests: 5 } },
    { ...accept, within: { seconds: 5, requests: -1 } },
    { ...accept, within: { seconds: 5, elements: 0.5 } },
    { ...accept, within: { seconds: 5, requests: 1, bytes: 7 } },
  ])('case 62: that make no sense are refused: %o', (options) => {
    expect(codeOf(options)).toBe('bad-argument');
  });

  it('keep to the lengths of texts', () => {
    expect(codeOf({ action: 'deny', name: 'x'.repeat(65) })).toBe('bad-text');
    expect(codeOf({ action: 'deny', tags: ['x'.repeat(65)] })).toBe('bad-text');
    expect(codeOf({ action: 'deny', tags: Array(33).fill('x') })).toBe('bad-argument');
  });

  it('are all in the docs, and no others', () => {
    const docs = readFileSync(new URL('../../../docs/handlers.md', import.meta.url), 'utf8');
    const tables = docs.slice(
      docs.indexOf('## What it answers'),
      docs.indexOf('What each gives away'),
    );
    const named = [...tables.matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm)].flatMap(([, cell = '']) =>
      cell.replaceAll('`', '').split(', '),
    );
    expect(named.sort()).toEqual([...handlerOptionNames].sort());
  });

  it('cannot be changed afterwards', async () => {
    const page = new Page();
    const tags = ['t'];
    page.automatic.add({ ...accept, tags });
    tags.length = 0;
    expect(await page.ask(factsWith({ sources: [source('other')] }))).toBeUndefined();
    expect(page.automatic.list()[0]?.options.tags).toEqual(['t']);
  });
});

describe('matching', () => {
  const answers = async (options: HandlerOptions, some: Parameters<typeof factsWith>[0]) => {
    const page = new Page();
    page.automatic.add(options);
    return page.ask(factsWith(some));
  };

  it('all its tags are among the owner’s tags of every source, in any order', async () => {
    const both: HandlerOptions = { ...accept, tags: ['a', 'b', 'a'] };
    const from = (...tags: string[][]) =>
      answers(both, { sources: tags.map((of) => source(...of)) });
    expect(await from(['b', 'a'])).toBe('accept');
    expect(await from(['a', 'b', 'c'])).toBe('accept');
    expect(await from(['a', 'b'], ['b', 'a'])).toBe('accept');
    expect(await from(['a'])).toBeUndefined();
    expect(await from(['a', 'b'], ['a'])).toBeUndefined();
    expect(await from()).toBeUndefined();
  });

  it('a name must be equal, and only narrows', async () => {
    const named: HandlerOptions = { ...accept, name: 'loss' };
    expect(await answers(named, { name: 'loss' })).toBe('accept');
    expect(await answers(named, { name: ' LOSS ' })).toBeUndefined();
    expect(await answers(named, { name: 'weights' })).toBeUndefined();
    expect(await answers(named, { name: 'loss', sources: [source('other')] })).toBeUndefined();
    expect(await answers(accept, { name: 'anything' })).toBe('accept');
  });

  it('goes by the scientist’s identity, and by the plan', async () => {
    const { tags: _, ...untagged } = accept;
    expect(await answers({ ...accept, peer: ada }, { peer: ada })).toBe('accept');
    expect(await answers({ ...accept, peer: ada }, { peer: eve })).toBeUndefined();
    const planned: HandlerOptions = { ...untagged, plan: somePlan };
    expect(await answers(planned, { plan: somePlan, sources: [] })).toBe('accept');
    expect(await answers(planned, { plan: 'ff'.repeat(32) })).toBeUndefined();
    expect(await answers(planned, { plan: undefined })).toBeUndefined();
  });
});

describe('how far a handler goes', () => {
  const classes = ['public', 'metric', 'record'] as const;
  const accepted = async (options: HandlerOptions) => {
    const page = new Page();
    page.automatic.add(options);
    const answers = await Promise.all(classes.map((each) => page.ask(factsWith({ class: each }))));
    return classes.filter((_, index) => answers[index] === 'accept');
  };

  it('follows from release, or from whether there is a quota', async () => {
    expect(await accepted({ action: 'accept' })).toEqual(['public']);
    expect(await accepted({ action: 'accept', release: 'aggregates', elementQuota: 9 })).toEqual([
      'public',
    ]);
    expect(await accepted({ action: 'accept', elementQuota: 9 })).toEqual(['public', 'metric']);
    expect(await accepted(accept)).toEqual(['public', 'metric', 'record']);
    expect(await accepted({ decide: () => 'accept', elementQuota: 9 })).toEqual([
      'public',
      'metric',
    ]);
  });

  it('passes on what is too much for it, and tells the owner', async () => {
    const page = new Page();
    page.automatic.add({ action: 'accept' });
    const told: unknown[] = [];
    page.automatic.on('narrow', (request, by) => told.push([request, by.handler]));
    expect(await page.ask(metric)).toBeUndefined();
    expect(page.automatic.tooNarrow(metric)).toMatchObject([
      { handler: 'h1', why: 'It releases aggregates, and this is of class metric.' },
    ]);
    expect(page.noted('too-narrow')).toMatchObject([{ peer: ada, request: 'r1', handler: 'h1' }]);
    expect(told).toEqual([['r1', 'h1']]);
    expect(page.automatic.list()).toMatchObject([{ tooNarrow: 1, accepted: 0, denied: 0 }]);
    page.automatic.add({ action: 'accept', elementQuota: 1 });
    expect(await page.ask(metric)).toBe('accept');
  });

  it('rounds metrics to four digits, and anything else not at all, unless told otherwise', async () => {
    const digits = async (options: HandlerOptions, facts = metric) => {
      const page = new Page();
      page.automatic.add(options);
      return (await page.automatic.decide('r1', facts))?.digits;
    };
    const quota: HandlerOptions = { action: 'accept', elementQuota: 9 };
    expect(await digits(quota)).toBe(4);
    expect(await digits({ ...quota, digits: 2 })).toBe(2);
    expect(await digits({ ...quota, digits: 'exact' })).toBeUndefined();
    expect(await digits(accept, factsWith())).toBeUndefined();
    expect(await digits({ ...accept, digits: 3 }, factsWith())).toBe(3);
  });
});

describe('quotas', () => {
  it('D60 a quota of 10 takes two tensors of 4, denies the third, and has 2 left', async () => {
    const page = new Page();
    page.automatic.add(accept);
    const four = factsWith({ elements: 4 });
    expect(await page.ask(four)).toBe('accept');
    expect(await page.ask(four)).toBe('accept');
    expect(await page.ask(four)).toBe('deny');
    expect(page.automatic.list()).toMatchObject([{ quotaLeft: 2, accepted: 2, denied: 1 }]);
    expect(await page.ask(factsWith())).toBe('accept');
    const none = new Page();
    none.automatic.add({ ...accept, elementQuota: 0 });
    expect(await none.ask(factsWith())).toBe('deny');
    expect(await none.ask(factsWith({ elements: 0 }))).toBe('accept');
  });

  it('take two numbers for a complex one', async () => {
    const page = new Page();
    page.automatic.add({ action: 'accept', elementQuota: 5, release: 'records', tags: ['t'] });
    const complex = (elements: number) => factsWith({ dtype: 'complex64', elements });
    expect(await page.ask(complex(3))).toBe('deny');
    expect(await page.ask(complex(2))).toBe('accept');
    expect(page.automatic.list()).toMatchObject([{ quotaLeft: 1 }]);
    expect(await page.ask(complex(1))).toBe('deny');
  });

  it('leave what does not fit to the owner where they are told to', async () => {
    const page = new Page();
    page.automatic.add({ ...accept, whenUsedUp: 'ask' });
    page.automatic.add({ action: 'deny' });
    expect(await page.ask(factsWith({ elements: 11 }))).toBeUndefined();
    expect(page.automatic.tooNarrow(factsWith({ elements: 11 }))).toEqual([
      { handler: 'h1', why: 'Its quota has 10 elements left.' },
    ]);
    expect(await page.ask(factsWith({ elements: 10 }))).toBe('accept');
    expect(page.noted('handler').map((event) => 'what' in event && event.what)).toEqual([
      'added',
      'added',
      'used-up',
    ]);
  });

  it('case E2: are never overdrawn, whatever is asked, whoever asks, in whatever order', async () => {
    const asked = fc.record({
      elements: fc.nat(20),
      peer: fc.constantFrom(ada, eve),
      by: fc.constantFrom('metric' as const, 'record' as const),
      waits: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.nat(60), fc.nat(60), fc.array(asked), async (one, two, asks) => {
        const page = new Page();
        const quotas: Record<string, number> = { h1: one, h2: two };
        page.automatic.add({ action: 'accept', peer: ada, elementQuota: one, whenUsedUp: 'ask' });
        page.automatic.add({ ...accept, elementQuota: two });
        const released: Record<string, number> = { h1: 0, h2: 0 };
        const under: Promise<void>[] = [];
        for (const { elements, peer, by, waits } of asks) {
          const facts = factsWith({ elements, peer, class: by });
          const asking = page.automatic.decide('r1', facts).then((verdict) => {
            if (verdict?.accept) {
              released[verdict.handler] = (released[verdict.handler] ?? 0) + elements;
            }
          });
          under.push(asking);
          if (waits) await asking;
        }
        await Promise.all(under);
        for (const { id, quotaLeft } of page.automatic.list()) {
          expect(quotaLeft).toBe((quotas[id] ?? 0) - (released[id] ?? 0));
          expect(quotaLeft).toBeGreaterThanOrEqual(0);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('hold for any time as long as their window, too', async () => {
    const asked = fc.record({ after: fc.oneof(fc.nat(12), fc.nat(400)), elements: fc.nat(6) });
    const within = { seconds: 1, requests: 4, elements: 12 };
    await fc.assert(
      fc.asyncProperty(fc.array(asked, { maxLength: 60 }), async (asks) => {
        const page = new Page();
        page.automatic.add({ ...accept, elementQuota: 1e6, within });
        const accepted: { at: number; elements: number }[] = [];
        for (const { after, elements } of asks) {
          page.clock.time += after;
          if ((await page.ask(factsWith({ elements }))) === 'accept') {
            accepted.push({ at: page.clock.time, elements });
          }
        }
        for (const { at } of accepted) {
          const window = accepted.filter((each) => each.at <= at && at - each.at < 1000);
          expect(window.length).toBeLessThanOrEqual(4);
          expect(window.reduce((sum, { elements }) => sum + elements, 0)).toBeLessThanOrEqual(12);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('in a window come back when the last has left it, of those that came at about one time', async () => {
    const page = new Page();
    page.automatic.add({ ...accept, within: { seconds: 64, requests: 2 } });
    const at = (ms: number) => {
      page.clock.time = ms;
      return page.ask(factsWith());
    };
    expect([await at(0), await at(900), await at(64_000)]).toEqual(['accept', 'accept', 'deny']);
    expect([await at(64_899), await at(64_900)]).toEqual(['deny', 'accept']);
  });

  it('in a window come back when it has passed', async () => {
    const page = new Page();
    page.automatic.add({
      action: 'accept',
      elementQuota: 100,
      within: { seconds: 60, requests: 2 },
    });
    expect([await page.ask(metric), await page.ask(metric), await page.ask(metric)]).toEqual([
      'accept',
      'accept',
      'deny',
    ]);
    expect(page.automatic.list()).toMatchObject([{ requestsLeft: 0, elementsLeft: undefined }]);
    page.clock.time = 60_000;
    expect(page.automatic.list()).toMatchObject([{ requestsLeft: 2, quotaLeft: 98 }]);
    expect(await page.ask(metric)).toBe('accept');
  });

  it('stay spent where that cannot be written down, and the request is left to the owner', async () => {
    const page = new Page();
    page.automatic.add(accept);
    await page.ask(factsWith());
    page.storage.write = () => Promise.reject(new Error('the disk is full'));
    expect(await page.ask(factsWith())).toBeUndefined();
    expect(page.noted('failure')).toHaveLength(1);
    expect(page.automatic.list()[0]?.quotaLeft).toBe(8);
  });
});

describe('functions', () => {
  const withFunction = (decide: unknown) => {
    const page = new Page();
    page.automatic.add({ decide: decide as DecideFunction, elementQuota: 9 });
    page.automatic.add({ action: 'deny', name: 'loss' });
    return page;
  };

  it('answer, or pass to the next', async () => {
    expect(await withFunction(() => 'accept').ask(metric)).toBe('accept');
    expect(await withFunction(() => 'deny').ask(factsWith({ name: 'x' }))).toBe('deny');
    expect(await withFunction(() => 'pass').ask(metric)).toBe('deny');
    expect(await withFunction(() => 'pass').ask(factsWith({ name: 'x' }))).toBeUndefined();
  });

  it('see public facts, which they cannot change', async () => {
    const seen: unknown[] = [];
    const page = withFunction((facts: { elements: number; sources: unknown[] }) => {
      seen.push(structuredClone(facts));
      expect(() => facts.sources.pop()).toThrow(TypeError);
      expect(() => {
        facts.elements = 0;
      }).toThrow(TypeError);
      return 'accept';
    });
    expect(await page.ask(metric)).toBe('accept');
    expect(seen).toEqual([metric]);
    expect(page.automatic.list()[0]?.quotaLeft).toBe(8);
  });

  it.each([
    () => {
      throw new Error('a bug of the page');
    },
    async () => 'accept',
    () => true,
    () => undefined,
  ])('that go wrong pass, and the owner hears of it', async (decide) => {
    const page = withFunction(decide);
    const failures: unknown[] = [];
    page.automatic.on('failed', (error) => failures.push(error));
    expect(await page.ask(factsWith({ class: 'metric', name: 'x' }))).toBeUndefined();
    expect(failures).toHaveLength(1);
    expect(page.noted('failure')).toEqual([
      { kind: 'failure', what: 'The function of handler h1 failed.' },
    ]);
  });
});

describe('the list', () => {
  it('one that denies everything, one that accepts what it may', async () => {
    const page = new Page();
    page.automatic.add({ action: 'deny' });
    expect(await page.ask(factsWith({ sources: [] }))).toBe('deny');
    page.automatic.clear();
    page.automatic.add({ action: 'accept' });
    expect(await page.ask(factsWith({ class: 'public' }))).toBe('accept');
    expect(await page.ask(factsWith())).toBeUndefined();
  });

  it('is tried in the order in which they were added; equal ones are both kept', async () => {
    const page = new Page();
    page.automatic.add({ action: 'deny', name: 'rows' });
    page.automatic.add(accept);
    page.automatic.add({ action: 'deny', name: 'rows' });
    const answer = (name: string) => page.automatic.decide('r1', factsWith({ name }));
    expect(await answer('rows')).toMatchObject({ handler: 'h1', accept: false });
    expect(await answer('other')).toMatchObject({ handler: 'h2', accept: true });
    expect(page.automatic.list().map(({ id }) => id)).toEqual(['h1', 'h2', 'h3']);
  });

  it('answers as the first would that matches, of any list', async () => {
    const handler = fc.record({
      action: fc.constantFrom('accept' as const, 'deny' as const),
      name: fc.option(fc.constantFrom('a', 'b'), { nil: undefined }),
      tags: fc.subarray(['x', 'y']),
    });
    const ask = fc.record({ name: fc.constantFrom('a', 'b'), tags: fc.subarray(['x', 'y']) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(handler, { maxLength: 6 }),
        ask,
        async (handlers, { name, tags }) => {
          const page = new Page();
          for (const each of handlers) page.automatic.add(each);
          const first = handlers.findIndex(
            (each) =>
              (each.name === undefined || each.name === name) &&
              each.tags.every((tag) => tags.includes(tag)),
          );
          const verdict = await page.automatic.decide(
            'r1',
            factsWith({ class: 'public', name, sources: [source(...tags)] }),
          );
          expect(verdict?.handler).toBe(first < 0 ? undefined : `h${first + 1}`);
          expect(verdict?.accept).toBe(
            first < 0 ? undefined : handlers[first]?.action === 'accept',
          );
        },
      ),
      { numRuns: 100 },
    );
  });

  it('D58 lives as long as it was given, on the owner’s clock', async () => {
    const page = new Page();
    page.automatic.add({ action: 'deny', timeoutSecs: 2 });
    page.automatic.add({ action: 'deny', name: 'x' });
    page.clock.time = 1000;
    expect(await page.ask(factsWith())).toBe('deny');
    expect(page.automatic.list().map(({ secondsLeft }) => secondsLeft)).toEqual([1, undefined]);
    page.clock.time = 1999;
    expect(await page.ask(factsWith())).toBe('deny');
    page.clock.time = 2000;
    expect(await page.ask(factsWith())).toBeUndefined();
    expect(page.automatic.list().map(({ id }) => id)).toEqual(['h2']);
    expect(page.noted('handler').at(-1)).toMatchObject({ handler: 'h1', what: 'ended' });
  });

  it('is shortened by position, by id, or cleared', () => {
    const { automatic, ...page } = new Page();
    for (const name of ['a', 'b', 'c', 'd']) automatic.add({ action: 'deny', name });
    automatic.remove(0);
    automatic.remove('h3');
    expect(automatic.list().map(({ name }) => name)).toEqual(['b', 'd']);
    for (const unknown of ['h1', 'h', '', 'b', 2, -3]) {
      expect(() => automatic.remove(unknown)).toThrow(/There is no handler/);
    }
    automatic.remove(-1);
    automatic.clear();
    expect(automatic.list()).toEqual([]);
    expect(automatic.add({ action: 'deny' })).toBe('h5');
    expect(page.events).toHaveLength(9);
  });

  it('tells what to show and keep, also of what it denies', async () => {
    const page = new Page();
    page.automatic.add({ action: 'deny', printLocal: true });
    expect(await page.automatic.decide('r1', factsWith())).toEqual({
      handler: 'h1',
      accept: false,
      digits: undefined,
      printLocal: true,
      logLocal: false,
    });
  });
});

describe('what a handler may give away', () => {
  it('is said in words', () => {
    expect(handlerWords({ action: 'deny', name: 'rows' })).toBe('Denies requests named “rows”.');
    expect(handlerWords({ action: 'accept', elementQuota: 100 })).toContain(
      'up to 100 numbers, each of which could be about one person, rounded to 4 significant digits',
    );
    expect(handlerWords({ action: 'accept', elementQuota: 5, digits: 'exact' })).not.toContain(
      'rounded',
    );
    expect(handlerWords({ ...accept, peer: ada, whenUsedUp: 'ask' })).toBe(
      'Accepts requests of the scientist adadadad for values whose every source is tagged “t”: up to 10 numbers of any kind, single records included. What does not fit in what is left is left to you.',
    );
    expect(
      handlerWords({ decide: () => 'pass', within: { seconds: 60, requests: 5, elements: 9 } }),
    ).toContain('No more than 5 requests and 9 numbers in any 60 seconds.');
  });
});
