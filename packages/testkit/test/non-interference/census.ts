/** What came about in random programs: that they get everywhere is a part of what they show. */

import { allowedOps } from '@duet/ops';
import type { OwnerMessage } from '@duet/protocol';
import type { Comparison } from './compare';
import type { Observed } from './observe';
import type { Program } from './programs';
import type { Who } from './worlds';

export class Census {
  programs = 0;
  /** Programs in which something was refused by public facts, and those in which an engine went wrong in one world. */
  refused = 0;
  poisoned = 0;
  failing = 0;
  compared = 0;
  /** Calls by themselves that were not refused, by op. */
  readonly ops = new Map<string, number>(allowedOps.map(({ name }) => [name, 0]));
  /** What was told, by kind: `decision denied`, `failed rate`, `progress cancelled`. */
  readonly told = new Map<string, number>();

  /** `observed`: of the world whose engines may go wrong. */
  add(program: Program, observed: Observed, { compared }: Comparison): void {
    this.programs += 1;
    this.compared += compared;
    const isRefused = this.#countTold(observed);
    const isPoisoned = observed.failures > 0;
    if (isRefused) this.refused += 1;
    if (isPoisoned) this.poisoned += 1;
    if (isRefused || isPoisoned) this.failing += 1;
    this.#countOps(program, observed);
  }

  #countTold({ heard }: Observed): boolean {
    let isRefused = false;
    for (const { arrivals } of [...heard.grace, ...heard.ada]) {
      for (const arrival of arrivals) {
        if (arrival.kind === 'message') {
          for (const words of wordsOf(arrival.message)) up(this.told, words);
          isRefused ||= arrival.message.kind === 'fault';
        } else if (arrival.kind === 'closed') {
          up(this.told, `closed ${arrival.reason.code}`);
        }
      }
    }
    return isRefused;
  }

  #countOps({ steps }: Program, { heard }: Observed): void {
    const sessions: Record<Who, number> = { grace: 0, ada: 0 };
    for (const step of steps) {
      if (step.kind === 'return') sessions[step.who] += 1;
      if (step.kind !== 'say') continue;
      const arrivals = heard[step.who][sessions[step.who]]?.arrivals ?? [];
      // Who has reached a limit of messages is not heard any more.
      if (arrivals.some((each) => each.kind === 'closed' && each.reason.code !== 'closed'))
        continue;
      const refused = new Set(
        arrivals.flatMap((arrival) =>
          arrival.kind === 'message' && arrival.message.kind === 'fault'
            ? [arrival.message.about]
            : [],
        ),
      );
      for (const message of step.messages) {
        if (message.kind === 'action' && !refused.has(message.id)) up(this.ops, message.op);
      }
    }
  }

  /** The op that was called the least, and how often. */
  get rarest(): readonly [op: string, count: number] {
    return [...this.ops].reduce((least, each) => (each[1] < least[1] ? each : least));
  }

  /** As plain data, which counts of several runs can be added from. */
  toJSON(): object {
    const { programs, refused, poisoned, failing, compared, ops, told } = this;
    const sums = { programs, refused, poisoned, failing, compared };
    return { ...sums, ops: Object.fromEntries(ops), told: Object.fromEntries(told) };
  }
}

function wordsOf(message: OwnerMessage): string[] {
  switch (message.kind) {
    case 'decision':
      return [`decision ${message.outcome}`];
    case 'failed':
    case 'fault':
      return [`${message.kind} ${message.code}`];
    case 'progress':
      return [`progress ${message.state}`];
    case 'value':
      return [
        'value',
        ...(message.digits === undefined ? [] : ['value rounded']),
        ...(message.receipt ? ['value with a receipt'] : []),
      ];
    case 'kept':
      return [
        ...message.items.map(({ outcome }) => `kept ${outcome ?? 'waiting'}`),
        ...message.gone.map(() => 'kept gone'),
      ];
    default:
      return [message.kind];
  }
}

function up(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
