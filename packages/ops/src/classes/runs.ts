/** Classes of what a training run gives: its steps are one plan, with batches that the owner's side cuts. */

import type { Plan } from '@duet/protocol';
import type { Info } from './info';
import { measuredInfo, publicInfo, recordInfo } from './infos';
import { joinInfos } from './joins';
import { combined } from './measures';
import { classifyPlan, settled, together } from './plans';
import { someOf } from './rows';

export interface RunInputs {
  readonly plan: Plan;
  /** For the shorter last batch of an epoch, where there is one. */
  readonly lastPlan: Plan | undefined;
  readonly records: number;
  readonly batchSize: number;
  readonly shuffle: boolean;
  readonly state: readonly Info[];
  readonly data: readonly Info[];
  readonly schedule: readonly Info[];
  readonly fixed: readonly Info[];
}

export interface RunInfos {
  /** Whatever step it is after. */
  readonly state: readonly Info[];
  /** Of one full batch, and of the shorter last one. */
  readonly full: readonly Info[];
  readonly last: readonly Info[] | undefined;
}

export function classifyRun(run: RunInputs): RunInfos {
  const { plan, lastPlan, records, batchSize, state, schedule, fixed } = run;
  const inputs = (carried: readonly Info[], size: number) => [
    ...carried,
    ...run.data.map((info) => batchOf(info, run, size)),
    ...schedule.map(rowOf),
    ...fixed,
  ];
  const step = (carried: readonly Info[]): readonly Info[] => {
    const full = classifyPlan(plan, inputs(carried, batchSize));
    if (lastPlan === undefined) return full;
    const last = classifyPlan(lastPlan, inputs(carried, records % batchSize));
    return full.map((info, place) => joinInfos(info, last[place] ?? info));
  };
  const all = [...state, ...run.data, ...schedule, ...fixed];
  const after = settled(state, step).slice(0, state.length);
  const carried = state.map((info, place) => joinInfos(info, after[place] ?? info));
  const reports = (of: Plan, size: number) =>
    together(classifyPlan(of, inputs(carried, size)).slice(state.length), all);
  return {
    state: together(after, all),
    full: reports(plan, batchSize),
    last: lastPlan && reports(lastPlan, records % batchSize),
  };
}

/** A batch as it is cut; see `RunSteps`. */
function batchOf(info: Info, { records, batchSize, shuffle }: RunInputs, size: number): Info {
  if (!shuffle && batchSize === records) return info;
  const { rows } = info;
  const kept = rows?.dimension === 0 ? someOf(rows, records, size) : undefined;
  const others =
    rows !== undefined && rows.dimension > 0 ? { ...rows, span: undefined } : undefined;
  if (info.class === 'public') return publicInfo(info.ofOwner, { rows: kept ?? others });
  return recordInfo(
    info.view ? 'a step is not one of sum, mean, moments and matMul over records' : info.why,
    kept ?? others,
  );
}

/** One row of a schedule. */
function rowOf(info: Info): Info {
  return info.class === 'public' ? publicInfo(info.ofOwner) : recordInfo(info.why);
}

/** The mean of reports over steps, each with the weight of its batch: of full batches, of the last one, or of both. */
export function reportInfos(
  { full, last }: RunInfos,
  hasFull: boolean,
  hasLast: boolean,
): readonly Info[] {
  if (!hasLast || last === undefined) return full;
  if (!hasFull) return last;
  return full.map((info, place) => meanOf(info, last[place] ?? info));
}

function meanOf(a: Info, b: Info): Info {
  const [full, last] = [a.measured, b.measured];
  if (full && last && !full.byRecord && !last.byRecord) return measuredInfo(combined(full, last));
  return joinInfos(a, b);
}
