import { expect, test } from 'vitest';
import { FlagError, parseFlags } from '../src/flags';

test('the defaults', () => {
  expect(parseFlags([])).toEqual({
    host: 'localhost',
    port: 8787,
    ice: [],
    allowOrigin: [],
    trustProxy: false,
    help: false,
    version: false,
  });
});

test('every flag', () => {
  const flags = parseFlags([
    '--host=[::1]',
    '--port',
    '0',
    '--public-url',
    'https://duet.example/',
    '--tls-cert=cert.pem',
    '--tls-key=key.pem',
    '--ice=stun:a.example',
    '--ice=stun:b.example',
    '--allow-origin=https://lab.example:8443',
    '--trust-proxy',
  ]);
  expect(flags).toMatchObject({
    host: '::1',
    port: 0,
    publicUrl: 'https://duet.example',
    tlsCert: 'cert.pem',
    tlsKey: 'key.pem',
    ice: [{ urls: 'stun:a.example' }, { urls: 'stun:b.example' }],
    allowOrigin: ['https://lab.example:8443'],
    trustProxy: true,
  });
});

test.each([
  [['--port', '70000'], '--port "70000"'],
  [['--port', '-1'], '--port'],
  [['--port', '1e3'], '--port "1e3"'],
  [['--port'], '--port'],
  [['--host', 'a b'], '--host "a b"'],
  [['--public-url', 'duet.example'], '--public-url "duet.example"'],
  [['--public-url', 'https://duet.example/path'], '--public-url'],
  [['--allow-origin', '*'], '--allow-origin "*"'],
  [['--allow-origin', 'ftp://a.example'], '--allow-origin'],
  [['--tls-cert', 'cert.pem'], '--tls-key'],
  [['--ice', 'nonsense'], '--ice'],
  [['--wat'], '--wat'],
  [['stray'], 'stray'],
])('%j is refused in one line that names it', (args, named) => {
  let thrown: unknown;
  try {
    parseFlags(args);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(FlagError);
  expect((thrown as FlagError).message).toContain(named);
  expect((thrown as FlagError).message).not.toContain('\n');
});
