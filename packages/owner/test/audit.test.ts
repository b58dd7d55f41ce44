import { VirtualClock } from '@duet/link';
import {
  emptyHistoryHead,
  emptyLogHead,
  headAfter,
  headToSign,
  limits,
  parseChainLine,
  toHex,
  verifySignature,
} from '@duet/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AuditEvent } from '../src/audit/events';
import { memoryStorage } from '../src/memory-storage';
import {
  ada,
  asked,
  BrittleStorage,
  bob,
  decided,
  factsOf,
  makeSigner,
  oneRelease,
  openLog,
  releaseOf,
} from './audit-parts';

const signer = await makeSigner();

/** The lines of an export that are entries. */
function entryLines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '' && parseChainLine(line) !== undefined);
}

const kinds = (entries: readonly { readonly kind: string }[]) => entries.map(({ kind }) => kind);

describe('the log', () => {
  it('begins with the page, and holds what is noted in its order', async () => {
    const log = openLog();
    log.note(asked(ada, 1));
    log.note(decided(ada, 1, 'denied'));
    log.note({ kind: 'published', object: 'p1', name: 'ages', how: 'added' });
    const entries = await log.entries();
    expect(kinds(entries)).toEqual(['opened', 'request', 'decision', 'published']);
    expect(entries.map(({ n }) => n)).toEqual([1, 2, 3, 4]);
    expect(entries[0]).toMatchObject({ gap: false, at: '2026-01-02T03:04:05.678Z' });
    const [, request] = entries;
    expect(request).toMatchObject({ request: 'r1', peer: ada });
    expect(request?.kind === 'request' && request.facts).toEqual(factsOf(ada));
  });

  it('chains each line to all before it, as the format says', async () => {
    const log = openLog({ signer });
    for (let number = 1; number < 9; number += 1) log.note(asked(ada, number));
    const lines = entryLines(await log.export());
    expect(lines).toHaveLength(9);
    let head = await emptyLogHead(signer.fingerprint);
    for (const line of lines) {
      expect(parseChainLine(line)?.prev).toBe(toHex(head));
      head = await headAfter(head, line);
    }
    expect(log.head).toEqual({ n: 9, head: toHex(head) });
  });

  it('is ASCII, whatever people write', async () => {
    const log = openLog();
    const name = '\u202e<b>ä\u2028😀"\\';
    log.note(asked(ada, 1, name));
    const [, , line = ''] = (await log.export()).split('\n');
    expect(line).toMatch(/^[\x20-\x7e]+$/);
    expect((await log.entries({ kind: 'request' }))[0]).toMatchObject({ facts: { name } });
  });

  it('signs every 50th head, and the last of a page', async () => {
    const log = openLog({ signer });
    for (let number = 1; number < 120; number += 1) {
      log.note({ kind: 'published', object: `p${number}`, name: '', how: 'added' });
    }
    await log.close();
    const heads = await log.heads();
    expect(heads.map(({ signed }) => signed)).toEqual([50, 100, 121]);
    for (const { head, signature } of heads) {
      const bytes = Uint8Array.from(Buffer.from(head, 'hex'));
      const good = await verifySignature(
        signer.publicKey,
        Uint8Array.from(Buffer.from(signature, 'hex')),
        headToSign('log', bytes),
      );
      expect(good).toBe(true);
    }
    expect(heads.at(-1)?.head).toBe(log.head.head);
  });

  it('goes on where the page before ended, and says if it was not closed', async () => {
    const storage = memoryStorage();
    const first = openLog({ storage, signer });
    first.note(asked(ada, 1));
    await first.close();
    const second = openLog({ storage, signer });
    second.note(asked(ada, 1));
    await second.entries();
    // Nobody closed the second.
    const third = openLog({ storage, signer });
    const entries = await third.entries();
    expect(kinds(entries)).toEqual(['opened', 'request', 'closed', 'opened', 'request', 'opened']);
    const opened = entries.filter((entry) => entry.kind === 'opened');
    expect(opened.map((entry) => entry.kind === 'opened' && entry.gap)).toEqual([
      false,
      false,
      true,
    ]);
    expect(entries.map(({ n }) => n)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('takes nothing after it was closed', async () => {
    const log = openLog();
    await log.close();
    log.note(asked(ada, 1));
    await expect(log.release(...releaseOf(ada, 1))).rejects.toMatchObject({ code: 'closed' });
    expect(kinds(await log.entries())).toEqual(['opened', 'closed']);
  });

  it('leaves reasons out unless the owner wants them', async () => {
    const event: AuditEvent = {
      kind: 'request',
      peer: ada,
      request: 'r1',
      number: 1,
      facts: factsOf(ada),
      reason: 'for Mrs Miller',
    };
    const [without, with_] = [openLog(), openLog({ reasons: true })];
    for (const log of [without, with_]) log.note(event);
    expect(await without.export()).not.toContain('Miller');
    expect(await with_.export()).toContain('Miller');
  });

  it('gives the newest, or those from a number on, of one kind or one scientist', async () => {
    const log = openLog();
    for (let number = 1; number <= 6; number += 1) log.note(asked(number % 2 ? ada : bob, number));
    const numbers = async (query: Parameters<typeof log.entries>[0]) =>
      (await log.entries(query)).map(({ n }) => n);
    expect(await numbers({ limit: 2 })).toEqual([6, 7]);
    expect(await numbers({ from: 3, limit: 2 })).toEqual([3, 4]);
    expect(await numbers({ peer: ada, limit: 2 })).toEqual([4, 6]);
    expect(await numbers({ kind: 'request', from: 6 })).toEqual([6, 7]);
  });

  it('tells of every entry as it is written', async () => {
    const log = openLog();
    const told: number[] = [];
    log.on('entry', ({ n }) => told.push(n));
    log.note(asked(ada, 1));
    log.note(asked(ada, 2));
    await log.entries();
    expect(told).toEqual([1, 2, 3]);
  });

  it('remembers what was asked, and how it ended, of several pages', async () => {
    const storage = memoryStorage();
    for (const name of ['first', 'second']) {
      const log = openLog({ storage });
      log.note(asked(ada, 1, name));
      log.note(asked(ada, 2, 'waits'));
      log.note(decided(ada, 1, name === 'first' ? 'denied' : 'accepted'));
      await log.close();
    }
    const requests = await openLog({ storage }).requests();
    expect(requests.map(({ facts, outcome }) => [facts.name, outcome])).toEqual([
      ['first', 'denied'],
      ['waits', undefined],
      ['second', 'accepted'],
      ['waits', undefined],
    ]);
  });
});

it('begins its exports anew where another key signs, and keeps what was before', async () => {
  const storage = memoryStorage();
  const first = openLog({ storage, signer });
  await oneRelease(first, ada, 1);
  await first.close();
  const other = await makeSigner();
  const second = openLog({ storage, signer: other });
  await oneRelease(second, ada, 1);
  const lines = entryLines(await second.export()).map((line) => parseChainLine(line));
  expect(lines.map((line) => line?.kind)).toEqual([
    'cut',
    'opened',
    'request',
    'decision',
    'release',
  ]);
  expect(lines[0]).toMatchObject({ n: 6, upTo: 5, head: first.head.head });
  expect(await second.entries()).toHaveLength(10);
  const own = entryLines(await second.exportPeer(ada)).map((line) => parseChainLine(line));
  expect(own.map((line) => line?.kind)).toEqual(['cut', 'request', 'decision', 'release']);
});

describe('writing', () => {
  it('puts what comes together into one write, and what led to a release into that of the release, safely on the disk', async () => {
    const storage = new BrittleStorage();
    const log = openLog({ storage });
    await log.entries();
    const before = storage.writes.length;
    for (let number = 1; number <= 100; number += 1) log.note(asked(ada, number));
    await log.entries();
    expect(storage.writes).toHaveLength(before + 1);
    expect(storage.writes).not.toContain('now');
    await oneRelease(log, ada, 1);
    expect(storage.writes).toHaveLength(before + 2);
    expect(storage.writes.at(-1)).toBe('now');
  });

  it('resolves a release only when it is written', async () => {
    const storage = new BrittleStorage();
    const log = openLog({ storage, signer });
    await log.entries();
    let permit = () => {};
    const permission = new Promise<void>((resolve) => {
      permit = resolve;
    });
    let reach = () => {};
    const reached = new Promise<void>((resolve) => {
      reach = resolve;
    });
    const inner = storage.write;
    storage.write = async (changes, when) => {
      reach();
      await permission;
      return inner(changes, when);
    };
    const events: string[] = [];
    const release = oneRelease(log, ada, 1).then(() => events.push('released'));
    await reached;
    // More than the signature takes, which is made meanwhile.
    await new Promise((resolve) => setTimeout(resolve, 20));
    events.push('written');
    permit();
    await release;
    expect(events).toEqual(['written', 'released']);
  });

  it('writes what nobody waits for by itself, a moment later', async () => {
    const clock = new VirtualClock();
    const log = openLog({ clock });
    await log.entries();
    const written = new Promise((resolve) => log.on('entry', resolve));
    log.note(asked(ada, 1));
    clock.advance(50);
    expect(await written).toMatchObject({ kind: 'request', n: 2 });
  });

  it('rejects a release that cannot be written, and has no trace of it later', async () => {
    const storage = new BrittleStorage();
    const log = openLog({ storage, signer });
    const troubles: string[] = [];
    log.on('trouble', ({ code }) => troubles.push(code));
    await log.entries();
    storage.broken = true;
    log.note(asked(ada, 1));
    await expect(log.release(...releaseOf(ada, 1))).rejects.toThrow();
    expect(troubles.length).toBeGreaterThan(0);
    storage.broken = false;
    log.note(asked(ada, 2));
    expect(kinds(await log.entries())).toEqual(['opened', 'request', 'request']);
    await expect(log.release(...releaseOf(ada, 2))).resolves.toBeDefined();
    expect((await log.entries({ kind: 'release' })).map(({ n }) => n)).toEqual([4]);
  });

  it('keeps the order of everything, however writes fall', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ peer: fc.constantFrom(ada, bob), waits: fc.boolean() }), {
          maxLength: 30,
        }),
        async (steps) => {
          const log = openLog({ signer });
          const releases: Promise<unknown>[] = [];
          for (const [index, { peer, waits }] of steps.entries()) {
            log.note(asked(peer, index));
            const release = log.release(...releaseOf(peer, index));
            releases.push(release);
            if (waits) await release;
          }
          await Promise.all(releases);
          const entries = (await log.entries({ limit: 1000 })).slice(1);
          expect(
            entries.map((entry) => 'number' in entry && `${entry.kind} ${entry.number}`),
          ).toEqual(steps.flatMap((_, index) => [`request ${index}`, `release ${index}`]));
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('what people could fill it with', () => {
  const refused: AuditEvent = { kind: 'refused', peer: ada, code: 'no-object', count: 1 };

  it('counts refusals: the first at once, others once a minute', async () => {
    const clock = new VirtualClock();
    const log = openLog({ clock });
    for (let count = 0; count < 1000; count += 1) log.note(refused);
    log.note({ ...refused, code: 'limit' });
    const counts = async () =>
      (await log.entries({ kind: 'refused' })).map(
        (entry) => entry.kind === 'refused' && [entry.code, entry.count],
      );
    expect(await counts()).toEqual([
      ['no-object', 1],
      ['limit', 1],
    ]);
    clock.advance(60_000);
    log.note(refused);
    expect((await counts()).slice(2)).toEqual([['no-object', 999]]);
    for (let count = 0; count < 5; count += 1) log.note(refused);
    await log.close();
    expect((await counts()).slice(3)).toEqual([['no-object', 6]]);
  });

  it('counts requests over so many a minute, and still writes what is accepted', async () => {
    const clock = new VirtualClock();
    const log = openLog({ clock });
    const many = limits.auditBurst + 50;
    for (let number = 1; number <= many; number += 1) {
      log.note(asked(ada, number));
      log.note(decided(ada, number, number === many ? 'accepted' : 'denied'));
    }
    // Another one is not concerned.
    log.note(asked(bob, 1));
    const all = await log.entries({ limit: 10_000 });
    expect(all).toHaveLength(1 + 2 * limits.auditBurst + 1 + 1);
    expect(all.at(-2)).toMatchObject({ kind: 'decision', outcome: 'accepted', number: many });
    clock.advance(60_000);
    log.note(asked(ada, many + 1));
    const [more, next] = await log.entries({ limit: 2 });
    expect(more).toMatchObject({ kind: 'more', what: 'request', peer: ada, count: 50 });
    expect(next).toMatchObject({ kind: 'request', number: many + 1 });
  });

  it('shortens what a request of thousands of sources says, and says so', async () => {
    const log = openLog();
    const source = { id: 'p1', name: 'ages', tags: ['ages'], records: 3, units: 3 };
    const facts = { ...factsOf(ada), sources: Array.from({ length: 5000 }, () => source) };
    log.note({ kind: 'request', peer: ada, request: 'r1', number: 1, facts });
    log.note(asked(ada, 2));
    const [first] = await log.entries({ kind: 'request' });
    expect(first).toMatchObject({ shortened: true });
    expect(JSON.stringify(first).length).toBeLessThan(17_000);
    // A dry run would take it for something else.
    expect((await log.requests()).map(({ request }) => request)).toEqual(['r2']);
  });

  it('drops whole segments of the oldest, and says up to where', async () => {
    const storage = memoryStorage();
    const log = openLog({ storage, signer, caps: { entries: 40, segment: 10 } });
    const heads = new Map<number, string>();
    let head = await emptyLogHead(signer.fingerprint);
    for (let number = 1; number <= 100; number += 1) {
      log.note(asked(ada, number));
      for (const line of entryLines(await log.export())) {
        const { n = 0, prev = '' } = parseChainLine(line) ?? {};
        if (prev !== toHex(head)) continue;
        head = await headAfter(head, line);
        heads.set(n, toHex(head));
      }
    }
    const lines = entryLines(await log.export()).map((line) => parseChainLine(line));
    expect(lines.length).toBeLessThanOrEqual(40);
    const first = lines[0]?.n ?? 0;
    expect(first).toBeGreaterThan(50);
    const cut = lines.findLast((entry) => entry?.kind === 'cut');
    expect(cut).toMatchObject({ upTo: first - 1, head: heads.get(first - 1) });
    expect(log.length).toBe(lines.at(-1)?.n);
    // What is stored is bounded, too.
    expect(await storage.read('audit')).toHaveLength(lines.length);
    expect((await storage.read('chains')).length).toBeLessThanOrEqual(41);
  });

  it('forgets everything when it is told to, and goes on', async () => {
    const storage = memoryStorage();
    const log = openLog({ storage, signer });
    await oneRelease(log, ada, 1);
    const { n, head } = log.head;
    await log.wipe();
    const [cut, ...others] = await log.entries();
    expect(others).toEqual([]);
    expect(cut).toMatchObject({ kind: 'cut', n: n + 1, upTo: n, head, prev: head });
    const receipt = await oneRelease(log, ada, 2);
    // The scientist's history goes on, too: there was a first release, and they have its receipt.
    expect(parseChainLine(receipt?.entry ?? '')?.n).toBe(7);
  });
});

describe('a scientist’s history', () => {
  it('has their doings alone, whatever others do', async () => {
    const busy = openLog({ signer });
    const quiet = openLog({ signer });
    const doings = async (log: typeof busy, number: number) => {
      log.note(asked(ada, number));
      log.note(decided(ada, number, 'denied'));
    };
    for (let number = 1; number <= 5; number += 1) {
      busy.note({ kind: 'peer', peer: bob, state: 'joined', name: 'Bob' });
      await oneRelease(busy, bob, number);
      await doings(busy, number);
      await doings(quiet, number);
      busy.note({ kind: 'published', object: `p${number}`, name: 'ages', how: 'added' });
    }
    const [withOthers, alone] = [await busy.exportPeer(ada), await quiet.exportPeer(ada)];
    expect(entryLines(withOthers)).toEqual(entryLines(alone));
    expect(entryLines(alone)).toHaveLength(10);
  });

  it('has no owner-side ids, and times in whole seconds', async () => {
    const log = openLog({ signer });
    log.note({ kind: 'peer', peer: ada, state: 'joined', name: 'Ada' });
    await oneRelease(log, ada, 7);
    log.note(decided(ada, 8, 'withdrawn'));
    const lines = entryLines(await log.exportPeer(ada)).map((line) => JSON.parse(line));
    expect(lines.map(({ kind }) => kind)).toEqual([
      'joined',
      'request',
      'decision',
      'release',
      'decision',
    ]);
    for (const line of lines) {
      expect(line.at).toBe('2026-01-02T03:04:05Z');
      expect(line).not.toHaveProperty('request');
      expect(line).not.toHaveProperty('by');
      expect(line).not.toHaveProperty('facts');
    }
    await expect(log.exportPeer(bob)).rejects.toMatchObject({ code: 'no-object' });
  });

  it('is what receipts are of: line, head before it, signature of the head with it', async () => {
    const log = openLog({ signer });
    const first = await oneRelease(log, ada, 1);
    const second = await oneRelease(log, ada, 2);
    let head = await emptyHistoryHead(signer.fingerprint, ada);
    const receipts = new Map([first, second].map((receipt) => [receipt?.entry, receipt]));
    let found = 0;
    for (const line of entryLines(await log.exportPeer(ada))) {
      const before = head;
      head = await headAfter(head, line);
      const receipt = receipts.get(line);
      if (!receipt) continue;
      found += 1;
      expect(toHex(receipt.previous)).toBe(toHex(before));
      const signed = headToSign('history', head);
      expect(await verifySignature(signer.publicKey, receipt.signature, signed)).toBe(true);
      expect(
        await verifySignature(signer.publicKey, receipt.signature, headToSign('log', head)),
      ).toBe(false);
    }
    expect(found).toBe(2);
    expect(await log.histories()).toEqual([{ peer: ada, n: 6, head: toHex(head) }]);
  });

  it('gives no receipt where nothing can be signed', async () => {
    const log = openLog();
    expect(await oneRelease(log, ada, 1)).toBeUndefined();
    expect((await log.entries({ kind: 'release' }))[0]).toMatchObject({ history: { n: 3 } });
  });

  it('fits into a receipt with the longest texts and shapes', async () => {
    const log = openLog({ signer });
    const [event, facts, bytes] = releaseOf(ada, limits.id);
    const shape = Array.from({ length: limits.rank }, () => limits.dimension);
    const receipt = await log.release(event, { ...facts, shape, digits: 15 }, bytes);
    expect(receipt?.entry.length).toBeLessThan(limits.receiptChars);
  });
});

describe('digests', () => {
  it('of the log are keyed: the same value tells itself in one browser and nowhere else', async () => {
    const digestOf = async (log: ReturnType<typeof openLog>, number: number, value: number) => {
      await oneRelease(log, ada, number, value);
      const entry = (await log.entries({ kind: 'release' })).at(-1);
      return entry?.kind === 'release' ? entry.digest : undefined;
    };
    const [one, other] = [openLog(), openLog()];
    const digest = await digestOf(one, 1, 4);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(await digestOf(one, 2, 4)).toBe(digest);
    expect(await digestOf(one, 3, 5)).not.toBe(digest);
    expect(await digestOf(other, 1, 4)).not.toBe(digest);
  });

  it('of the payload stand in the history alone, whose heads are salted', async () => {
    const [one, other] = [openLog({ signer }), openLog({ signer })];
    const [, { digest }] = releaseOf(ada, 1);
    for (const log of [one, other]) await log.release(...releaseOf(ada, 1));
    expect(await one.export()).not.toContain(digest);
    expect(await one.exportPeer(ada)).toContain(digest);
    expect((await one.histories())[0]?.head).not.toBe((await other.histories())[0]?.head);
  });

  it('are of no failure', async () => {
    const log = openLog({ signer });
    const [event, facts] = releaseOf(ada, 1);
    await log.release(
      { ...event, failure: 'op-failed' },
      { ...facts, outcome: 'op-failed', digest: undefined },
      undefined,
    );
    const [entry] = await log.entries({ kind: 'release' });
    expect(entry).toMatchObject({ failure: 'op-failed' });
    expect(entry).not.toHaveProperty('digest');
  });
});
