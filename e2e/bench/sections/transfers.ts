/** Large tensors, from the call of an accepted get to the bytes in one buffer, on warm connections and on fresh ones. */

import type { AddressInfo } from 'node:net';
import type { Page } from '@playwright/test';
import { PeerServer } from 'peer';
import { call, connectRaw, type Harness, type Section } from '../support/harness';
import { above, atLeast, atMost, below, type Row, rowOf } from '../support/rows';

const mega = 1024 * 1024;
/** Each the more often, the shorter it takes. */
const sizes = [
  { megabytes: 1, warm: 9, fresh: 5 },
  { megabytes: 16, warm: 5, fresh: 3 },
  { megabytes: 64, warm: 3, fresh: 2 },
  { megabytes: 256, warm: 2, fresh: 1 },
] as const;
/** Fewer of one size are not worth a target against the plain channel: what they take is mostly the way there. */
const leastMegabytes = 16;

interface Sides {
  readonly owner: Page;
  readonly scientist: Page;
}

type Way = 'raw' | 'peerJs' | 'derived' | 'published';
const ways: readonly Way[] = ['raw', 'derived', 'published', 'peerJs'];

type Times = Record<Way, number[]>;
const noTimes = (): Times => ({ raw: [], peerJs: [], derived: [], published: [] });

export const transfers: Section = {
  name: 'transfers',
  async run(harness) {
    const signaling = await startPeerServer();
    try {
      const rows: Row[] = [];
      for (const { megabytes, warm, fresh } of sizes) {
        const sides = {
          owner: await harness.open('transfers'),
          scientist: await harness.open('transfers'),
        };
        const runner = new Transfers(harness, sides, signaling.port, megabytes * mega);
        await runner.begin();
        const cold = noTimes();
        for (let turn = 0; turn < fresh; turn += 1) {
          for (const way of ways) cold[way].push(await runner.fresh(way));
        }
        const hot = noTimes();
        for (const way of ways) await runner.warmUp(way);
        for (let turn = 0; turn < warm; turn += 1) {
          for (const way of ways) hot[way].push(await runner.fetch(way));
        }
        rows.push(...warmRows(megabytes, hot), ...freshRows(megabytes, cold));
        await harness.shut(sides.owner, sides.scientist);
      }
      return rows;
    } finally {
      signaling.close();
    }
  },
};

class Transfers {
  readonly #harness: Harness;
  readonly #sides: Sides;
  readonly #peerPort: number;
  readonly #bytes: number;
  #invite = '';

  constructor(harness: Harness, sides: Sides, peerPort: number, bytes: number) {
    this.#harness = harness;
    this.#sides = sides;
    this.#peerPort = peerPort;
    this.#bytes = bytes;
  }

  async begin(): Promise<void> {
    const { owner } = this.#sides;
    this.#invite = await call<string>(owner, 'launchOwner', this.#harness.signaling);
    await call(owner, 'publish', this.#bytes);
  }

  /** The first transfer on a connection of its own, in milliseconds. */
  async fresh(way: Way): Promise<number> {
    await this.#connect(way);
    return this.fetch(way);
  }

  /** What is sent first on a connection is slower, until its congestion window is wide. */
  async warmUp(way: Way): Promise<void> {
    const rounds = (leastMegabytes * mega) / this.#bytes;
    // Larger ones have had one on the same connection already, which was its first.
    for (let round = 1; round < rounds; round += 1) await this.fetch(way);
  }

  fetch(way: Way): Promise<number> {
    const { scientist } = this.#sides;
    if (way === 'raw') return call(scientist, 'rawFetch', this.#bytes);
    if (way === 'peerJs') return call(scientist, 'peerJsFetch', this.#bytes);
    return call(scientist, 'duetFetch', this.#bytes, way);
  }

  async #connect(way: Way): Promise<void> {
    const { owner, scientist } = this.#sides;
    if (way === 'raw') {
      await connectRaw(owner, scientist);
      await call(owner, 'rawServe', this.#bytes);
    } else if (way === 'peerJs') {
      const id = await call<string>(owner, 'peerJsWait', this.#peerPort);
      await call(scientist, 'peerJsConnect', this.#peerPort, id);
      await call(owner, 'peerJsServe', this.#bytes);
    } else {
      await call(scientist, 'joinOwner', this.#invite);
    }
  }
}

async function startPeerServer(): Promise<{ readonly port: number; close(): void }> {
  return new Promise((resolve) => {
    PeerServer({ host: '127.0.0.1', port: 0, path: '/' }, (server) => {
      const { port } = server.address() as AddressInfo;
      resolve({ port, close: () => server.close() });
    });
  });
}

/** In MB of a million bytes a second. */
const speeds = (megabytes: number, times: readonly number[]): number[] =>
  times.map((ms) => (megabytes * mega) / 1000 / ms);

const derivedNote =
  'Of a value that the owner’s engine has computed: before its first byte leaves it is read and hashed, one after the other, which takes about 2 ms for each MB where the channel takes 25. What was published is hashed already.';

function warmRows(megabytes: number, times: Times): Row[] {
  const of = (way: Way) => speeds(megabytes, times[way]);
  const name = `transfer of ${megabytes} MB, warm`;
  const common = { unit: 'MB/s', values: of('derived') };
  const toRaw = {
    references: of('raw'),
    referenceName: 'raw data channel',
    ...(megabytes >= leastMegabytes && { target: atLeast(0.95) }),
  };
  return [
    rowOf({ ...common, ...toRaw, name, note: derivedNote }),
    rowOf({
      ...common,
      name: `${name}, beside PeerJS`,
      references: of('peerJs'),
      referenceName: 'PeerJS',
      target: above(1),
    }),
    rowOf({
      ...toRaw,
      unit: 'MB/s',
      name: `${name}, of what was published`,
      values: of('published'),
    }),
  ];
}

function freshRows(megabytes: number, times: Times): Row[] {
  const name = `transfer of ${megabytes} MB, on a fresh connection`;
  const common = { name, unit: 'ms', values: times.derived };
  const toRaw = {
    references: times.raw,
    referenceName: 'raw data channel',
    target: atMost(1.2),
  };
  return [
    rowOf({ ...common, ...toRaw, note: derivedNote }),
    rowOf({
      ...common,
      name: `${name}, beside PeerJS`,
      references: times.peerJs,
      referenceName: 'PeerJS',
      target: below(1),
    }),
    rowOf({
      ...toRaw,
      unit: 'ms',
      name: `${name}, of what was published`,
      values: times.published,
    }),
  ];
}
