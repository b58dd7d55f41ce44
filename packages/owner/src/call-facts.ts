import { describeCall, inferCall, type OpSpec, sameMeta } from '@duet/ops';
import type { Arg, SessionLimits, TensorMeta } from '@duet/protocol';
import { type Room, roomFor } from './objects';
import type { Input } from './workspace';

/** What the shapes and dtypes of a call say of it. */
export interface CallFacts {
  readonly outputs: readonly TensorMeta[];
  readonly cost: number;
  readonly room: Room;
  readonly words: string;
}

interface Known {
  /** Of the arguments, which are all tensors that nobody wrote into the call. */
  readonly metas: readonly TensorMeta[];
  readonly facts: CallFacts;
}

/** Finds out what public facts say of calls. A loop says the same over and over, so that the last call of each op is remembered. */
export class CallFactsFinder {
  readonly #limits: SessionLimits;
  readonly #last = new Map<string, Known>();

  constructor(limits: SessionLimits) {
    this.#limits = limits;
  }

  /** Throws what `inferCall` throws. */
  of(spec: OpSpec, args: readonly Arg<Input>[]): CallFacts {
    const last = this.#last.get(spec.name);
    if (last !== undefined && isLike(args, last.metas)) return last.facts;
    const { outputs, cost } = inferCall(spec, args, this.#limits);
    const words = describeCall(spec, args);
    const facts = { outputs, cost, room: roomFor(outputs), words };
    const metas = args.flatMap((arg) => (isPlain(arg) ? [arg.tensor.meta] : []));
    if (metas.length === args.length) this.#last.set(spec.name, { metas, facts });
    return facts;
  }
}

/** A tensor of which only shape and dtype are known. */
function isPlain(arg: Arg<Input>): arg is Extract<Arg<Input>, { kind: 'tensor' }> {
  return arg.kind === 'tensor' && arg.tensor.literal === undefined;
}

function isLike(args: readonly Arg<Input>[], metas: readonly TensorMeta[]): boolean {
  if (args.length !== metas.length) return false;
  for (const [at, meta] of metas.entries()) {
    const arg = args[at];
    if (arg === undefined || !isPlain(arg) || !sameMeta(arg.tensor.meta, meta)) return false;
  }
  return true;
}
