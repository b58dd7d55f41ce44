/** As on two machines: everything under a name that is not localhost, where only TLS makes a page secure. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificate } from '../../signaling-server/test/certificate';
import { expect, test } from '../support/fixtures';
import { doMainJob } from '../support/main-job';
import { joined, ScientistOnPage } from '../support/people';
import { type ServerProcess, startServer } from '../support/server';

/** Loopback, by a rule of the browser's (playwright.config.ts). */
const host = 'duet.test';

/** A port that is known before the server is, since its public URL names it. */
async function startPublic(scheme: 'http' | 'https', ...flags: string[]): Promise<ServerProcess> {
  const probe = await startServer();
  const { port } = new URL(probe.url);
  await probe.end('SIGKILL');
  return startServer('--port', port, '--public-url', `${scheme}://${host}:${port}`, ...flags);
}

test('over TLS, the main job is done by an invite with the public address', async ({ browser }) => {
  const folder = mkdtempSync(join(tmpdir(), 'duet-tls-'));
  const { cert, key } = makeCertificate();
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  writeFileSync(certFile, cert);
  writeFileSync(keyFile, key);
  const server = await startPublic('https', '--tls-cert', certFile, '--tls-key', keyFile);
  // The certificate is this test's own.
  const options = { ignoreHTTPSErrors: true, permissions: ['microphone'] };
  const contexts = [await browser.newContext(options), await browser.newContext(options)] as const;
  try {
    expect(server.url).toMatch(/^https:\/\/duet\.test:\d+$/);
    const [ownerPage, guest] = [await contexts[0].newPage(), await contexts[1].newPage()];
    const { owner, scientist } = await joined(ownerPage, guest, server.url);
    expect(new URL(ownerPage.url()).host).toBe(new URL(server.url).host);
    expect(new URL(guest.url()).origin).toBe(server.url);
    expect(await guest.evaluate(() => [isSecureContext, location.hash])).toEqual([true, '']);
    await doMainJob(owner, scientist);
  } finally {
    for (const context of contexts) await context.close();
    await server.end('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
});

test('over plain http, both pages explain why they cannot work, and neither says a word to the server', async ({
  page,
  newPerson,
}) => {
  const server = await startPublic('http');
  try {
    const guest = new ScientistOnPage(await (await newPerson()).newPage());
    const sockets: string[] = [];
    for (const each of [page, guest.page]) {
      each.on('websocket', (socket) => sockets.push(socket.url()));
    }
    await page.goto(`${server.url}/owner/`);
    await expect(page.getByTestId('insecure')).toContainText('plain http');
    await expect(page.getByTestId('invite-url')).toHaveCount(0);
    await guest.page.goto(`${server.url}/scientist/#d1.${'A'.repeat(62)}`);
    await expect(guest.hook('insecure')).toContainText('plain http');
    await expect(guest.hook('join')).toBeDisabled();
    expect(sockets).toEqual([]);
  } finally {
    await server.end('SIGKILL');
  }
});
