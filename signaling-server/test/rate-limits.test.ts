import { expect, test } from 'vitest';
import { rateKey } from '../src/addresses';
import { OpenCounter, RateLimiter } from '../src/rate-limits';

test('so many at once, then one for each share of a minute', () => {
  const limiter = new RateLimiter(6, 10);
  for (let index = 0; index < 6; index += 1) expect(limiter.take(0, 'a')).toBe(true);
  expect(limiter.take(0, 'a')).toBe(false);
  expect(limiter.take(0, 'b')).toBe(true);
  expect(limiter.take(9_999, 'a')).toBe(false);
  expect(limiter.take(20_000, 'a')).toBe(true);
  expect(limiter.take(20_000, 'a')).toBe(true);
  expect(limiter.take(20_000, 'a')).toBe(false);
});

test('a bucket never holds more than a minute’s worth', () => {
  const limiter = new RateLimiter(2, 10);
  limiter.take(0, 'a');
  const later = 3600_000;
  expect([1, 2, 3].map(() => limiter.take(later, 'a'))).toEqual([true, true, false]);
});

test('full buckets are forgotten, and so are the longest unseen', () => {
  const limiter = new RateLimiter(2, 3);
  for (const key of ['a', 'b', 'c', 'd']) limiter.take(0, key);
  expect(limiter.size).toBe(3);
  limiter.sweep(1);
  expect(limiter.size).toBe(3);
  limiter.sweep(60_000);
  expect(limiter.size).toBe(0);
});

test('open connections are counted by address', () => {
  const counter = new OpenCounter(2);
  counter.add('a');
  counter.add('a');
  expect(counter.isFull('a')).toBe(true);
  expect(counter.isFull('b')).toBe(false);
  counter.remove('a');
  expect(counter.isFull('a')).toBe(false);
  counter.remove('a');
  expect(counter.size).toBe(0);
});

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['::1', '0:0:0:0::/64'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:0db8::', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['', ''],
])('the address %s is counted as %s', (address, key) => {
  expect(rateKey(address)).toBe(key);
});
