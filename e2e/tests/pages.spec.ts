import { expect, test } from '../support/fixtures';

for (const path of ['/', '/owner/', '/scientist/']) {
  test(`${path} loads under its policy without a complaint @cross`, async ({
    page,
    complaints,
  }) => {
    const heard = complaints(page);
    const response = await page.goto(path);
    expect(response?.status()).toBe(200);
    // Every element of the page has its code, so the scripts have run.
    await page.waitForFunction(() => document.querySelector(':not(:defined)') === null);
    await expect(page).toHaveTitle(/Duet/);
    expect(heard).toEqual([]);
  });
}

test('a page can neither evaluate text nor take HTML, nor speak to another origin', async ({
  page,
}) => {
  await page.goto('/owner/');
  const outcomes = await page.evaluate(async () => {
    const outcome = async (act: () => unknown): Promise<string> => {
      try {
        await act();
        return 'done';
      } catch (error) {
        return error instanceof Error ? error.name : 'thrown';
      }
    };
    // The debugger's own call may evaluate; what runs after it is under the page's policy.
    await new Promise((resolve) => setTimeout(resolve));
    const violations: string[] = [];
    addEventListener('securitypolicyviolation', (event) =>
      violations.push(event.effectiveDirective),
    );
    const outcomes = {
      // biome-ignore lint/security/noGlobalEval: what the policy must refuse.
      evaluate: await outcome(() => globalThis.eval('1')),
      construct: await outcome(() => new Function('return 1')()),
      html: await outcome(() => {
        document.body.innerHTML = '<img src=x>';
      }),
      worker: await outcome(() => new Worker('/assets/other.js')),
      fetch: await outcome(() => fetch('http://127.0.0.1:9/')),
      fetchSelf: await outcome(() => fetch('/config.json')),
    };
    const frame = document.createElement('iframe');
    frame.src = '/scientist/';
    const isFrameRefused = new Promise<void>((resolve) => {
      addEventListener('securitypolicyviolation', ({ effectiveDirective }) => {
        if (effectiveDirective === 'frame-src') resolve();
      });
    });
    document.body.append(frame);
    await isFrameRefused;
    return { outcomes, violations };
  });
  expect(outcomes.outcomes).toEqual({
    evaluate: 'EvalError',
    construct: 'EvalError',
    html: 'TypeError',
    worker: 'TypeError',
    fetch: 'TypeError',
    fetchSelf: 'done',
  });
  expect(outcomes.violations).toEqual(
    expect.arrayContaining(['require-trusted-types-for', 'connect-src', 'frame-src']),
  );
});
