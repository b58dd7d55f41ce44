/** Weights in tfjs's own files: a manifest with names, and the bytes, through any handler of `tf.io`. */

import { DuetError } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import { quoted } from '../words';

/** `downloads://name`, `indexeddb://name`, `localstorage://name`, or a handler of `tf.io`. */
export type WeightsPlace = string | tf.io.IOHandler;

export interface NamedWeight {
  readonly name: string;
  readonly tensor: tf.Tensor;
}

function handlerOf(place: WeightsPlace, kind: 'save' | 'load'): tf.io.IOHandler {
  if (typeof place !== 'string') return place;
  const handlers = kind === 'save' ? tf.io.getSaveHandlers(place) : tf.io.getLoadHandlers(place);
  const [handler, ...others] = handlers;
  if (handler !== undefined && others.length === 0) return handler;
  throw new DuetError('bad-argument', {
    detail: `tfjs has no one way to ${kind} ${quoted(place)}.`,
    hint: 'Use downloads://, indexeddb:// or localstorage://, or pass a handler of tf.io.',
  });
}

/** Writes weights, as tfjs writes those of a model. Rejects with `bad-argument` for a place that tfjs does not know. */
export async function saveWeights(
  place: WeightsPlace,
  kind: string,
  weights: readonly NamedWeight[],
): Promise<tf.io.SaveResult> {
  const handler = handlerOf(place, 'save');
  if (handler.save === undefined) {
    throw new DuetError('bad-argument', { detail: 'This handler of tf.io does not save.' });
  }
  const { data, specs } = await tf.io.encodeWeights(
    weights.map(({ name, tensor }) => ({ name, tensor })),
  );
  return await handler.save({
    modelTopology: { class_name: 'Module', config: { name: kind } },
    format: 'duet-module',
    generatedBy: 'Duet',
    convertedBy: null,
    weightSpecs: specs,
    weightData: data,
  });
}

/**
 * Reads the weights of a module or of any model of tfjs, in the order of the file, without those of its optimizer. The tensors are
 * the caller's to dispose. Rejects with `bad-argument` for a place or a file that tfjs does not know.
 */
export async function loadWeights(place: WeightsPlace): Promise<NamedWeight[]> {
  const handler = handlerOf(place, 'load');
  if (handler.load === undefined) {
    throw new DuetError('bad-argument', { detail: 'This handler of tf.io does not load.' });
  }
  const { weightData, weightSpecs } = await handler.load();
  if (weightData === undefined || weightSpecs === undefined) {
    throw new DuetError('bad-argument', { detail: 'There are no weights in this file.' });
  }
  const data = Array.isArray(weightData) ? tf.io.concatenateArrayBuffers(weightData) : weightData;
  const tensors = tf.io.decodeWeights(data, weightSpecs);
  const weights: NamedWeight[] = [];
  for (const { name, group } of weightSpecs) {
    const tensor = tensors[name];
    if (tensor === undefined) continue;
    if (group === 'optimizer') tensor.dispose();
    else weights.push({ name, tensor });
  }
  return weights;
}
