/** Recurrent layers, unrolled over time, by tfjs's `layers/recurrent.ts`. */

import type { Pointer } from '../../pointer';
import { checkActivation } from '../activations';
import type { Config } from '../config';
import {
  CellCall,
  type CellKind,
  type LayerCall,
  type LayerKind,
  type ReadCell,
  type Run,
  type States,
  type StepInTime,
} from '../layer';
import { type Ops, stackAll } from '../ops-namespace';
import { addBias, dotLastAxis } from './core';

// ---- cells -----------------------------------------------------------------------------------------------------

export const cellConfig = [
  'units',
  'activation',
  'useBias',
  'dropout',
  'recurrentDropout',
] as const;

export const gatedConfig = [...cellConfig, 'recurrentActivation', 'implementation'] as const;

export function checkCell(config: Config): void {
  if (config.has('dropoutFunc')) config.refuse('its dropoutFunc is a function of yours.');
}

function checkSimpleCell(config: Config): void {
  checkCell(config);
  checkActivation(config);
}

export function checkGatedCell(config: Config): void {
  checkSimpleCell(config);
  checkActivation(config, 'recurrentActivation');
}

/** Drops from a value what its first call drew: through one sequence it is the same. */
export type Dropper = (x: Pointer) => Pointer;

export function dropper(call: CellCall, key: 'dropout' | 'recurrentDropout'): Dropper {
  const rate = call.rate(key);
  if (rate === undefined) return (x) => x;
  const { ops } = call;
  let mask: Pointer | undefined;
  return (x) => {
    mask ??= ops.dropout(ops.onesLike(x), rate);
    return ops.mul(x, mask);
  };
}

function unitsOf(cell: ReadCell): number {
  return cell.config.integer('units');
}

const simpleCell: CellKind = {
  className: 'SimpleRNNCell',
  config: cellConfig,
  unsaved: ['dropoutFunc'],
  check: checkSimpleCell,
  stateShapes: (cell, [batch = 0]) => [[batch, unitsOf(cell)]],
  begin: (call) => {
    const { ops } = call;
    const dropInput = dropper(call, 'dropout');
    const dropState = dropper(call, 'recurrentDropout');
    return (x, [previous]) => {
      const kept = dropState(needState(previous));
      const fromInput = addBias(call, dotLastAxis(ops, dropInput(x), call.weight('kernel')));
      const fromState = dotLastAxis(ops, kept, call.weight('recurrent_kernel'));
      const output = call.activate(ops.add(fromInput, fromState));
      return { output, states: [output] };
    };
  },
};

const gruCell: CellKind = {
  className: 'GRUCell',
  config: [...gatedConfig, 'resetAfter'],
  unsaved: ['dropoutFunc'],
  check: checkGatedCell,
  stateShapes: (cell, [batch = 0]) => [[batch, unitsOf(cell)]],
  begin: (call) => {
    const { ops } = call;
    const units = unitsOf(call.cell);
    const dropInput = dropper(call, 'dropout');
    const dropState = dropper(call, 'recurrentDropout');
    const gate = (x: Pointer) => call.activate(x, 'recurrentActivation');
    return (x, [previous]) => {
      const h = dropState(needState(previous));
      const fromInput = addBias(call, dotLastAxis(ops, dropInput(x), call.weight('kernel')));
      const [inputZ, inputR, inputH] = three(ops.split(fromInput, 3, -1));
      const [ofGates, ofState] = two(
        ops.split(call.weight('recurrent_kernel'), [2 * units, units], 1),
      );
      const [stateZ, stateR] = two(ops.split(dotLastAxis(ops, h, ofGates), 2, -1));
      const z = gate(ops.add(inputZ, stateZ));
      const r = gate(ops.add(inputR, stateR));
      const stateH = dotLastAxis(ops, ops.mul(r, h), ofState);
      const candidate = call.activate(ops.add(inputH, stateH));
      const output = ops.add(ops.mul(z, h), ops.mul(ops.add(1, ops.neg(z)), candidate));
      return { output, states: [output] };
    };
  },
};

const lstmCell: CellKind = {
  className: 'LSTMCell',
  config: [...gatedConfig, 'unitForgetBias'],
  unsaved: ['dropoutFunc'],
  check: checkGatedCell,
  stateShapes: (cell, [batch = 0]) => {
    const shape = [batch, unitsOf(cell)];
    return [shape, shape];
  },
  begin: (call) => {
    const { ops } = call;
    const dropInput = dropper(call, 'dropout');
    const dropState = dropper(call, 'recurrentDropout');
    return (x, [h, c]) => {
      const fromInput = dotLastAxis(ops, dropInput(x), call.weight('kernel'));
      const fromState = dotLastAxis(ops, dropState(needState(h)), call.weight('recurrent_kernel'));
      const gates = ops.split(addBias(call, ops.add(fromInput, fromState)), 4, -1);
      return longShortTerm(call, gates, needState(c));
    };
  },
};

/** What a long short-term memory does with its four gates, before their activations. */
export function longShortTerm(
  call: CellCall,
  gates: readonly Pointer[],
  carry: Pointer,
): { output: Pointer; states: States } {
  const { ops } = call;
  const [i, f, c, o] = four(gates);
  const gate = (x: Pointer) => call.activate(x, 'recurrentActivation');
  const kept = ops.mul(gate(f), carry);
  const state = ops.add(kept, ops.mul(gate(i), call.activate(c)));
  const output = ops.mul(gate(o), call.activate(state));
  return { output, states: [output, state] };
}

export function needState(state: Pointer | undefined): Pointer {
  if (state === undefined) throw new Error('A recurrent cell has too few states.');
  return state;
}

function two(list: readonly Pointer[]): [Pointer, Pointer] {
  return list.slice(0, 2) as [Pointer, Pointer];
}

function three(list: readonly Pointer[]): [Pointer, Pointer, Pointer] {
  return list.slice(0, 3) as [Pointer, Pointer, Pointer];
}

export function four(list: readonly Pointer[]): [Pointer, Pointer, Pointer, Pointer] {
  return list.slice(0, 4) as [Pointer, Pointer, Pointer, Pointer];
}

/** Cells one on top of the other. Their states are listed from the last cell to the first, as in tfjs. */
const stackedCells: CellKind = {
  className: 'StackedRNNCells',
  config: ['cells'],
  wraps: { cells: ['cells'] },
  stateShapes: (cell, step) => {
    let input = step;
    const shapes = cell.cells.map((one) => {
      const states = one.kind.stateShapes(one, input);
      input = states[0] ?? input;
      return states;
    });
    return shapes.reverse().flat();
  },
  begin: (call) => {
    const steps = call.cell.cells.map((cell) => beginCell(call.run, cell));
    return (x, states) => {
      const given = [...states];
      const counts = call.cell.cells.map((cell) => cell.kind.stateShapes(cell, x.shape).length);
      const perCell = counts
        .toReversed()
        .map((count) => given.splice(0, count))
        .reverse();
      let output = x;
      const next = steps.map((step, at) => {
        const result = step(output, perCell[at] ?? []);
        output = result.output;
        return result.states;
      });
      return { output, states: next.reverse().flat() };
    };
  },
};

export const recurrentCells: readonly CellKind[] = [simpleCell, gruCell, lstmCell, stackedCells];

function beginCell(run: Run, cell: ReadCell): StepInTime {
  return cell.kind.begin(new CellCall(run, cell));
}

// ---- layers ----------------------------------------------------------------------------------------------------

const sequenceConfig = ['returnSequences', 'returnState', 'goBackwards', 'stateful', 'unroll'];

function checkSequence(config: Config): void {
  if (config.flag('stateful', false)) {
    config.refuse(
      'it keeps its state from one batch to the next.',
      'Set stateful to false, and pass the state as an input of the model.',
    );
  }
}

interface Sequence {
  /** At the last step, or of each one, along axis 1. */
  readonly output: Pointer;
  readonly states: States;
}

/** `x` is `[batch, time, …]`. Without initial states they are zeros. */
export function runSequence(call: LayerCall, x: Pointer, initial: States): Sequence {
  const { ops, config, run } = call;
  const [cell] = call.layer.cells;
  if (cell === undefined) throw new Error(`${config.owner} has no cell.`);
  const inTime = ops.unstack(x, 1);
  // Not in place: the list is tfjs's own, from which it takes gradients.
  const steps = config.flag('goBackwards', false) ? inTime.toReversed() : inTime;
  const [first] = steps;
  if (first === undefined) return config.refuse('its input has no time steps.');
  const step = beginCell(run, cell);
  let states = initial.length > 0 ? initial : zeroStates(ops, cell, first);
  const outputs = steps.map((one) => {
    const result = step(one, states);
    states = result.states;
    return result.output;
  });
  const sequences = config.flag('returnSequences', false);
  return { output: sequences ? stackAll(ops, outputs, 1) : (outputs.at(-1) ?? first), states };
}

function zeroStates(ops: Ops, cell: ReadCell, step: Pointer): Pointer[] {
  return cell.kind.stateShapes(cell, step.shape).map((shape) => ops.zeros([...shape]));
}

function sequenceOutputs(call: LayerCall): readonly Pointer[] {
  const [x, ...initial] = call.inputs;
  if (x === undefined) throw new Error(`${call.config.owner} has no input.`);
  const { output, states } = runSequence(call, x, initial);
  return call.config.flag('returnState', false) ? [output, ...states] : [output];
}

/** A layer whose cell is made by tfjs; the configuration of the two is one. */
function recurrent(className: string, config: readonly string[]): LayerKind {
  return {
    className,
    config: [...sequenceConfig, 'cell', ...config],
    wraps: { cells: ['cell'] },
    check: checkSequence,
    call: sequenceOutputs,
  };
}

export const recurrentLayers: readonly LayerKind[] = [
  recurrent('RNN', [
    ...gatedConfig,
    'resetAfter',
    'unitForgetBias',
    'cells',
    'filters',
    'kernelSize',
    'strides',
    'padding',
    'dataFormat',
    'dilationRate',
  ]),
  recurrent('SimpleRNN', simpleCell.config),
  recurrent('GRU', gruCell.config),
  recurrent('LSTM', lstmCell.config),
  recurrent('ConvLSTM2D', [
    ...lstmCell.config,
    'filters',
    'kernelSize',
    'strides',
    'padding',
    'dataFormat',
    'dilationRate',
  ]),
];
