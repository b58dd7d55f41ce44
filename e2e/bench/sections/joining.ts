/** From the click on "join" to a session that can be used, beside a bare peer connection. */

import { startBareSignaling } from '../support/bare-signaling';
import { call, type Harness, type Section } from '../support/harness';
import { atMost, type Row, rowOf } from '../support/rows';

const repeats = 7;
/** So long has an owner's page stood open when somebody comes, at least: its spare engine has started. */
const standingMs = 3000;
/** The same for a bare page, which has nothing to start. */
const bareStandingMs = 500;

export const joining: Section = {
  name: 'joining',
  async run(harness) {
    const signaling = await startBareSignaling();
    const joins: number[] = [];
    const bares: number[] = [];
    try {
      // The first is for the browser's own caches, and does not count.
      for (let round = 0; round <= repeats; round += 1) {
        const bare = await bareOnce(harness, signaling.url, `room ${round}`);
        const join = await joinOnce(harness);
        if (round > 0) {
          bares.push(bare);
          joins.push(join);
        }
      }
    } finally {
      signaling.close();
    }
    const row: Row = rowOf({
      name: 'join click to ready',
      unit: 'ms',
      values: joins,
      references: bares,
      referenceName: 'simple-peer over socket.io alone, to its open channel',
      target: atMost(1.5),
      note: 'The joining page has prepared itself while it waited for the click (`prepareToJoin`), which tells nobody. Above the bare connection stand one more round through the server, in which both sides show that they have the invite, and five hops over the open channel, one after another: confirmation, resumption, admission, the session’s beginning and its welcome.',
    });
    return [row];
  },
};

async function joinOnce(harness: Harness): Promise<number> {
  const owner = await harness.open('joining');
  const scientist = await harness.open('joining');
  const invite = await call<string>(owner, 'launchOwner', harness.signaling);
  await call(scientist, 'awaitClick');
  await owner.waitForTimeout(standingMs);
  const tookMs = await call<number>(scientist, 'timedJoin', invite);
  await harness.shut(owner, scientist);
  return tookMs;
}

async function bareOnce(harness: Harness, server: string, room: string): Promise<number> {
  const waiting = await harness.open('joining');
  const joining = await harness.open('joining');
  await call(waiting, 'bareWait', server, room);
  await waiting.waitForTimeout(bareStandingMs);
  const tookMs = await call<number>(joining, 'bareJoin', server, room);
  await harness.shut(waiting, joining);
  return tookMs;
}
