/** The life of an invite, without anybody at its door. */

import { VirtualClock } from '@duet/link';
import { describe, expect, it } from 'vitest';
import { Invite, type InviteLeft, type InviteOptions } from '../src/invite';

const url = 'https://page.example/scientist/#d1.secret';

function makeInvite(options: InviteOptions = {}, restored?: InviteLeft) {
  const clock = new VirtualClock();
  const closings: string[] = [];
  const left: (InviteLeft | undefined)[] = [];
  const invite = new Invite({
    id: 'i1',
    url,
    options,
    restored,
    clock,
    open: () => ({ opened: Promise.resolve(), close: (why) => closings.push(why) }),
  });
  invite.on('left', () => left.push(invite.left));
  return { invite, clock, closings, left };
}

describe('an invite', () => {
  it('is used up by its last admission, and tells what is left of it', () => {
    const { invite, closings, left } = makeInvite({ uses: 2 });
    invite.setSignaling('open');
    expect([invite.status, invite.usesLeft]).toEqual(['open', 2]);
    invite.use();
    expect([invite.status, invite.usesLeft, left]).toMatchObject([
      'open',
      1,
      [{ url, usesLeft: 1 }],
    ]);
    invite.use();
    expect([invite.status, invite.usesLeft, left.at(-1)]).toEqual(['used', 0, undefined]);
    expect(closings).toEqual(['invite-used']);
    invite.use();
    expect(left).toHaveLength(2);
  });

  it('P18 has no link any more once it has ended, however it ends', () => {
    const ends: ((made: ReturnType<typeof makeInvite>) => void)[] = [
      ({ invite }) => invite.use(),
      ({ invite }) => invite.revoke(),
      ({ clock }) => clock.advance(60_000),
    ];
    for (const [index, end] of ends.entries()) {
      const made = makeInvite({ expiresInSecs: 60 });
      expect(made.invite.url).toBe(url);
      expect(made.invite.instructions()).toContain(url);
      end(made);
      expect(made.invite.url).toBe('');
      expect(made.invite.instructions()).not.toContain('secret');
      expect(made.invite.status).toBe(['used', 'revoked', 'expired'][index]);
      expect(made.closings).toEqual([index === 0 ? 'invite-used' : 'invite-expired']);
    }
  });

  it('counts strangers and failed knocks, which use nothing up', () => {
    const { invite } = makeInvite();
    invite.strangerCame();
    invite.strangerCame();
    invite.knockFailed();
    expect(invite).toMatchObject({
      strangers: 2,
      failedKnocks: 1,
      usesLeft: 1,
      status: 'connecting',
    });
  });

  it('goes on with what was left of it before a reload', () => {
    const expiresAt = Date.now() + 5000;
    const { invite, clock } = makeInvite({}, { url, usesLeft: 3, expiresAt });
    expect(invite.left).toEqual({ url, usesLeft: 3, expiresAt });
    clock.advance(5000);
    expect(invite.status).toBe('expired');
  });

  it.each([{ uses: 0 }, { uses: 1.5 }, { expiresInSecs: 0 }, { expiresInSecs: 86_401 }])(
    'is not made with %j',
    (options) => expect(() => makeInvite(options)).toThrow('must be'),
  );
});
