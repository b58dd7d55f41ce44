import { afterEach, describe, expect, it, vi } from 'vitest';
import { admit, setAdmission } from '../../examples/owner/admission';
import { NetworkChoice } from '../../examples/shared/network-choice';
import { Setting } from '../../examples/shared/settings';

function storageWith(entries: Readonly<Record<string, string>>): Storage {
  const map = new Map(Object.entries(entries));
  return {
    getItem: (key: string) => map.get(key) ?? null,
    setItem: (key: string, value: string) => void map.set(key, value),
  } as unknown as Storage;
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('what a page remembers', () => {
  it('is there for the next page', () => {
    vi.stubGlobal('localStorage', storageWith({}));
    new Setting('way', ['straight', 'round']).set('round');
    expect(new Setting('way', ['straight', 'round']).value).toBe('round');
    expect(new Setting('other', ['straight', 'round']).value).toBe('straight');
  });

  it('is the default where something else was stored or chosen', () => {
    vi.stubGlobal('localStorage', storageWith({ 'duet-way': 'elsewhere' }));
    const setting = new Setting('way', ['straight', 'round']);
    expect(setting.value).toBe('straight');
    setting.set('round');
    setting.set('elsewhere');
    expect(setting.value).toBe('straight');
  });

  it('lasts as long as the page where nothing can be stored', () => {
    const refused = () => {
      throw new Error('refused');
    };
    vi.stubGlobal('sessionStorage', { getItem: refused, setItem: refused });
    const setting = new Setting('way', ['straight', 'round'], 'tab');
    setting.set('round');
    expect(setting.value).toBe('round');
  });

  it('a hidden address stays hidden after a reload', () => {
    vi.stubGlobal(
      'localStorage',
      storageWith({ 'duet-scientist-hide-address': 'yes', 'duet-scientist-relay': 'never' }),
    );
    expect(new NetworkChoice('scientist').options).toEqual({ hideAddress: true, relay: 'never' });
    expect(new NetworkChoice('owner').options).toEqual({ hideAddress: false, relay: 'fallback' });
  });
});

describe('who comes in', () => {
  const answers = () =>
    (['invite', 'known', 'key'] as const).map((assurance) => admit({ assurance }));

  it('is asked for unless the owner has chosen otherwise', () => {
    expect(answers()).toEqual(['ask', 'ask', 'ask']);
    setAdmission('known');
    expect(answers()).toEqual(['ask', 'admit', 'ask']);
    setAdmission('all');
    expect(answers()).toEqual(['admit', 'admit', 'ask']);
    setAdmission('anything else');
    expect(answers()).toEqual(['ask', 'ask', 'ask']);
  });
});
