/** Every class of layer that tfjs registers: translated, or refused with the reason. */

import type { CellKind, LayerKind } from './layer';
import { advancedActivationLayers } from './layers/advanced-activations';
import { convolutionLayers } from './layers/convolution';
import { convLstm2dCell } from './layers/convolutional-recurrent';
import { coreLayers } from './layers/core';
import { embedding } from './layers/embedding';
import { mergeLayers } from './layers/merge';
import { noiseLayers } from './layers/noise';
import { normalizationLayers } from './layers/normalization';
import { poolingLayers } from './layers/pooling';
import { preprocessingLayers } from './layers/preprocessing';
import { recurrentCells, recurrentLayers } from './layers/recurrent';
import { wrapperLayers } from './layers/wrappers';

export const layerKinds: ReadonlyMap<string, LayerKind> = byName([
  ...coreLayers,
  ...advancedActivationLayers,
  ...convolutionLayers,
  ...poolingLayers,
  ...mergeLayers,
  ...normalizationLayers,
  ...noiseLayers,
  ...recurrentLayers,
  ...wrapperLayers,
  ...preprocessingLayers,
  embedding,
]);

export const cellKinds: ReadonlyMap<string, CellKind> = byName([...recurrentCells, convLstm2dCell]);

/** Why a class of tfjs is not translated. */
export const refusedLayers: ReadonlyMap<string, string> = new Map([
  ['Masking', 'its mask changes what the layers after it do with each step.'],
  ['RandomWidth', 'the width of its output is drawn, and shapes must be known.'],
]);

function byName<T extends { readonly className: string }>(kinds: readonly T[]): Map<string, T> {
  return new Map(kinds.map((kind) => [kind.className, kind]));
}
