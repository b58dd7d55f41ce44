/** Where there is no direct path: through a TURN server, and sealed through the signaling server. */

import { readFileSync } from 'node:fs';
import { findCoturn } from '../../scripts/coturn';
import { tapConnections } from '../support/connections';
import { startTurnServer } from '../support/coturn';
import { expect, test } from '../support/fixtures';
import { doMainJob } from '../support/main-job';
import { chooseWay, joined } from '../support/people';
import { startServer } from '../support/server';

/** A number whose bytes are hardly anybody else's. */
const markerNumber = Math.fround(1.2345678e-21);

test('P16: through a TURN server, with both addresses hidden, the main job is done', async ({
  newPerson,
}) => {
  const coturn = findCoturn();
  test.skip(coturn === undefined, 'no coturn was found, and none could be installed');
  const turn = await startTurnServer(coturn ?? '');
  const server = await startServer('--ice', turn.ice);
  try {
    const contexts = [await newPerson(), await newPerson()] as const;
    for (const context of contexts) {
      await chooseWay(context, { relay: 'never', hideAddress: true });
      await tapConnections(context);
    }
    const [ownerPage, guest] = [await contexts[0].newPage(), await contexts[1].newPage()];
    const { owner, scientist } = await joined(ownerPage, guest, server.url);
    await expect(scientist.hook('connection-path')).toHaveAttribute('data-path', 'turn');
    await expect(owner.hook('person-path')).toHaveAttribute('data-path', 'turn');
    await doMainJob(owner, scientist);
    expect(turn.log()).toMatch(/ALLOCATE processed, success/);
    for (const each of [ownerPage, guest]) {
      const sdp = await each.evaluate(() => duetConnections.descriptions().join('\n'));
      const kinds = [...sdp.matchAll(/^a=candidate:.* typ (\w+)/gm)].map(([, kind]) => kind);
      expect(kinds.length).toBeGreaterThan(0);
      expect(new Set(kinds)).toEqual(new Set(['relay']));
    }
  } finally {
    await server.end('SIGKILL');
    await turn.close();
  }
});

test('P9, P17: through the signaling server, the main job is done; its memory and its log have ciphertext only', async ({
  newPerson,
}, testInfo) => {
  const server = await startServer('--log', 'json');
  try {
    const contexts = [await newPerson(), await newPerson()] as const;
    await chooseWay(contexts[1], { relay: 'only' });
    const [ownerPage, guest] = [await contexts[0].newPage(), await contexts[1].newPage()];
    const { owner, scientist } = await joined(ownerPage, guest, server.url);
    await expect(scientist.hook('connection-path')).toHaveAttribute('data-path', 'relay');
    await expect(owner.hook('person-path')).toContainText('through the signaling server');
    await doMainJob(owner, scientist);
    // Words that stand nowhere else, and a number.
    await scientist.run(`
      const { X } = duet.store.dataSet('breast-cancer');
      const theirs = duet.send(tf.tensor([${markerNumber}]), { tags: ['tag-qzxjv'] });
      const values = await X.mean().mul(theirs).getValue(
        { requestBlock: true, name: 'name-qzxjv', reason: 'reason-qzxjv' });
      return 'got ' + values.length;`);
    await owner.accept('name-qzxjv');
    await expect(scientist.hook('output-result')).toContainText('got 1');
    const file = testInfo.outputPath('server.heapsnapshot');
    await server.writeHeap(file);
    const heap = readFileSync(file);
    const printed = Buffer.from(server.printed());
    // The search finds what is there.
    expect([heap.includes('signalsPerPair'), printed.includes('"')]).toEqual([true, true]);
    const plain = ['qzxjv', 'mean_radius', Buffer.from(Float32Array.of(markerNumber).buffer)];
    for (const each of [heap, printed]) {
      expect(plain.filter((marker) => each.includes(marker))).toEqual([]);
    }
    // Nor does the log say who meets whom: ids of rooms are 22 characters in base64url.
    expect(server.printed()).not.toMatch(/(?<![\w-])[\w-]{22}(?![\w-])/);
  } finally {
    await server.end('SIGKILL');
  }
});

test('where no direct connection forms, the pages go through the signaling server by themselves, and say so', async ({
  page,
  newPerson,
}) => {
  const guest = await (await newPerson()).newPage();
  for (const each of [page, guest]) {
    // As behind a firewall: neither side learns where the other is.
    await each.addInitScript(() => {
      RTCPeerConnection.prototype.addIceCandidate = () => Promise.resolve();
    });
  }
  const { owner, scientist } = await joined(page, guest);
  await expect(scientist.hook('connection-path')).toHaveAttribute('data-path', 'relay');
  await expect(owner.hook('person-path')).toHaveAttribute('data-path', 'relay');
  await scientist.run(`return duet.store.length + ' entries'`);
  await expect(scientist.hook('output-result')).toContainText('1 entries');
});
