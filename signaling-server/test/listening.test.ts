import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createSignalingServer } from '../src/index';
import { ask, connect, createClient, startServer } from './support';

/** Takes a port on 127.0.0.1 that has a successor. */
function takePort(): Promise<number> {
  const taker = createServer();
  onTestFinished(() => void taker.close());
  return new Promise((resolve) => {
    taker.listen(0, '127.0.0.1', () => {
      const address = taker.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}

test('localhost is both loopback addresses, on one port', async () => {
  const server = await startServer({ host: 'localhost' });
  expect(server.url).toBe(`http://localhost:${server.port}`);
  expect(server.urls.length).toBeGreaterThanOrEqual(2);
  for (const url of server.urls) {
    expect((await ask(url, '/health')).status).toBe(200);
    const client = createClient(url);
    const connected = new Promise<void>((resolve) => client.once('connect', resolve));
    client.connect();
    await connected;
  }
});

test('a taken port is refused, or the next free one is taken if that is wanted', async () => {
  const port = await takePort();
  const options = { host: '127.0.0.1', port };
  await expect(createSignalingServer(options)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  const server = await startServer({ ...options, portAttempts: 50 });
  expect(server.port).toBeGreaterThan(port);
  await connect(server);
});

test('a port that is taken on one of the two addresses is taken', async () => {
  const port = await takePort();
  const server = await startServer({ host: 'localhost', port, portAttempts: 50 });
  expect(server.port).toBeGreaterThan(port);
  for (const url of server.urls) expect((await ask(url, '/health')).status).toBe(200);
});

test('its port is free again when it has closed', async () => {
  const first = await startServer({ host: 'localhost' });
  await connect(first);
  await first.close();
  const second = await startServer({ host: 'localhost', port: first.port });
  expect(second.port).toBe(first.port);
});

test('an address that is not of this machine is refused', async () => {
  const options = { host: '203.0.113.1', port: 0 };
  await expect(createSignalingServer(options)).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' });
});
