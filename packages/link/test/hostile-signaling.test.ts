/** A signaling server that does not keep to its contract may keep the two apart, and nothing else. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DuetError } from '@duet/protocol';
import { Server, type Socket } from 'socket.io';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Channel, type Connect, hostInvite, joinInvite } from '../src';
import { codeOf } from './helpers';

const secret = new Uint8Array(32).fill(7);
let io: Server;
let signaling: string;

beforeEach(async () => {
  const web = createServer((_, response) => response.end('ok'));
  io = new Server(web, { transports: ['websocket'] });
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  signaling = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
});

afterEach(() => io.close());

type Reply = (answer?: unknown) => void;

/** Connections that never come about, and how many there are. */
function endless(): { connect: Connect; open: number } {
  const state = {
    open: 0,
    connect: (() => {
      state.open += 1;
      let fail: (reason: DuetError) => void = () => {};
      const channel = new Promise<Channel>((_, reject) => {
        fail = (reason) => {
          state.open -= 1;
          reject(reason);
        };
      });
      channel.catch(() => {});
      return {
        channel,
        signal: () => {},
        close: (reason = new DuetError('closed')) => fail(reason),
      };
    }) satisfies Connect as Connect,
  };
  return state;
}

describe('P6: an answer that is none', () => {
  const answers: readonly unknown[] = [
    undefined,
    null,
    7,
    {},
    { ok: 'yes' },
    { ok: false },
    { ok: false, code: 'constructor' },
    { ok: false, code: '__proto__' },
    { ok: false, code: { toString: 'x' } },
  ];

  it.each(answers.map((answer) => [JSON.stringify(answer), answer]))(
    '%s is a refusal, to a guest and to a host',
    async (_, answer) => {
      io.on('connection', (socket: Socket) => {
        socket.on('join', (_room: string, reply: Reply) => reply(answer));
        socket.on('open', (_room: string, reply: Reply) => reply(answer));
      });
      const { connect } = endless();
      const options = { signaling, secret, connect };
      expect(await codeOf(joinInvite(options))).toBe('signaling-refused');
      expect(await codeOf(hostInvite({ ...options, onGuest: () => {} }))).toBe('signaling-refused');
    },
  );
});

describe('P9: guests without end', () => {
  it('are connected with a few at a time, and the others shown out', async () => {
    const shownOut = new Promise<void>((resolve) => {
      let left = 0;
      io.on('connection', (socket: Socket) => {
        socket.on('open', (room: string, reply: Reply) => {
          reply({ ok: true });
          for (let guest = 0; guest < 100; guest += 1) socket.emit('guest', room);
        });
        socket.on('leave', () => {
          left += 1;
          if (left === 92) resolve();
        });
      });
    });
    const connections = endless();
    const abort = new AbortController();
    const { connect } = connections;
    await hostInvite({ signaling, secret, connect, signal: abort.signal, onGuest: () => {} });
    await shownOut;
    expect(connections.open).toBe(8);
    abort.abort();
    expect(connections.open).toBe(0);
  });
});
