import type { Page } from '@playwright/test';

declare global {
  /** The document, and every shadow root in it. */
  var rootsIn: (root: Document | ShadowRoot) => readonly (Document | ShadowRoot)[];
}

/** Gives what a test evaluates in this page, as it is loaded now, the function `rootsIn`. */
export async function giveRoots(page: Page): Promise<void> {
  await page.evaluate(() => {
    globalThis.rootsIn = (root) => [
      root,
      ...[...root.querySelectorAll('*')].flatMap(({ shadowRoot }) =>
        shadowRoot === null ? [] : globalThis.rootsIn(shadowRoot),
      ),
    ];
  });
}
