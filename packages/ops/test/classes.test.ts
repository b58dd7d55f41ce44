import { describe, expect, it, test } from 'vitest';
import { axisOf, call, calls, published, sent, type Value } from './class-calls';

const X = () => published([30, 4]);

describe('what is public', () => {
  it('is what the owner published as such, what the scientist sent, and what is made of those', () => {
    const theirs = published([30, 4], { public: true });
    expect(theirs.info).toMatchObject({ class: 'public', ofOwner: true });
    expect(call('sum', theirs, 0).info).toMatchObject({ class: 'public', ofOwner: true });
    expect(call('mul', theirs, 2).info).toMatchObject({ class: 'public', ofOwner: false });
    expect(call('add', theirs, sent([4])).info).toMatchObject({ class: 'public', ofOwner: false });
    expect(call('randomNormal', [3], 0, 1, 'float32', 7).info).toMatchObject({ ofOwner: false });
    expect(call('dropout', theirs, 0.5, undefined, 7).info).toMatchObject({ ofOwner: false });
    expect(call('fill', [3], 1e38).info).toMatchObject({ class: 'public', ofOwner: false });
  });

  it('is nothing that a private value takes part in', () => {
    for (const made of [call('zerosLike', X()), call('add', sent([4]), X()), call('mul', 0, X())]) {
      expect(made.class).toBe('record');
    }
  });
});

describe('an aggregate', () => {
  const x = X();

  it.each<[string, () => Value]>([
    ['a sum', () => call('sum', x, 0)],
    ['a mean', () => call('mean', x, 0)],
    ['a mean over everything', () => call('mean', x)],
    ['a mean with the axis kept', () => call('mean', x, [-2], true)],
    ['a mean of moments', () => calls('moments', x, 0)[0] ?? x],
    ['a variance', () => calls('moments', x, [0])[1] ?? x],
    ['second moments', () => call('matMul', x, x, true)],
    ['second moments of a transposed matrix', () => call('matMul', call('transpose', x), x)],
    ['those of columns', () => call('matMul', call('slice', x, [0, 0], [30, 2]), x, true, false)],
    ['a sum of a column', () => call('sum', call('slice', x, [0, 2], [30, 1]))],
    ['a sum of chosen columns', () => call('sum', call('gather', x, [0, 2], 1), 0)],
    ['a sum of consecutive records', () => call('sum', call('slice', x, [5, 0], [10, 4]), 0)],
    ['one of a part', () => call('mean', calls('split', x, [12, 18], 0)[1], 0)],
    ['one of an unstacked column', () => call('mean', calls('unstack', x, 1)[3])],
    ['one of strides of 1', () => call('sum', call('stridedSlice', x, [0, 1], [12, 3]))],
    ['one of a copy', () => call('sum', call('clone', x), 0)],
    ['one with more axes', () => call('sum', call('expandDims', x, 0), 1)],
    [
      'one with axes dropped',
      () => call('sum', call('squeeze', call('reshape', x, [1, 30, 4, 1])), 0),
    ],
    ['one over whole numbers', () => call('sum', published([30], { dtype: 'int32' }))],
    ['a count of what is true', () => call('sum', published([30], { dtype: 'bool' }))],
    ['one over another record axis', () => call('sum', published([4, 30], { recordAxis: 1 }), 1)],
  ])('is %s', (_, make) => {
    expect(make().info).toMatchObject({ class: 'aggregate', view: undefined, rows: undefined });
  });

  it.each<[string, () => Value, string]>([
    ['a maximum', () => call('max', x, 0), 'max is not one of'],
    ['a product', () => call('prod', x, 0), 'prod is not one of'],
    ['a norm', () => call('norm', x), 'norm is not one of'],
    ['a sum of rows', () => call('sum', x, 1), 'not taken over the records'],
    ['a sum after a relu', () => call('sum', call('relu', x), 0), 'relu is not one of'],
    ['a sum after a shift', () => call('sum', call('sub', x, 1e38), 0), 'sub is not one of'],
    ['a sum after a scaling', () => call('sum', call('mul', x, 1e-45), 0), 'mul is not one of'],
    ['a sum after a cast', () => call('sum', call('cast', x, 'int32'), 0), 'cast is not one of'],
    [
      'a sum of chosen records',
      () => call('sum', call('gather', x, [0, 1], 0), 0),
      'gather is not',
    ],
    [
      'a sum of every second record',
      () => call('sum', call('stridedSlice', x, [0, 0], [30, 4], [2, 1]), 0),
      'stridedSlice',
    ],
    [
      'a sum of some records twice',
      () => call('sum', call('concat', [x, x], 0), 0),
      'concat is not',
    ],
    [
      'a sum of rows in another order',
      () => call('sum', call('reverse', x, 0), 0),
      'reverse is not',
    ],
    ['a sum in another shape', () => call('sum', call('reshape', x, [60, 2]), 0), 'reshape is not'],
    [
      'a product with weights',
      () => call('matMul', x, sent([30, 1]), true),
      'not taken of records by records',
    ],
    [
      'a product over columns',
      () => call('matMul', x, x, false, true),
      'does not sum over the records',
    ],
    [
      'a dot product',
      () => call('dot', call('reshape', x, [30, 4]), sent([4])),
      'dot is not one of',
    ],
    ['an einsum', () => call('einsum', 'ab,ac->bc', x, x), 'einsum is not one of'],
    [
      'a covariance of different records',
      () =>
        call('matMul', call('slice', x, [0, 0], [12, 4]), call('slice', x, [12, 0], [12, 4]), true),
      'different records',
    ],
    [
      'one with the records of someone else',
      () => call('matMul', x, X(), true),
      'different records',
    ],
    [
      'a histogram',
      () => call('bincount', published([30], { dtype: 'int32' }), [], 4),
      'bincount is not',
    ],
    [
      'a sum of text',
      () =>
        call(
          'sum',
          call('string.stringToHashBucketFast', published([30], { dtype: 'string' }), 8),
          0,
        ),
      'texts',
    ],
  ])('is not %s', (_, make, why) => {
    const { info } = make();
    expect(info.class).toBe('record');
    expect(info.why).toContain(why);
  });

  it('is about the records and columns that it was taken from', () => {
    const columns = call('slice', call('slice', x, [5, 1], [20, 3]), [2, 1], [12, 2]);
    expect(call('sum', columns, 0).info.sets).toEqual([
      expect.objectContaining({ from: 7, to: 19, columns: 4, firstColumn: 2, endColumn: 4 }),
    ]);
    const chosen = call('slice', call('gather', x, [0, 2, 3], 1), [0, 1], [30, 2]);
    expect(call('sum', chosen, 0).info.sets).toEqual([
      expect.objectContaining({ from: 0, to: 30, firstColumn: 2, endColumn: 4 }),
    ]);
    const apart = call('sum', call('gather', x, [0, 2], 1), 0).info.sets;
    expect(apart.map(({ firstColumn, endColumn }) => [firstColumn, endColumn])).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });

  it('of a part of each record is about just its entries', () => {
    const images = published([30, 5, 4, 2]);
    const part = call('slice', images, [0, 1, 1, 0], [30, 2, 3, 2]);
    const runs = call('mean', part, 0).info.sets;
    expect(runs.map(({ firstColumn, endColumn }) => [firstColumn, endColumn])).toEqual([
      [10, 16],
      [18, 24],
    ]);
    // Of more pieces than are kept apart, it is no view any more.
    const many = published([30, 100, 2]);
    const column = call('slice', many, [0, 0, 0], [30, 100, 1]);
    expect(call('mean', column, 0).class).toBe('record');
  });

  it('is about at least so many records as the owner set', () => {
    const of = (records: number) => call('sum', call('slice', x, [0, 0], [records, 4]), 0).info;
    expect(of(10).class).toBe('aggregate');
    expect(of(9)).toMatchObject({ class: 'record', why: 'only 9 records, fewer than 10' });
    expect(of(1)).toMatchObject({ class: 'record', why: 'only 1 record, fewer than 10' });
    expect(call('sum', published([9, 4]), 0).class).toBe('record');
    expect(call('sum', published([30, 4], { axis: axisOf(30, 31) }), 0).class).toBe('record');
    expect(call('sum', published([30], { axis: undefined })).class).toBe('record');
  });

  it('of persons is about the whole data set or one of its splits', () => {
    const spans = [
      { from: 0, to: 30, units: 22 },
      { from: 0, to: 20, units: 15 },
      { from: 20, to: 30, units: 7 },
    ];
    const people = published([30, 4], { axis: axisOf(30, 10, spans) });
    const of = (from: number, count: number) =>
      call('sum', call('slice', people, [from, 0], [count, 4]), 0).info;
    expect(of(0, 30).class).toBe('aggregate');
    expect(of(0, 20).class).toBe('aggregate');
    expect(of(20, 10)).toMatchObject({ class: 'record', why: 'only 7 persons, fewer than 10' });
    expect(of(0, 19).why).toContain(
      'persons are counted for the whole data set and its splits only',
    );
    const difference = call(
      'sub',
      call('sum', people, 0),
      call('sum', call('slice', people, [0, 0], [20, 4]), 0),
    );
    expect(difference.info.class).toBe('record');
  });

  it('stays one with others and with what is the owner’s alone, and is then about all of them', () => {
    const theirs = published([4], { public: true, axis: undefined });
    const mean = call('mean', x, 0);
    const other = call('sum', published([40, 4]), 0);
    expect(call('div', call('sub', mean, theirs), other).info.sets).toHaveLength(2);
    expect(call('max', call('relu', mean)).class).toBe('aggregate');
    expect(call('stack', [mean, other]).info.sets).toHaveLength(2);
    expect(call('sub', mean, mean).info).toBe(mean.info);
    expect(call('clipByValue', mean, 0, 1).class).toBe('aggregate');
  });

  it('ends where something of the scientist’s takes part', () => {
    const mean = call('mean', x, 0);
    for (const made of [
      call('mul', mean, 2),
      call('add', mean, sent([4])),
      call('gather', mean, [0]),
      call('matMul', call('expandDims', mean), sent([4, 2])),
    ]) {
      expect(made.info).toMatchObject({
        class: 'record',
        why: 'something of the scientist’s takes part',
      });
    }
    const drawn = call('dropout', mean, 0.5, undefined, 3);
    expect(drawn.info).toMatchObject({
      class: 'record',
      why: 'something drawn at random takes part',
    });
  });

  it('ends where its record sets differ by few records', () => {
    const sum = (from: number, count: number) =>
      call('sum', call('slice', x, [from, 0], [count, 4]), 0);
    expect(call('sub', sum(0, 30), sum(0, 29)).info).toMatchObject({
      class: 'record',
      why: 'it is about sets of records that differ by records 29 to 29',
    });
    expect(call('sub', sum(0, 20), sum(5, 20)).class).toBe('record');
    expect(call('sub', sum(0, 20), sum(10, 20)).class).toBe('aggregate');
    expect(call('concat', [sum(0, 30), sum(0, 21)]).class).toBe('record');
  });

  it('is about a bounded number of sets', () => {
    const many = published([30, 80]);
    const sums = calls('unstack', many, 1).map((column) => call('sum', column));
    const some = call('addN', sums.slice(0, 64));
    expect(some.info.sets).toHaveLength(64);
    expect(call('add', some, sums[64]).class).toBe('record');
  });
});

describe('where the records are', () => {
  const x = X();
  const rowsOf = (value: Value) => {
    const { rows } = value.info;
    return rows && [rows.dimension, rows.distinct];
  };

  it.each<[string, () => Value, [dimension: number, distinct: number] | undefined]>([
    ['entry by entry', () => call('relu', x), [0, 30]],
    ['with what is broadcast', () => call('add', x, sent([4])), [0, 30]],
    ['with more axes before', () => call('add', x, sent([2, 30, 4])), [1, 30]],
    [
      'with others along another axis',
      () => call('mul', x, call('transpose', published([4, 30], { axis: axisOf(4) }))),
      undefined,
    ],
    ['through a layer', () => call('matMul', x, sent([4, 7])), [0, 30]],
    ['as the second factor', () => call('matMul', sent([5, 4]), call('transpose', x)), [1, 30]],
    ['multiplied away', () => call('matMul', call('transpose', x), sent([30, 2])), undefined],
    ['against each other', () => call('matMul', x, x, false, true), undefined],
    ['through a dot product', () => call('dot', x, sent([4])), [0, 30]],
    ['in another shape', () => call('reshape', x, [30, 2, 2]), [0, 30]],
    [
      'in another shape, from the end',
      () => call('reshape', call('transpose', x), [2, 2, 30]),
      [2, 30],
    ],
    ['chosen by a mask of theirs', () => call('where', call('greater', x, 1), x, 0), undefined],
    [
      'chosen by a mask of the scientist’s',
      () => call('where', sent([30, 1], 'bool'), x, 0),
      undefined,
    ],
    ['in a shape that mixes them', () => call('reshape', x, [15, 8]), undefined],
    ['transposed', () => call('transpose', x), [1, 30]],
    ['over columns', () => call('max', x, 1), [0, 30]],
    ['over columns, kept', () => call('max', x, -1, true), [0, 30]],
    ['over all', () => call('max', x), undefined],
    ['by largest', () => call('argMax', x, 1), [0, 30]],
    ['by softmax', () => call('softmax', x), [0, 30]],
    ['by softmax over them', () => call('softmax', call('transpose', x)), undefined],
    ['sorted in each', () => calls('topk', x, 2)[1] ?? x, [0, 30]],
    ['summed up along them', () => call('cumsum', x, 0), undefined],
    ['chosen', () => call('gather', x, [3, 3, 5]), [0, 2]],
    ['chosen by a range', () => call('gather', x, call('range', 4, 24, 2, 'int32')), [0, 10]],
    [
      'chosen by numbers so large that float32 would not tell them apart',
      () => {
        const far = call(
          'add',
          call('range', 0, 20, 1, 'int32'),
          call('fill', [20], 2 ** 25, 'int32'),
        );
        return call('gather', x, call('add', far, call('fill', [20], -(2 ** 25), 'int32')));
      },
      undefined,
    ],
    ['chosen beyond the end', () => call('gather', x, call('range', 20, 40, 1, 'int32')), [0, 1]],
    [
      'chosen by private indices',
      () => call('gather', x, published([30], { dtype: 'int32' })),
      undefined,
    ],
    [
      'looked up by',
      () => call('gather', sent([9, 5]), published([30], { dtype: 'int32' })),
      [0, 30],
    ],
    ['of a part', () => call('slice', x, [3, 0], [12, 4]), [0, 12]],
    [
      'of a part of chosen ones',
      () => call('slice', call('gather', x, [1, 1, 1, 2, 3]), [0, 0], [3, 4]),
      [0, 1],
    ],
    ['backwards', () => call('reverse', x, 0), [0, 30]],
    [
      'one after the other',
      () => call('concat', [call('slice', x, [0, 0], [9, 4]), x], 0),
      [0, 30],
    ],
    ['beside others', () => call('concat', [x, call('relu', x)], 1), [0, 30]],
    ['after what is not records', () => call('concat', [x, sent([2, 4])], 0), undefined],
    ['stacked', () => call('stack', [x, x], 1), [0, 30]],
    ['unstacked', () => calls('unstack', x, 1)[0] ?? x, [0, 30]],
    ['one record alone', () => calls('unstack', x, 0)[0] ?? x, undefined],
    ['repeated', () => call('tile', x, [3, 1]), [0, 30]],
    [
      'one record repeated',
      () => call('broadcastTo', call('slice', x, [2, 0], [1, 4]), [30, 4]),
      [0, 1],
    ],
    ['as classes', () => call('oneHot', published([30], { dtype: 'int32' }), 5), [0, 30]],
    [
      'through a convolution',
      () => call('conv2d', published([30, 6, 6, 1]), sent([3, 3, 1, 2]), 1, 'same'),
      [0, 30],
    ],
    ['of one image', () => call('maxPool', published([30, 6, 1]), 2, 2, 'same'), undefined],
    ['normalized', () => call('batchNorm', x, sent([4]), sent([4])), [0, 30]],
    ['dropped out', () => call('dropout', x, 0.5, undefined, 3), [0, 30]],
    [
      'sorted into segments',
      () => call('unsortedSegmentSum', x, published([30], { dtype: 'int32' }), 5),
      undefined,
    ],
  ])('%s', (_, make, expected) => {
    expect(rowsOf(make())).toEqual(expected);
  });

  it('is known of public ones too', () => {
    expect(rowsOf(call('relu', published([30, 4], { public: true })))).toEqual([0, 30]);
  });

  it('one record that is repeated does not become a split', () => {
    const spans = [
      { from: 0, to: 30, units: 30 },
      { from: 0, to: 20, units: 20 },
    ];
    const people = published([30, 4], { axis: axisOf(30, 10, spans) });
    const one = call('broadcastTo', call('slice', people, [0, 0], [1, 4]), [30, 4]);
    const faked = call('slice', one, [0, 0], [20, 4]);
    expect(call('losses.meanSquaredError', faked, faked).class).toBe('record');
    const added = call(
      'slice',
      call('add', call('slice', people, [0, 0], [1, 4]), sent([30, 4])),
      [0, 0],
      [20, 4],
    );
    expect(call('losses.meanSquaredError', added, added).class).toBe('record');
  });
});

describe('a metric', () => {
  const axis = axisOf(30);
  const x = published([30, 4], { axis });
  const y = published([30, 1], { axis });
  const predictions = () => call('sigmoid', call('matMul', x, sent([4, 1])));
  const mse = (...more: unknown[]) => call('losses.meanSquaredError', y, predictions(), ...more);

  it.each<[string, () => Value]>([
    ['a loss', () => mse()],
    ['a loss with a public scalar as weights', () => mse(2)],
    ['a summed loss', () => mse(undefined, '2')],
    ['an accuracy', () => call('mean', call('metrics.binaryAccuracy', y, predictions()))],
    ['a precision', () => call('metrics.precision', y, predictions())],
    ['a mean of losses', () => call('mean', mse(undefined, '0'))],
    ['a sum of losses', () => call('sum', mse(undefined, '0'), [0, 1])],
    ['losses in two steps', () => call('mean', call('mean', mse(undefined, '0'), 1))],
    ['losses weighed', () => call('losses.computeWeightedLoss', mse(undefined, '0'))],
    [
      'those of two outputs',
      () =>
        call(
          'mean',
          call(
            'add',
            call('mean', mse(undefined, '0'), -1),
            call('metrics.meanAbsoluteError', y, predictions()),
          ),
        ),
    ],
    ['a scaled one', () => call('div', call('mul', mse(), 30), 30)],
    [
      'one with labels of another publication',
      () => call('losses.logLoss', published([30, 1]), predictions()),
    ],
    [
      'one with public labels of the owner’s',
      () => call('losses.logLoss', published([30, 1], { public: true }), predictions()),
    ],
    [
      'that of a trained model',
      () => call('losses.logLoss', y, call('matMul', x, call('matMul', call('relu', x), y, true))),
    ],
  ])('is %s', (_, make) => {
    const value = make();
    expect(value.meta.shape).toEqual([]);
    expect(value.info).toMatchObject({ class: 'metric', measured: { units: 30 } });
  });

  it.each<[string, () => Value, string]>([
    ['losses record by record', () => mse(undefined, '0'), 'a number for each record'],
    [
      'a loss that is written by hand',
      () => call('mean', call('square', call('sub', predictions(), y))),
      'not taken of records by records',
    ],
    [
      'one with weights for each record',
      () => mse(sent([30, 1])),
      'weights are not one public number',
    ],
    ['one with private weights', () => mse(call('max', x)), 'weights are not one public number'],
    [
      'one against the scientist’s labels',
      () => call('losses.logLoss', sent([30, 1]), predictions()),
      'not known to be of one record each',
    ],
    [
      'one whose labels are broadcast',
      () => call('mean', call('metrics.meanSquaredError', published([30]), predictions())),
      'differ in shape',
    ],
    [
      'one of numbers of classes that are broadcast',
      () =>
        call(
          'mean',
          call('metrics.sparseCategoricalAccuracy', published([30]), published([30, 30, 4])),
        ),
      'differ in shape',
    ],
    [
      'one of few records',
      () =>
        call(
          'losses.logLoss',
          call('slice', y, [0, 0], [9, 1]),
          call('slice', predictions(), [0, 0], [9, 1]),
        ),
      '9 records, fewer than 10',
    ],
    [
      'one of the same record many times',
      () =>
        call(
          'losses.logLoss',
          call('gather', y, Array(30).fill(7)),
          call('gather', predictions(), Array(30).fill(7)),
        ),
      '1 record, fewer than 10',
    ],
    [
      'one of records by private indices',
      () =>
        call(
          'losses.logLoss',
          call('gather', y, published([30], { dtype: 'int32' })),
          predictions(),
        ),
      'not known to be of one record each',
    ],
    [
      'the largest loss',
      () => call('max', mse(undefined, '0')),
      'max of a loss or an accuracy is not one',
    ],
    [
      'a loss for each output',
      () => call('mean', call('losses.absoluteDifference', x, call('relu', x), undefined, '0'), 0),
      'mean of a loss or an accuracy',
    ],
    [
      'one that is shifted',
      () => call('sub', mse(), 0.5),
      'sub of a loss or an accuracy is not one',
    ],
    [
      'one times another',
      () => call('mul', mse(), mse()),
      'mul of a loss or an accuracy is not one',
    ],
    ['one that is turned around', () => call('mul', mse(), -1), 'mul of a loss'],
    ['one times infinity', () => call('mul', mse(), Number.POSITIVE_INFINITY), 'mul of a loss'],
    [
      'one record of a loss',
      () => call('mean', call('slice', mse(undefined, '0'), [3, 0], [1, 1])),
      'slice of a loss or an accuracy',
    ],
    [
      'one record of losses that were transposed',
      () => {
        const square = published([30, 30], { axis });
        const losses = call(
          'losses.absoluteDifference',
          square,
          call('relu', square),
          undefined,
          '0',
        );
        return call('mean', call('slice', call('transpose', losses), [0, 0], [30, 1]));
      },
      'transpose of a loss or an accuracy',
    ],
  ])('is not %s', (_, make, why) => {
    const { info } = make();
    expect(info.class).toBe('record');
    expect(info.why).toContain(why);
  });

  it('of batches is one where every record counts alike in it', () => {
    const part = (from: number, count: number) =>
      call(
        'losses.meanSquaredError',
        call('slice', y, [from, 0], [count, 1]),
        call('slice', predictions(), [from, 0], [count, 1]),
      );
    const [first, rest] = [part(0, 24), part(24, 6)];
    expect(rest.class).toBe('record');
    const all = call('div', call('add', call('mul', first, 24), call('mul', rest, 6)), 30);
    expect(all.info).toMatchObject({ class: 'metric', measured: { units: 24 } });
    // With other weights the few could be all that is told.
    expect(call('add', call('mul', first, 1e-30), call('mul', rest, 6)).class).toBe('record');
    expect(call('add', first, rest).class).toBe('record');
    const stack = call('stack', [part(0, 10), part(10, 10), part(20, 10)]);
    expect(stack.info).toMatchObject({ class: 'metric', measured: { units: 10 } });
    expect(call('mean', stack).class).toBe('metric');
    expect(call('sum', call('stack', [first, rest])).class).toBe('record');
  });

  it('of persons is of the whole data set or of one of its splits', () => {
    const spans = [
      { from: 0, to: 30, units: 12 },
      { from: 0, to: 20, units: 10 },
      { from: 20, to: 30, units: 2 },
    ];
    const people = axisOf(30, 10, spans);
    const labels = published([30, 1], { axis: people });
    const given = call('sigmoid', published([30, 1], { axis: people }));
    const of = (from: number, count: number) =>
      call(
        'losses.logLoss',
        call('slice', labels, [from, 0], [count, 1]),
        call('slice', given, [from, 0], [count, 1]),
      ).info;
    expect(of(0, 30)).toMatchObject({ class: 'metric', measured: { units: 12 } });
    expect(of(0, 20)).toMatchObject({ class: 'metric', measured: { units: 10 } });
    expect(of(20, 10).class).toBe('record');
    expect(of(0, 29).why).toContain('not known how many');
  });

  test('and aggregates do not mix', () => {
    expect(call('add', mse(), call('mean', x)).class).toBe('record');
    expect(call('stack', [mse(), call('mean', x)]).class).toBe('record');
  });
});
