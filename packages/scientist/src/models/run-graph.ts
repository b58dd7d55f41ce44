/** Runs the layers of a graph, each on what others gave. */

import type { Pointer } from '../pointer';
import type { Graph, ValueAt } from './graph';
import { callLayer, type Run } from './layer';

export function runGraph(run: Run, graph: Graph, inputs: readonly Pointer[]): readonly Pointer[] {
  const given: (readonly Pointer[])[] = [];
  const at = (value: ValueAt): Pointer => {
    const found = value.kind === 'input' ? inputs[value.index] : given[value.node]?.[value.output];
    if (found === undefined) throw new Error('A model uses a value that none of its layers gave.');
    return found;
  };
  for (const node of graph.nodes) given.push(callLayer(run, node.layer, node.inputs.map(at)));
  return graph.outputs.map(at);
}
