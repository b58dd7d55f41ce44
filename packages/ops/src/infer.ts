import {
  type Arg,
  checkMeta,
  DuetError,
  defaultSessionLimits,
  isDuetError,
  limits,
  tensorMeta,
} from '@duet/protocol';
import { Call, type Inference } from './call';
import { checkArgs } from './check';
import { describeCall } from './describe';
import { Misfit } from './misfit';
import { type Entry, findEntry, whyDenied } from './registry';
import { showShape, workOf } from './shapes';
import type { CallFacts, OpSpec, TensorFact } from './spec';

/**
 * What follows from public facts about a call: the shapes and dtypes it gives and what it costs. Nothing is run or
 * allocated. Throws DuetError `bad-argument` for a call that cannot work, with the op, the shapes and the reason;
 * `too-large` for one whose results are over the limits, and `too-costly` for one that would take too long.
 */
export function inferCall(
  spec: OpSpec,
  args: readonly Arg<TensorFact>[],
  session: { readonly opCost: number } = defaultSessionLimits,
): CallFacts {
  const entry = findEntry(spec.name);
  if (entry === undefined) throw unsupported(spec.name);
  const words = () => describeCall(entry.spec, args);
  const { outputs, cost, scratch } = inferred(entry, args, words);
  if (outputs.length > limits.outputs) {
    throw tooLarge(words(), `${outputs.length} results are more than ${limits.outputs}`);
  }
  const metas = outputs.map((fact) => tensorMeta(fact.dtype, fact.shape));
  // Lists repeat one fact, and checking it once is enough.
  for (const fact of new Set([...outputs, ...(scratch ?? [])])) {
    checkFact(tensorMeta(fact.dtype, fact.shape), words);
  }
  const total = 1 + (cost ?? touched(args, outputs));
  if (total > session.opCost) {
    throw new DuetError('too-costly', {
      detail: `${words()}: about ${total.toPrecision(3)} operations are more than the limit of ${session.opCost.toPrecision(3)}.`,
    });
  }
  return { outputs: metas, form: entry.spec.form, cost: total };
}

function inferred(entry: Entry, args: readonly Arg<TensorFact>[], words: () => string): Inference {
  try {
    checkArgs(entry, args);
    return entry.policy.rule(new Call(entry.spec, args));
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    throw new DuetError('bad-argument', { detail: `${words()}: ${error.message}.` });
  }
}

function checkFact(meta: ReturnType<typeof tensorMeta>, words: () => string): void {
  if (meta.shape.some((dimension) => dimension > limits.dimension)) {
    throw tooLarge(words(), `shape ${showShape(meta.shape)} is over the limits`);
  }
  try {
    checkMeta(meta);
  } catch (error) {
    if (!isDuetError(error)) throw error;
    throw new DuetError(error.code, { detail: `${words()}: ${error.message}` });
  }
}

function tooLarge(words: string, reason: string): DuetError {
  return new DuetError('too-large', { detail: `${words}: ${reason}.` });
}

function touched(args: readonly Arg<TensorFact>[], outputs: Inference['outputs']): number {
  const shapes = args.flatMap((arg) => {
    if (arg.kind === 'tensor') return [arg.tensor.meta.shape];
    return arg.kind === 'tensors' ? arg.tensors.map((fact) => fact.meta.shape) : [];
  });
  return [...shapes, ...outputs.map((fact) => fact.shape)].reduce(
    (sum, shape) => sum + workOf(shape),
    0,
  );
}

/** The error for a name that may not be called, with the reason where there is one. */
export function unsupported(name: string): DuetError {
  const reason = whyDenied(name);
  return reason === undefined
    ? new DuetError('unsupported-op')
    : new DuetError('unsupported-op', { detail: `${name}: ${reason}` });
}
