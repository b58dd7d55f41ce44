/** Each case is a test or a row of the documents, and each weakness has its answer: there is no third state. */

import { describe, expect, it } from 'vitest';
import { caseNumbers, weaknessCount } from './cases';
import { allTestNames, idsIn, readText, rowsIn, testNames } from './named-tests';

const ids = idsIn(allTestNames());
/** The first are written out: attacks have ids up to D12, too. */
const nameOf = (number: number) => (number < 17 ? `Duet ${number}` : `D${number}`);
const tested = caseNumbers.filter((number) => ids.has(nameOf(number)));

describe('Duet’s acceptance cases', () => {
  const rows = rowsIn(readText('docs/migration.md'), /^\d+$/);
  const written = rows.map(([number]) => Number(number));

  it('are numbered from 1 to 98', () => {
    expect(caseNumbers).toEqual(Array.from({ length: 98 }, (_, at) => 1 + at));
  });

  it('are each a test under their number, or a row that says what is otherwise and why, and not both', () => {
    expect(new Set(written).size).toBe(written.length);
    expect([...tested, ...written].sort((a, b) => a - b)).toEqual(caseNumbers);
  });

  it('have nothing left out where they are a row', () => {
    for (const cells of rows) {
      expect(cells).toHaveLength(4);
      for (const cell of cells.slice(1)) expect(cell, cells[0]).toMatch(/\w{3}/);
    }
  });
});

describe('Duet’s weaknesses', () => {
  const rows = rowsIn(readText('docs/threats.md'), /^W\d+$/);

  it('are all in docs/threats.md, in their order', () => {
    const wanted = Array.from({ length: weaknessCount }, (_, at) => `W${1 + at}`);
    expect(rows.map(([id]) => id)).toEqual(wanted);
  });

  it('each have an answer, and tests that there are', () => {
    const faults = rows.flatMap(([id, what = '', answer = '', proof = '']) => {
      const named = proof.match(/\b[A-HLMP]\d{1,2}\b/g) ?? [];
      const links = proof.match(/\]\([^)]*\.(test|spec)\.ts\)/g) ?? [];
      const unknown = named.filter((name) => !ids.has(name));
      const isWhole = what !== '' && answer !== '' && named.length + links.length > 0;
      return [...unknown.map((name) => `${id} ${name}`), ...(isWhole ? [] : [`${id}`])];
    });
    expect(faults).toEqual([]);
  });
});

describe('the search for test names', () => {
  it('finds what runs, under each of its ids', () => {
    const found = testNames(`
      it('D17 one', () => {});
      it.each([1, 2])('D18 %s', () => {});
      attack(['A1', 'A2'], \`D19 \${word} there\`, () => {}, { limits: 'D99' });
      it('Duet 3 one');
      describe('x', () => { test("D20, D21 two", () => { expect('D22').toBe('D23'); }); });
    `);
    expect([...idsIn(found)]).toEqual(['D17', 'D18', 'A1', 'A2', 'D19', 'Duet 3', 'D20', 'D21']);
  });

  it('finds nothing that does not', () => {
    const found = testNames(`
      it.skip('D17 one', () => {});
      test.todo('D18 two');
      it.skipIf(true)('D19', () => {});
      describe('D20', () => {});
      // it('D21', () => {});
      const text = "it('D22')";
    `);
    expect(found).toEqual([]);
  });
});
