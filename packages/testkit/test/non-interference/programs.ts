/** Random programs of two scientists and their owner. Everything in them is decided by public facts alone. */

import { allowedOps } from '@duet/ops';
import type { ScientistMessage, SessionLimits } from '@duet/protocol';
import fc from 'fast-check';
import { type Draft, opDraft, otherDraft, write } from './drafts';
import { handlerChoices } from './handlers';
import { opCost, Workbench } from './materials';
import { changesOfStore, type Who } from './worlds';

/**
 * How the owner decides about a request: `accept-same`: accepts what comes from sources alone that are the same in all
 * worlds, and denies all else; `show`: looks at the value, and goes on.
 */
export type Decision = 'accept' | 'accept-same' | 'deny' | 'show';

/** What is said, and what happens on the owner's side. */
export type Step =
  | { readonly kind: 'say'; readonly who: Who; readonly messages: readonly ScientistMessage[] }
  | { readonly kind: 'decide'; readonly at: number; readonly how: Decision }
  | { readonly kind: 'revoke'; readonly at: number }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'store'; readonly which: number }
  | { readonly kind: 'handler'; readonly which: number }
  | { readonly kind: 'no-handler'; readonly at: number }
  /** The owner ends what is being computed; keeps messages waiting for a while; has the disk full, or not any more. */
  | { readonly kind: 'end' | 'pause'; readonly who: Who }
  | { readonly kind: 'disk'; readonly full: boolean }
  /** The owner drops something of a scientist's. */
  | { readonly kind: 'take'; readonly who: Who; readonly id: number }
  | { readonly kind: 'leave' | 'return'; readonly who: Who }
  /** Their page is loaded again, and keeps what is there. */
  | { readonly kind: 'reload'; readonly who: Who; readonly epoch: number };

/** `fails`: some ops on private values, in one of the worlds. `lost`: the whole engine with them. */
export type EngineMode = 'sound' | 'fails' | 'lost';

export interface Program {
  readonly steps: readonly Step[];
  /** Handlers from the beginning on, by their place among the choices. */
  readonly handlers?: readonly number[];
  readonly limits?: Partial<SessionLimits>;
  readonly engine?: EngineMode;
  /** With an audit, and receipts. */
  readonly audited?: boolean;
}

/** Each program calls so many ops by themselves, one after the other of the whole table over the programs. */
export const opsOfProgram = 20;

const perRound = 5;

interface Round {
  readonly who: Who;
  readonly ops: readonly Draft[];
  readonly others: readonly Draft[];
  readonly happenings: readonly Happening[];
}

type Happening =
  | Exclude<Step, { kind: 'say' | 'return' | 'reload' }>
  | { kind: 'anew'; who: Who }
  | { kind: 'again'; who: Who };

const who = fc.constantFrom<Who>('grace', 'grace', 'ada');
const position = fc.nat(3);
const decide = fc.record({
  kind: fc.constant('decide' as const),
  at: position,
  how: fc.constantFrom<Decision>(
    'accept-same',
    'accept-same',
    'accept-same',
    'deny',
    'deny',
    'show',
    'accept',
  ),
});

const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 9, arbitrary: decide },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('revoke' as const), at: position }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(30, 60, 1100) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('store' as const),
      which: fc.nat(changesOfStore - 1),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('handler' as const),
      which: fc.nat(handlerChoices.length - 1),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('no-handler' as const), at: position }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('end' as const, 'pause' as const), who }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('disk' as const), full: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('take' as const),
      who,
      id: fc.integer({ min: 1, max: 40 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('leave' as const), who }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('anew' as const), who }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('again' as const), who }) },
);

/** Mostly none that matter; small ones that are reached on the way. */
const limits = fc.constantFrom<Partial<SessionLimits>>(
  {},
  {},
  {},
  { objects: 60 },
  { bytes: 20_000 },
  { pendingRequests: 2 },
  { actions: 40 },
  { messages: 120 },
  { elements: 40 },
  { keptRequests: 1, keptBytes: 100 },
  { keptRequests: 0 },
  { plans: 2 },
  { opCost: 100 },
);

/** Which ops the program of this number calls by themselves. */
function opsFor(index: number): (typeof allowedOps)[number][] {
  return Array.from({ length: opsOfProgram }, (_, at) => {
    const op = allowedOps[(index * opsOfProgram + at) % allowedOps.length];
    if (!op) throw new Error('There are no ops.');
    return op;
  });
}

/** The programs of one number: all with the same ops. */
export function programOf(index: number): fc.Arbitrary<Program> {
  const ops = opsFor(index);
  const rounds = Array.from({ length: opsOfProgram / perRound }, (_, at) =>
    fc.record<Round>({
      who,
      ops: fc.tuple(...ops.slice(at * perRound, (at + 1) * perRound).map(opDraft)),
      others: fc.array(otherDraft, { minLength: 1, maxLength: 5 }),
      happenings: fc.array(happening, { minLength: 1, maxLength: 3 }),
    }),
  );
  return fc
    .record({
      rounds: fc.tuple(...rounds),
      handlers: fc.array(fc.nat(handlerChoices.length - 1), { maxLength: 3 }),
      limits,
      engine: fc.constantFrom<EngineMode>('sound', 'sound', 'sound', 'fails', 'lost'),
      audited: fc.boolean(),
    })
    .map(({ rounds: drawn, ...setup }) => {
      const steps = stepsOf(drawn);
      return { ...setup, steps: setup.engine === 'sound' ? steps : steps.map(withoutCancel) };
    });
}

/** After how many steps a run is cancelled is time, and an engine that was lost takes another. */
function withoutCancel(step: Step): Step {
  if (step.kind !== 'say') return step;
  return { ...step, messages: step.messages.filter(({ kind }) => kind !== 'cancel') };
}

/** Messages get their numbers, in the order in which they are said. */
function stepsOf(rounds: readonly Round[]): Step[] {
  const benches: Record<Who, Workbench> = { grace: new Workbench(), ada: new Workbench() };
  const away = new Set<Who>();
  const steps: Step[] = [];
  let epoch = 2;
  for (const round of rounds) {
    const bench = benches[round.who];
    if (away.delete(round.who)) {
      bench.clear(1);
      steps.push({ kind: 'return', who: round.who });
      steps.push({ kind: 'say', who: round.who, messages: collecting(bench) });
    }
    steps.push(...said(round, bench));
    for (const each of round.happenings) {
      if (each.kind === 'anew') {
        if (away.has(each.who)) continue;
        const again = { kind: 'begin', epoch: epoch++ } as const;
        benches[each.who].clear(benches[each.who].next);
        steps.push({ kind: 'say', who: each.who, messages: [again] });
        continue;
      }
      if (each.kind === 'again') {
        if (away.has(each.who)) continue;
        steps.push({ kind: 'reload', who: each.who, epoch: epoch++ });
        steps.push({ kind: 'say', who: each.who, messages: collecting(benches[each.who]) });
        continue;
      }
      if (each.kind === 'leave') {
        if (away.has(each.who)) continue;
        away.add(each.who);
      }
      steps.push(each);
    }
  }
  return steps;
}

/** What was kept meanwhile, if it was; the second is confirmed. */
function collecting(bench: Workbench): ScientistMessage[] {
  const [one, other] = [bench.id(), bench.id()];
  return [
    { kind: 'collect', id: one, kept: 1 },
    { kind: 'collect', id: other, kept: 2 },
    { kind: 'confirm', get: other },
  ];
}

function said({ who: speaker, ops, others }: Round, bench: Workbench): Step[] {
  const steps: Step[] = [];
  let messages: ScientistMessage[] = [];
  const drafts = ops.flatMap((op, at) => {
    const other = others[at];
    return other ? [op, other] : [op];
  });
  for (const draft of drafts) {
    const written = write(draft, bench);
    messages.push(...written.messages);
    if (written.afterwards.length === 0) continue;
    steps.push({ kind: 'say', who: speaker, messages });
    messages = [...written.afterwards];
  }
  return [...steps, { kind: 'say', who: speaker, messages }];
}

export const sessionLimits = (program: Program): Partial<SessionLimits> => ({
  opCost,
  ...program.limits,
});
