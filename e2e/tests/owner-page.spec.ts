import { expect, test } from '../support/fixtures';
import { joined, OwnerOnPage, ScientistOnPage } from '../support/people';
import { giveRoots } from '../support/shadow-roots';

const csv = (text: string, name = 'people.csv') => ({
  name,
  mimeType: 'text/csv',
  buffer: Buffer.from(text),
});

test.describe('a CSV', () => {
  test('of one’s own is looked at, chosen from and published; what cannot be is said', async ({
    page,
  }) => {
    const owner = await new OwnerOnPage(page).open();
    await owner
      .hook('data-file')
      .setInputFiles(
        csv(
          'age,city,height,ill\n31,Bern,170,0\n,Basel,165,1\n45,Chur,180,1\n28,Genf,,0\n52,Bern,177,1\n',
        ),
      );
    await expect(owner.hook('csv-size')).toContainText('5');
    await expect(owner.hook('columns')).toContainText('city');
    await owner.hook('publish-name').fill('people');
    await owner.hook('publish-tags').fill('survey');
    await expect(owner.hook('publish-summary')).toContainText(/2 rows/);
    await owner.hook('publish').click();
    await expect(owner.hook('published-item')).toContainText('people');
    await expect(owner.hook('published-item')).toContainText('[3,');
  });

  test('that is none is refused with what is wrong, and nothing is published', async ({ page }) => {
    const owner = await new OwnerOnPage(page).open();
    for (const text of ['', 'a,b\n', 'name\nAda\nGrace\n']) {
      await owner.hook('data-file').setInputFiles(csv(text));
      await expect(
        owner
          .hook('data-error')
          .or(owner.hook('csv-remark'))
          .or(owner.hook('publish-error'))
          .first(),
      ).toBeVisible();
      await expect(owner.hook('published-item')).toHaveCount(0);
      if (await owner.hook('publish-cancel').isVisible())
        await owner.hook('publish-cancel').click();
    }
  });

  test('is published with its persons and parts, hidden and shown, and grows', async ({
    page,
    newPerson,
  }) => {
    const rows = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, at) => `${from + at},${(from + at) % 15},0\n`).join('');
    const { owner, scientist } = await joined(
      page,
      await (await newPerson()).newPage(),
      '',
      async (on) => {
        await on.hook('data-file').setInputFiles(csv(`height,patient,ill\n${rows(0, 40)}`));
        await on.page.getByLabel('patient is a feature').uncheck();
        await on.hook('publish-records').click();
        await on.hook('publish-unit').selectOption({ label: 'patient' });
        await on.hook('publish-min-records').fill('12');
        await on.hook('publish-splits').fill('train 0-30, test 30-40');
        await on.hook('publish').click();
        await expect(on.hook('published-records')).toHaveText(
          '40 records of 15 persons · train 0–30 · test 30–40 · handlers sum 12 or more',
        );
      },
    );
    const entry = scientist.hook('catalogue-records');
    await expect(entry).toContainText('40 records of 15 persons');
    await expect(entry).toContainText('0–30 (15 persons)');
    await owner.hook('published-access').selectOption('nobody');
    await expect(scientist.hook('catalogue-empty')).toBeVisible();
    await owner.hook('published-access').selectOption({ index: 2 });
    await expect(entry).toContainText('40 records');
    await owner.hook('published-extend').setInputFiles(csv(`ill,patient,height\n${rows(40, 45)}`));
    await expect(owner.hook('published-done')).toContainText('5 rows added to people');
    await expect(entry).toContainText('45 records of 15 persons');
    await owner.hook('published-replace').setInputFiles(csv('height\n1\n'));
    await expect(owner.hook('published-error')).toContainText(
      'no column of numbers that is called',
    );
    await expect(owner.hook('published-records')).toContainText('45 records');
  });

  test('taken back is gone for the scientist too, by name', async ({ page, newPerson }) => {
    const { owner, scientist } = await joined(page, await (await newPerson()).newPage());
    await scientist.run(
      `globalThis.kept = duet.store.dataSet('breast-cancer').X; return kept.shape.join('x');`,
    );
    await expect(scientist.hook('output-result')).toContainText('456x30');
    await owner.hook('published-remove').click();
    await expect(scientist.hook('catalogue-empty')).toBeVisible();
    await scientist.run(`kept.mean();`);
    await expect(scientist.hook('output-error')).toContainText('took this object back');
  });
});

test.describe('a request', () => {
  const asking = (name: string, reason: string) => `
    const { X } = duet.store.dataSet('breast-cancer');
    const answer = await X.mean().tryGet({ requestBlock: true, name: ${JSON.stringify(name)}, reason: ${JSON.stringify(reason)} });
    return answer.ok ? 'got it' : answer.code;`;

  test('shows the scientist’s words as text, with every trick in them visible', async ({
    page,
    newPerson,
    complaints,
  }) => {
    const heard = complaints(page);
    const { owner, scientist } = await joined(page, await (await newPerson()).newPage());
    await scientist.run(asking('mean', '<img src=x onerror=alert(1)> \u202Elatot eht'));
    const reason = owner.hook('request-reason');
    await expect(reason).toContainText('<img src=x onerror=alert(1)>');
    await expect(reason).toContainText('[U+202E]');
    await expect(reason.locator('img')).toHaveCount(0);
    await owner.hook('deny').click();
    await scientist.expectState('done');
    expect(heard).toEqual([]);
  });

  test('shows its value to the owner on demand, which tells the scientist nothing', async ({
    page,
    newPerson,
  }) => {
    const { owner, scientist } = await joined(page, await (await newPerson()).newPage());
    await scientist.run(asking('mean', 'why'));
    await owner.hook('show-value').click();
    await expect(owner.hook('request-preview')).toContainText('float32');
    await expect(owner.hook('request-preview')).toContainText(/6[0-9]\.\d/);
    await scientist.expectState('running');
    await owner.accept('mean');
    await expect(scientist.hook('output-result')).toContainText('got it');
  });

  test('cannot be accepted in the moment in which it appears', async ({ page, newPerson }) => {
    const { owner, scientist } = await joined(page, await (await newPerson()).newPage());
    await scientist.run(asking('mean', 'why'));
    await giveRoots(owner.page);
    const wasDisabled = await owner.page.evaluate(
      () =>
        new Promise<boolean>((resolve) => {
          const look = (): void => {
            const [button] = rootsIn(document).flatMap(
              (root) => root.querySelector<HTMLButtonElement>('[data-testid="accept"]') ?? [],
            );
            if (button) resolve(button.disabled);
            else requestAnimationFrame(look);
          };
          look();
        }),
    );
    expect(wasDisabled).toBe(true);
    await expect(owner.hook('accept')).toBeEnabled();
  });

  test('withdrawn by Stop leaves the owner’s page', async ({ page, newPerson }) => {
    const { owner, scientist } = await joined(page, await (await newPerson()).newPage());
    await scientist.run(asking('mean', 'why'));
    await expect(owner.request('mean')).toBeVisible();
    await scientist.hook('stop').click();
    await expect(owner.hook('request')).toHaveCount(0);
    await expect(owner.hook('status-objects')).toContainText(/^\s*2\b/);
  });
});

test('the program’s worker can evaluate, and reach nothing but the owner', async ({
  page,
  newPerson,
}) => {
  const { scientist } = await joined(page, await (await newPerson()).newPage());
  await scientist.run(`
    const outcomes = [];
    for (const reach of [() => fetch('/config.json'), () => fetch('http://127.0.0.1:9/')]) {
      outcomes.push(await reach().then(() => 'reached', () => 'refused'));
    }
    try { importScripts('/x.js'); outcomes.push('reached'); } catch { outcomes.push('refused'); }
    outcomes.push(typeof RTCPeerConnection, new Function('return 6 * 7')());
    return outcomes.join(' ');`);
  await scientist.expectState('done');
  await expect(scientist.hook('output-result')).toContainText(
    'refused refused refused undefined 42',
  );
});

test('an invite that is pasted works as one that is opened', async ({ page, newPerson }) => {
  const owner = await new OwnerOnPage(page).open();
  await owner.publishSample();
  const invite = await owner.invite();
  const scientist = new ScientistOnPage(await (await newPerson()).newPage());
  await scientist.page.goto('/scientist/');
  await scientist.hook('join-invite').fill('not an invite');
  await scientist.hook('join').click();
  await expect(scientist.hook('join-problem').or(scientist.hook('connection-error'))).toContainText(
    'invite',
  );
  await scientist.hook('join-invite').fill(`  ${invite}\n`);
  await scientist.hook('join').click();
  await owner.admit();
  await scientist.expectConnected();
  expect(scientist.page.url()).not.toContain('#');
});
