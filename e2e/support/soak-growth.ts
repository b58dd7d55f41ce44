/** What may grow in a soak, and by how much. */

import { type Bound, flatnessOf } from './flatness';

/** One reading of one side: bytes and counts by name. Undefined where there was nothing to read. */
export type SoakReading = Readonly<Record<string, number | undefined>>;

export interface SoakSample {
  readonly minute: number;
  readonly owner: SoakReading;
  readonly scientist: SoakReading;
}

export interface SoakGrowth {
  readonly side: 'owner' | 'scientist';
  readonly figure: string;
  readonly median: number;
  readonly growth: number;
  readonly allowed: number;
  readonly isFlat: boolean;
}

/**
 * What is kept on purpose: on the scientist's side a receipt for each release (1 kB, some fifty a minute), on the owner's the
 * last decided requests, on both the plans of the last 64 graphs and code as it is compiled. A process keeps free pages as its
 * allocator likes. Counts are read between two jobs.
 */
function boundOf(figure: string): Bound {
  if (figure === 'resident bytes') return { slack: 16e6, share: 0.05 };
  if (figure === 'heldPlans') return { slack: 64, share: 0 };
  if (figure.endsWith('bytes')) return { slack: 2e6, share: 0.05 };
  return { slack: 4, share: 0 };
}

export function growthOf(samples: readonly SoakSample[]): SoakGrowth[] {
  return (['owner', 'scientist'] as const).flatMap((side) => {
    const figures = new Set(samples.flatMap((sample) => Object.keys(sample[side])));
    return [...figures].flatMap((figure) => {
      const read = samples.flatMap((sample) => sample[side][figure] ?? []);
      return read.length === 0 ? [] : [{ side, figure, ...flatnessOf(read, boundOf(figure)) }];
    });
  });
}
