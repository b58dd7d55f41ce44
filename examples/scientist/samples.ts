import byHand from '../breast-cancer/program.js?raw';
import mnistFit from '../mnist/fit.js?raw';
import mnistModule from '../mnist/module.js?raw';

/** A program to start from, and the data that it is written for. */
export interface Sample {
  readonly key: string;
  readonly words: string;
  readonly code: string;
}

export const samples: readonly [Sample, ...Sample[]] = [
  { key: 'breast-cancer', words: 'Tumours: a regression by hand', code: byHand },
  { key: 'mnist-module', words: 'Digits: a network as a class', code: mnistModule },
  { key: 'mnist-fit', words: 'Digits: a layers model and fit', code: mnistFit },
];
