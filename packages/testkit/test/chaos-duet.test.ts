/**
 * Whole duets under random faults: connections cut, the server restarted, either page reloaded, in the middle of ops, transfers
 * and requests. Nothing may be wrong, come twice, or hang. `DUET_CHAOS_SEED` replays a run, `DUET_CHAOS_FAULTS` makes it longer.
 */

import { isDuetError, type ScientistDuet } from 'duetjs';
import { expect, it } from 'vitest';
import { DuetWorld, hurried, type ScientistBrowser, until } from '../src';

const seed = Number(process.env['DUET_CHAOS_SEED'] ?? 20_261_122);
const faultCount = Number(process.env['DUET_CHAOS_FAULTS'] ?? 30);
const ages = [25, 32, 49, 65, 88, 22];

/** mulberry32, by Tommy Ettinger (public domain): the same draws for the same seed. */
function randomFrom(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What may become of something that was under way when a page was reloaded. */
const lost = new Set(['gone', 'link-lost', 'closed', 'disposed', 'withdrawn', 'aborted']);

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

type Activity = (duet: ScientistDuet, draw: () => number) => Promise<void>;

const activities: readonly Activity[] = [
  // A chain of ops on a value of one's own.
  async (duet, draw) => {
    const start = Math.floor(draw() * 1000);
    let pointer = duet.send([start]);
    let wanted = start;
    for (let step = 1; step <= 20; step += 1) {
      pointer = pointer.add(step);
      wanted += step;
      if (step % 5 === 0) await pause(draw() * 5);
    }
    expect(await pointer.getValue()).toEqual([wanted]);
  },
  // There and back.
  async (duet, draw) => {
    const values = Float32Array.from({ length: 200_000 }, (_, at) => at ^ Math.floor(draw() * 8));
    const back = await duet.send(values).get({ deleteObj: true });
    const got = await back.data();
    back.dispose();
    expect(Buffer.from(got.buffer).equals(Buffer.from(values.buffer))).toBe(true);
  },
  // A request that the handler answers.
  async (duet) => {
    const mean = duet.store.get('ages').mean();
    const value = await mean.getValue({ requestBlock: true, name: 'mean' });
    expect(value).toBeCloseTo(281 / 6, 3);
  },
];

type Fault = (world: DuetWorld, grace: ScientistBrowser, draw: () => number) => Promise<void>;

const faults: Record<string, Fault> = {
  cut: async (world) => world.cut(),
  'cut twice': async (world, _grace, draw) => {
    world.cut();
    await pause(draw() * 30);
    world.cut();
  },
  restart: async (world, _grace, draw) => {
    world.server.stop();
    if (draw() < 0.5) world.cut();
    await pause(draw() * 50);
    world.server.start();
  },
  'reload scientist': async (_world, grace) => {
    await grace.reload();
  },
  'reload owner': async (world) => {
    await world.reloadOwner();
  },
  'reload both': async (world, grace) => {
    grace.kill();
    await world.reloadOwner();
    await grace.reload();
  },
};

it(
  `nothing is wrong, twice, or hangs after ${faultCount} faults (seed ${seed})`,
  async () => {
    const draw = randomFrom(seed);
    await using world = await DuetWorld.open({ clock: hurried(10) });
    await world.owner.store.add(ages, { tags: ['ages'], keep: true });
    const handler = {
      action: 'accept',
      name: 'mean',
      tags: ['ages'],
      release: 'records',
      elementQuota: 10_000,
    } as const;
    world.owner.requests.addHandler(handler);
    await until(() => world.owner.store.kept().length === 1);
    const grace = await world.join();
    const under: { readonly duet: ScientistDuet; readonly done: Promise<void> }[] = [];
    const wrong: unknown[] = [];
    const outcomes: Record<string, number> = {};
    // Reloads end what is under way; so that enough of it lives, they are rarer.
    const names = [
      ...Object.keys(faults),
      'cut',
      'cut',
      'cut twice',
      'restart',
      'restart',
      'reload owner',
    ];
    const happened: string[] = [];
    const count = (what: string) => {
      outcomes[what] = (outcomes[what] ?? 0) + 1;
    };
    const allEnded = async (): Promise<void> => {
      // In a page that is gone nothing ends.
      const here = under.splice(0).filter(({ duet }) => duet === grace.duet);
      const hangs = pause(20_000).then(() => 'hangs');
      const ended = Promise.all(here.map(({ done }) => done)).then(() => 'all ended');
      expect(await Promise.race([ended, hangs]), happened.join(', ')).toBe('all ended');
    };
    for (let fault = 0; fault < faultCount; fault += 1) {
      for (let started = 0; started < 3; started += 1) {
        const activity = activities[Math.floor(draw() * activities.length)];
        if (!activity) continue;
        const own = randomFrom(draw() * 2 ** 32);
        const { duet } = grace;
        const done = activity(duet, own).then(
          () => count('done'),
          (thrown: unknown) => {
            count(isDuetError(thrown) ? thrown.code : 'other');
            if (!isDuetError(thrown) || !lost.has(thrown.code)) wrong.push(thrown);
          },
        );
        under.push({ duet, done });
      }
      await pause(draw() * 20);
      const name = names[Math.floor(draw() * names.length)] ?? '';
      happened.push(name);
      await faults[name]?.(world, grace, draw);
      if (fault % 4 === 3) await allEnded();
      expect(wrong, happened.join(', ')).toEqual([]);
    }
    await allEnded();
    expect(wrong, happened.join(', ')).toEqual([]);
    expect(outcomes['done']).toBeGreaterThan(faultCount / 10);
    const value = grace.duet.store
      .get('ages')
      .mean()
      .getValue({ requestBlock: true, name: 'mean' });
    expect(await value).toBeCloseTo(281 / 6, 3);
    expect(world.owner.status).toMatchObject({ joined: 1, away: 0 });
  },
  60_000 + faultCount * 1000,
);
