/** From a call on pointers of virtual workers to the same call in one session, and back. */

import { findOp } from '@duet/ops';
import { DuetError } from '@duet/protocol';
import { drawSeed, Pointer, type ScientistSession } from '@duet/scientist';
import { mapDeep } from './deep';
import { findHandle, Handle, handleOf } from './handle';
import { follow, HeldPointer, HeldTensor } from './held';
import type { Holder } from './holder';
import type { VirtualPointer } from './pointer';
import { TapeCall, type TapedFunction } from './tape';

/** Where a call runs, for whom, and by which way its results are named. */
export interface Site {
  readonly holder: Holder;
  readonly user: string;
  /** The pointers on the way to the first input; the results get a chain of their own by the same way. */
  readonly route: readonly HeldPointer[];
}

export interface Resolved extends Site {
  readonly session: ScientistSession;
  /** The arguments with the session’s own pointers. */
  readonly args: readonly unknown[];
  /** Does an input depend on a value that requires a gradient? */
  readonly isTracked: boolean;
}

/** Makes the pointers that a call gives. */
export type MakePointer = (handle: Handle) => VirtualPointer<unknown>;

/**
 * Finds the one worker that holds all inputs. Throws `bad-argument`, before anything is sent, where they are on different
 * workers or of different users; and `disposed` or `gone`.
 */
export function resolve(name: string, args: readonly unknown[], on?: Site): Resolved {
  let site = on;
  let isTracked = false;
  const join = ({ place }: Handle): unknown => {
    if (place.kind === 'here') return place.tensor;
    const { route, end } = follow(place.held);
    const { user } = place;
    site ??= { holder: end.holder, user, route };
    if (site.holder !== end.holder) throw differentWorkers(name, site.holder, end.holder);
    if (site.user !== user) {
      throw new DuetError('bad-argument', {
        detail: `${name}: the inputs are of different users.`,
      });
    }
    isTracked ||= end.isTracked;
    return end.pointerOf(user);
  };
  const given = mapDeep(args, (item) => {
    const handle = findHandle(item);
    return handle === undefined ? undefined : join(handle);
  });
  if (site === undefined) {
    throw new DuetError('bad-argument', {
      detail: `${name}: none of the inputs is on a worker.`,
      hint: 'Send one first, or use tf of the worker that shall run it.',
    });
  }
  const session = site.holder.session(site.user);
  return { ...site, session, args: given as readonly unknown[], isTracked };
}

export function differentWorkers(name: string, a: Holder, b: Holder): DuetError {
  return new DuetError('bad-argument', {
    detail: `${name}: one input is on ${a.quotedName} and another on ${b.quotedName}.`,
    hint: 'move() one of them to where the other is.',
  });
}

// ---- names for what a session gave -------------------------------------------------------------------------------------

/** Pointers on the worker: each result is an object of its own there. */
function named(result: unknown, site: Site, make: MakePointer, tape: TapeCall | undefined) {
  let output = 0;
  return mapDeep(result, (item) =>
    item instanceof Pointer ? nameOne(item, site, make, tape, output++) : undefined,
  );
}

const noWords = { tags: [], description: '' };

function nameOne(
  pointer: Pointer,
  { holder, user, route }: Site,
  make: MakePointer,
  call: TapeCall | undefined,
  output: number,
): VirtualPointer<unknown> {
  const tensor = new HeldTensor({ id: holder.freeId(), holder, user, words: noWords, pointer });
  // Gradients flow through float32 values alone.
  if (call !== undefined && pointer.dtype === 'float32') tensor.made = { call, output };
  holder.add(tensor);
  const first = route.toReversed().reduce<HeldTensor | HeldPointer>((to, { holder: via }) => {
    const words = noWords;
    const hop = new HeldPointer({ id: via.freeId(), holder: via, user, words, to, owns: true });
    via.add(hop);
    return hop;
  }, tensor);
  return make(Handle.to(first, user, true));
}

// ---- ops and methods ---------------------------------------------------------------------------------------------------

type Group = Readonly<Record<string, unknown>>;

/** A function of a session's tf by its name in the op table. */
export function opOf({ tf }: ScientistSession, name: string): (...args: unknown[]) => unknown {
  const found = name
    .split('.')
    .reduce<unknown>((group, key) => (group as Group | undefined)?.[key], tf as unknown as Group);
  if (typeof found === 'function') return found as (...args: unknown[]) => unknown;
  throw new DuetError('unsupported-op', { detail: `There is no op ${name}.` });
}

/** Runs an op of tfjs's where its inputs are. */
export function runOp(
  name: string,
  given: readonly unknown[],
  make: MakePointer,
  on?: Site,
): unknown {
  const args = seeded(name, given);
  const resolved = resolve(name, args, on);
  const run: TapedFunction = (inputs) => opOf(resolved.session, name)(...inputs);
  const result = run(resolved.args);
  return named(result, resolved, make, resolved.isTracked ? new TapeCall(run, args) : undefined);
}

/** What is computed again for a gradient must draw the same. */
function seeded(name: string, args: readonly unknown[]): readonly unknown[] {
  const spec = findOp(name);
  if (spec?.dataDependence !== 'random') return args;
  const at = spec.params.findIndex((param) => param.name === 'seed');
  if (at === -1 || (args[at] ?? undefined) !== undefined) return args;
  const length = Math.max(args.length, at + 1);
  return Array.from({ length }, (_, index) => (index === at ? drawSeed() : args[index]));
}

/** Runs a method of a session's pointer where its inputs are. */
export function runMethod(
  self: object,
  method: string | symbol,
  given: readonly unknown[],
  make: MakePointer,
): unknown {
  const name = String(method);
  handleOf(self).at(name);
  const args = [self, ...given];
  const resolved = resolve(name, args);
  const run: TapedFunction = ([pointer, ...inputs]) => {
    const fn = (pointer as Readonly<Record<string | symbol, unknown>>)[method];
    if (typeof fn !== 'function') throw new DuetError('internal');
    return fn.apply(pointer, inputs);
  };
  const result = run(resolved.args);
  if (method === Symbol.iterator) {
    return namedRows(result as IterableIterator<Pointer>, self, resolved, make);
  }
  return named(result, resolved, make, resolved.isTracked ? new TapeCall(run, args) : undefined);
}

function* namedRows(
  rows: IterableIterator<Pointer>,
  self: object,
  site: Resolved,
  make: MakePointer,
): Generator<VirtualPointer<unknown>, void, undefined> {
  let at = 0;
  for (const row of rows) {
    const index = at++;
    const run: TapedFunction = ([pointer]) => (pointer as Pointer).at(index);
    yield nameOne(row, site, make, site.isTracked ? new TapeCall(run, [self]) : undefined, 0);
  }
}
