import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { iceServersFor, parseIce } from '../src/ice';

test.each([
  ['stun:stun.example', { urls: 'stun:stun.example' }],
  ['stun:[2001:db8::1]:3478', { urls: 'stun:[2001:db8::1]:3478' }],
  [
    'turn:turn.example:3478?user=ann&credential=a%26b%3Dc',
    { urls: 'turn:turn.example:3478', username: 'ann', credential: 'a&b=c' },
  ],
  [
    'turns:turn.example:443?transport=tcp&user=ann&credential=pw=',
    { urls: 'turns:turn.example:443?transport=tcp', username: 'ann', credential: 'pw=' },
  ],
  ['turn:turn.example?secret=s3cret', { urls: 'turn:turn.example', secret: 's3cret' }],
])('%s', (text, entry) => {
  expect(parseIce(text)).toEqual(entry);
});

test.each([
  '',
  'stun.example',
  'http://stun.example',
  'stun:',
  'stun:a b',
  'stun:host:0',
  'stun:host:65536',
  'stun:host:x',
  'stun:host?user=ann',
  'turn:host',
  'turn:host?user=ann',
  'turn:host?credential=x',
  'turn:host?secret=s&user=ann',
  'turn:host?user=a&user=b&credential=c',
  'turn:host?user=a&credential=c&transport=quic',
  'turn:host?user=a&credential=%zz',
  'turn:host?user=a&credential=c&policy=relay',
])('%j is refused', (text) => {
  expect(() => parseIce(text)).toThrow(Error);
});

test('what is refused does not repeat a secret', () => {
  expect(() => parseIce('turn:host?user=ann&credential=hunter2&transport=quic')).toThrow(
    expect.not.objectContaining({ message: expect.stringContaining('hunter2') }),
  );
});

test('a secret becomes credentials that expire, and never leaves', () => {
  const [server] = iceServersFor([parseIce('turn:turn.example?secret=s3cret')], 1_000_000.5);
  const username = server?.username ?? '';
  expect(username).toMatch(/^1000600:[0-9a-f]{12}$/);
  const credential = createHmac('sha1', 's3cret').update(username).digest('base64');
  expect(server).toEqual({ urls: 'turn:turn.example', username, credential });
});
