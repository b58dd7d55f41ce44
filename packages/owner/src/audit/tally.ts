/**
 * What others could fill the log with is counted: refusals and strangers are written no more than once a minute, and of requests
 * and knocks no more than so many.
 */

import { type Clock, limits } from '@duet/protocol';
import type { AuditEvent } from './events';

type Refused = Extract<AuditEvent, { readonly kind: 'refused' }>;
type Strangers = Extract<AuditEvent, { readonly kind: 'strangers' }>;
type More = Extract<AuditEvent, { readonly kind: 'more' }>;

interface Refusals {
  readonly event: Refused | Strangers;
  count: number;
  /** Not to be written before, on the clock. */
  readonly dueAt: number;
}

interface Burst {
  readonly event: Omit<More, 'count'>;
  readonly endsAt: number;
  written: number;
  over: number;
}

const spanMs = 60_000;

export class Tally {
  readonly #clock: Clock;
  readonly #refusals = new Map<string, Refusals>();
  readonly #bursts = new Map<string, Burst>();
  /** Requests that were counted only: their decisions are not written either, unless something was accepted. */
  readonly #unwritten = new Set<string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Is it to be written now? If not, it is counted, or belongs to something that was. */
  admit(event: AuditEvent): boolean {
    switch (event.kind) {
      case 'refused':
      case 'strangers':
        this.#count(event);
        return false;
      case 'peer':
      case 'failure':
        return this.#isWithin({ kind: 'more', what: event.kind });
      case 'request': {
        const isWithin = this.#isWithin({ kind: 'more', what: 'request', peer: event.peer });
        if (!isWithin) this.#unwritten.add(event.request);
        return isWithin;
      }
      case 'too-narrow':
        return !this.#unwritten.has(event.request);
      case 'decision':
        return !this.#unwritten.delete(event.request) || event.outcome === 'accepted';
      default:
        return true;
    }
  }

  /** Counts that are due, or all of them. */
  take(all = false): readonly AuditEvent[] {
    const now = this.#clock.now();
    const due: AuditEvent[] = [];
    for (const [key, { event, count, dueAt }] of this.#refusals) {
      if (!all && now < dueAt) continue;
      if (count === 0) this.#refusals.delete(key);
      else {
        due.push({ ...event, count });
        this.#refusals.set(key, { event, count: 0, dueAt: now + spanMs });
      }
    }
    for (const [key, { event, endsAt, over }] of this.#bursts) {
      if (!all && now < endsAt) continue;
      if (over > 0) due.push({ ...event, count: over });
      this.#bursts.delete(key);
    }
    return due;
  }

  #count(event: Refused | Strangers): void {
    const key = event.kind === 'refused' ? `${event.peer} ${event.code}` : event.kind;
    const known = this.#refusals.get(key);
    if (known) known.count += event.count;
    else this.#refusals.set(key, { event, count: event.count, dueAt: this.#clock.now() });
  }

  #isWithin(event: Omit<More, 'count'>): boolean {
    const key = `${event.what} ${event.peer ?? ''}`;
    const known = this.#bursts.get(key);
    const burst = known ?? { event, endsAt: this.#clock.now() + spanMs, written: 0, over: 0 };
    this.#bursts.set(key, burst);
    if (burst.written >= limits.auditBurst) {
      burst.over += 1;
      return false;
    }
    burst.written += 1;
    return true;
  }
}
