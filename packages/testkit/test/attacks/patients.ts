/** A data set to infer from, what handlers may release of it by themselves, and requests that they may not answer. */

import type { InfoClass } from '@duet/ops';
import type { HandlerOptions, Owner } from '@duet/owner';
import { expect } from 'vitest';
import { canary } from '../canary';
import { get, own, request } from '../words';
import type { Scene, Setting } from './attack';

export const records = 40;
export const columns = 3;

/** Forty records, of which no fewer than ten may be told of together; with such handlers. */
export function withPatients(...handlers: readonly HandlerOptions[]): Setting {
  return {
    prepare: ({ store, requests }) => {
      store.addDataSet(
        { X: canary([records, columns], 21), y: canary([records, 1], 22) },
        { name: 'patients', tags: ['patients'] },
      );
      for (const handler of handlers) requests.addHandler(handler);
    },
  };
}

/** The numbers of its two fields. */
export function patients({ store }: Owner): { readonly X: number; readonly y: number } {
  const found = (field: string) => store.objects.find((object) => object.field === field)?.number;
  return { X: found('X') ?? 0, y: found('y') ?? 0 };
}

export const aggregates = { action: 'accept', release: 'aggregates' } as const;
export const metrics = (elementQuota: number, more: Partial<HandlerOptions> = {}) =>
  ({ action: 'accept', release: 'metrics', elementQuota, ...more }) as const;

/** Asks for a value of Eve's; gives the request's number. */
export async function ask(scene: Scene, id: number, name = 'loss'): Promise<number> {
  const number = scene.id();
  await scene.tell(
    request(number, own(id), { name }),
    get(scene.id(), own(id), { request: number }),
  );
  return number;
}

/** What a handler said at once, or `waits`. */
export async function outcomeOf(scene: Scene, id: number, name = 'loss'): Promise<string> {
  const number = await ask(scene, id, name);
  const decision = scene.eve.messages.find((message) => message.kind === 'decision');
  if (decision?.kind !== 'decision') return 'waits';
  expect(decision.request).toBe(number);
  return decision.outcome;
}

/** No handler answers this: it waits for the owner, as a value of that class, and is denied. */
export async function waitsForOwner(
  scene: Scene,
  id: number,
  asClass: InfoClass,
  name = 'loss',
): Promise<void> {
  const handlers = scene.owner.requests.handlers.length;
  expect(await outcomeOf(scene, id, name)).toBe('waits');
  const waiting = scene.owner.requests.at(-1);
  expect(waiting.facts.class).toBe(asClass);
  expect(waiting.warnings.filter(({ kind }) => kind === 'too-narrow')).toHaveLength(handlers);
  waiting.deny();
  await scene.eve.quiet();
  scene.expectedLog.push(
    'request',
    ...Array.from({ length: handlers }, () => 'too-narrow' as const),
    'denied',
  );
}

/** A handler accepts this, and it leaves. */
export async function isReleased(scene: Scene, id: number, name = 'loss'): Promise<void> {
  expect(await outcomeOf(scene, id, name)).toBe('accepted');
  scene.expectedLog.push('request', 'accepted', 'release');
}
