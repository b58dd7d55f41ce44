import { describe, expect, onTestFinished, test } from 'vitest';
import { AddressHash, createLog, type LogOptions } from '../src/log';
import { Metrics } from '../src/metrics';
import {
  ask,
  connect,
  fakeClock,
  pair,
  randomRoom,
  refusal,
  settled,
  startServer,
} from './support';

const observed = (port: number | undefined, path: string) => ask(`http://127.0.0.1:${port}`, path);

describe('metrics', () => {
  test('are in Prometheus’ format: every series is there from the start, with its type', async () => {
    const server = await startServer({ metricsPort: 0 });
    const { status, headers, body } = await observed(server.metricsPort, '/metrics');
    expect(status).toBe(200);
    expect(headers['content-type']).toContain('version=0.0.4');
    const typed = new Set<string>();
    for (const line of body.trimEnd().split('\n')) {
      const [, name = ''] = /^# TYPE (\w+) (?:counter|gauge)$/.exec(line) ?? [];
      if (name !== '') typed.add(name);
      if (line.startsWith('#')) continue;
      const [, of = '', value = ''] = /^(\w+)(?:\{\w+="[\w-]+"\})? ([\d.]+)$/.exec(line) ?? [];
      expect(typed).toContain(of);
      expect(Number(value)).not.toBeNaN();
    }
    expect(typed).toContain('duet_relayed_bytes_total');
    expect(body.endsWith('\n')).toBe(true);
  });

  test('count what passes, and P17: name no room and no address', async () => {
    const server = await startServer({ metricsPort: 0 });
    const { room, host, guest } = await pair(server);
    host.emit('signal', room, new Uint8Array(10));
    host.emit('relay', room, new Uint8Array(1000));
    await settled(host);
    await refusal(server.url, { extraHeaders: { Origin: 'http://evil.example' } });
    const { body } = await observed(server.metricsPort, '/metrics');
    for (const line of [
      'duet_connections 2',
      'duet_connections_total 2',
      'duet_rooms 1',
      'duet_relayed_pairs 1',
      'duet_signals_total 1',
      'duet_signal_bytes_total 10',
      'duet_relayed_frames_total 1',
      'duet_relayed_bytes_total 1000',
      'duet_opens_total{answer="ok"} 1',
      'duet_joins_total{answer="ok"} 1',
      'duet_joins_total{answer="bad-message"} 1',
      'duet_refused_connections_total{why="origin"} 1',
      'duet_ready 1',
    ]) {
      expect(body).toContain(`\n${line}\n`);
    }
    for (const hidden of [room, '127.0.0.1', guest.id ?? '']) expect(body).not.toContain(hidden);
  });

  test('are not on the public port, and on no port unless asked for', async () => {
    const server = await startServer({ metricsPort: 0 });
    expect((await ask(server.url, '/metrics')).status).toBe(404);
    expect(server.metricsPort).not.toBe(server.port);
    expect((await startServer()).metricsPort).toBeUndefined();
  });

  test('a label has no value but those of its list', () => {
    const metrics = new Metrics();
    metrics.count('duet_thrown_out_total', randomRoom());
    expect(metrics.text()).toContain('duet_thrown_out_total{why="slow"} 0\n');
    expect(metrics.text().match(/thrown_out_total\{/g)).toHaveLength(3);
  });
});

describe('readiness', () => {
  const ready = async (origin: string): Promise<[number, unknown]> => {
    const { status, body } = await ask(origin, '/ready');
    return [status, JSON.parse(body)];
  };

  test('is given up while there is room for no more', async () => {
    const server = await startServer({ metricsPort: 0, limits: { rooms: 1 } });
    expect(await ready(server.url)).toEqual([200, { ok: true }]);
    const { host, room } = await pair(server);
    expect(await ready(server.url)).toEqual([503, { ok: false }]);
    expect((await observed(server.metricsPort, '/ready')).status).toBe(503);
    expect((await ask(server.url, '/health')).status).toBe(200);
    host.emit('close', room);
    await settled(host);
    expect(await ready(server.url)).toEqual([200, { ok: true }]);
    const full = await startServer({ limits: { connections: 1 } });
    await connect(full);
    expect(
      await ready(`http://127.0.0.1:${full.port}`).catch(() => 'no connection left'),
    ).not.toEqual([200, { ok: true }]);
  });

  test('is given up as soon as it closes, while what watches it still gets an answer', async () => {
    const server = await startServer({ metricsPort: 0, limits: { shutdownGraceMs: 300 } });
    const { port } = server;
    // Keeps the closing server waiting for its grace.
    const { connect: connectTcp } = await import('node:net');
    const idle = connectTcp(port, '127.0.0.1');
    idle.on('error', () => undefined);
    onTestFinished(() => void idle.destroy());
    await new Promise<void>((resolve) => idle.once('connect', () => resolve()));
    await ask(server.url, '/health');
    const closed = server.close();
    expect((await observed(server.metricsPort, '/ready')).status).toBe(503);
    await closed;
    await expect(observed(server.metricsPort, '/ready')).rejects.toThrow();
  });
});

describe('the log', () => {
  const at = new Date('2026-01-02T03:04:05.678Z');
  const make = (options: Partial<LogOptions> = {}) => {
    const lines: string[] = [];
    const clock = fakeClock();
    const log = createLog({
      format: 'json',
      linesPerMinute: 3,
      clock,
      write: (line) => lines.push(line),
      date: () => at,
      ...options,
    });
    return { lines, clock, log };
  };

  test('is a line of JSON, or of words', () => {
    const { lines, log } = make();
    log('refused', { why: 'rate', address: 'abc' });
    expect(lines).toEqual([
      '{"time":"2026-01-02T03:04:05.678Z","event":"refused","why":"rate","address":"abc"}\n',
    ]);
    const text = make({ format: 'text' });
    text.log('thrown-out', { why: 'a\nb', times: 2 });
    text.log('closed');
    expect(text.lines).toEqual([
      '2026-01-02T03:04:05.678Z thrown-out why="a\\nb" times=2\n',
      '2026-01-02T03:04:05.678Z closed\n',
    ]);
    const off = make({ format: 'off' });
    off.log('closed');
    expect(off.lines).toEqual([]);
  });

  test('P9: leaves lines out when there are too many, and says how many', () => {
    const { lines, clock, log } = make();
    for (let index = 0; index < 10; index += 1) log('refused', { why: 'rate' });
    expect(lines).toHaveLength(3);
    clock.advance(60_000);
    log('closed');
    expect(lines.slice(3).map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { event: 'left-out', lines: 7 },
      { event: 'closed' },
    ]);
  });

  test('P17: addresses are hashes, the same for a day and never again', () => {
    const clock = fakeClock();
    const hash = new AddressHash(clock);
    const first = hash.of('192.0.2.1');
    expect(first).toMatch(/^[0-9a-f]{16}$/);
    clock.advance(24 * 3600_000 - 1);
    expect(hash.of('192.0.2.1')).toBe(first);
    expect(hash.of('192.0.2.2')).not.toBe(first);
    clock.advance(1);
    expect(hash.of('192.0.2.1')).not.toBe(first);
    expect(new AddressHash(clock).of('192.0.2.1')).not.toBe(hash.of('192.0.2.1'));
  });

  test('P17: a server says who was refused by that alone', async () => {
    const lines: string[] = [];
    const server = await startServer({ log: 'text', writeLog: (line) => lines.push(line) });
    const { room, guest } = await pair(server);
    await refusal(server.url, { extraHeaders: { Origin: 'http://evil.example' } });
    guest.emit('signal', room, new Uint8Array(17_000));
    await new Promise((resolve) => guest.once('disconnect', resolve));
    await server.close();
    expect(lines.map((line) => line.trim().split(' ')[1])).toEqual([
      'listening',
      'refused',
      'thrown-out',
      'closing',
      'closed',
    ]);
    const all = lines.join('');
    expect(all).toMatch(/refused why="origin" address="[0-9a-f]{16}"/);
    for (const hidden of [room, '127.0.0.1', 'evil.example']) expect(all).not.toContain(hidden);
  });
});

describe('P15: TURN credentials', () => {
  const ice = [{ urls: 'turn:turn.example', secret: 's3cret' }];

  test('are short-lived, different for each page, and the secret stays', async () => {
    const server = await startServer({ ice });
    const names = new Set<string>();
    for (let index = 0; index < 3; index += 1) {
      const { body } = await ask(server.url, '/config.json');
      expect(body).not.toContain('s3cret');
      const { iceServers } = JSON.parse(body) as { iceServers: { username: string }[] };
      const [endsAt = ''] = iceServers[0]?.username.split(':') ?? [];
      const lifeSecs = Number(endsAt) - Date.now() / 1000;
      expect(lifeSecs).toBeGreaterThan(60);
      expect(lifeSecs).toBeLessThanOrEqual(600);
      names.add(iceServers[0]?.username ?? '');
    }
    expect(names.size).toBe(3);
  });

  test('are given to one address so often and no more', async () => {
    const server = await startServer({ ice, limits: { credentialsPerMinute: 2 } });
    const statuses: number[] = [];
    for (let index = 0; index < 3; index += 1) {
      statuses.push((await ask(server.url, '/config.json')).status);
    }
    expect(statuses).toEqual([200, 200, 429]);
    const fixed = await startServer({ limits: { credentialsPerMinute: 0 } });
    expect((await ask(fixed.url, '/config.json')).status).toBe(200);
  });
});

test('P11: a request that never ends its headers is cut off', async () => {
  const server = await startServer({ limits: { headersTimeoutMs: 50, requestTimeoutMs: 60 } });
  const { connect: connectTcp } = await import('node:net');
  const socket = connectTcp(server.port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.resume();
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write('GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ');
  await closed;
  expect((await ask(server.url, '/health')).status).toBe(200);
});
