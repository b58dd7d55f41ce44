/** Launching: what it takes, what it prints, and how it is given up. */

import { makeIdentity, memorySignaling, memoryTransport, type Network } from '@duet/link';
import { memoryStorage } from '@duet/owner';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  joinDuet,
  type LaunchOptions,
  launchDuet,
  memoryResumption,
  type OwnerDuet,
  type ScientistDuet,
} from '../src';

let server: ReturnType<typeof memorySignaling>;
let network: Network;
let open: (OwnerDuet | ScientistDuet)[] = [];

beforeEach(() => {
  server = memorySignaling();
  const transport = memoryTransport();
  network = { signaling: () => server.connect(), transport: () => transport };
});

afterEach(async () => {
  for (const duet of open.reverse()) await duet.close();
  open = [];
  vi.restoreAllMocks();
});

async function launch(options: LaunchOptions = {}): Promise<OwnerDuet> {
  const duet = await launchDuet({
    signaling: 'https://signal.example',
    network,
    iceServers: [],
    storage: 'memory',
    engine: 'page',
    backend: 'cpu',
    logging: false,
    ...options,
  });
  open.push(duet);
  return duet;
}

async function join(url: string, name: string): Promise<ScientistDuet> {
  const duet = await joinDuet(url, {
    name,
    network,
    iceServers: [],
    identity: await makeIdentity(),
    resumption: memoryResumption(),
  });
  open.push(duet);
  return duet;
}

describe('launchDuet', () => {
  it.each([
    { graceSecs: -1 },
    { graceSecs: Number.NaN },
    { graceSecs: Number.POSITIVE_INFINITY },
    { signaling: 'nowhere' },
    { uses: 0 },
    { expiresInSecs: 1e9 },
    { admit: 'everyone' as 'all' },
  ])('refuses %j, and leaves nothing behind', async (options) => {
    await expect(launch(options)).rejects.toMatchObject({ code: 'bad-argument' });
    expect(server.rooms).toEqual([]);
  });

  it('is given up by its signal, also later', async () => {
    await expect(launch({ signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'aborted',
    });
    const abort = new AbortController();
    const launching = launch({ signal: abort.signal });
    abort.abort();
    await expect(launching).rejects.toMatchObject({ code: 'aborted' });
    expect(server.rooms).toEqual([]);
    const later = new AbortController();
    const duet = await launch({ signal: later.signal });
    const closed = new Promise<void>((resolve) => duet.once('closed', resolve));
    later.abort();
    await closed;
    expect([duet.status.phase, server.rooms]).toEqual(['closed', []]);
  });

  it('prints the invite, who is at the door with the pictures of both, and who is away, in inert text', async () => {
    const lines: string[] = [];
    vi.spyOn(console, 'log').mockImplementation((...words) => void lines.push(words.join(' ')));
    const duet = await launch({ logging: true, storage: memoryStorage({ lasting: true }) });
    const { url } = duet.invite;
    expect(lines[0]).toContain(url);
    const atDoor = new Promise<OwnerDuet['peers'][number]>((resolve) => duet.once('peer', resolve));
    const joining = join(url, 'Gr\u202eace');
    const peer = await atDoor;
    const { emoji = [], words = [] } = peer.shortAuth ?? {};
    const knock = lines.find((line) => line.includes('waiting'));
    expect(knock).toContain(emoji.join(' '));
    expect(knock).toContain(words.join(', '));
    expect(knock).toContain('new here');
    expect(lines.join('')).not.toContain('\u202e');
    peer.admit();
    await joining;
    expect(lines.at(-1)).toContain('joined');
    // Nothing of the invite is printed once it is used up.
    expect(lines.slice(1).join('')).not.toContain('#d1.');
  });
});
