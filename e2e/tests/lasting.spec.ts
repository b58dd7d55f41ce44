/** Links that survive: lost connections, reloads of either page, a server that dies, tabs that crash or are doubled. */

import type { Page } from '@playwright/test';
import { cutAfterFrames, cutConnections, tapConnections } from '../support/connections';
import { expect, test } from '../support/fixtures';
import { joined, OwnerOnPage, ScientistOnPage } from '../support/people';
import { giveRoots } from '../support/shadow-roots';

/** Waits for a decision, which is seen in the output. */
const waiting = `
const { X } = duet.store.dataSet('breast-cancer');
const kept = X.neg();
return 'it is ' + await X.mean().getValue({ requestBlock: true, name: 'mean' });`;

/** Sends 8 MB and gets them back, some times over; says how many numbers came back as they were. */
const transferring = `
const numbers = tf.randomUniform([2_000_000], 0, 1, 'float32', 7);
const expected = numbers.dataSync();
let same = 0;
for (let round = 0; round < 3; round += 1) {
  const sent = duet.send(numbers);
  const back = await sent.mul(1).get();
  const values = back.dataSync();
  for (let at = 0; at < expected.length; at += 1) if (values[at] === expected[at]) same += 1;
  back.dispose();
  sent.dispose();
  console.log('round ' + round);
}
return same + ' the same';`;

/** Everything that the site stores in this browser, as bytes; keys that cannot be read are left out. */
async function storedBytes(page: Page): Promise<Buffer> {
  const texts = await page.evaluate(async () => {
    const found: string[] = [];
    const visit = (value: unknown): void => {
      if (value instanceof ArrayBuffer) visit(new Uint8Array(value));
      else if (ArrayBuffer.isView(value)) {
        const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
        let text = '';
        for (const byte of bytes) text += String.fromCharCode(byte);
        found.push(text);
      } else if (typeof value === 'string') found.push(value);
      else if (Array.isArray(value)) value.forEach(visit);
      else if (typeof value === 'object' && value !== null && !(value instanceof CryptoKey)) {
        for (const [key, inner] of Object.entries(value)) {
          found.push(key);
          visit(inner);
        }
      }
    };
    const finished = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    for (const { name } of await indexedDB.databases()) {
      const database = await finished(indexedDB.open(name ?? ''));
      for (const store of database.objectStoreNames) {
        visit(await finished(database.transaction(store).objectStore(store).getAll()));
        visit(await finished(database.transaction(store).objectStore(store).getAllKeys()));
      }
      database.close();
    }
    for (const storage of [localStorage, sessionStorage]) visit({ ...storage });
    return found;
  });
  return Buffer.concat(texts.map((text) => Buffer.from(text, 'latin1')));
}

test('Duet 14 the scientist reloads: what they had is theirs, what they asked is answered, on the same session', async ({
  page,
  newPerson,
}) => {
  const { owner, scientist } = await joined(page, await (await newPerson()).newPage());
  const badge = await owner.hook('person-badge').getAttribute('aria-label');
  expect(await scientist.hook('badge').getAttribute('aria-label')).toBe(badge);
  await scientist.run(waiting);
  await expect(owner.request('mean')).toBeVisible();
  await scientist.page.reload();
  await expect(scientist.hook('resumed-notice')).toBeVisible();
  await scientist.expectConnected();
  // The secret is not in the address any more, and the session did not need it.
  expect(await scientist.page.evaluate(() => location.hash)).toBe('');
  await expect(owner.hook('person-joined')).toHaveCount(1);
  await expect(owner.hook('person-waiting')).toHaveCount(0);
  await owner.accept('mean');
  await scientist.hook('kept-collect').click();
  await expect(scientist.hook('output-result')).toContainText(/"mean": 6\d\.\d/);
  await scientist.run(`
    const [kept] = duet.store.mine().filter(({ shape }) => shape.join() === '456,30');
    const again = await kept.neg().mean().getValue({ requestBlock: true, name: 'mean of what was kept' });
    return 'it is ' + again;`);
  await owner.accept('mean of what was kept');
  await expect(scientist.hook('output-result').last()).toContainText(/it is 6\d\.\d/);
  // Nobody else can come in by what the reload has used.
  await expect(owner.hook('invite-status')).toHaveAttribute('data-state', 'used');
});

test('the owner reloads: kept data, handlers, audit and the open invite are there, and the session goes on', async ({
  page,
  newPerson,
}) => {
  const owner = await new OwnerOnPage(page).open();
  await owner.hook('data-sample').click();
  await owner.hook('publish-keep').check();
  await owner.hook('publish').click();
  await expect(owner.hook('published-kept')).toHaveCount(1);
  await owner.hook('invite-uses').selectOption({ index: 1 });
  await owner.hook('invite-new').click();
  const invite = await owner.invite();
  const scientist = new ScientistOnPage(await (await newPerson()).newPage());
  await scientist.knock(invite);
  await owner.admit();
  await scientist.expectConnected();
  await owner.addAccepting('mean', 'breast-cancer', 100);
  const ask = `
    const { X } = duet.store.dataSet('breast-cancer');
    const mine = X.neg();
    return 'it is ' + await X.mean().getValue({ requestBlock: true, name: 'mean' });`;
  await scientist.run(ask);
  await expect(scientist.hook('output-result')).toContainText(/it is 6\d\.\d/);
  const id = await owner.hook('published-item').getAttribute('data-id');

  await owner.reload();
  await expect(owner.hook('came-back')).toBeVisible();
  await expect(owner.hook('published-item')).toHaveAttribute('data-id', id ?? '');
  await expect(owner.hook('handler')).toHaveCount(1);
  expect(await owner.invite()).toBe(invite);
  await expect(scientist.hook('renewed-notice')).toHaveAttribute('data-gone', /^[1-9]/);
  await expect(owner.hook('person-joined')).toHaveCount(1);
  await scientist.run(ask);
  await expect(scientist.hook('output-result').last()).toContainText(/it is 6\d\.\d/);
  await expect(owner.hook('handler-quota')).toContainText('98');
  // What was written down before is there still, and one chain with what came after.
  await owner.hook('audit-verify').click();
  await expect(owner.hook('audit-report')).toBeVisible();
  // The one who was here is known; another still comes in by the same invite.
  const other = new ScientistOnPage(await (await newPerson()).newPage());
  await other.knock(invite, 'Alan');
  await owner.hook('admit').click();
  await other.expectConnected();
  await expect(owner.hook('person-joined')).toHaveCount(2);
});

test('L1, L5: what is kept lies encrypted, and is gone with one action', async ({ page }) => {
  const owner = await new OwnerOnPage(page).open();
  await owner.hook('data-sample').click();
  await owner.hook('publish-keep').check();
  await owner.hook('publish').click();
  await expect(owner.hook('kept-object').first()).toBeVisible();
  const first = Buffer.from(Float32Array.of(17.99, 10.38).buffer);
  const stored = await storedBytes(page);
  // Some of it is there: the search finds what is in clear.
  expect(stored.includes('opened')).toBe(true);
  expect(stored.length).toBeGreaterThan(456 * 30 * 4);
  for (const plain of ['mean_radius', 'concavity', first]) {
    expect(stored.includes(plain)).toBe(false);
  }
  await owner.hook('kept-wipe').click();
  await expect(owner.hook('kept-object')).toHaveCount(0);
  expect((await storedBytes(page)).length).toBeLessThan(456 * 30 * 4);
  await owner.reload();
  await owner.invite();
  await expect(owner.hook('published-item')).toHaveCount(0);
  // Nothing of it is in a cache either, and nothing serves pages in the site's place.
  expect(
    await page.evaluate(async () => [
      await caches.keys(),
      (await navigator.serviceWorker.getRegistrations()).length,
    ]),
  ).toEqual([[], 0]);
});

test('a connection that breaks in the middle of large transfers costs nothing but time', async ({
  newPerson,
}) => {
  test.slow();
  const contexts = [await newPerson(), await newPerson()] as const;
  for (const context of contexts) await tapConnections(context);
  const [ownerPage, guest] = [await contexts[0].newPage(), await contexts[1].newPage()];
  const { owner, scientist } = await joined(ownerPage, guest);
  await cutAfterFrames(guest, 60);
  await scientist.run(transferring);
  // The page says so, too, but may have found the other one again before anybody looks.
  await expect.poll(() => guest.evaluate(() => duetConnections.broken)).toBe(1);
  await expect(scientist.output()).toContainText('round 0');
  await cutAfterFrames(ownerPage, 40);
  await scientist.expectState('done');
  await expect(scientist.hook('output-result')).toContainText('6000000 the same');
  await expect(owner.hook('person-joined')).toHaveCount(1);
  await expect(scientist.hook('connection')).toHaveAttribute('data-state', 'joined');
});

test('the server dies, the connection breaks, the server comes back: they find each other again', async ({
  newPerson,
  ownServer,
}) => {
  test.slow();
  const contexts = [await newPerson(), await newPerson()] as const;
  for (const context of contexts) await tapConnections(context);
  const [ownerPage, guest] = [await contexts[0].newPage(), await contexts[1].newPage()];
  const { owner, scientist } = await joined(ownerPage, guest, ownServer.url);
  await scientist.run(waiting);
  await expect(owner.request('mean')).toBeVisible();
  await ownServer.end('SIGKILL');
  await cutConnections(guest);
  await expect(scientist.hook('reconnecting')).toBeVisible();
  await expect(owner.hook('person-away')).toHaveCount(1);
  await expect(owner.hook('person-away-until')).toBeVisible();
  await ownServer.restart();
  await expect(owner.hook('person-joined')).toHaveCount(1, { timeout: 45_000 });
  await owner.accept('mean');
  await expect(scientist.hook('output-result')).toContainText(/it is 6\d\.\d/);
});

test('a page that is closed, one that crashed and one that was left are told apart', async ({
  page,
  newPerson,
}) => {
  test.slow();
  const owner = await new OwnerOnPage(page).open();
  await owner.publishSample();
  await owner.hook('invite-uses').selectOption({ index: 2 });
  await owner.hook('invite-new').click();
  await owner.hook('admission').selectOption('all');
  const invite = await owner.invite();
  const people: ScientistOnPage[] = [];
  for (const name of ['Grace', 'Alan', 'Mary']) {
    const person = new ScientistOnPage(await (await newPerson()).newPage());
    await person.knock(invite, name);
    await person.expectConnected();
    people.push(person);
  }
  const [closes, crashes, leaves] = people;
  const row = (state: string, name: string) =>
    owner.hook(`person-${state}`).filter({ hasText: name });
  await leaves?.leave();
  await expect(row('joined', 'Mary')).toHaveCount(0);
  await expect(row('away', 'Mary')).toHaveCount(0);
  await closes?.page.close();
  await expect(row('away', 'Grace')).toHaveCount(1);
  const session = await crashes?.page.context().newCDPSession(crashes.page);
  // It never answers.
  session?.send('Page.crash').catch(() => undefined);
  await expect(row('away', 'Alan')).toHaveCount(1);
  // The owner need not wait for them.
  await row('away', 'Grace').getByTestId('send-away').click();
  await row('away', 'Alan').getByTestId('send-away').click();
  await owner.expectAlone(2);
});

test('the owner’s page closes: the scientist looks for it, and may leave', async ({
  page,
  newPerson,
}) => {
  const { owner, scientist } = await joined(page, await (await newPerson()).newPage());
  await scientist.run(waiting);
  await expect(owner.request('mean')).toBeVisible();
  await owner.page.close();
  await expect(scientist.hook('connection')).toHaveAttribute('data-state', 'reconnecting');
  // The program waits, as it would for a slow answer.
  await scientist.expectState('running');
  await scientist.leave();
  await expect(scientist.output()).toContainText('closed');
});

test('L2: a second tab of the owner’s, or of a session, says that there is another', async ({
  page,
  newPerson,
}) => {
  const context = await newPerson();
  const { scientist } = await joined(page, await context.newPage());
  const second = await page.context().newPage();
  await second.goto('/owner/');
  await expect(second.getByTestId('other-tab')).toBeVisible();
  await second.getByTestId('other-tab-go-on').click();
  await expect(second.getByTestId('invite-status')).toHaveAttribute('data-state', 'open');
  await expect(page.getByTestId('person-joined')).toHaveCount(1);

  // As the browser's own "duplicate tab": with what the tab's storage has.
  const opened = context.waitForEvent('page');
  await scientist.page.evaluate(() => void window.open(location.href));
  const twin = new ScientistOnPage(await opened);
  await expect(twin.hook('connection')).toHaveAttribute('data-state', 'other-tab');
  await expect(twin.hook('other-tab')).toBeVisible();
  await scientist.run(`return duet.store.length + ' entries'`);
  await expect(scientist.hook('output-result')).toContainText('1 entries');
});

test('L6, P18: an invite’s secret stays in no address, no history and no restored page', async ({
  page,
  newPerson,
}) => {
  const { owner, scientist } = await joined(page, await (await newPerson()).newPage());
  const { page: guest } = scientist;
  expect(await guest.evaluate(() => location.href)).not.toContain('#');
  await guest.goto('/');
  await guest.goBack();
  expect(
    await guest.evaluate(() => [
      location.hash,
      performance.getEntriesByType('navigation')[0]?.name,
    ]),
  ).toEqual(['', expect.not.stringContaining('d1.')]);
  // Back to the page, back to the session.
  await scientist.expectConnected();
  await expect(owner.hook('person-joined')).toHaveCount(1);
  const secretWas = /#d1\.([\w-]+)/.exec(await storedText(guest))?.[1];
  expect(secretWas).toBeUndefined();
});

async function storedText(page: Page): Promise<string> {
  return (await storedBytes(page)).toString('latin1');
}

test('L4: no page of another window can speak to these, or hold on to them', async ({
  page,
  newPerson,
}) => {
  const { owner, scientist } = await joined(page, await (await newPerson()).newPage());
  for (const each of [owner.page, scientist.page]) {
    const answers = await each.evaluate(async () => {
      const heard: unknown[] = [];
      addEventListener('message', ({ data }) => heard.push(data));
      for (const data of [{ duet: 1, kind: 'accept' }, { kind: 'run', code: '1' }, 'admit']) {
        window.postMessage(data, '*');
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
      return { heard: heard.length, opener: window.opener };
    });
    // Only this test's own listener heard them.
    expect(answers).toMatchObject({ heard: 3, opener: null });
  }
  await expect(owner.hook('person-joined')).toHaveCount(1);
  await expect(scientist.hook('run-state')).toHaveAttribute('data-state', 'ready');
});

test('L10: what is pasted for an invite is read as one or refused, however long or strange it is', async ({
  page,
}) => {
  await page.goto('/scientist/');
  const scientist = new ScientistOnPage(page);
  for (const text of [
    'x'.repeat(1_000_000),
    '<img src=x onerror="document.title=1">',
    `javascript:alert(1)#d1.${'A'.repeat(62)}`,
    `${new URL(page.url()).origin}/scientist/#d1.${'A'.repeat(61)}`,
    `https://elsewhere.example/scientist/#d1.${'A'.repeat(62)}`,
    'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  ]) {
    const other = scientist.hook('join-other');
    if (await other.isVisible()) await other.click();
    await scientist.hook('join-invite').fill(text);
    await scientist.hook('join').click();
    await expect(
      scientist.hook('join-problem').or(scientist.hook('connection-error')).first(),
    ).not.toBeEmpty();
    await expect(scientist.hook('connection')).toHaveAttribute('data-state', 'apart');
  }
  await expect(page).toHaveTitle(/Duet/);
});

test('G11: in hidden tabs, whose timers hardly run, the link stays up', async ({ newPerson }) => {
  test.slow();
  const contexts = [await newPerson(), await newPerson()] as const;
  for (const context of contexts) {
    await context.addInitScript(() => {
      // As browsers do with pages that nobody sees: once a minute.
      const [timeout, interval] = [window.setTimeout, window.setInterval];
      const minuteMs = 60_000;
      const isThrottled = (): boolean => 'areTimersThrottled' in globalThis;
      window.setTimeout = ((act: () => void, ms = 0, ...rest: unknown[]) =>
        timeout(act, isThrottled() ? Math.max(ms, minuteMs) : ms, ...rest)) as typeof setTimeout;
      window.setInterval = ((act: () => void, ms = 0, ...rest: unknown[]) =>
        interval(act, isThrottled() ? Math.max(ms, minuteMs) : ms, ...rest)) as typeof setInterval;
    });
  }
  const [ownerPage, guest] = [await contexts[0].newPage(), await contexts[1].newPage()];
  const { owner, scientist } = await joined(ownerPage, guest);
  for (const each of [ownerPage, guest]) {
    await giveRoots(each);
    await each.evaluate(() => {
      Object.assign(globalThis, { areTimersThrottled: true, statesSeen: new Set<string>() });
      const seen = (globalThis as unknown as { statesSeen: Set<string> }).statesSeen;
      const roots = rootsIn(document);
      const find = (testId: string) =>
        roots
          .map((root) => root.querySelector(`[data-testid="${testId}"]`))
          .find((found) => found !== null);
      const look = (): void => {
        const state = find('connection')?.getAttribute('data-state');
        if (state) seen.add(state);
        if (find('person-away')) seen.add('away');
      };
      look();
      const observer = new MutationObserver(look);
      for (const root of roots)
        observer.observe(root, { subtree: true, childList: true, attributes: true });
    });
  }
  // Twice the silence after which a connection counts as lost.
  await new Promise((resolve) => setTimeout(resolve, 20_000));
  // Then somebody looks at them.
  for (const each of [ownerPage, guest]) {
    await each.evaluate(() => Reflect.deleteProperty(globalThis, 'areTimersThrottled'));
  }
  await scientist.run(`
    const { X } = duet.store.dataSet('breast-cancer');
    return 'it is ' + await X.mean().getValue({ requestBlock: true, name: 'mean' });`);
  await owner.accept('mean');
  await expect(scientist.hook('output-result')).toContainText(/it is 6\d\.\d/);
  const seen = (each: Page): Promise<string[]> =>
    each.evaluate(() => [...(globalThis as unknown as { statesSeen: Set<string> }).statesSeen]);
  expect(await seen(guest)).toEqual(['joined']);
  expect(await seen(ownerPage)).toEqual([]);
});
