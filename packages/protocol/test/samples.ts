/** One message of each kind, as readable as they come; the golden vectors are made of them. */

import { encodeStrings, type OwnerMessage, type ScientistMessage, tensorMeta } from '../src';

const counted = (length: number) => Uint8Array.from({ length }, (_, index) => index);
const matrix = tensorMeta('float32', [456, 30]);
const scalar = {
  meta: tensorMeta('float32', []),
  bytes: new Uint8Array(new Float32Array([0.5]).buffer),
};

export const scientistSamples: Readonly<Record<string, ScientistMessage>> = {
  hello: {
    kind: 'hello',
    version: 1,
    software: 'duetjs/0.1.0',
    identity: counted(65),
    nonce: counted(32),
    name: 'Grace',
  },
  proof: { kind: 'proof', signature: counted(64), invite: counted(32) },
  begin: { kind: 'begin', epoch: 7 },
  put: {
    kind: 'put',
    id: 1,
    meta: matrix,
    tags: ['w'],
    description: 'start weights',
    digest: counted(32),
  },
  putEmpty: {
    kind: 'put',
    id: 2,
    meta: tensorMeta('complex64', [0, 3]),
    tags: [],
    description: '',
    digest: counted(32),
  },
  action: {
    kind: 'action',
    id: 300,
    op: 'matMul',
    args: [
      { kind: 'tensor', tensor: { kind: 'ref', ref: { space: 'published', id: 2, path: [] } } },
      { kind: 'tensor', tensor: { kind: 'ref', ref: { space: 'own', id: 299, path: [1] } } },
      { kind: 'flag', flag: true },
    ],
  },
  actionAllKinds: {
    kind: 'action',
    id: 301,
    op: 'someOp',
    args: [
      { kind: 'absent' },
      { kind: 'tensor', tensor: { kind: 'literal', value: scalar } },
      {
        kind: 'tensors',
        tensors: [
          { kind: 'ref', ref: { space: 'own', id: 1, path: [0] } },
          { kind: 'literal', value: scalar },
        ],
      },
      { kind: 'tensors', tensors: [] },
      { kind: 'number', number: 0 },
      { kind: 'number', number: -0.25 },
      { kind: 'flag', flag: false },
      { kind: 'text', text: '' },
      { kind: 'text', text: 'float32' },
      { kind: 'numbers', numbers: [] },
      { kind: 'numbers', numbers: [0, -1, 2] },
    ],
  },
  request: {
    kind: 'request',
    id: 302,
    ref: { space: 'own', id: 300, path: [] },
    name: 'weights',
    reason: 'To publish the model',
    timeoutMs: 60_000,
  },
  requestBare: {
    kind: 'request',
    id: 303,
    ref: { space: 'published', id: 1, path: [] },
    name: '',
    reason: '',
    timeoutMs: 0,
  },
  get: {
    kind: 'get',
    id: 304,
    ref: { space: 'own', id: 300, path: [] },
    request: 302,
    deleteAfter: true,
  },
  getBare: {
    kind: 'get',
    id: 305,
    ref: { space: 'own', id: 300, path: [] },
    request: 0,
    deleteAfter: false,
  },
  confirm: { kind: 'confirm', get: 304 },
  withdraw: { kind: 'withdraw', request: 303 },
  drop: { kind: 'drop', ids: [1, 299, 300] },
  dropNone: { kind: 'drop', ids: [] },
};

const published = {
  id: 1,
  meta: tensorMeta('float32', [456, 2]),
  tags: ['patients'],
  description: 'Measured in 1993',
  columns: ['radius', 'texture'],
  public: false,
  field: '',
};

export const ownerSamples: Readonly<Record<string, OwnerMessage>> = {
  hello: {
    kind: 'hello',
    version: 1,
    software: 'duetjs/0.1.0',
    identity: counted(65),
    nonce: counted(32),
    name: 'Ada',
  },
  proof: { kind: 'proof', signature: counted(64), invite: counted(32) },
  admitted: { kind: 'admitted', name: 'Grace' },
  refused: { kind: 'refused', code: 'not-admitted' },
  welcome: { kind: 'welcome', epoch: 7, nextId: 1, catalogues: 2, opCost: 2e11 },
  catalogue: {
    kind: 'catalogue',
    objects: [
      published,
      {
        ...published,
        id: 2,
        meta: encodeStrings(['cat', 'dog'], [2]).meta,
        tags: [],
        columns: [],
        public: true,
      },
    ],
    dataSets: [
      {
        id: 3,
        name: 'patients',
        tags: ['hospital'],
        description: '',
        fields: [{ ...published, id: 4, field: 'X' }],
      },
    ],
  },
  catalogueEmpty: { kind: 'catalogue', objects: [], dataSets: [] },
  gone: { kind: 'gone', published: [1, 2], own: [300] },
  accepted: { kind: 'decision', request: 302, outcome: 'accepted', reason: '' },
  denied: { kind: 'decision', request: 302, outcome: 'denied', reason: 'Too many columns' },
  expired: { kind: 'decision', request: 302, outcome: 'expired', reason: '' },
  value: { kind: 'value', get: 304, meta: tensorMeta('bool', [2, 0, 5]), digest: counted(32) },
  failed: { kind: 'failed', get: 304, code: 'not-released' },
  fault: { kind: 'fault', about: 300, code: 'unsupported-op' },
  faultAboutNothing: { kind: 'fault', about: 0, code: 'bad-message' },
};
