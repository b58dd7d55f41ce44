/** The cell of ConvLSTM2D, by tfjs's `layers/convolutional_recurrent.ts`. */

import type { Pointer } from '../../pointer';
import type { CellCall, CellKind, ReadCell } from '../layer';
import { checkPadding, paddingOf, type Two, two } from './convolution';
import { addChannelBias, dataFormatOf } from './data-format';
import { checkGatedCell, dropper, four, gatedConfig, longShortTerm, needState } from './recurrent';

/** What tfjs names the formats where the kernels take both. */
function kernelFormat(call: CellCall): 'NHWC' | 'NCHW' {
  return dataFormatOf(call.config) === 'channelsFirst' ? 'NCHW' : 'NHWC';
}

function convolvedLength(cell: ReadCell, length: number, axis: 0 | 1): number {
  const { config } = cell;
  const kernel = two(config, 'kernelSize')[axis];
  const stride = two(config, 'strides')[axis];
  const dilation = two(config, 'dilationRate')[axis];
  const reach = (kernel - 1) * dilation;
  const places = paddingOf(config) === 'same' ? length : length - reach;
  return Math.floor((places + stride - 1) / stride);
}

function stateShape(cell: ReadCell, step: readonly number[]): number[] {
  const filters = cell.config.integer('filters');
  const first = dataFormatOf(cell.config) === 'channelsFirst';
  const [batch = 0, ...rest] = step;
  const [rows = 0, columns = 0] = first ? rest.slice(1) : rest;
  const lengths = [convolvedLength(cell, rows, 0), convolvedLength(cell, columns, 1)];
  return first ? [batch, filters, ...lengths] : [batch, ...lengths, filters];
}

function convolveInput(call: CellCall, x: Pointer, kernel: Pointer, bias: Pointer | undefined) {
  const { ops, config } = call;
  const y = ops.conv2d(
    x,
    kernel,
    two(config, 'strides'),
    paddingOf(config),
    kernelFormat(call),
    two(config, 'dilationRate'),
  );
  return addChannelBias(ops, dataFormatOf(config), y, bias);
}

const gateCount = 4;

export const convLstm2dCell: CellKind = {
  className: 'ConvLSTM2DCell',
  config: [
    ...gatedConfig,
    'unitForgetBias',
    'filters',
    'kernelSize',
    'strides',
    'padding',
    'dataFormat',
    'dilationRate',
  ],
  unsaved: ['dropoutFunc'],
  check: (config) => {
    checkGatedCell(config);
    checkPadding(config);
  },
  stateShapes: (cell, step) => {
    const shape = stateShape(cell, step);
    return [shape, shape];
  },
  begin: (call) => {
    const { ops } = call;
    // Each gate drops what it draws itself.
    const gates = Array.from({ length: gateCount }, () => ({
      dropInput: dropper(call, 'dropout'),
      dropState: dropper(call, 'recurrentDropout'),
    }));
    return (x, [h, c]) => {
      const kernels = ops.split(call.weight('kernel'), gateCount, 3);
      const stateKernels = ops.split(call.weight('recurrent_kernel'), gateCount, 3);
      const bias = call.weightIfAny('bias');
      const biases = bias === undefined ? [] : ops.split(bias, gateCount);
      const previous = needState(h);
      const sums = gates.map(({ dropInput, dropState }, at) =>
        ops.add(
          convolveInput(call, dropInput(x), four(kernels)[at] as Pointer, biases[at]),
          ops.conv2d(
            dropState(previous),
            four(stateKernels)[at] as Pointer,
            [1, 1] satisfies Two,
            'same',
            kernelFormat(call),
          ),
        ),
      );
      return longShortTerm(call, sums, needState(c));
    };
  },
};
