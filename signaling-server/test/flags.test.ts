import { describe, expect, test } from 'vitest';
import { FlagError, parseFlags, type Setting, settings, usage } from '../src/flags';

test('the defaults', () => {
  expect(parseFlags([])).toEqual({
    host: 'localhost',
    port: 8787,
    ice: [],
    allowOrigin: [],
    trustProxy: false,
    relay: true,
    log: 'off',
    metricsHost: '127.0.0.1',
    limits: {},
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
    '--relay=off',
    '--log=json',
    '--metrics-port=9787',
    '--metrics-host=0.0.0.0',
    '--limit=rooms=10',
    '--limit',
    'relayedPairs=0',
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
    relay: false,
    log: 'json',
    metricsPort: 9787,
    metricsHost: '0.0.0.0',
    limits: { rooms: 10, relayedPairs: 0 },
  });
});

describe('the environment', () => {
  test('counts where a flag is not given', () => {
    const environment = {
      DUET_SIGNALING_PORT: '9000',
      DUET_SIGNALING_HOST: '::',
      DUET_SIGNALING_ICE: 'stun:a.example  turn:b.example?secret=x',
      DUET_SIGNALING_TRUST_PROXY: 'on',
      DUET_SIGNALING_RELAY: 'off',
      DUET_SIGNALING_LIMIT: 'rooms=5',
      DUET_SIGNALING_LOG: '',
      OTHER: 'ignored',
    };
    expect(parseFlags(['--port', '9001'], environment)).toMatchObject({
      port: 9001,
      host: '::',
      ice: [{ urls: 'stun:a.example' }, { urls: 'turn:b.example', secret: 'x' }],
      trustProxy: true,
      relay: false,
      log: 'off',
      limits: { rooms: 5 },
    });
  });

  test.each([
    ['DUET_SIGNALING_PORT', 'x', '--port "x"'],
    ['DUET_SIGNALING_TRUST_PROXY', 'yes', '--trust-proxy "yes"'],
  ])('%s is held to the same rules', (name, value, named) => {
    expect(() => parseFlags([], { [name]: value })).toThrow(named);
  });
});

test('every setting but two has its variable, and stands in --help with its default', () => {
  for (const setting of settings as readonly Setting[]) {
    const isAboutTheCommand = ['help', 'version'].includes(setting.name);
    const variable = `DUET_SIGNALING_${setting.name.toUpperCase().replaceAll('-', '_')}`;
    expect(setting.variable).toBe(isAboutTheCommand ? undefined : variable);
    const [line = ''] = new RegExp(`^ {2}--${setting.name}\\b.*$`, 'm').exec(usage) ?? [];
    expect(line).toContain(setting.meaning);
    if (setting.default !== '') expect(line).toContain(`default: ${setting.default}`);
  }
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
  [['--relay', 'maybe'], '--relay "maybe"'],
  [['--log', 'loud'], '--log "loud"'],
  [['--limit', 'rooms'], '--limit "rooms"'],
  [['--limit', 'rooms=-1'], '--limit'],
  [['--limit', 'toString=1'], '--limit "toString=1"'],
  [['--metrics-port', 'x'], '--metrics-port "x"'],
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
