/** The two people, as tests play them: each on a page of their own, in a browser context of their own. */

import { expect, type Locator, type Page } from '@playwright/test';

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

  async invite(): Promise<string> {
    await expect(this.hook('invite-status')).toHaveAttribute('data-state', 'open', patience);
    return this.hook('invite-url').inputValue();
  }

  async admit(): Promise<void> {
    await this.hook('admit').click(patience);
    await expect(this.hook('person-joined')).toHaveCount(1);
  }

  /** The card of the request that the scientist gave this name. */
  request(name: string): Locator {
    return this.hook('request').filter({
      has: this.page.getByTestId('request-name').getByText(name, { exact: true }),
    });
  }

  async accept(name: string): Promise<void> {
    await this.request(name).getByTestId('accept').click(patience);
  }

  async deny(name: string, reason: string): Promise<void> {
    await this.request(name).getByTestId('deny-reason').fill(reason, patience);
    await this.request(name).getByTestId('deny').click(patience);
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

  async write(program: string): Promise<void> {
    const text = this.hook('editor-text');
    await text.click();
    await text.fill(program);
  }

  async run(program?: string): Promise<void> {
    if (program !== undefined) await this.write(program);
    await this.hook('run').click(patience);
  }

  async expectState(state: 'running' | 'done' | 'failed' | 'stopped' | 'ready'): Promise<void> {
    await expect(this.hook('run-state')).toHaveAttribute('data-state', state, patience);
  }

  output(): Locator {
    return this.hook('output');
  }

  /** Why there is no connection, in the page's words. */
  async expectConnectionError(words: string | RegExp): Promise<void> {
    await expect(this.hook('connection-error')).toContainText(words, patience);
  }
}

/** Owner and scientist on two pages, with the sample data published, joined and admitted. */
export async function joined(
  ownerPage: Page,
  scientistPage: Page,
  origin = '',
): Promise<{ owner: OwnerOnPage; scientist: ScientistOnPage }> {
  const owner = await new OwnerOnPage(ownerPage).open(origin);
  const scientist = new ScientistOnPage(scientistPage);
  await owner.publishSample();
  await scientist.knock(await owner.invite());
  await owner.admit();
  await scientist.expectConnected();
  return { owner, scientist };
}
