/** docs/classes.md lists the rules as they are. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { allowedOps } from '../src';
import { type ClassRules, rulesOf } from '../src/classes/table';

const text = readFileSync(new URL('../../../docs/classes.md', import.meta.url), 'utf8');

const having = (rule: keyof ClassRules) =>
  allowedOps
    .map(({ name }) => name)
    .filter((name) => rulesOf(name)[rule] !== undefined)
    .sort();

/** The ops in the first column of the table after these words. */
function tableAfter(words: string): string[] {
  const after = text.slice(text.indexOf(words));
  const rows = after.slice(after.indexOf('|---')).split('\n\n')[0] ?? '';
  const cells = rows
    .split('\n')
    .slice(1)
    .map((row) => row.split('|')[1] ?? '');
  return cells.flatMap(opsIn).sort();
}

function opsIn(words: string): string[] {
  return [...words.matchAll(/`([a-zA-Z0-9.]+)`/g)].map(([, name = '']) => name);
}

describe('docs/classes.md', () => {
  it('lists what makes an aggregate', () => {
    expect(tableAfter('Nothing else makes an aggregate')).toEqual(having('aggregate'));
  });

  it('lists what keeps a view', () => {
    expect(tableAfter('These keep a view')).toEqual(having('columns'));
  });

  it('lists the losses and accuracies', () => {
    const after = text.slice(text.indexOf('float32, of one of these ops'));
    const listed = opsIn(after.slice(0, after.indexOf('- `weights`')));
    const measures = having('measure').filter((name) => /^(losses|metrics)\./.test(name));
    expect(listed.sort()).toEqual(measures);
    const all = allowedOps
      .map(({ name }) => name)
      .filter((name) => /^(losses|metrics)\./.test(name));
    expect(measures).toEqual(all.sort());
  });
});
