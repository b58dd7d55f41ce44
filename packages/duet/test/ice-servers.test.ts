/** Which of the ICE servers that a signaling server names may be used. */

import type { Network, Prepared } from '@duet/link';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { iceTransport, offeredIceServers } from '../src/ice-servers';

afterEach(() => vi.unstubAllGlobals());

const ours = { urls: 'turn:turn.example:3478?transport=udp', username: 'u', credential: 'c' };
const theirs = { urls: ['stun:spy.example', 'turn:turn.example'] };

/** A signaling server that offers these, seen from a page of some origin. */
function offering(iceServers: unknown, origin?: string) {
  const asked = vi.fn(async () => Response.json({ iceServers }));
  vi.stubGlobal('fetch', asked);
  if (origin !== undefined) vi.stubGlobal('location', { origin });
  return asked;
}

describe('offered ICE servers', () => {
  it('P19 are taken from the server that the page itself came from', async () => {
    offering([ours, theirs], 'https://signal.example');
    expect(await offeredIceServers('https://signal.example/')).toEqual([ours, theirs]);
  });

  it('P19 of a server of another origin are not even asked for', async () => {
    const asked = offering([ours], 'https://page.example');
    expect(await offeredIceServers('https://signal.example')).toEqual([]);
    vi.unstubAllGlobals();
    offering([ours]);
    expect(await offeredIceServers('https://signal.example')).toEqual([]);
    expect(asked).not.toHaveBeenCalled();
  });

  it('P19 of another origin count where all their addresses are at a listed host', async () => {
    offering([ours, theirs, { urls: 'turns:[2001:db8::1]:443' }], 'https://page.example');
    const listed = ['TURN.example', '2001:db8::1'];
    expect(await offeredIceServers('https://signal.example', listed)).toEqual([
      ours,
      { urls: 'turns:[2001:db8::1]:443' },
    ]);
    offering([{ urls: ['turn:turn.example', 'turn:turn.example@spy.example'] }]);
    expect(await offeredIceServers('https://signal.example', ['turn.example'])).toEqual([]);
  });

  it('L10 are dropped where they are none', async () => {
    const odd = [
      null,
      'turn:turn.example',
      {},
      { urls: [] },
      { urls: [7] },
      { urls: 'https://turn.example' },
      { urls: 'turn:turn.example/path' },
      { urls: `turn:${'a'.repeat(1000)}` },
      { urls: 'turn:turn.example', credential: { toString: 'x' } },
      { urls: Array.from({ length: 100 }, () => 'stun:turn.example') },
    ];
    offering(odd, 'https://signal.example');
    expect(await offeredIceServers('https://signal.example')).toEqual([]);
    offering({ length: 3 }, 'https://signal.example');
    expect(await offeredIceServers('https://signal.example')).toEqual([]);
    offering(
      Array.from({ length: 1000 }, () => ours),
      'https://signal.example',
    );
    expect(await offeredIceServers('https://signal.example')).toHaveLength(8);
  });

  it('are none where the server cannot be asked', async () => {
    vi.stubGlobal('location', { origin: 'https://signal.example' });
    vi.stubGlobal('fetch', async () => {
      throw new TypeError('failed');
    });
    expect(await offeredIceServers('https://signal.example')).toEqual([]);
    vi.stubGlobal('fetch', async () => new Response('no', { status: 404 }));
    expect(await offeredIceServers('https://signal.example')).toEqual([]);
  });
});

describe('the transport', () => {
  const prepared = {} as Prepared;
  const networkOf = (used: unknown[]): Network => ({
    signaling: () => {
      throw new Error('not asked for');
    },
    transport: (options) => {
      return {
        prepare: async () => {
          used.push({ ...options, iceServers: await options.iceServers() });
          return prepared;
        },
      };
    },
  });

  it('P15 asks for short-lived credentials anew before each connection', async () => {
    const asked = offering([ours], 'https://signal.example');
    const used: unknown[] = [];
    const transport = iceTransport({
      network: networkOf(used),
      signaling: 'https://signal.example',
    });
    expect(asked).not.toHaveBeenCalled();
    expect(await transport.prepare()).toBe(prepared);
    offering([{ ...ours, credential: 'fresh' }]);
    await transport.prepare();
    expect(used).toEqual([
      { iceServers: [ours], hideAddress: false },
      { iceServers: [{ ...ours, credential: 'fresh' }], hideAddress: false },
    ]);
  });

  it('P16 M6 hides addresses where it is told to, and takes given servers without asking', async () => {
    const asked = offering([theirs], 'https://signal.example');
    const used: unknown[] = [];
    const transport = iceTransport({
      network: networkOf(used),
      signaling: 'https://signal.example',
      iceServers: [ours],
      hideAddress: true,
    });
    await transport.prepare();
    expect(used).toEqual([{ iceServers: [ours], hideAddress: true }]);
    expect(asked).not.toHaveBeenCalled();
  });
});
