import { createHash } from 'node:crypto';
import { numberedOps, opName, opNumber, protocolVersion } from '@duet/protocol';
import { expect, it } from 'vitest';
import { allowedOps } from '../src';

it('every op that may be called has a number of its own, and no other has one', () => {
  expect(new Set(numberedOps).size).toBe(numberedOps.length);
  expect([...numberedOps].sort()).toEqual(allowedOps.map(({ name }) => name).sort());
  for (const [at, name] of numberedOps.entries()) {
    expect(opNumber(name)).toBe(at + 1);
    expect(opName(at + 1)).toBe(name);
  }
  expect(opNumber('toString')).toBeUndefined();
  expect(opName(0)).toBeUndefined();
});

it('numbers keep their meaning within one version of the protocol', () => {
  const meaning = createHash('sha256').update(numberedOps.join()).digest('hex');
  // Whoever changes the second changes the first.
  expect([protocolVersion, meaning.slice(0, 16)]).toMatchInlineSnapshot(`
    [
      5,
      "ed6ebe54100deaf1",
    ]
  `);
});
