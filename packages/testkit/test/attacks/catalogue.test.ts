/** Every attack of the catalogue has tests that are named after it, or a reason why not; never both. */

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { allTestNames, idsIn as idsInNames } from '../parity/named-tests';
import { type AttackId, attackIds, catalogue } from './catalogue';
import { notApplicable } from './not-applicable';

const here = fileURLToPath(new URL('.', import.meta.url));
const threats = readFileSync(new URL('../../../../docs/threats.md', import.meta.url), 'utf8');

const files = [
  ...readdirSync(here)
    .filter((name) => /^group-.*\.test\.ts$/.test(name))
    .map((name) => `${here}${name}`),
  fileURLToPath(new URL('../browser/attacks.browser.test.ts', import.meta.url)),
];

/** The ids that a file's tests are named after. */
function idsIn(file: string): AttackId[] {
  const text = readFileSync(file, 'utf8');
  const naming =
    /\b(?:attack|attackOnTwo|attackByOwner|areNoOps|titleOf)\(\s*(\[[^\]]*\]|'[A-Z]\d+')/g;
  return [...text.matchAll(naming)]
    .flatMap(([, ids = '']) => [...ids.matchAll(/'([A-Z]\d+)'/g)].map(([, id = '']) => id))
    .filter((id): id is AttackId => id in catalogue);
}

/**
 * What needs a hostile server, a real one, or pages is tried where these are: in the tests of the link, of the signaling server,
 * and of the pages, and not under the eyes of a scientist's harness.
 */
const isElsewhere = (id: AttackId) => /^[LP]/.test(id) || id === 'G11' || id === 'M6';

const named = idsInNames(allTestNames());
const tested = new Set([
  ...files.flatMap(idsIn),
  ...attackIds.filter((id) => isElsewhere(id) && named.has(id)),
]);

describe('the catalogue of attacks', () => {
  it('has each group whole', () => {
    const sizes = { A: 16, B: 13, C: 18, D: 12, E: 12, F: 14, G: 12, H: 20, P: 23, L: 10, M: 7 };
    const counted = Object.keys(sizes).map((group) => [
      group,
      attackIds.filter((id) => id.startsWith(group)).length,
    ]);
    expect(Object.fromEntries(counted)).toEqual(sizes);
  });

  it.each(attackIds)('%s is tested, or has a reason, and not both', (id) => {
    expect([tested.has(id), notApplicable[id] !== undefined].filter(Boolean)).toHaveLength(1);
  });

  it('has a case of each group in a browser', () => {
    const inBrowser = idsIn(files.at(-1) ?? '').map(([group]) => group);
    expect([...new Set(inBrowser)].sort()).toEqual(['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'M']);
  });

  it('is told of in docs/threats.md, with the same reasons', () => {
    const [, section = ''] = threats.split('## Attacks that are not tested');
    const rows = [
      ...(section.split('\n## ')[0]?.matchAll(/^\| ([A-Z]\d+) \| (.*) \| (.*) \|$/gm) ?? []),
    ];
    const listed = rows.map(([, id, title, reason]) => [id, title, reason]);
    expect(listed).toEqual(
      Object.entries(notApplicable).map(([id, reason]) => [id, catalogue[id as AttackId], reason]),
    );
  });
});
