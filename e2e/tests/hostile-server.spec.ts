/**
 * A signaling server that tries what it can, between two real pages. Each attempt ends in its typed error before anybody is
 * shown as joined, or in nothing at all. The same attempts, and more of them, are made in packages/link/test without browsers.
 */

import { DuetError, type ErrorCode } from '@duet/protocol';
import type { Page } from '@playwright/test';
import { tapConnections } from '../support/connections';
import { test as base, expect } from '../support/fixtures';
import {
  flipped,
  type HostileRoom,
  HostileServer,
  noiseLike,
  type Passing,
} from '../support/hostile-server';
import { doMainJob } from '../support/main-job';
import { chooseWay, joined, OwnerOnPage, ScientistOnPage } from '../support/people';

interface Scene {
  readonly server: HostileServer;
  readonly owner: OwnerOnPage;
  readonly scientist: ScientistOnPage;
  /** Knocks by the invite, in whatever way the server is hostile now. */
  knock(): Promise<void>;
}

const test = base.extend<{ readonly server: HostileServer; readonly scene: Scene }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads which fixtures are wanted from this pattern.
  server: async ({}, use) => {
    const server = await HostileServer.start();
    await use(server);
    await server.close();
  },
  scene: async ({ server, page, newPerson }, use) => {
    const owner = await new OwnerOnPage(page).open(server.url);
    const invite = await owner.invite();
    const scientist = new ScientistOnPage(await (await newPerson()).newPage());
    const knock = async (): Promise<void> => {
      await scientist.page.goto('about:blank');
      await scientist.knock(invite);
    };
    await use({ server, owner, scientist, knock });
  },
});

/** The invite's own room is the first; the others are of the pairings. */
const isPrivate = ({ nth }: HostileRoom): boolean => nth > 0;
const textOf = (code: ErrorCode): string => new DuetError(code).message;

/** What the page says at the end of each; a pairing says more of why than the code alone. */
const words = {
  'peer-auth': /over a way you trust/,
  'peer-left': /The other side closed its page/,
  'no-connection': /No direct connection|did not answer|gave up before|said no more/,
  'too-large': /too large/,
  'room-full': /Someone else is using this invite/,
} as const;

/**
 * The scientist's page says why: in the words of one of these codes, since the side that finds a fault just leaves. On the
 * owner's page nobody waits and nobody has joined.
 */
async function expectFailure(
  { owner, scientist }: Pick<Scene, 'owner' | 'scientist'>,
  ...codes: readonly (keyof typeof words)[]
): Promise<void> {
  const either = codes.map((code) => words[code].source).join('|');
  await scientist.expectConnectionError(new RegExp(either));
  await expect(scientist.hook('connection')).toHaveAttribute('data-state', 'apart');
  await expect(owner.hook('person-waiting')).toHaveCount(0);
  await expect(owner.hook('person-joined')).toHaveCount(0);
}

/** Nothing has come of it: with a server that lets things pass, they come together by the same invite. */
async function expectUnharmed({ server, owner, scientist, knock }: Scene): Promise<void> {
  server.deeds = {};
  await knock();
  await owner.admit();
  await expect(scientist.hook('connection')).toHaveAttribute('data-state', 'joined');
}

/** Passes everything but one signal of the private room. */
function instead(
  from: 'host' | 'guest',
  at: number,
  what: (passing: Passing) => readonly Uint8Array[],
) {
  return {
    pass: (passing: Passing): readonly Uint8Array[] =>
      isPrivate(passing.room) && passing.from === from && passing.at === at
        ? what(passing)
        : [passing.bytes],
  };
}

test('P1, P5, P20: an offer, an answer or a candidate that is swapped, altered, reflected or sent again ends in peer-auth', async ({
  scene,
}) => {
  test.slow();
  const { server, knock } = scene;
  // The owner's side finds the first of these, the scientist's the others; whoever finds one leaves.
  const toOwner = ['peer-left', 'peer-auth'] as const;
  const toScientist = ['peer-auth'] as const;
  // The answer to the first of them may be here before the owner's side has looked at the second, and leaves.
  const toOwnerOrLater = [...toOwner, 'no-connection'] as const;
  const swapped = [
    ['an offer of its own', instead('guest', 0, ({ bytes }) => [noiseLike(bytes)]), toOwner],
    ['one bit of the offer', instead('guest', 0, ({ bytes }) => [flipped(bytes, 100)]), toOwner],
    ['the seal of the offer', instead('guest', 0, ({ bytes }) => [flipped(bytes, -1)]), toOwner],
    ['the offer twice', instead('guest', 0, ({ bytes }) => [bytes, bytes]), toOwnerOrLater],
    ['one bit of the answer', instead('host', 0, ({ bytes }) => [flipped(bytes, 60)]), toScientist],
    [
      'the offer in the answer’s place',
      instead('host', 0, ({ room }) => room.sent.guest.signal.slice(0, 1)),
      toScientist,
    ],
    [
      'the second before the first',
      {
        pass: ({ room, from, at, bytes }: Passing) =>
          !isPrivate(room) || from === 'guest'
            ? [bytes]
            : at === 0
              ? []
              : [bytes, ...room.sent.host.signal.slice(0, 1)],
      },
      toScientist,
    ],
  ] as const;
  for (const [name, deeds, codes] of swapped) {
    await test.step(name, async () => {
      server.deeds = deeds;
      await knock();
      await expectFailure(scene, ...codes);
    });
  }
  await expectUnharmed(scene);
});

test('P1, P5, P23: an answer to the hello that is another’s, or the hello itself, ends in peer-auth', async ({
  scene,
}) => {
  const { server, knock } = scene;
  const answers: Buffer[] = [];
  server.deeds = {
    pass: ({ room, from, bytes }) => {
      if (isPrivate(room) || from === 'guest') return [bytes];
      answers.push(bytes);
      return [flipped(bytes, -1)];
    },
  };
  await knock();
  await expectFailure(scene, 'peer-auth');
  for (const what of ['an answer to someone else', 'their own hello'] as const) {
    await test.step(what, async () => {
      server.deeds = {
        pass: ({ room, from, bytes }) => {
          if (isPrivate(room) || from === 'guest') return [bytes];
          const hello = room.sent.guest.signal.at(-1);
          const other = what === 'their own hello' ? hello : answers[0];
          return other === undefined ? [] : [other];
        },
      };
      await knock();
      await expectFailure(scene, 'peer-auth');
    });
  }
  await expectUnharmed(scene);
});

test('P3, P4, P5: who comes without the secret, or with a hello that was recorded, is shown out and counted', async ({
  scene,
}) => {
  const { server, owner, scientist, knock } = scene;
  const door = server.room(0);
  // Its own guest: noise, then nothing that can be read at all.
  door.claim('host', 'guest');
  door.say('host', noiseLike(Buffer.alloc(600)));
  await expect(owner.hook('invite-strangers')).toHaveAttribute('data-count', '1');
  door.claim('host', 'guest');
  door.say('host', Buffer.alloc(0));
  await expect(owner.hook('invite-strangers')).toHaveAttribute('data-count', '2');
  await expect(owner.hook('invite-status')).toHaveAttribute('data-state', 'open');
  await knock();
  await expect(owner.hook('person-waiting')).toHaveCount(1);
  // The very hello, again: in the moment in which the owner thinks about it, and when they have let the first one in.
  const [hello] = door.sent.guest.signal;
  const rooms = server.rooms.length;
  door.claim('host', 'guest');
  door.say('host', hello ?? Buffer.alloc(0));
  await expect(owner.hook('invite-strangers')).toHaveAttribute('data-count', '3');
  await owner.admit();
  await expect(scientist.hook('connection')).toHaveAttribute('data-state', 'joined');
  await expect(owner.hook('person-waiting')).toHaveCount(0);
  expect(server.rooms).toHaveLength(rooms);
});

test('P4: a third peer in the room of a pairing ends it, and does not get in', async ({
  scene,
}) => {
  const { server, knock } = scene;
  server.deeds = {
    pass: ({ room, from, at, bytes }) => {
      if (!isPrivate(room) || from === 'host' || at > 0) return [bytes];
      room.claim('host', 'guest');
      room.say('host', noiseLike(bytes));
      return [bytes];
    },
  };
  await knock();
  await expectFailure(scene, 'peer-left', 'peer-auth');
  await expectUnharmed(scene);
});

test('P5: what was recorded in one pairing opens in no other, nor what passes between two at once', async ({
  scene,
  newPerson,
}) => {
  const { server, owner, scientist, knock } = scene;
  server.deeds = instead('host', 0, () => []);
  const other = new ScientistOnPage(await (await newPerson()).newPage());
  const invite = await owner.invite();
  await knock();
  await expect.poll(() => server.rooms.at(1)?.sent.guest.signal.length).toBeGreaterThan(0);
  await other.knock(invite, 'Alan');
  await expect.poll(() => server.rooms.at(2)?.sent.host.signal.length).toBeGreaterThan(0);
  // Each gets the other's answer.
  const [one, two] = [server.room(1), server.room(2)];
  one.say('guest', two.sent.host.signal[0] ?? Buffer.alloc(0));
  two.say('guest', one.sent.host.signal[0] ?? Buffer.alloc(0));
  await expectFailure({ owner, scientist }, 'peer-auth');
  await expectFailure({ owner, scientist: other }, 'peer-auth');
  // A later pairing gets the whole of an earlier one.
  server.deeds = {
    pass: ({ room, from, at, bytes }) =>
      isPrivate(room) && from === 'host' ? [one.sent.host.signal[at] ?? bytes] : [bytes],
  };
  await knock();
  await expectFailure(scene, 'peer-auth');
  await expectUnharmed(scene);
});

test('P6: what is dropped ends within the time that it may take, with what to try; what is delayed comes', async ({
  scene,
}) => {
  const { server, scientist, knock } = scene;
  // Without the relay, on which they could fall back.
  server.relays = false;
  server.deeds = {
    pass: ({ room, from, bytes }) => (isPrivate(room) && from === 'host' ? [] : [bytes]),
  };
  await knock();
  await expectFailure(scene, 'no-connection');
  await scientist.expectConnectionError(/TURN|relay/);
  server.deeds = {
    pass: async ({ bytes }) => {
      await new Promise((resolve) => setTimeout(resolve, 150));
      return [bytes];
    },
  };
  await knock();
  await scene.owner.admit();
  await expect(scientist.hook('connection')).toHaveAttribute('data-state', 'joined');
});

test('P6: a server that says that the other one has left ends what is not there yet, and nothing that is', async ({
  scene,
}) => {
  const { server, owner, scientist, knock } = scene;
  server.deeds = instead('guest', 0, ({ room }) => {
    room.claim('host', 'left');
    room.claim('guest', 'left');
    return [];
  });
  await knock();
  await expectFailure(scene, 'peer-left');
  await expectUnharmed(scene);
  for (const room of server.rooms) {
    room.claim('host', 'left');
    room.claim('guest', 'left');
    room.claim('host', 'guest');
  }
  await owner.publishSample();
  await scientist.expectConnected();
  await expect(scientist.hook('connection')).toHaveAttribute('data-state', 'joined');
  await expect(owner.hook('person-joined')).toHaveCount(1);
});

test('P3: a room that somebody else has taken is not hosted, and says so', async ({
  server,
  page,
}) => {
  server.deeds = { open: () => 'id-taken' };
  await page.goto(`${server.url}/owner/`);
  await expect(page.getByText(textOf('id-taken'))).toBeVisible();
  await expect(page.getByTestId('invite-url')).toHaveCount(0);
});

test('P10: signals without an end, or larger than any, end the pairing and not the page', async ({
  scene,
}) => {
  const { server, knock } = scene;
  server.deeds = instead('guest', 0, ({ bytes }) => Array.from({ length: 5000 }, () => bytes));
  await knock();
  await expectFailure(scene, 'peer-left', 'peer-auth', 'no-connection');
  server.deeds = instead('host', 0, () => [Buffer.alloc(1024 * 1024, 1)]);
  await knock();
  await expectFailure(scene, 'too-large', 'peer-auth');
  await expectUnharmed(scene);
});

test('versions: a hello that is made to look like another version’s opens to nobody', async ({
  scene,
}) => {
  const { server, owner, knock } = scene;
  server.deeds = {
    pass: ({ room, from, bytes }) =>
      isPrivate(room) || from === 'host' ? [bytes] : [flipped(bytes, 0)],
  };
  await knock();
  await expect(owner.hook('invite-strangers')).toHaveAttribute('data-count', '1');
  await expectFailure(scene, 'room-full');
  await expectUnharmed(scene);
});

/** What of a page must never be at the server in clear. */
async function secretsOf(page: Page): Promise<Buffer[]> {
  const found = await page.evaluate(async () => {
    const sdp = duetConnections.descriptions();
    const keys: number[][] = [];
    const open = indexedDB.open('duet');
    const database = await new Promise<IDBDatabase>((resolve) => {
      open.onsuccess = () => resolve(open.result);
    });
    const all = database.transaction('identities').objectStore('identities').getAll();
    const pairs = await new Promise<CryptoKeyPair[]>((resolve) => {
      all.onsuccess = () => resolve(all.result);
    });
    for (const { publicKey } of pairs) {
      keys.push([...new Uint8Array(await crypto.subtle.exportKey('raw', publicKey))]);
    }
    database.close();
    return { sdp, keys };
  });
  const lines = found.sdp.flatMap((sdp) =>
    [...sdp.matchAll(/^a=(?:ice-ufrag:|ice-pwd:|fingerprint:sha-256 )(\S+)/gm)].map(
      ([, value = '']) => value,
    ),
  );
  expect(lines.length).toBeGreaterThan(2);
  expect(found.keys.length).toBeGreaterThan(0);
  return [
    ...lines.map((line) => Buffer.from(line)),
    ...lines
      .filter((line) => line.includes(':'))
      .map((line) => Buffer.from(line.replaceAll(':', ''), 'hex')),
    ...found.keys.map((key) => Buffer.from(key)),
  ];
}

test('a server sees opaque ids and ciphertext: no name, no key, no address, no certificate, no secret, no value', async ({
  server,
  newPerson,
}) => {
  const contexts = [await newPerson(), await newPerson()] as const;
  for (const context of contexts) await tapConnections(context);
  const pages = [await contexts[0].newPage(), await contexts[1].newPage()] as const;
  const owner = await new OwnerOnPage(pages[0]).open(server.url);
  const invite = await owner.invite();
  await owner.publishSample();
  const scientist = new ScientistOnPage(pages[1]);
  await scientist.knock(invite, 'Grace Brewster Murray Hopper');
  await owner.admit();
  await scientist.expectConnected();
  const secrets = [...(await secretsOf(pages[0])), ...(await secretsOf(pages[1]))];
  const [, secret = ''] = /#(?:.*\.)?([\w-]{43})/.exec(invite) ?? [];
  expect(secret).toHaveLength(43);
  secrets.push(Buffer.from(secret), Buffer.from(secret, 'base64url'));
  for (const word of ['Grace', 'Hopper', 'duetjs', 'candidate', '127.0.0.1', '.local', 'udp']) {
    secrets.push(Buffer.from(word));
  }
  const heard = Buffer.concat(server.heard);
  expect(heard.length).toBeGreaterThan(4000);
  // The search finds what is there.
  expect(heard.includes(server.room(0).id)).toBe(true);
  expect(secrets.filter((each) => heard.includes(each)).map(String)).toEqual([]);
});

test('P1, P5: a relayed frame that is altered, dropped or sent again costs a connection, and nothing of the work', async ({
  server,
  page,
  newPerson,
}) => {
  test.slow();
  const guest = await newPerson();
  await chooseWay(guest, { relay: 'only' });
  const { owner, scientist } = await joined(page, await guest.newPage(), server.url);
  await expect(scientist.hook('connection-path')).toHaveAttribute('data-path', 'relay');
  const done = new Set<string>();
  // Each once, in the middle of a connection that works.
  const [altered, dropped, twice] = ['altered', 'dropped', 'twice'].map((deed) => (): boolean => {
    const isFirst = !done.has(deed);
    done.add(deed);
    return isFirst;
  });
  server.deeds = {
    pass: ({ what, from, at, bytes }) => {
      if (what === 'signal') return [bytes];
      if (from === 'guest' && at > 12 && altered?.()) return [flipped(bytes, -1)];
      if (from === 'host' && at > 6 && done.has('altered') && dropped?.()) return [];
      if (from === 'guest' && at > 6 && done.has('dropped') && twice?.()) return [bytes, bytes];
      return [bytes];
    },
  };
  await doMainJob(owner, scientist);
  expect([...done]).toContain('altered');
  // A pairing again each time, under keys of its own.
  expect(server.rooms.filter(({ nth }) => nth > 0).length).toBeGreaterThan(1);
  const frames = Buffer.concat(server.heard);
  for (const word of ['weights', 'accuracy', 'breast-cancer', 'mean_radius', 'matMul']) {
    expect(frames.includes(word)).toBe(false);
  }
});
