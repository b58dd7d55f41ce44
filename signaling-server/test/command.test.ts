import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'vite';
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { usage } from '../src/flags';
import { makeCertificate } from './certificate';
import { ask, createClient, disconnected, next, open, randomRoom } from './support';

/** The folder with the built command, laid out as it is published. */
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'duet-command-'));
  await build({
    configFile: fileURLToPath(new URL('../vite.config.ts', import.meta.url)),
    logLevel: 'error',
    build: { outDir: folder },
  });
  await mkdir(join(folder, 'pages', 'owner'), { recursive: true });
  await writeFile(join(folder, 'pages', 'owner', 'index.html'), '<title>the owner’s page</title>');
  // Makes the file a module, as the published package.json does.
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  const { cert, key } = makeCertificate();
  await writeFile(join(folder, 'cert.pem'), cert);
  await writeFile(join(folder, 'key.pem'), key);
  return () => rm(folder, { recursive: true });
}, 60_000);

interface Run {
  readonly child: ChildProcess;
  readonly output: { stdout: string; stderr: string };
  readonly ended: Promise<number | null>;
}

const run = (...args: string[]): Run => runNode([], args);

function runNode(nodeFlags: readonly string[], args: readonly string[]): Run {
  const command = join(folder, 'duetjs-signaling.js');
  const child = spawn(process.execPath, [...nodeFlags, command, ...args]);
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    output.stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output.stderr += chunk.toString();
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return { child, output, ended };
}

/** Runs until the last line of the announcement; resolves with the port. */
async function start(...args: string[]): Promise<Run & { port: number }> {
  const started = run(...args);
  await new Promise<void>((resolve, reject) => {
    started.child.stdout?.on('data', () => {
      if (started.output.stdout.includes('Ctrl+C')) resolve();
    });
    void started.ended.then(() => reject(new Error(started.output.stderr)));
  });
  const port = Number(/\w:(\d+)(?:\/owner\/)?$/m.exec(started.output.stdout)?.[1]);
  return { ...started, port };
}

describe('the built command', () => {
  test('prints the owner’s URL, and serves the pages beside it', async () => {
    const { output, port } = await start('--port', '0');
    expect(output.stdout).toContain(`http://localhost:${port}/owner/\n`);
    expect(output.stderr).toBe('');
    const { status, body } = await ask(`http://localhost:${port}`, '/owner/');
    expect([status, body]).toEqual([200, '<title>the owner’s page</title>']);
  });

  test('says so when the port is taken, and takes the next free one', async () => {
    const taker = createServer();
    onTestFinished(() => void taker.close());
    const taken = await new Promise<number>((resolve) => {
      taker.listen(0, '127.0.0.1', () => {
        const address = taker.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
    const { output, port } = await start('--port', String(taken));
    expect(port).toBeGreaterThan(taken);
    expect(output.stdout).toContain(`Port ${taken} is taken; this is on port ${port} instead.`);
  });

  test('is a module too', async () => {
    const { createSignalingServer } = await import(join(folder, 'duetjs-signaling.js'));
    const server = await createSignalingServer({ host: '127.0.0.1', port: 0 });
    expect((await ask(server.url, '/health')).status).toBe(200);
    await server.close();
  });

  test('--version and --help', async () => {
    const [version, help] = [run('--version'), run('--help')];
    expect([await version.ended, await help.ended]).toEqual([0, 0]);
    expect(version.output.stdout).toBe(`${packageJson.version}\n`);
    expect(help.output.stdout).toBe(usage);
  });

  test.each([
    [['--wat'], '--wat'],
    [['--port', 'x'], '--port "x"'],
    [['--ice', 'turn:host'], 'turn:host'],
    [['--tls-cert', 'none.pem', '--tls-key', 'none.pem'], '--tls-cert "none.pem"'],
  ])('%j is one line on stderr and exit code 2', async (args, named) => {
    const { output, ended } = run(...args);
    expect(await ended).toBe(2);
    expect(output.stdout).toBe('');
    expect(output.stderr.match(/\n/g)).toHaveLength(1);
    expect(output.stderr).toContain(named);
  });

  test('a host that this machine does not have is one line and exit code 1', async () => {
    const { output, ended } = run('--host', '203.0.113.1', '--port', '0');
    expect(await ended).toBe(1);
    expect(output.stderr).toMatch(/^duetjs-signaling: .*--host.*\n$/);
  });

  test('a PEM file that is none is refused', async () => {
    const file = join(folder, 'package.json');
    const { output, ended } = run('--tls-cert', file, '--tls-key', file);
    expect(await ended).toBe(2);
    expect(output.stderr).toContain('not in PEM');
  });

  test('serves pages and signaling over TLS', async () => {
    const files = ['--tls-cert', join(folder, 'cert.pem'), '--tls-key', join(folder, 'key.pem')];
    const { output, port } = await start('--port', '0', ...files);
    expect(output.stdout).toContain(`https://localhost:${port}/owner/`);
    const cert = await readFile(join(folder, 'cert.pem'), 'utf8');
    expect((await ask(`https://localhost:${port}`, '/owner/', { ca: cert })).status).toBe(200);
    const client = createClient(`https://localhost:${port}`, { ca: cert });
    const connected = new Promise<void>((resolve, reject) => {
      client.once('connect', resolve);
      client.once('connect_error', reject);
    });
    client.connect();
    await connected;
    expect(await open(client, randomRoom())).toEqual({ ok: true, relay: true });
  });

  test('settings may be in the environment', async () => {
    vi.stubEnv('DUET_SIGNALING_PORT', '0');
    vi.stubEnv('DUET_SIGNALING_METRICS_PORT', 'none');
    onTestFinished(() => void vi.unstubAllEnvs());
    const wrong = run('--host', '127.0.0.1');
    expect(await wrong.ended).toBe(2);
    expect(wrong.output.stderr).toContain('--metrics-port "none"');
    const { output } = await start('--host', '127.0.0.1', '--metrics-port', '0');
    expect(output.stdout).toMatch(/^Metrics are at http:\/\/127\.0\.0\.1:\d+\/metrics$/m);
    const [metrics = ''] = /http:\S+\/metrics/.exec(output.stdout) ?? [];
    expect(await (await fetch(metrics)).text()).toContain('duet_connections 0\n');
  });

  test('P17: what is logged names no room, no address and nothing that passed', async () => {
    const flags = ['--port', '0', '--host', '127.0.0.1', '--log', 'json'];
    const { output, port, child, ended } = await start(...flags);
    const client = createClient(`http://127.0.0.1:${port}`);
    client.connect();
    const room = randomRoom();
    await open(client, room);
    const gone = disconnected(client);
    client.emit('leave', `${room}${'x'.repeat(99)}`);
    await gone;
    child.kill();
    await ended;
    const lines = output.stderr.trim().split('\n');
    const events = lines.map((line) => (JSON.parse(line) as { event: string }).event);
    expect(events).toEqual(['listening', 'thrown-out', 'closing', 'closed']);
    for (const hidden of [room, '127.0.0.1', 'xxx']) expect(output.stderr).not.toContain(hidden);
  });

  test('P17: nothing that passes is logged', async () => {
    const { output, port, child, ended } = await start('--port', '0', '--host', '127.0.0.1');
    const announced = output.stdout;
    const client = createClient(`http://127.0.0.1:${port}`);
    client.connect();
    await open(client, randomRoom());
    client.emit('signal', randomRoom(), new Uint8Array(8));
    const gone = disconnected(client);
    client.emit('leave', 'x'.repeat(99_999));
    await gone;
    child.kill();
    await ended;
    expect(output).toEqual({ stdout: announced, stderr: '' });
  });

  test('P13: a fault of its own is one line without what was sent, and exit code 1', async () => {
    // Breaks as soon as it has said that it is ready.
    const fault = join(folder, 'fault.mjs');
    await writeFile(
      fault,
      `const write = process.stdout.write.bind(process.stdout);
      process.stdout.write = (text) => {
        setImmediate(() => { throw new TypeError('what somebody sent\\n    at them') });
        return write(text);
      };`,
    );
    const flags = ['--port', '0', '--host', '127.0.0.1'];
    const { output, ended } = runNode(['--import', pathToFileURL(fault).href], flags);
    expect(await ended).toBe(1);
    expect(output.stdout).toContain('Ctrl+C');
    expect(output.stderr).toMatch(/^\S+ crashed error="TypeError" where="at .*fault\.mjs.*"\n$/);
    expect(output.stderr).not.toContain('somebody');
  });

  // Windows has no signals that a process could answer.
  test.runIf(process.platform !== 'win32').each(['SIGINT', 'SIGTERM'] as const)(
    '%s tells who is connected, and the process ends by itself',
    async (signal) => {
      const { child, ended, port } = await start('--port', '0', '--host', '127.0.0.1');
      const client = createClient(`http://127.0.0.1:${port}`);
      client.connect();
      const room = randomRoom();
      await open(client, room);
      const told = [next(client, 'left'), disconnected(client)];
      child.kill(signal);
      child.kill(signal);
      expect(await Promise.all(told)).toEqual([[room], 'transport close']);
      expect(await ended).toBe(0);
    },
  );

  test('warns that other machines will not find a secure context', async () => {
    // Started without listening to the outside: the warning is printed for any host that is not loopback by name.
    const { output } = await start('--host', '::ffff:127.0.0.1', '--port', '0');
    expect(output.stdout).toContain('Warning: without TLS');
    const secure = await start('--host', '127.0.0.1', '--port', '0');
    expect(secure.output.stdout).not.toContain('Warning');
  });
});
