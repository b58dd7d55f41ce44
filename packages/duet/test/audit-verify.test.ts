import { makeIdentity, VirtualClock } from '@duet/link';
import { type AuditEvent, AuditLog, memoryStorage } from '@duet/owner';
import { asciiJson, type Receipt, sha256, toHex } from '@duet/protocol';
import { beforeAll, describe, expect, it } from 'vitest';
import { verifyAudit } from '../src/audit-verify';

const ada = 'a'.repeat(64);
const bob = 'b'.repeat(64);

const identity = await makeIdentity();

type Parts = ConstructorParameters<typeof AuditLog>[0];

function openLog(parts: Partial<Parts> = {}): AuditLog {
  return new AuditLog({
    storage: memoryStorage(),
    clock: new VirtualClock(),
    signer: identity,
    ...parts,
  });
}

async function release(log: AuditLog, peer: string, number: number): Promise<Receipt | undefined> {
  const of = { peer, number };
  const request = `r${number}`;
  log.note({ kind: 'decision', ...of, request, outcome: 'accepted', by: 'owner' });
  return log.release(
    {
      ...of,
      kind: 'release',
      request,
      elements: 1,
      bytes: 4,
      failure: undefined,
      digits: undefined,
      by: 'owner',
      digest: undefined,
    },
    {
      ...of,
      outcome: 'value',
      digest: 'd'.repeat(64),
      dtype: 'float32',
      shape: [],
      digits: undefined,
    },
    Uint8Array.of(1, 2, 3, 4),
  );
}

function receiptsText(receipts: readonly (Receipt | undefined)[], owner = identity.fingerprint) {
  const header = { duet: 'receipts', version: 1, owner, scientist: ada };
  const lines = receipts.flatMap((receipt) =>
    receipt
      ? [
          {
            entry: receipt.entry,
            previous: toHex(receipt.previous),
            signature: toHex(receipt.signature),
          },
        ]
      : [],
  );
  return [header, ...lines].map((line) => `${asciiJson(line)}\n`).join('');
}

/** Made anew over what stands before it, as by somebody without the key. */
async function withNewEnd(lines: readonly string[]): Promise<string> {
  const body = lines
    .slice(0, -1)
    .map((line) => `${line}\n`)
    .join('');
  const { end: _, at, digest: __, ...rest } = JSON.parse(lines.at(-1) ?? '');
  const last = lines.findLast((line) => line.startsWith('{"n":'));
  const end = { end: JSON.parse(last ?? '').n, at };
  const digest = toHex(await sha256(`${body}${asciiJson(end)}`));
  return `${body}${asciiJson({ ...end, digest, ...rest })}\n`;
}

describe('an export', () => {
  let text = '';
  let lines: string[] = [];
  let history = '';
  let receipts: (Receipt | undefined)[] = [];

  beforeAll(async () => {
    const log = openLog();
    const published: AuditEvent = { kind: 'published', object: 'p1', name: 'ages', how: 'added' };
    log.note(published);
    receipts = [await release(log, ada, 1)];
    await release(log, bob, 1);
    receipts.push(await release(log, ada, 2));
    for (let count = 0; count < 50; count += 1) log.note(published);
    receipts.push(await release(log, ada, 3));
    history = await log.exportPeer(ada);
    await log.close();
    text = await log.export();
    lines = text.trimEnd().split('\n');
  });

  it('is found good, with what it is', async () => {
    expect(await verifyAudit(text, { key: identity.fingerprint })).toEqual({
      ok: true,
      fault: undefined,
      kind: 'audit',
      owner: identity.fingerprint,
      peer: undefined,
      from: 1,
      to: 61,
      signedHeads: 2,
      receipts: 0,
      gaps: [],
    });
    expect(await verifyAudit(history)).toMatchObject({
      ok: true,
      kind: 'history',
      peer: ada,
      from: 1,
      to: 6,
    });
  });

  it('shows every changed byte', async () => {
    const short = openLog();
    await release(short, ada, 1);
    const whole = await short.export();
    expect((await verifyAudit(whole)).ok).toBe(true);
    for (let index = 0; index < whole.length; index += 1) {
      const other = String.fromCharCode(whole.charCodeAt(index) ^ 1);
      const changed = `${whole.slice(0, index)}${other}${whole.slice(index + 1)}`;
      if ((await verifyAudit(changed)).ok) throw new Error(`Byte ${index} could be changed.`);
    }
  });

  it('shows where something is missing, doubled, moved or put in, also with a new end', async () => {
    for (let index = 0; index < lines.length; index += 1) {
      const [line = '', next = ''] = lines.slice(index);
      const changes = {
        missing: lines.toSpliced(index, 1),
        doubled: lines.toSpliced(index, 0, line),
        swapped: index + 1 < lines.length ? lines.toSpliced(index, 2, next, line) : [],
        cut: lines.slice(0, index),
      };
      for (const changed of Object.values(changes)) {
        const joined = changed.map((each) => `${each}\n`).join('');
        expect((await verifyAudit(joined)).fault).toBeDefined();
        if (!changed.some((each) => each.startsWith('{"n":'))) continue;
        expect((await verifyAudit(await withNewEnd(changed))).fault).toBeDefined();
      }
    }
  });

  it('says where the first fault is', async () => {
    const changed = text.replace('"name":"ages"', '"name":"wages"');
    const line = lines.findIndex((each) => each.includes('"name":"ages"')) + 1;
    expect((await verifyAudit(changed)).fault).toEqual({
      in: 'audit',
      line: line + 1,
      what: expect.stringMatching(/does not follow/),
    });
  });

  it('shows a whole text that another key has signed', async () => {
    const other = openLog({ signer: await makeIdentity() });
    const foreign = await other.export();
    expect((await verifyAudit(foreign)).ok).toBe(true);
    const { fault } = await verifyAudit(foreign, { key: identity.fingerprint });
    expect(fault).toMatchObject({ line: 1, what: 'It is signed by another key.' });
  });

  it('shows that nothing is signed, to who asks for a key', async () => {
    const unsigned = await openLog({ signer: undefined }).export();
    expect(await verifyAudit(unsigned)).toMatchObject({ ok: true, owner: '' });
    expect((await verifyAudit(unsigned, { key: identity.fingerprint })).ok).toBe(false);
  });

  it('takes the owner’s own word for an end that they cut', async () => {
    const log = openLog({ caps: { entries: 20, segment: 10 } });
    for (let number = 1; number < 40; number += 1) await release(log, ada, number);
    const cut = await log.export();
    const report = await verifyAudit(cut);
    expect(report).toMatchObject({ ok: true });
    expect(report.from).toBeGreaterThan(20);
    expect(await verifyAudit(await log.exportPeer(ada))).toMatchObject({ ok: true });
    // But not without an entry that says so.
    const shorter = cut
      .trimEnd()
      .split('\n')
      .filter((line) => !line.includes('"kind":"cut"'));
    expect((await verifyAudit(await withNewEnd(shorter))).ok).toBe(false);
  });

  it('lists pages that were not closed', async () => {
    const storage = memoryStorage();
    const first = openLog({ storage });
    await first.entries();
    const second = openLog({ storage });
    expect(await verifyAudit(await second.export())).toMatchObject({ ok: true, gaps: [2] });
  });

  it.each(['', '\n', '{}', 'null\n[]\n', '{"duet":"audit"}\n{}\n', '\u0000'.repeat(100)])(
    'finds a fault in what is none: %j',
    async (other) => {
      expect(await verifyAudit(other)).toMatchObject({ ok: false, fault: { in: 'audit' } });
    },
  );

  describe('with a scientist’s receipts', () => {
    it('has each of them, the log and the history alike', async () => {
      const text_ = receiptsText(receipts);
      expect(receipts).toHaveLength(3);
      for (const whole of [text, history]) {
        expect(await verifyAudit(whole, { receipts: text_ })).toMatchObject({
          ok: true,
          receipts: 3,
        });
      }
    });

    it('shows a history that was written again by the owner, with their own key', async () => {
      const again = openLog();
      await release(again, ada, 1);
      await release(again, ada, 2);
      await release(again, ada, 3);
      for (const whole of [await again.export(), await again.exportPeer(ada)]) {
        expect((await verifyAudit(whole)).ok).toBe(true);
        const { fault } = await verifyAudit(whole, { receipts: receiptsText(receipts) });
        expect(fault).toMatchObject({ in: 'receipts', line: 2 });
      }
    });

    it('shows one that is shorter than it was', async () => {
      const again = openLog();
      const kept = await release(again, ada, 1);
      for (const whole of [await again.export(), await again.exportPeer(ada)]) {
        const good = receiptsText([kept]);
        expect((await verifyAudit(whole, { receipts: good })).ok).toBe(true);
        const more = receiptsText([kept, receipts[2]]);
        const { fault } = await verifyAudit(whole, { receipts: more });
        expect(fault).toMatchObject({ in: 'receipts', line: 3 });
        expect(fault?.what).toMatch(/not in the export/);
      }
    });

    it('shows receipts that are none', async () => {
      const good = receiptsText(receipts);
      const flipped = good.replace(/"signature":"(.)/g, (_, digit) => {
        return `"signature":"${digit === '0' ? '1' : '0'}`;
      });
      for (const bad of [flipped, good.replace('float32', 'int32'), `${good}{}\n`]) {
        const { fault } = await verifyAudit(text, { receipts: bad });
        expect(fault).toMatchObject({ in: 'receipts' });
      }
      expect((await verifyAudit(text, { receipts: receiptsText([], ada) })).fault).toMatchObject({
        in: 'receipts',
        line: 1,
      });
    });
  });
});
