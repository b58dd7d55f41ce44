/** The gate stays small enough to be read in an hour, and apart from what computes. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const folder = join(import.meta.dirname, '../src/gate');
const files = readdirSync(folder).map((name) => ({
  name,
  lines: readFileSync(join(folder, name), 'utf8').split('\n'),
}));

const isCode = (line: string): boolean => !/^\s*(?:\/\/|\/?\*|$)/.test(line);

describe('the gate', () => {
  it('has no long file, and about 1,200 lines of code in all', () => {
    expect(files.map(({ name }) => name)).toContain('gate.ts');
    for (const { name, lines } of files) expect([name, lines.length <= 400]).toEqual([name, true]);
    const code = files.flatMap(({ lines }) => lines.filter(isCode));
    expect(code.length).toBeLessThanOrEqual(1250);
  });

  it('imports neither tfjs nor an engine, and of the ops their types alone', () => {
    const imports = files.flatMap(({ name, lines }) =>
      [...lines.join('\n').matchAll(/import\s+(type\s+)?([^;]*?)\s+from\s+'([^']+)'/g)].map(
        ([, type = '', , from = '']) => ({ name, isType: type !== '', from }),
      ),
    );
    expect(imports.length).toBeGreaterThan(20);
    for (const each of imports) {
      expect(each.from).toMatch(/^(?:\.|@duet\/(?:protocol|ops)$)/);
      if (each.from === '@duet/ops') expect(each).toMatchObject({ isType: true });
    }
  });

  it('has its decisions in files that do nothing but decide', () => {
    const pure = [
      'facts.ts',
      'handlers.ts',
      'ledger.ts',
      'life.ts',
      'request-facts.ts',
      'rounding.ts',
    ];
    for (const name of pure) {
      const file = files.find((each) => each.name === name);
      expect(file?.lines.join('\n')).not.toMatch(
        /\basync\b|\bawait\b|Promise|setTimeout|Date\.|\bcrypto\b/,
      );
    }
  });
});
