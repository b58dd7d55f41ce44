/** What a scientist's tab remembers over a reload, in a real browser. */

import { makeIdentity } from '@duet/link';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TabSession } from '../../src/resumption';
import { browserResumption } from '../../src/resumption-store';

const tabKey = 'duet-session';

async function key(): Promise<CryptoKey> {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return crypto.subtle.importKey('raw', bytes, 'HKDF', false, ['deriveBits']);
}

async function session(id: string, more: Partial<TabSession> = {}): Promise<TabSession> {
  const { publicKey, fingerprint } = await makeIdentity();
  const until = Date.now() + 60_000;
  return {
    family: {
      id,
      secrets: [await key(), await key()],
      peer: { fingerprint, publicKey, name: 'Olga', software: 'test' },
      until,
    },
    until,
    signaling: 'https://signal.example',
    name: 'Grace',
    hideAddress: true,
    relay: 'never',
    iceHosts: ['turn.example'],
    known: { name: 'Olga', firstSeen: new Date(1), lastSeen: new Date(2), sessions: 3 },
    ...more,
  };
}

async function wipe(): Promise<void> {
  sessionStorage.removeItem(tabKey);
  const { locks } = navigator;
  const { held = [] } = await locks.query();
  for (const { name = '' } of held) {
    if (name.startsWith('duet-scientist:')) {
      await locks.request(name, { steal: true }, () => undefined);
    }
  }
}

beforeEach(wipe);
afterEach(wipe);

/** As another document would have it, once the page of the first is gone. */
async function reload() {
  const id = sessionStorage.getItem(tabKey);
  if (id !== null) {
    await navigator.locks.request(`duet-scientist:${id}`, { steal: true }, () => undefined);
  }
  return browserResumption();
}

describe('a tab', () => {
  it('finds its session again, with keys that can be used and not read', async () => {
    const kept = await session('a1');
    await browserResumption().keep(kept);
    const found = await (await reload()).take();
    expect(found).toMatchObject({
      signaling: 'https://signal.example',
      name: 'Grace',
      hideAddress: true,
      relay: 'never',
      known: { sessions: 3, firstSeen: new Date(1) },
    });
    const [newest] = found?.family.secrets ?? [];
    expect(newest?.extractable).toBe(false);
    expect(found?.family.peer.publicKey).toEqual(kept.family.peer.publicKey);
  });

  it('finds how it stood last', async () => {
    const store = browserResumption();
    await store.keep(await session('a2'));
    await store.keep(await session('a2', { name: 'Ada' }));
    expect((await (await reload()).take())?.name).toBe('Ada');
  });

  it('that was never joined, has left, or was away for too long has none', async () => {
    expect(await browserResumption().take()).toBeUndefined();
    const store = browserResumption();
    await store.keep(await session('a3'));
    await store.forget('a3');
    expect(sessionStorage.getItem(tabKey)).toBeNull();
    expect(await browserResumption().take()).toBeUndefined();
    const late = browserResumption();
    await late.keep(await session('a4', { until: Date.now() - 1 }));
    expect(await (await reload()).take()).toBeUndefined();
    expect(sessionStorage.getItem(tabKey)).toBeNull();
  });

  it('L2 that is a duplicate of another is told so, and takes nothing of it', async () => {
    const store = browserResumption();
    await store.keep(await session('a5'));
    const duplicate = browserResumption();
    await expect(duplicate.take()).rejects.toMatchObject({ code: 'in-use' });
    expect(await (await reload()).take()).toBeDefined();
  });

  it('forgets sessions of tabs that were closed', async () => {
    const closed = browserResumption();
    await closed.keep(await session('a6', { until: Date.now() - 1 }));
    sessionStorage.removeItem(tabKey);
    await browserResumption().take();
    sessionStorage.setItem(tabKey, 'a6');
    await navigator.locks.request('duet-scientist:a6', { steal: true }, () => undefined);
    expect(await browserResumption().take()).toBeUndefined();
  });
});

describe('owners', () => {
  it('are known again, as long as they have the same key', async () => {
    const store = browserResumption();
    const fingerprint = `${Math.random()}`;
    expect(await store.owner(fingerprint)).toBeUndefined();
    const owner = { name: 'Olga', firstSeen: new Date(5), lastSeen: new Date(6), sessions: 2 };
    await store.meet(fingerprint, owner);
    expect(await browserResumption().owner(fingerprint)).toEqual(owner);
  });
});
