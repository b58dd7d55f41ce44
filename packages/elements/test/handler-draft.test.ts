import type { HandlerOptions } from 'duetjs';
import { describe, expect, it } from 'vitest';
import { draftOf, emptyDraft, optionsOf } from '../src/handlers/handler-draft';
import { splitsOf } from '../src/store/splits';

describe('the form for a handler', () => {
  it('means what was filled in, every option of it', () => {
    const accepting: HandlerOptions = {
      action: 'accept',
      release: 'records',
      elementQuota: 32,
      name: 'weights',
      peer: 'ab'.repeat(32),
      plan: 'cd'.repeat(32),
      tags: ['clinic', 'visits'],
      timeoutSecs: 600,
      within: { seconds: 60, requests: 2, elements: 64 },
      whenUsedUp: 'ask',
      digits: 3,
      printLocal: true,
      logLocal: true,
    };
    const denying: HandlerOptions = { action: 'deny', name: 'rows', printLocal: true };
    for (const options of [accepting, denying])
      expect(optionsOf(draftOf(options))).toEqual(options);
    expect(optionsOf(draftOf({ ...accepting, digits: 'exact' })).digits).toBe('exact');
  });

  it('denies, releases nothing and ends by itself where nothing was chosen', () => {
    expect(optionsOf(emptyDraft)).toEqual({ action: 'deny', timeoutSecs: 600 });
    const accepting = optionsOf({ ...emptyDraft, accepts: true });
    expect(accepting).toEqual({ action: 'accept', release: 'aggregates', timeoutSecs: 600 });
  });

  it('forgets the bounds of an accepting one for one that denies', () => {
    const denying = optionsOf({
      ...emptyDraft,
      release: 'records',
      elementQuota: '5',
      withinSeconds: '60',
      withinRequests: '1',
      digits: '4',
    });
    expect(denying).toEqual({ action: 'deny', timeoutSecs: 600 });
  });
});

describe('parts of a table, as they are typed', () => {
  it('are names with rows', () => {
    expect(splitsOf('')).toBeUndefined();
    expect(splitsOf('train 0-400, test set 400 – 456')).toEqual({
      train: [0, 400],
      'test set': [400, 456],
    });
  });

  it('that cannot be read are said to be', () => {
    for (const text of ['train', '0-400', 'train 0 to 400', 'train 0-400,']) {
      expect(() => splitsOf(text)).toThrow('A part is a name and two row numbers');
    }
  });
});
