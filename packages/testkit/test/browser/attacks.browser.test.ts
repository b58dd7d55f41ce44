/** One attack of each group in a real browser, with each scientist's engine in a worker of its own, on wasm. */

import { createWorkerEngine } from '@duet/engine';
import { webRtcTransport } from '@duet/link';
import { systemClock, tensorMeta } from '@duet/protocol';
import { expect, it } from 'vitest';
import {
  fingerprintIn,
  parseCandidate,
  parseDescription,
  writeCandidate,
  writeDescription,
} from '../../../link/src/sdp';
import { until } from '../../src/pair';
import { failed, fault, payloads } from '../answers';
import {
  ages,
  attack,
  attackOnTwo,
  codes,
  matrix,
  open,
  type Scene,
  type Setting,
} from '../attacks/attack';
import { attackByOwner, codeOf, ending } from '../attacks/hostile-owner';
import {
  aggregates,
  columns,
  isReleased,
  metrics,
  patients,
  records,
  waitsForOwner,
  withPatients,
} from '../attacks/patients';
import { eachIsRefused } from '../attacks/raw-frames';
import { titleOf } from '../attacks/titles';
import { action, define, float, floats, get, node, own, plan, published, train } from '../words';

const inWorkers: Setting = { createEngine: () => createWorkerEngine({ backend: 'wasm' }) };

attack(
  'A1',
  'in a browser: by gets of it and of its copies',
  async (scene) => {
    await scene.tell(
      action(1, 'clone', published(ages)),
      action(2, 'mul', published(ages), floats([1], [])),
    );
    const gets = [published(ages), own(1), own(2)].map((ref) => get(scene.id(), ref));
    expect(await scene.tell(...gets)).toEqual(gets.map(({ id }) => failed(id, 'not-released')));
  },
  inWorkers,
);

attack(
  'B4',
  'in a browser: weights and reports of a run are private',
  async (scene) => {
    const step = plan([float(), float(2)], [node('mean', 1), node('add', 0, 2)], [3, 2]);
    const heard = await scene.tell(
      define(1, step),
      train(2, 1, {
        state: [floats([0], [])],
        data: [published(ages)],
        batchSize: 2,
        reportEvery: 1,
      }),
    );
    expect(heard.at(-1)).toMatchObject({ kind: 'progress', step: 3, state: 'finished' });
    expect(await scene.tell(get(1000, own(2)), get(1001, own(3)))).toEqual([
      failed(1000, 'not-released'),
      failed(1001, 'not-released'),
    ]);
  },
  inWorkers,
);

async function meanOf(scene: Scene, to: number): Promise<number> {
  const { X } = patients(scene.owner);
  const [part, mean] = [scene.id(), scene.id()];
  await scene.tell(
    action(part, 'slice', published(X), [0, 0], [to, columns]),
    action(mean, 'mean', own(part), [0]),
  );
  return mean;
}

attack(
  'C3',
  'in a browser: the mean of all, then of all but one',
  async (scene) => {
    await isReleased(scene, await meanOf(scene, records));
    await waitsForOwner(scene, await meanOf(scene, records - 1), 'aggregate');
  },
  { ...inWorkers, ...withPatients(aggregates) },
);

attackOnTwo(
  ['D1', 'D2', 'D9'],
  'in a browser: indices outside of everything',
  async (scene) => {
    await scene.tell(
      action(1, 'gather', published(ages), published(codes)),
      action(2, 'unsortedSegmentSum', published(ages), published(codes), 3),
      action(3, 'oneHot', published(codes), 4),
      action(4, 'reshape', published(codes), [6, 1]),
      action(5, 'scatterND', own(4), published(ages), [3]),
    );
    expect(scene.eve.messages).toEqual([]);
    const gets = [1, 2, 3, 4, 5].map((id) => get(100 + id, own(id)));
    expect(await scene.tell(...gets)).toEqual(gets.map(({ id }) => failed(id, 'not-released')));
  },
  () => inWorkers,
);

attack(
  'E1',
  'in a browser: a row that is called “loss”',
  async (scene) => {
    await scene.tell(action(1, 'slice', published(patients(scene.owner).X), [7, 0], [1, columns]));
    await waitsForOwner(scene, 1, 'record', 'loss');
  },
  { ...inWorkers, ...withPatients({ ...metrics(10), name: 'loss' }) },
);

attack(
  ['F1', 'F4', 'F6', 'F7'],
  'in a browser: names of the page and of tfjs are no ops',
  async (scene) => {
    const names = [
      'add.constructor',
      '__proto__',
      'loadLayersModel',
      'browser.fromPixels',
      'engine',
      'setBackend',
    ];
    const calls = names.map((name, at) => action(1 + at, name, published(ages)));
    expect(await scene.tell(...calls)).toEqual(calls.map(({ id }) => fault(id, 'unsupported-op')));
  },
  inWorkers,
);

attack(
  ['G3', 'G4'],
  'in a browser: what takes too long is ended, told to nobody, and others are served',
  async (scene) => {
    const { eve } = scene;
    // Some seconds of products, each within what one op may cost.
    await scene.tell(
      action(1, 'ones', [1500, 1500], 'float32'),
      action(2, 'slice', published(matrix), [0, 0], [1, 1]),
      action(3, 'mul', own(1), own(2)),
      ...Array.from({ length: 8 }, (_, at) => action(4 + at, 'matMul', own(3 + at), own(1))),
      action(20, 'sum', own(11)),
      get(21, own(20)),
    );
    await until(() => eve.messages.length > 0);
    expect(eve.messages).toEqual([failed(21, 'not-released')]);
    await scene.tell(get(22, published(open)));
    expect(payloads(eve)).toEqual([[10, 20]]);
  },
  { createEngine: () => createWorkerEngine({ backend: 'wasm', opTimeoutMs: 100 }) },
);

attack(
  'H1',
  'in a browser: noise is no message',
  async (scene) => {
    await eachIsRefused(scene, 'bad-message', Uint8Array.of(255, 1, 2, 3), new Uint8Array(100));
  },
  inWorkers,
);

it(titleOf('H14', 'a second data channel ends the connection'), async () => {
  // A bare peer connection stands for a page that is not ours.
  const certificate = await RTCPeerConnection.generateCertificate({
    name: 'ECDSA',
    namedCurve: 'P-256',
  } as EcKeyGenParams);
  const intruder = new RTCPeerConnection({ certificates: [certificate] });
  intruder.createDataChannel('duet', { negotiated: true, id: 0, ordered: true });
  const prepared = await webRtcTransport().prepare();
  const offer = await intruder.createOffer();
  const ours = prepared.connect({
    initiator: false,
    peerFingerprint: fingerprintIn(offer.sdp ?? ''),
    clock: systemClock,
    timeoutMs: 10_000,
    onSignal: (signal) => {
      if (signal.type === 'answer') {
        const sdp = writeDescription(signal, prepared.fingerprint);
        void intruder.setRemoteDescription({ type: 'answer', sdp });
      } else if (signal.type === 'candidate') {
        void intruder.addIceCandidate({ candidate: writeCandidate(signal), sdpMid: '0' });
      }
    },
  });
  intruder.onicecandidate = ({ candidate }) => {
    if (candidate !== null && candidate.candidate !== '') {
      ours.signal(parseCandidate(candidate.candidate));
    }
  };
  ours.signal(parseDescription('offer', offer.sdp ?? ''));
  await intruder.setLocalDescription(offer);
  const channel = await ours.channel;
  const reason = new Promise<string>((resolve) => channel.onClosed(({ code }) => resolve(code)));
  intruder.createDataChannel('another');
  expect(await reason).toBe('bad-message');
  intruder.close();
});

attackByOwner('M1', 'in a browser: another shape than promised', async (meet) => {
  const { eve, scientist } = await meet();
  const got = codeOf(scientist.store.get('p1').get());
  const { id } = await eve.last('get');
  const closed = ending(scientist);
  eve.say({ kind: 'value', get: id, meta: tensorMeta('float32', [4]), digest: new Uint8Array(32) });
  expect((await closed).code).toBe('bad-reply');
  expect(await got).toBe('bad-reply');
});
