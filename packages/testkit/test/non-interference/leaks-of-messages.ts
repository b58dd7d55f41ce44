/** Leaks in what is said on the link, and in what an engine gives. */

import { DuetError, encodeOwnerMessage, type Link, type OwnerMessage } from '@duet/protocol';
import { wrappedEngine } from '../../src/raw-pair';
import { failingWhere, valuesOf } from './broken-engine';
import type { Plant } from './observe';
import { inEngine, inOneWorld, leakyLink, onLink, rewriting } from './plants';

/** In a program that releases. */
export const leaksOfMessages: Readonly<Record<string, Plant>> = {
  'an error code that depends on values': rewriting('fault', (message) => [
    { ...message, code: 'op-failed' },
  ]),
  'an error about an object that failed by values': rewriting('decision', (message) => [
    message,
    { kind: 'fault', about: 4, code: 'op-failed' },
  ]),
  'a value in the text of a denial': rewriting('decision', (message) => [
    { ...message, reason: 'mean 1' },
  ]),
  'a value in a description': rewriting('catalogue', (message) => [
    {
      ...message,
      objects: message.objects.map((object) => ({ ...object, description: 'mean 1' })),
    },
  ]),
  'a shape by values': rewriting('value', (message) => [
    message.get === 17 ? { ...message, meta: { ...message.meta, shape: [1] } } : message,
  ]),
  'a count': rewriting('welcome', (message) => [{ ...message, nextId: message.nextId + 1 }]),
  'a message more': rewriting('failed', (message) => [
    message,
    { kind: 'gone', published: [], own: [3] },
  ]),
  'a message less': rewriting('fault', () => []),
  'a decision that is told twice': rewriting('decision', (message) => [message, message]),
  'a message that comes later': onLink(() => {
    let held: OwnerMessage[] | undefined;
    return (message, pass) => {
      if (message.kind === 'failed' && held === undefined) {
        held = [message];
        return;
      }
      pass(message);
      for (const late of held?.splice(0) ?? []) pass(late);
    };
  }),
  'an outcome by values': rewriting('decision', (message) => [
    message.request === 13 ? { ...message, outcome: 'expired' } : message,
  ]),
  'a failure told without a grant': rewriting('failed', (message) => [
    message.code === 'not-released' ? { ...message, code: 'op-failed' } : message,
  ]),
  'what a backend can do by values': rewriting('welcome', (message) => [
    { ...message, lacking: ['mean'] },
  ]),
  'a public value that a private one was mixed into': inEngine((engine) => ({
    read: async (slot) => {
      const value = await engine.read(slot);
      // The sign bit: only the negative ones, which are computed from what was released and from public values.
      if (value && (value.bytes[3] ?? 0) > 127) value.bytes[0] = 1;
      return value;
    },
  })),
  'a payload that is cut short': inOneWorld(() => ({
    wrapLink: (link) => ({
      ...leakyLink(link, (message, pass) => pass(message)),
      sendPayload: (stream, payload) => link.sendPayload(stream, payload.slice(1)),
    }),
  })),
  'a link that is closed by values': onLink(() => (message, pass, link) => {
    if (message.kind === 'failed') link.close(new DuetError('closed'));
    else pass(message);
  }),
};

/** In one with plans and runs. */
export const leaksOfRuns: Readonly<Record<string, Plant>> = {
  'an object that is not listed after a reload, by values': rewriting('mine', (message) => [
    { ...message, items: message.items.slice(1) },
  ]),
  'an object that may be read after a reload, by values': rewriting('mine', (message) => [
    { ...message, items: message.items.map((item) => ({ ...item, readable: true })) },
  ]),
  'progress by values': rewriting('progress', (message) => [
    message.step === 3 ? { ...message, step: 4 } : message,
  ]),
  'progress that is left out': rewriting('progress', (message) =>
    message.step === 3 ? [] : [message],
  ),
  'a run that ends early': rewriting('progress', (message) => {
    if (message.step < 3) return [message];
    return message.step === 3 ? [{ ...message, state: 'finished' }] : [];
  }),
  'a run that fails': rewriting('progress', () => [{ kind: 'fault', about: 6, code: 'op-failed' }]),
  'a checkpoint that is not there': rewriting('failed', (message) => [
    message.get === 32 ? { ...message, code: 'no-object' } : message,
  ]),
  'an engine that was lost, told': inOneWorld(() => {
    let told: Link | undefined;
    const gone = encodeOwnerMessage({ kind: 'gone', published: [], own: [2] });
    return {
      wrapLink: (link) => {
        told ??= link;
        return link;
      },
      wrapEngine: (engine) => {
        engine.onLost(() => told?.send(gone));
        return engine;
      },
    };
  }),
  'an engine that was lost, with what may be read': (world) => {
    if (!world.secret) return {};
    const isPrivate = valuesOf(world);
    return {
      wrapEngine: (engine) => {
        const forgetful = wrappedEngine(engine, { onLost: () => undefined });
        // It cannot be made again either.
        return failingWhere(forgetful, isPrivate, () => undefined);
      },
    };
  },
};
