/** The two people, as tests play them: each on a page of their own, in a browser context of their own. */

import { type BrowserContext, expect, type Locator, type Page } from '@playwright/test';

/** Starting a page means to load tfjs; a program's end may take its two hundred steps. */
const patience = { timeout: 45_000 };

export class OwnerOnPage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  hook(id: string): Locator {
    return this.page.getByTestId(id);
  }

  async open(origin = ''): Promise<this> {
    await this.page.goto(`${origin}/owner/`);
    return this;
  }

  async publishSample(): Promise<void> {
    await this.hook('data-sample').click();
    await this.hook('publish').click();
    await expect(this.hook('published-item')).toHaveCount(1);
  }

  /** The digits to train on, and those to test with. */
  async publishDigits(): Promise<void> {
    await this.hook('digits-sample').click();
    await this.hook('publish').click();
    await expect(this.hook('published-item')).toHaveCount(2);
  }

  async invite(): Promise<string> {
    await expect(this.hook('invite-status')).toHaveAttribute('data-state', 'open', patience);
    return this.hook('invite-url').inputValue();
  }

  async admit(): Promise<void> {
    await this.hook('admit').click(patience);
    await expect(this.hook('person-joined')).toHaveCount(1);
  }

  /** Loads the page again, whatever it asks before it goes. */
  async reload(): Promise<void> {
    this.page.once('dialog', (dialog) => void dialog.accept());
    await this.page.reload();
  }

  /** The card of the request that the scientist gave this name. */
  request(name: string): Locator {
    return this.hook('request').filter({
      has: this.page.getByTestId('request-name').getByText(name, { exact: true }),
    });
  }

  async accept(name: string, atMost = patience): Promise<void> {
    await this.request(name).getByTestId('accept').click(atMost);
  }

  async deny(name: string, reason: string): Promise<void> {
    await this.request(name).getByTestId('deny-reason').fill(reason, patience);
    await this.request(name).getByTestId('deny').click(patience);
  }

  /** Opens the form for a handler, with one that accepts. */
  async openAccepting(release: 'aggregates' | 'metrics' | 'records'): Promise<void> {
    if (!(await this.hook('handler-form').isVisible())) await this.hook('handler-open').click();
    await this.hook('handler-accept').check();
    await this.hook('handler-release').selectOption(release);
  }

  /** Adds a handler that accepts requests of this name for values from data with this tag, up to so many numbers. */
  async addAccepting(
    name: string,
    tag: string,
    quota: number,
    release: 'metrics' | 'records' = 'records',
  ): Promise<void> {
    await this.openAccepting(release);
    await this.hook('handler-name').fill(name);
    const form = this.hook('handler-form');
    await form.getByRole('checkbox', { name: tag, exact: true }).check();
    await this.hook('handler-quota-field').fill(String(quota));
    await this.hook('handler-add').click();
  }

  /** Nobody is joined, and nothing of a scientist's is left; the owner's own objects are. */
  async expectAlone(ownObjects: number): Promise<void> {
    await expect(this.hook('person-joined')).toHaveCount(0, patience);
    await expect(this.hook('request')).toHaveCount(0);
    await expect(this.hook('status-objects')).toContainText(new RegExp(`^\\s*${ownObjects}\\b`));
  }
}

export class ScientistOnPage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  hook(id: string): Locator {
    return this.page.getByTestId(id);
  }

  async knock(invite: string, name = 'Grace'): Promise<void> {
    await this.page.goto(invite);
    await this.hook('join-name').fill(name);
    await this.hook('join').click();
  }

  async expectConnected(): Promise<void> {
    await expect(this.hook('connection')).toHaveAttribute('data-state', 'joined', patience);
    await expect(this.hook('catalogue-entry').first()).toBeVisible(patience);
  }

  /** Ends the session by the scientist's word. */
  async leave(): Promise<void> {
    await this.hook('leave').click();
    await expect(this.hook('connection')).toHaveAttribute('data-state', 'apart');
  }

  async write(program: string): Promise<void> {
    const text = this.hook('editor-text');
    await text.click();
    await text.fill(program);
  }

  /** Opens one of the page's programs, by its key. */
  async chooseSample(key: string): Promise<void> {
    await this.hook('sample-program').selectOption(key);
  }

  async run(program?: string): Promise<void> {
    if (program !== undefined) await this.write(program);
    await this.hook('run').click(patience);
  }

  /** `atMost` is for programs that train for long. */
  async expectState(
    state: 'running' | 'done' | 'failed' | 'stopped' | 'ready',
    atMost = patience,
  ): Promise<void> {
    await expect(this.hook('run-state')).toHaveAttribute('data-state', state, atMost);
  }

  output(): Locator {
    return this.hook('output');
  }

  /** Why there is no connection, in the page's words. */
  async expectConnectionError(words: string | RegExp): Promise<void> {
    await expect(this.hook('connection-error')).toContainText(words, patience);
  }
}

/** Owner and scientist on two pages, with data published (the sample, unless told otherwise), joined and admitted. */
export async function joined(
  ownerPage: Page,
  scientistPage: Page,
  origin = '',
  publish: (owner: OwnerOnPage) => Promise<void> = (owner) => owner.publishSample(),
): Promise<{ owner: OwnerOnPage; scientist: ScientistOnPage }> {
  const owner = await new OwnerOnPage(ownerPage).open(origin);
  const scientist = new ScientistOnPage(scientistPage);
  await publish(owner);
  await scientist.knock(await owner.invite());
  await owner.admit();
  await scientist.expectConnected();
  return { owner, scientist };
}

/** How a person's pages reach the other side, as they remember it themselves once it was chosen. */
export async function chooseWay(
  context: BrowserContext,
  way: { readonly relay?: 'fallback' | 'only' | 'never'; readonly hideAddress?: boolean },
): Promise<void> {
  await context.addInitScript(({ relay, hideAddress }) => {
    for (const role of ['owner', 'scientist']) {
      if (relay !== undefined) localStorage.setItem(`duet-${role}-relay`, relay);
      if (hideAddress) localStorage.setItem(`duet-${role}-hide-address`, 'yes');
    }
  }, way);
}
