/** The program in docs/virtual-workers.md, run as it stands there. */

import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import * as duetjs from '../../src';
import '../../src/augment';

const AsyncFunction = (async () => undefined).constructor as new (
  ...words: string[]
) => (...values: unknown[]) => Promise<unknown>;

it('logs what the page says', async () => {
  await tf.setBackend('cpu');
  const path = '../../../../docs/virtual-workers.md';
  const page = readFileSync(new URL(path, import.meta.url), 'utf8');
  const code = /^```js example\n([\s\S]*?)^```$/m.exec(page)?.[1];
  if (code === undefined) throw new Error('The page has no example.');
  const names = /^import \{ (.*) \} from 'duetjs';$/m.exec(code)?.[1]?.split(', ') ?? [];
  const imported = Object.fromEntries(
    names.map((name) => [name, (duetjs as Readonly<Record<string, unknown>>)[name]]),
  );
  const logged: string[] = [];
  const given = {
    ...imported,
    tf,
    log: (...words: unknown[]) => logged.push(words.map((word) => JSON.stringify(word)).join(' ')),
  };
  const body = code.replaceAll(/^import .*;\n/gm, '');
  await new AsyncFunction(...Object.keys(given), body)(...Object.values(given));
  expect(logged).toEqual([
    '"sum" [4,4,4]',
    '"doubled" [2,4,6]',
    '"mean" 46',
    '"stepped" [0.5,1]',
    '"alice" 1',
    '"alice" 4',
    '"bob" 25',
    '"bob" 25',
  ]);
  expect(page).toContain('sum `[4, 4, 4]`');
});
