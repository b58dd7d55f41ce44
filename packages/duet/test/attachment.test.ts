/** A connection lent to a worker, also when the owner's page is reloaded meanwhile. */

import { FramedLink, memoryPair, RenewableLink } from '@duet/link';
import { DuetError, type Link, type LinkState } from '@duet/protocol';
import { afterEach, describe, expect, test } from 'vitest';
import { attachedLink } from '../src/attached-link';
import { Attachment } from '../src/attachment';

const owner = { fingerprint: 'f'.repeat(64), name: 'Olga', software: 'test' };
const bytes = (...numbers: number[]) => Uint8Array.from(numbers);

/** Until ports, which have their own time, have nothing more to say. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
}

const open: { close(reason: DuetError): void }[] = [];

afterEach(async () => {
  for (const link of open.splice(0)) link.close(new DuetError('closed'));
  await settle();
});

/** A link as the page has it, and the owner's ends of what is under it. */
class Page {
  readonly link: RenewableLink;
  owner: FramedLink;

  constructor() {
    const { theirs, ours } = this.#wire();
    this.owner = theirs;
    this.link = new RenewableLink(ours);
    open.push(this.link);
  }

  /** The owner's page is another. */
  reload(): FramedLink {
    const { theirs, ours } = this.#wire();
    this.owner = theirs;
    this.link.renew(ours);
    return theirs;
  }

  attach(keep = false): { attachment: Attachment; port: MessagePort } {
    const { port1, port2 } = new MessageChannel();
    return { attachment: new Attachment(this.link, port1, keep), port: port2 };
  }

  #wire(): { theirs: FramedLink; ours: FramedLink } {
    const { a, b } = memoryPair();
    const theirs = new FramedLink(a);
    open.push(theirs);
    return { theirs, ours: new FramedLink(b, { peer: owner, ownFingerprint: 'e'.repeat(64) }) };
  }
}

async function lent(keep = false) {
  const page = new Page();
  const { attachment, port } = page.attach(keep);
  const attached = await attachedLink(port, undefined);
  return { page, attachment, ...attached, ...listen(attached.link) };
}

/** What comes at the worker's end, in its order. */
function listen(link: Link): { readonly heard: string[] } {
  const heard: string[] = [];
  link.onMessage((message) => void heard.push(`message ${message.join()}`));
  link.onRenewed?.(() => void heard.push('renewed'));
  link.onState?.(({ phase, path }) => void heard.push(`${phase} ${path}`));
  void link.closed.then(({ code }) => heard.push(`closed ${code}`));
  return { heard };
}

function collect(link: FramedLink): string[] {
  const got: string[] = [];
  link.onMessage((message) => void got.push(message.join()));
  return got;
}

describe('a connection lent to a worker', () => {
  test('is known there, and carries messages and payloads both ways', async () => {
    const { page, link, keep, heard } = await lent(true);
    expect(keep).toBe(true);
    expect(link.peer).toEqual(owner);
    expect(link.ownFingerprint).toBe('e'.repeat(64));
    const got = collect(page.owner);
    link.send(bytes(1, 2));
    page.owner.send(bytes(3));
    const up = page.owner.receivePayload(5, 3);
    const down = link.receivePayload(6, 2);
    await Promise.all([
      link.sendPayload(5, bytes(7, 8, 9)),
      page.owner.sendPayload(6, bytes(4, 4)),
    ]);
    expect(await up).toEqual(bytes(7, 8, 9));
    expect(await down).toEqual(bytes(4, 4));
    await settle();
    expect(got).toEqual(['1,2']);
    expect(heard).toEqual(['message 3']);
  });

  test('tells how it stands', async () => {
    const { page, link, heard } = await lent();
    const away: LinkState = { phase: 'away', awayUntil: 1000, path: 'direct' };
    page.link.tell(away);
    await settle();
    expect(link.state).toEqual(away);
    page.link.tell({ phase: 'open', path: 'relay' });
    await settle();
    expect(heard).toEqual(['away direct', 'open relay']);
  });

  test('ends as it ends, with the reason', async () => {
    const { page, heard } = await lent();
    page.owner.close(new DuetError('dismissed'));
    await settle();
    expect(heard).toEqual(['closed dismissed']);
    const lost = await lent();
    lost.page.link.close(new DuetError('link-lost'));
    await settle();
    expect(lost.heard).toEqual(['closed link-lost']);
  });

  test('ends where its session is closed', async () => {
    const { page, link } = await lent();
    link.close(new DuetError('closed'));
    await settle();
    expect(page.link.reason?.code).toBe('closed');
    expect((await link.closed).code).toBe('closed');
  });

  test('an abort before anything was said, and a port that leads elsewhere', async () => {
    const abort = new AbortController();
    const { port1, port2 } = new MessageChannel();
    const waiting = attachedLink(port2, abort.signal);
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'aborted' });
    port1.close();
    const other = new MessageChannel();
    other.port1.postMessage({ hello: 'you' });
    await expect(attachedLink(other.port2, undefined)).rejects.toMatchObject({
      code: 'bad-message',
    });
    other.port1.close();
  });

  test('that has ended before is told as that', async () => {
    const page = new Page();
    const { port } = page.attach();
    page.link.close(new DuetError('dismissed'));
    await settle();
    const attached = await attachedLink(port, undefined).then(
      ({ link }) => link.closed,
      (error: unknown) => error,
    );
    expect(attached).toMatchObject({ code: 'dismissed' });
  });
});

describe('when the owner’s page is reloaded', () => {
  test('the worker has everything of before, then hears of it, and goes on', async () => {
    const { page, link, heard } = await lent();
    page.owner.send(bytes(1));
    page.owner.send(bytes(2));
    // On the way through both channels when the reload is noticed.
    await Promise.resolve();
    const receiving = link.receivePayload(9, 100).catch((error: unknown) => error);
    const sending = page.owner.receivePayload(8, 100).catch(() => undefined);
    await settle();
    const next = page.reload();
    const got = collect(next);
    await settle();
    expect(heard).toEqual(['message 1', 'message 2', 'renewed']);
    expect(await receiving).toMatchObject({ code: 'link-lost' });
    link.send(bytes(5));
    next.send(bytes(6));
    const payload = next.receivePayload(10, 2);
    await link.sendPayload(10, bytes(1, 1));
    expect(await payload).toEqual(bytes(1, 1));
    await settle();
    expect(got).toEqual(['5']);
    expect(heard.at(-1)).toBe('message 6');
    void sending;
  });

  test('what is sent from the listener on reaches the new page, first of all', async () => {
    const { page, link } = await lent();
    link.onRenewed?.(() => link.send(bytes(1)));
    const got = collect(page.reload());
    await settle();
    link.send(bytes(2));
    await settle();
    expect(got).toEqual(['1', '2']);
  });

  test('again and again, also without a pause', async () => {
    const { page, link, heard } = await lent();
    for (let round = 0; round < 5; round++) page.reload();
    await settle();
    const got = collect(page.owner);
    link.send(bytes(7));
    page.owner.send(bytes(8));
    await settle();
    expect(got).toEqual(['7']);
    expect(heard.at(-1)).toBe('message 8');
    expect(page.link.reason).toBeUndefined();
  });

  test('the end that follows at once is still the end', async () => {
    const { page, heard } = await lent();
    page.reload().close(new DuetError('dismissed'));
    await settle();
    expect(heard.at(-1)).toBe('closed dismissed');
    expect(heard.filter((line) => line.startsWith('closed'))).toHaveLength(1);
  });

  test('before the worker has listened, it begins on the new one', async () => {
    const page = new Page();
    const { port } = page.attach(true);
    await settle();
    const got = collect(page.reload());
    await settle();
    const { link, keep } = await attachedLink(port, undefined);
    const { heard } = listen(link);
    await settle();
    link.send(bytes(3));
    await settle();
    expect(keep).toBe(true);
    expect(got).toEqual(['3']);
    expect(heard).toEqual(['renewed']);
  });

  test('a worker that is detached meanwhile is out, and the next one in', async () => {
    const { page, attachment, heard } = await lent();
    const next = page.reload();
    attachment.detach();
    const { port } = page.attach();
    const { link } = await attachedLink(port, undefined);
    const other = listen(link);
    const got = collect(next);
    await settle();
    link.send(bytes(1));
    next.send(bytes(2));
    await settle();
    expect(heard).toEqual(['closed closed']);
    expect(got).toEqual(['1']);
    expect(other.heard.at(-1)).toBe('message 2');
    expect(page.link.reason).toBeUndefined();
  });
});

describe('detaching', () => {
  test('leaves the connection open for the next', async () => {
    const { page, attachment, heard } = await lent();
    attachment.detach();
    attachment.detach();
    await settle();
    expect(heard).toEqual(['closed closed']);
    const got = collect(page.owner);
    const { port } = page.attach();
    const { link } = await attachedLink(port, undefined);
    link.send(bytes(9));
    await settle();
    expect(got).toEqual(['9']);
    expect(page.link.reason).toBeUndefined();
  });
});
