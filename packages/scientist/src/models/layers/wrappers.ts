/** Layers around layers, by tfjs's `layers/wrappers.ts`, and models inside models. */

import type { Pointer } from '../../pointer';
import { callLayer, type LayerCall, type LayerKind, type ReadLayer } from '../layer';
import { stackAll } from '../ops-namespace';
import { runGraph } from '../run-graph';

/** The same layer at each step of time. */
const timeDistributed: LayerKind = {
  className: 'TimeDistributed',
  config: ['layer'],
  wraps: { layers: ['layer'] },
  regularizedByWrapped: true,
  call: (call) => {
    const { ops, run } = call;
    const [inner] = call.layer.layers;
    const steps = ops.unstack(call.input, 1);
    const outputs = steps.map((step) => firstOf(callLayer(run, needLayer(call, inner), [step])));
    return [stackAll(ops, outputs, 1)];
  },
};

function firstOf(outputs: readonly Pointer[]): Pointer {
  const [output] = outputs;
  if (output === undefined) throw new Error('A layer gave nothing.');
  return output;
}

function needLayer(call: LayerCall, layer: ReadLayer | undefined): ReadLayer {
  if (layer === undefined) throw new Error(`${call.config.owner} wraps nothing.`);
  return layer;
}

const mergeModes = ['concat', 'sum', 'ave', 'mul'] as const;

function merged(call: LayerCall, forward: Pointer, backward: Pointer): Pointer[] {
  const { ops, config } = call;
  if (config.get('mergeMode') === null) return [forward, backward];
  const mode = config.choice('mergeMode', mergeModes, 'concat');
  if (mode === 'concat') return [ops.concat([forward, backward], -1)];
  if (mode === 'mul') return [ops.mul(forward, backward)];
  const sum = ops.add(forward, backward);
  return [mode === 'ave' ? ops.mul(0.5, sum) : sum];
}

/** A recurrent layer there and back. */
const bidirectional: LayerKind = {
  className: 'Bidirectional',
  config: ['layer', 'mergeMode'],
  wraps: { layers: ['forwardLayer', 'backwardLayer'] },
  call: (call) => {
    const { ops, run } = call;
    const [there, back] = call.layer.layers.map((layer) => needLayer(call, layer));
    const [x, ...initial] = call.inputs;
    if (there === undefined || back === undefined || x === undefined) {
      throw new Error(`${call.config.owner} wraps too little.`);
    }
    const half = initial.length / 2;
    const forward = callLayer(run, there, [x, ...initial.slice(0, half)]);
    const backward = callLayer(run, back, [x, ...initial.slice(half)]);
    const isSequence = there.config.flag('returnSequences', false);
    const inTime = isSequence ? ops.reverse(firstOf(backward), 1) : firstOf(backward);
    const outputs = merged(call, firstOf(forward), inTime);
    return [...outputs, ...forward.slice(1), ...backward.slice(1)];
  },
};

/** A model as a layer, under each of the names that tfjs gives one. */
function model(className: string): LayerKind {
  return {
    className,
    config: [],
    call: (call) => {
      const { graph } = call.layer;
      if (graph === undefined) throw new Error(`${call.config.owner} has no graph.`);
      return runGraph(call.run, graph, call.inputs);
    },
  };
}

export const modelClasses = ['Model', 'Functional', 'Sequential'] as const;

export const wrapperLayers: readonly LayerKind[] = [
  timeDistributed,
  bidirectional,
  ...modelClasses.map(model),
];
