/** What happens when something ends or does not begin: each side learns it, says what it was, and nothing hangs. */

import { expect, test } from '../support/fixtures';
import { chooseWay, joined, OwnerOnPage, ScientistOnPage } from '../support/people';

/** Waits for a decision that will not come. */
const waiting = `
const { X } = duet.store.dataSet('breast-cancer');
const answer = await X.mean().getValue({ requestBlock: true, name: 'mean' }).catch((error) => error.code);
return 'ended with ' + answer;`;

test.describe('once they are joined', () => {
  test('the scientist leaves: the owner is told at once, and nothing of theirs is left', async ({
    page,
    newPerson,
  }) => {
    const { owner, scientist } = await joined(page, await (await newPerson()).newPage());
    await scientist.run(waiting);
    await expect(owner.request('mean')).toBeVisible();
    await scientist.leave();
    await owner.expectAlone(2);
    // It is not taken up again.
    await scientist.page.reload();
    await expect(scientist.hook('connection')).toHaveAttribute('data-state', 'apart');
  });

  test('the signaling server dies: both go on', async ({ page, newPerson, ownServer }) => {
    const { owner, scientist } = await joined(
      page,
      await (await newPerson()).newPage(),
      ownServer.url,
    );
    await ownServer.end('SIGKILL');
    await scientist.run(waiting);
    await owner.accept('mean');
    await expect(scientist.hook('output-result')).toContainText(/ended with \d/);
  });

  test('the owner sends the scientist away', async ({ page, newPerson }) => {
    const { owner, scientist } = await joined(page, await (await newPerson()).newPage());
    await owner.hook('send-away').click();
    await scientist.expectConnectionError('The owner has ended your session.');
    await owner.expectAlone(2);
  });

  test('Stop ends a program that never would, and the next runs on the same connection', async ({
    page,
    newPerson,
  }) => {
    const { owner, scientist } = await joined(page, await (await newPerson()).newPage());
    await scientist.run(
      `const { X } = duet.store.dataSet('breast-cancer'); const kept = X.neg(); for (;;);`,
    );
    await scientist.expectState('running');
    await scientist.hook('stop').click();
    await scientist.expectState('stopped');
    await expect(owner.hook('status-objects')).toContainText(/^\s*2\b/);
    await scientist.run(`return duet.store.length + ' entries'`);
    await expect(scientist.hook('output-result').last()).toContainText('1 entries');
    await expect(owner.hook('person-joined')).toHaveCount(1);
  });

  test('a program that closes its duet has left the owner, who is not blamed for it', async ({
    page,
    newPerson,
  }) => {
    const { owner, scientist } = await joined(page, await (await newPerson()).newPage());
    await scientist.run('duet.close();');
    await expect(scientist.hook('connection')).toHaveAttribute('data-state', 'apart');
    await expect(scientist.hook('connection-error')).toHaveCount(0);
    await owner.expectAlone(2);
  });

  test('a program’s mistakes are told where they were made, and nothing is sent', async ({
    page,
    newPerson,
  }) => {
    const { owner, scientist } = await joined(page, await (await newPerson()).newPage());
    await scientist.run(`const { X, y } = duet.store.dataSet('breast-cancer');\nX.matMul(y);`);
    await scientist.expectState('failed');
    await expect(scientist.hook('output-error')).toContainText('matMul');
    await expect(scientist.hook('output-error')).toContainText('[456,30]');
    await expect(scientist.hook('failed-line')).toContainText('2');
    await expect(owner.hook('status-objects')).toContainText(/^\s*2\b/);
  });
});

test.describe('before they are joined', () => {
  test('an invite that is used lets nobody else in', async ({ page, newPerson }) => {
    const owner = await new OwnerOnPage(page).open();
    await owner.publishSample();
    const invite = await owner.invite();
    const first = new ScientistOnPage(await (await newPerson()).newPage());
    await first.knock(invite);
    await owner.admit();
    await first.expectConnected();
    const second = new ScientistOnPage(await (await newPerson()).newPage());
    await second.knock(invite);
    await second.expectConnectionError('This invite was used already.');
  });

  test('a second scientist by a second invite computes beside the first, each by themselves', async ({
    page,
    newPerson,
  }) => {
    const { owner, scientist: first } = await joined(page, await (await newPerson()).newPage());
    await owner.hook('invite-new').click();
    const second = new ScientistOnPage(await (await newPerson()).newPage());
    await second.knock(await owner.invite(), 'Alan');
    await owner.hook('admit').click();
    await second.expectConnected();
    await expect(owner.hook('person-joined')).toHaveCount(2);
    const ask = (name: string) =>
      `const { X } = duet.store.dataSet('breast-cancer');
       const mean = await X.mean().getValue({ requestBlock: true, name: '${name}' });
       console.log(Number.isFinite(mean), duet.status.objects);`;
    await first.run(ask('first'));
    await second.run(ask('second'));
    await expect(owner.hook('request')).toHaveCount(2);
    await owner.deny('first', 'Not you.');
    await owner.accept('second');
    await first.expectState('failed');
    await second.expectState('done');
    await expect(first.output()).toContainText('Not you.');
    await expect(second.output()).toContainText('true');
  });

  test('who is not let in is told so', async ({ page, newPerson }) => {
    const owner = await new OwnerOnPage(page).open();
    const scientist = new ScientistOnPage(await (await newPerson()).newPage());
    await scientist.knock(await owner.invite());
    await owner.hook('person-waiting').getByTestId('send-away').click();
    await scientist.expectConnectionError('The owner did not let you in.');
    // A refusal does not use the invite up.
    await expect(owner.hook('invite-status')).toHaveAttribute('data-state', 'open');
  });

  test('a revoked invite, one whose owner has gone, and one that is cut off each say what they are', async ({
    page,
    newPerson,
  }) => {
    const owner = await new OwnerOnPage(page).open();
    const revoked = await owner.invite();
    await owner.hook('invite-revoke').click();
    const scientist = new ScientistOnPage(await (await newPerson()).newPage());
    await scientist.knock(revoked);
    await scientist.expectConnectionError('This invite is not open any more.');

    await scientist.page.goto('about:blank');
    await scientist.knock(revoked.slice(0, -9));
    await expect(
      scientist.hook('join-problem').or(scientist.hook('connection-error')),
    ).toContainText(/cut off/);

    await owner.hook('invite-new').click();
    const orphan = await owner.invite();
    await owner.page.close();
    await scientist.page.goto('about:blank');
    await scientist.knock(orphan);
    await scientist.expectConnectionError('This invite is not open any more.');
  });

  test('Duet 8 the signaling server dies: the owner is told, and a scientist hears where it was sought', async ({
    page,
    newPerson,
    ownServer,
  }) => {
    const owner = await new OwnerOnPage(page).open(ownServer.url);
    const invite = await owner.invite();
    const scientist = new ScientistOnPage(await (await newPerson()).newPage());
    await scientist.page.goto(invite);
    await scientist.hook('join-name').fill('Grace');
    await ownServer.end('SIGKILL');
    await expect(owner.hook('status-signaling')).toHaveAttribute('data-state', 'lost');
    await scientist.hook('join').click();
    await scientist.expectConnectionError(/The signaling server at \S+ cannot be reached/);
  });

  test('Duet 9 a connection that cannot form, and may not be relayed, says so, and what to do', async ({
    page,
    newPerson,
  }) => {
    const behindFirewall = await newPerson();
    await chooseWay(behindFirewall, { relay: 'never' });
    const guest = await behindFirewall.newPage();
    for (const each of [page, guest]) {
      // As behind a firewall: neither side learns where the other is.
      await each.addInitScript(() => {
        RTCPeerConnection.prototype.addIceCandidate = () => Promise.resolve();
      });
    }
    const owner = await new OwnerOnPage(page).open();
    const scientist = new ScientistOnPage(guest);
    await scientist.knock(await owner.invite());
    await scientist.expectConnectionError('No direct connection could be made');
    await scientist.expectConnectionError(/ICE/);
    await scientist.expectConnectionError('TURN');
    await expect(owner.hook('invite-status')).toHaveAttribute('data-state', 'open');
  });
});
