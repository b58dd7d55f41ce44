/** Handlers of every kind, for random programs. */

import type { HandlerOptions } from '@duet/owner';
import { fingerprints, sameTag } from './worlds';

const tags = [sameTag];

export const handlerChoices: readonly HandlerOptions[] = [
  { action: 'accept' },
  { action: 'accept', tags },
  { action: 'accept', tags, name: 'stats', printLocal: true },
  { action: 'accept', tags, elementQuota: 3, logLocal: true },
  { action: 'accept', tags, elementQuota: 2, digits: 2, whenUsedUp: 'ask' },
  { action: 'accept', tags, elementQuota: 30, release: 'records', name: 'loss' },
  {
    action: 'accept',
    tags,
    elementQuota: 1000,
    release: 'records',
    digits: 3,
    within: { seconds: 1, requests: 2, elements: 60 },
    printLocal: true,
    logLocal: true,
  },
  { action: 'accept', tags: ['t'], elementQuota: 8, release: 'records', name: 'loss' },
  { action: 'accept', elementQuota: 2, name: 'loss' },
  { action: 'accept', tags, timeoutSecs: 0.05, release: 'records', elementQuota: 100 },
  { action: 'deny', name: 'no', printLocal: true, logLocal: true },
  { action: 'deny', peer: fingerprints.ada },
  {
    decide: ({ elements, class: of }) =>
      elements > 24 ? 'deny' : of === 'record' ? 'pass' : 'accept',
    tags,
    printLocal: true,
  },
  {
    decide: ({ shape }) => (shape.length > 1 ? 'deny' : 'accept'),
    release: 'records',
    elementQuota: 40,
    tags,
    whenUsedUp: 'ask',
  },
  {
    decide: () => {
      throw new Error('A mistake of the owner’s.');
    },
  },
];
