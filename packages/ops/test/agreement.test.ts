import { isDuetError, type TensorMeta } from '@duet/protocol';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { allowedOps, inferCall, type OpSpec } from '../src';
import { findEntry } from '../src/registry';
import { callOf } from './calls';
import { deviations } from './deviations';
import { callTfjs, prepareTfjs } from './tfjs';

/** Fixed, so that a failure can be repeated; fast-check prints it with what failed. */
const seed = Number(process.env['DUET_OPS_SEED'] ?? 20260);
const runs = Number(process.env['DUET_OPS_RUNS'] ?? 120);

beforeAll(prepareTfjs);

type Outcome = { readonly facts: readonly TensorMeta[] } | { readonly error: string };

function ours(spec: OpSpec, args: Parameters<typeof inferCall>[1]): Outcome | undefined {
  try {
    return { facts: inferCall(spec, args).outputs };
  } catch (error) {
    if (!isDuetError(error)) throw error;
    // What is over the limits is not tried.
    if (error.code === 'too-large') return undefined;
    expect(error.code, error.message).toBe('bad-argument');
    return { error: error.message };
  }
}

async function theirs(
  spec: OpSpec,
  args: Parameters<typeof inferCall>[1],
  offset: number,
): Promise<Outcome> {
  try {
    return { facts: await callTfjs(spec, args, offset) };
  } catch (error) {
    return { error: String(error) };
  }
}

/** How often each side of the comparison was seen, so that a generator that only makes nonsense is noticed. */
const accepted = new Map<string, number>();

describe('shapes, dtypes and failures agree with tfjs', () => {
  test.each(allowedOps.map((spec) => [spec.name, spec] as const))('%s', async (name, spec) => {
    const complex = findEntry(name)?.policy.complex ?? false;
    await fc.assert(
      fc.asyncProperty(callOf(spec, complex), fc.nat(10), async (args, offset) => {
        const mine = ours(spec, args);
        if (mine === undefined) return;
        if ('error' in mine) {
          const known = deviations.some(
            (each) => each.ops.test(name) && mine.error.includes(each.says),
          );
          if (known) return;
        }
        const real = await theirs(spec, args, offset);
        if ('facts' in mine) {
          accepted.set(name, (accepted.get(name) ?? 0) + 1);
          expect(
            real,
            `${name} here ${JSON.stringify(mine)}, in tfjs ${JSON.stringify(real)}`,
          ).toEqual(mine);
        } else {
          expect('facts' in real, `${mine.error} In tfjs ${JSON.stringify(real)}`).toBe(false);
        }
      }),
      { seed, numRuns: runs, includeErrorInReport: true },
    );
    expect(accepted.get(name) ?? 0).toBeGreaterThan(runs / 12);
  });
});
