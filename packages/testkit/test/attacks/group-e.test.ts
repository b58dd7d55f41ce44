/** Misleading, tiring and rushing the person who decides. */

import { VirtualClock } from '@duet/link';
import { limits, visibleText } from '@duet/protocol';
import { expect } from 'vitest';
import { answers, failed, fault, payloads } from '../answers';
import { canary } from '../canary';
import { action, begin, floats, get, own, published, put, request } from '../words';
import { ages, attack, codes, matrix, open, openValues, type Scene } from './attack';
import { metrics, outcomeOf, patients, waitsForOwner, withPatients } from './patients';
import { eachIsRefused, raw } from './raw-frames';
import { turns } from './slow-engine';

const decision = (id: number, outcome: string, reason = '') => ({
  kind: 'decision',
  request: id,
  outcome,
  reason,
});
const codeOf = (promise: Promise<unknown> | undefined) =>
  promise?.then(
    () => 'resolved',
    (error: { code: string }) => error.code,
  );

/** Releases any value of the ages, up to eight numbers. */
const ofAges = { action: 'accept', tags: ['ages'], elementQuota: 8, release: 'records' } as const;

// ---- E1, E2, E11: what is answered automatically -----------------------------------------------------------------

attack(
  'E1',
  'weights called “loss” are no loss, whoever trusts that name',
  async (scene) => {
    const { X } = patients(scene.owner);
    await scene.tell(
      action(1, 'relu', published(X)),
      action(2, 'matMul', own(1), own(1), true, false),
    );
    await waitsForOwner(scene, 2, 'record', 'loss');
    // A name narrows: another name is not matched at all.
    expect(await outcomeOf(scene, 2, 'accuracy')).toBe('waits');
    scene.owner.requests.at(0).deny();
    await scene.eve.quiet();
    scene.expectedLog.push('request', 'denied');
  },
  withPatients({ ...metrics(10), name: 'loss' }),
);

attack(
  'E1',
  'tags of their own count for nothing, and one untagged source is enough to stop it',
  async (scene) => {
    const { eve, owner } = scene;
    owner.requests.addHandler(ofAges);
    eve.say({ ...(await put(1, openValues)), tags: ['ages'], description: 'ages' });
    await eve.link.sendPayload(1, openValues.bytes);
    await scene.tell(
      action(2, 'slice', published(matrix), [0, 0], [1, 2]),
      action(3, 'mul', own(1), own(2)),
      action(4, 'slice', published(ages), [0], [2]),
      action(5, 'add', own(4), own(3)),
      request(6, own(3), { name: 'ages', reason: 'ages' }),
      request(7, own(5), { name: 'ages', reason: 'ages' }),
    );
    expect(owner.requests.length).toBe(2);
    expect(eve.messages).toEqual([]);
    for (const waiting of owner.requests.list()) waiting.deny();
    scene.expectedLog.push('request', 'request', 'denied', 'denied');
  },
);

attack(
  'E1',
  'tags of what was taken back speak for nothing, also in a request that waits already',
  async (scene) => {
    const { owner } = scene;
    const extra = owner.store.add(canary([2], 9), { tags: ['ages'] });
    await scene.tell(request(1, published(extra.number)));
    owner.store.remove(extra.id);
    owner.requests.addHandler(ofAges);
    await scene.eve.quiet();
    expect(owner.requests.at(0)).toMatchObject({
      status: 'pending',
      facts: { sources: [{ tags: [] }] },
    });
    owner.requests.at(0).deny();
    scene.expectedLog.push('request', 'denied');
  },
);

attack('E2', 'several scientists at once never overdraw one', async (scene) => {
  const { eve, grace, owner } = scene;
  const released: number[] = [];
  owner.on('release', ({ elements }) => released.push(elements));
  const ask = (at: number) => [
    action(1, 'slice', published(ages), [at], [3]),
    action(2, 'slice', published(ages), [at], [2]),
    request(3, own(1)),
    get(4, own(1), { request: 3 }),
    request(5, own(2)),
    get(6, own(2), { request: 5 }),
  ];
  const value = scene.secrets[0];
  if (value) scene.given.push(value);
  eve.say(...ask(0));
  grace.say(...ask(3));
  owner.requests.addHandler(ofAges);
  await eve.quiet();
  await grace.quiet();
  expect(released.reduce((sum, elements) => sum + elements, 0)).toBeLessThanOrEqual(8);
  expect(owner.requests.handlers[0]?.quotaLeft).toBe(0);
  expect(released).toHaveLength(3);
  const hers = released.length - payloads(grace).length;
  const outcomes = Array.from({ length: 2 }, (_, at) => (at < hers ? 'accepted' : 'denied'));
  expect(scene.log.filter((entry) => entry === 'accepted' || entry === 'denied')).toEqual(outcomes);
  scene.expectedLog.push(...scene.log);
});

attack(
  'E2',
  'a handler and the owner who accept at the same time make one grant',
  async (scene) => {
    const { eve, owner } = scene;
    await scene.tell(request(1, published(ages)));
    const asked = owner.requests.at(0);
    owner.requests.addHandler(ofAges);
    const codesOf = await Promise.all([codeOf(asked.accept()), codeOf(asked.accept())]);
    await eve.quiet();
    expect(codesOf.filter((code) => code === 'resolved').length).toBeLessThan(2);
    expect(eve.messages).toEqual([decision(1, 'accepted')]);
    expect(owner.grants.length).toBe(1);
    scene.openGrants = 1;
    scene.expectedLog.push('request', 'accepted');
  },
);

attack(
  'E2',
  'what does not fit spends nothing, and nothing is not free of charge for ever',
  async (scene) => {
    const { owner } = scene;
    owner.requests.addHandler({ ...ofAges, elementQuota: 3 });
    await scene.tell(
      action(1, 'slice', published(ages), [0], [4]),
      action(2, 'slice', published(ages), [0], [0]),
      request(3, own(1)),
      request(4, own(2)),
      request(5, own(2)),
    );
    expect(scene.eve.messages).toEqual([
      decision(3, 'denied'),
      decision(4, 'accepted'),
      fault(5, 'duplicate-request'),
    ]);
    expect(owner.requests.handlers).toMatchObject([{ quotaLeft: 3 }]);
    scene.openGrants = 1;
    scene.expectedLog.push('request', 'denied', 'request', 'accepted');
  },
);

attack(
  'E11',
  'cannot be made: what may hold records needs a bound, and says of what',
  async ({ owner }) => {
    const refused = expect.objectContaining({ code: 'bad-argument' });
    const { requests } = owner;
    expect(() => requests.addHandler({ action: 'accept', release: 'records' })).toThrow(refused);
    expect(() => requests.addHandler({ action: 'accept', release: 'metrics' })).toThrow(refused);
    expect(() =>
      requests.addHandler({ action: 'accept', release: 'records', elementQuota: 10 }),
    ).toThrow(refused);
    expect(() =>
      requests.addHandler({ action: 'accept', release: 'records', name: 'loss', elementQuota: 10 }),
    ).toThrow(refused);
    expect(() => requests.addHandler({ decide: () => 'accept', release: 'records' })).toThrow(
      refused,
    );
    expect(requests.handlers).toEqual([]);
  },
);

attack(
  'E11',
  'the widest one without a bound accepts aggregates alone',
  async (scene) => {
    const { owner } = scene;
    const { X, y } = patients(owner);
    await scene.tell(
      action(1, 'mean', published(X)),
      action(2, 'losses.meanSquaredError', published(y), published(y)),
      action(3, 'max', published(X)),
    );
    await waitsForOwner(scene, 3, 'record');
    await waitsForOwner(scene, 2, 'metric');
    expect(await outcomeOf(scene, 1)).toBe('accepted');
    scene.expectedLog.push('request', 'accepted', 'release');
  },
  withPatients({ action: 'accept' }),
);

// ---- E3, E10: too many, too long ---------------------------------------------------------------------------------

attack('E3', 'beyond the limit they are refused, and those that wait stay', async (scene) => {
  const { owner } = scene;
  const made = Array.from({ length: 40 }, (_, at) => action(1 + at, 'abs', published(ages)));
  const asked = made.map(({ id }) => request(100 + id, own(id)));
  const heard = await scene.tell(...made, ...asked);
  expect(heard).toEqual(asked.slice(16).map(({ id }) => fault(id, 'rate')));
  expect(owner.requests.length).toBe(16);
  for (const waiting of owner.requests.list()) waiting.deny();
  await scene.eve.quiet();
  expect(owner.requests.length).toBe(0);
  const turnedAway = asked.slice(16).flatMap(() => ['request', 'turned-away'] as const);
  scene.expectedLog.push(
    ...asked.slice(0, 16).map(() => 'request' as const),
    ...turnedAway,
    ...asked.slice(0, 16).map(() => 'denied' as const),
  );
});

attack('E3', 'those that a handler answers are no burden on a person', async (scene) => {
  const { owner } = scene;
  owner.requests.addHandler({ action: 'deny', name: 'noise' });
  const made = Array.from({ length: 40 }, (_, at) => action(1 + at, 'abs', published(ages)));
  const asked = made.map(({ id }) => request(100 + id, own(id), { name: 'noise' }));
  expect(await scene.tell(...made, ...asked, request(1000, published(matrix)))).toEqual(
    asked.map(({ id }) => decision(id, 'denied')),
  );
  expect(owner.requests.list().map(({ number }) => number)).toEqual([1000]);
  owner.requests.at(0).deny();
  const handled = asked.flatMap(() => ['request', 'denied'] as const);
  scene.expectedLog.push(...handled, 'request', 'denied');
});

attack('E3', 'the same value is asked for once', async (scene) => {
  const { owner } = scene;
  await scene.tell(action(1, 'abs', published(ages)));
  const asked = Array.from({ length: 5 }, (_, at) => request(10 + at, own(1), { name: `${at}` }));
  expect(await scene.tell(...asked)).toEqual(
    asked.slice(1).map(({ id }) => fault(id, 'duplicate-request')),
  );
  expect(owner.requests.length).toBe(1);
  await scene.tell({ kind: 'withdraw', request: 10 });
  scene.expectedLog.push('request', 'withdrawn');
});

const clock = new VirtualClock();

attack(
  'E10',
  'they expire on the owner’s clock, are told apart from denials, and wait for ever if told to',
  async (scene) => {
    const { eve, owner } = scene;
    await scene.tell(
      request(1, published(ages), { timeoutMs: 1000 }),
      get(2, published(ages), { request: 1 }),
      request(3, published(matrix)),
    );
    const [expiring, waiting] = owner.requests.list();
    clock.advance(999);
    await eve.quiet();
    expect(eve.messages).toEqual([]);
    clock.advance(1);
    await eve.quiet();
    expect(eve.messages).toEqual([decision(1, 'expired'), failed(2, 'expired')]);
    expect(await codeOf(expiring?.accept())).toBe('no-request');
    clock.advance(limits.timeoutMs);
    await eve.quiet();
    expect(waiting?.status).toBe('pending');
    waiting?.deny();
    scene.expectedLog.push('request', 'request', 'expired', 'denied');
  },
  { clock },
);

attack('E10', 'an announced life over a week is no message', async (scene) => {
  await eachIsRefused(
    scene,
    'bad-message',
    raw({ request: { id: 1, ref: { published: ages }, timeoutMs: 2 ** 32 - 1 } }),
    raw({ request: { id: 1, ref: { published: ages }, keepMs: 2 ** 32 - 1 } }),
  );
});

// ---- E4 to E6: texts ---------------------------------------------------------------------------------------------

attack('E4', 'is kept as text, and never gets into words of ours', async (scene) => {
  const { owner } = scene;
  const name = '<img src=x onerror=alert(1)>';
  const reason = '</td><script>alert(1)</script>';
  await scene.tell(request(1, published(ages), { name, reason }));
  expect(owner.requests.table()).toMatchObject([{ name, reason }]);
  const asked = owner.requests.at(0);
  const ours = [
    asked.lineage.sentence,
    ...asked.warnings.map(({ text }) => text),
    asked.facts.why,
    ...asked.facts.sources.map((source) => source.name),
  ];
  for (const text of ours) expect(text).not.toMatch(/img|script|<|>/);
  asked.deny();
  scene.expectedLog.push('request', 'denied');
});

attack(
  'E5',
  'bidirectional, zero-width and stacked characters are shown as what they are',
  async (scene) => {
    const { owner } = scene;
    const name = 'denied\u202eyb renwo';
    const reason = `a\u200bb\u2066c\ufeffd e${'\u0301'.repeat(60)}`;
    await scene.tell(request(1, published(ages), { name, reason }));
    expect(owner.requests.table()).toMatchObject([
      {
        name: 'denied[U+202E]yb renwo',
        reason: 'a[U+200B]b[U+2066]c[U+FEFF]d e\u0301\u0301',
      },
    ]);
    expect(visibleText(owner.requests.at(0).lineage.sentence)).toBe(
      owner.requests.at(0).lineage.sentence,
    );
    owner.requests.at(0).deny();
    scene.expectedLog.push('request', 'denied');
  },
);

attack('E6', 'are no messages beyond their lengths, wherever they stand', async (scene) => {
  const long = (length: number) => 'x'.repeat(length);
  const ref = { published: ages };
  const digest = new Uint8Array(32).fill(1);
  await eachIsRefused(
    scene,
    'bad-text',
    raw({ request: { id: 1, ref, name: long(limits.nameChars + 1) } }),
    raw({ request: { id: 1, ref, reason: long(limits.reasonChars + 1) } }),
    raw({ request: { id: 1, ref, reason: long(100_000) } }),
    raw({
      put: { id: 1, header: { dtype: 1, shape: [1] }, digest, tags: [long(limits.tagChars + 1)] },
    }),
    raw({ put: { id: 1, header: { dtype: 1, shape: [1] }, digest, description: long(100_000) } }),
    raw({ request: { id: 1, ref, reason: 'ten\nthousand\nlines' } }),
  );
});

// ---- E7 to E9: the right request, the right facts, the right person ----------------------------------------------

attack(
  'E7',
  'those that come later stand below, and one that is gone cannot be decided',
  async (scene) => {
    const { eve, owner } = scene;
    await scene.tell(request(1, published(matrix)), action(2, 'abs', published(ages)));
    const shown = owner.requests.at(0);
    await scene.tell(request(3, own(2)), request(4, published(codes)));
    expect(owner.requests.at(0)).toBe(shown);
    expect(owner.requests.list().map(({ number }) => number)).toEqual([1, 3, 4]);
    // They take it back and put another one in its place in the moment of the click.
    await scene.tell({ kind: 'withdraw', request: 1 });
    expect(await codeOf(shown.accept())).toBe('no-request');
    expect(() => owner.requests.get(shown.id)).toThrow(
      expect.objectContaining({ code: 'no-request' }),
    );
    for (const waiting of owner.requests.list()) waiting.deny();
    await eve.quiet();
    scene.expectedLog.push('request', 'request', 'request', 'withdrawn', 'denied', 'denied');
  },
);

attack(
  'E8',
  'it says what, how much, of whom, from what and how',
  async (scene) => {
    const { eve, owner } = scene;
    const { X } = patients(owner);
    const mine = floats([1, 0, 0], [3, 1]);
    eve.say(await put(1, mine));
    await eve.link.sendPayload(1, mine.bytes);
    await scene.tell(action(2, 'matMul', published(X), own(1)), request(3, own(2), { name: 'ok' }));
    const asked = owner.requests.at(0);
    expect(asked.peer.fingerprint).toBe(eve.identity.fingerprint);
    expect(asked.assurance).toBe('invite');
    expect(asked.facts).toMatchObject({
      class: 'record',
      dtype: 'float32',
      shape: [40, 1],
      elements: 40,
      bytes: 160,
      sources: [{ name: 'patients.X', tags: ['patients'], records: 40, units: 40 }],
    });
    expect(asked.facts.why).not.toBe('');
    expect(asked.lineage.sentence).toContain('patients.X');
    expect(asked.lineage.sentence).toContain('matMul');
    expect(asked.warnings.map(({ kind }) => kind)).toEqual(['many-numbers']);
    asked.deny();
    scene.expectedLog.push('request', 'denied');
  },
  withPatients(),
);

attack(
  'E9',
  'one identity in two sessions is told apart, and neither sees what was released to the other',
  async (scene) => {
    const { eve, owner } = scene;
    const twin = await scene.join('eve');
    await scene.tell(action(1, 'neg', published(open)), request(2, published(matrix)));
    await answers(twin, action(1, 'neg', published(open)));
    const rows = owner.table().filter(({ access }) => access === 'scientist');
    expect(new Set(rows.map(({ id }) => id)).size).toBe(2);
    owner.remove(rows[1]?.id ?? '');
    await twin.quiet();
    expect(twin.messages).toContainEqual({ kind: 'gone', published: [], own: [1] });
    expect(eve.messages).toEqual([]);
    await owner.requests.at(0).accept();
    const value = scene.secrets[2];
    if (value) scene.given.push(value);
    await scene.tell(get(3, published(matrix)));
    expect(payloads(eve)).toHaveLength(1);
    expect(await answers(twin, get(2, published(matrix)))).toEqual([failed(2, 'not-released')]);
    scene.expectedLog.push('request', 'accepted', 'release');
  },
);

attack('E9', 'a request of who has left cannot be accepted for who comes next', async (scene) => {
  const { owner } = scene;
  const first = await scene.join('eve');
  await answers(first, request(1, published(ages)));
  const asked: ReturnType<Scene['owner']['requests']['at']> = owner.requests.at(0);
  first.wire.fail();
  await turns();
  expect(asked.status).toBe('left');
  const next = await scene.join('eve');
  expect(await codeOf(asked.accept())).toBe('no-request');
  expect(await answers(next, { ...begin, epoch: 2 }, get(1, published(ages)))).toContainEqual(
    failed(1, 'not-released'),
  );
  scene.expectedLog.push('request', 'left');
});
