import {
  checkInputs,
  classifyRun,
  findOp,
  inferCall,
  type RunInfos,
  RunLayout,
  sameMeta,
  showMeta,
} from '@duet/ops';
import { DuetError, type Operand, type TensorMeta, type Train, tensorMeta } from '@duet/protocol';
import { type Room, roomFor } from './objects';
import type { DefinedPlan } from './plans';
import type { Source } from './recipes';
import type { Workspace } from './workspace';

/** A training run that was checked wholly, by public facts, before anything of it runs. */
export interface RunSetup {
  readonly message: Train;
  readonly layout: RunLayout;
  readonly plan: DefinedPlan;
  /** For the shorter last batch of an epoch; undefined where there is none, or it is left out. */
  readonly lastPlan: DefinedPlan | undefined;
  readonly state: readonly Source[];
  readonly data: readonly Source[];
  readonly schedule: readonly Source[];
  readonly fixed: readonly Source[];
  readonly stateMetas: readonly TensorMeta[];
  readonly reportMetas: readonly TensorMeta[];
  /** How what it gives is formed. */
  readonly infos: RunInfos;
  /** Estimated operations of one step, the cutting of its batch included. */
  readonly stepCost: number;
  /** For everything that is bound while it runs and at its end. */
  readonly room: Room;
}

/** Ops that the cutting of batches and the means of reports are made of. */
const ownOps = ['gather', 'slice', 'reshape', 'add', 'mul', 'div', 'clone'];

/**
 * Throws DuetError `no-object`, `bad-argument`, `limit`, `too-large`, `too-costly`, `unsupported-op` for a run that cannot
 * be, whatever the values are.
 */
export function checkTrain(message: Train, space: Workspace): RunSetup {
  const plan = space.plans.find(message.plan);
  const lastPlan = message.lastPlan === 0 ? undefined : space.plans.find(message.lastPlan);
  const sources = (operands: readonly Operand[]) => operands.map((each) => space.source(each));
  const [state, data, schedule, fixed] = [
    sources(message.state),
    sources(message.data),
    sources(message.schedule),
    sources(message.fixed),
  ];
  const metas = (of: readonly Source[]) => of.map((source) => space.factsOf(source).meta);
  const [stateMetas, dataMetas] = [metas(state), metas(data)];
  const records = recordsOf(dataMetas);
  const reportMetas = plan.facts.outputs.slice(state.length);
  const layout = new RunLayout({
    ...message,
    records,
    withLast: lastPlan !== undefined,
    reports: reportMetas.length,
  });
  const rows = metas(schedule).map((meta) => rowOf(meta, layout.steps));
  const { batchSize } = message;
  const remainder = records % batchSize;
  for (const [each, size] of [[plan, batchSize] as const, [lastPlan, remainder] as const]) {
    if (!each || size === 0) continue;
    const batches = dataMetas.map((meta) => cutTo(meta, size));
    checkInputs(each.graph, [...stateMetas, ...batches, ...rows, ...metas(fixed)]);
    checkOutputs(each.facts.outputs, stateMetas, reportMetas);
  }
  if (ownOps.some((op) => space.lacking.has(op))) throw new DuetError('unsupported-op');
  const cutting = cuttingCost(message, dataMetas, metas(schedule));
  const stepCost = Math.max(plan.facts.cost, lastPlan?.facts.cost ?? 0) + cutting;
  checkCost(stepCost * (layout.steps - message.firstStep), space.limits.runCost);
  const infosOf = (of: readonly Source[]) => of.map((source) => space.factsOf(source).info);
  const infos = classifyRun({
    plan: plan.graph,
    lastPlan: remainder === 0 ? undefined : lastPlan?.graph,
    records,
    batchSize,
    shuffle: message.shuffle,
    state: infosOf(state),
    data: infosOf(data),
    schedule: infosOf(schedule),
    fixed: infosOf(fixed),
  });
  return {
    message,
    layout,
    plan,
    lastPlan: remainder === 0 ? undefined : lastPlan,
    state,
    data,
    schedule,
    fixed,
    stateMetas,
    reportMetas,
    infos,
    stepCost,
    room: roomOf(layout, stateMetas, reportMetas),
  };
}

function recordsOf(metas: readonly TensorMeta[]): number {
  const records = metas[0]?.shape[0];
  if (records === undefined) throw wrong('A run needs data with records.');
  for (const meta of metas) {
    if (meta.shape[0] !== records) {
      throw wrong(`Data of ${showMeta(meta)} has not the ${records} records of the first.`);
    }
    checkCuttable(meta);
  }
  return records;
}

function checkCuttable({ dtype }: TensorMeta): void {
  if (dtype === 'string') throw wrong('Strings cannot be cut into batches.');
}

function cutTo(meta: TensorMeta, size: number): TensorMeta {
  return tensorMeta(meta.dtype, [size, ...meta.shape.slice(1)]);
}

function rowOf(meta: TensorMeta, steps: number): TensorMeta {
  if (meta.shape[0] !== steps) {
    throw wrong(`A schedule of ${showMeta(meta)} has not one row for each of ${steps} steps.`);
  }
  checkCuttable(meta);
  return tensorMeta(meta.dtype, meta.shape.slice(1));
}

function checkOutputs(
  outputs: readonly TensorMeta[],
  stateMetas: readonly TensorMeta[],
  reportMetas: readonly TensorMeta[],
): void {
  if (outputs.length !== stateMetas.length + reportMetas.length || reportMetas.length < 0) {
    throw wrong(`A step gives ${outputs.length} values where the state has ${stateMetas.length}.`);
  }
  [...stateMetas, ...reportMetas].forEach((wanted, at) => {
    const given = outputs[at];
    if (given === undefined || !sameMeta(given, wanted)) {
      throw wrong(`Output ${at} of a step is ${showMeta(given)}, not ${showMeta(wanted)}.`);
    }
  });
  const bad = reportMetas.find(({ dtype }) => dtype !== 'float32');
  if (bad) throw wrong(`A report is float32, not ${showMeta(bad)}.`);
}

/** Throws what the ops by which a batch is cut would be refused with. */
function cuttingCost(
  { batchSize, shuffle }: Train,
  data: readonly TensorMeta[],
  schedule: readonly TensorMeta[],
): number {
  const batches = data.map((meta) =>
    shuffle ? gatherCost(meta, batchSize) : sliceCost(meta, batchSize),
  );
  return [...batches, ...schedule.map((meta) => sliceCost(meta, 1))].reduce((a, b) => a + b, 0);
}

function gatherCost(meta: TensorMeta, size: number): number {
  return costOf('gather', [
    { kind: 'tensor', tensor: { meta } },
    { kind: 'tensor', tensor: { meta: tensorMeta('int32', [size]) } },
  ]);
}

function sliceCost(meta: TensorMeta, size: number): number {
  return costOf('slice', [
    { kind: 'tensor', tensor: { meta } },
    { kind: 'numbers', numbers: meta.shape.map(() => 0) },
    { kind: 'numbers', numbers: [size, ...meta.shape.slice(1)] },
  ]);
}

function costOf(op: string, args: Parameters<typeof inferCall>[1]): number {
  const spec = findOp(op);
  if (!spec) throw new DuetError('internal');
  return inferCall(spec, args).cost;
}

function checkCost(cost: number, most: number): void {
  if (cost > most) {
    throw new DuetError('too-costly', {
      detail: `The run takes about ${cost.toPrecision(3)} operations, more than the limit of ${most.toPrecision(3)}.`,
    });
  }
}

/** The final state, every report, and two checkpoints, of which the older one goes when the newer one is there. */
function roomOf(
  layout: RunLayout,
  stateMetas: readonly TensorMeta[],
  reportMetas: readonly TensorMeta[],
): Room {
  const { id } = layout.shape;
  const reportIds =
    reportMetas.length === 0 ? 0 : layout.reportId(layout.steps, reportMetas.length - 1) - id;
  const reports = roomFor(reportMetas, reportIds / Math.max(1, reportMetas.length));
  const checkpoints = Math.min(2, layout.lastId - id - reportIds);
  const states = roomFor(stateMetas, 1 + checkpoints);
  return {
    count: reports.count + states.count,
    bytes: reports.bytes + states.bytes,
    elements: Math.max(reports.elements ?? 0, states.elements ?? 0),
  };
}

function wrong(detail: string): DuetError {
  return new DuetError('bad-argument', { detail });
}
