/** Which engine scientists get, where there are no workers. Those in workers are tested in browsers. */

import { describe, expect, it } from 'vitest';
import { loopback } from '../src';
import { type EngineOptions, Engines } from '../src/engines';

const make = (options: EngineOptions): Engines => new Engines(options, () => undefined);

describe('engines', () => {
  it('are in the page where there are no workers: one scientist at a time, and no warning', async () => {
    const { owner, scientist } = await loopback({ owner: { backend: 'cpu' } });
    expect(owner.status.engine).toBe('page');
    scientist.close();
    await owner.close();
    const told: string[] = [];
    const engines = new Engines({}, ({ code }) => told.push(code));
    expect([engines.kind, engines.mostScientists, told]).toEqual(['page', 1, []]);
    await engines.close();
  });

  it('say so where a worker is asked for and there are none', () => {
    expect(() => make({ engine: 'worker' })).toThrow(
      expect.objectContaining({ code: 'no-engine' }),
    );
  });

  it.each([
    [{ engine: 'gpu' }, "'worker' or 'page'"],
    [{ backend: 'tpu' }, 'cpu, wasm, webgl, webgpu'],
    [{ engineUrl: 'javascript:alert(1)' }, 'engineUrl'],
    [{ engineUrl: 'https://' }, 'engineUrl'],
    [{ engine: 'page', engineUrl: 'https://example.org/duet-engine.js' }, 'engineUrl'],
    [{ threads: 0 }, 'from 1 to 8'],
    [{ threads: 1.5 }, 'from 1 to 8'],
    [{ threads: 9 }, 'from 1 to 8'],
    [{ opTimeoutMs: 0 }, 'opTimeoutMs'],
    [{ opTimeoutMs: Number.NaN }, 'opTimeoutMs'],
  ])('refuse %j', (options, words) => {
    expect(() => make(options as EngineOptions)).toThrow(
      expect.objectContaining({
        code: 'bad-argument',
        message: expect.stringContaining(words),
      }),
    );
  });
});
