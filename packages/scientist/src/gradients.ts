/** Gradients with tfjs's signatures, on pointers: a part of a recording, or one message. */

import { sameMeta, showMeta, tapedInputs } from '@duet/ops';
import { DuetError, type Plan } from '@duet/protocol';
import type * as tf from '@tensorflow/tfjs';
import type { Given } from './given';
import type { Planner } from './planner';
import type { Pointer } from './pointer';
import type { Place, Recording } from './recording';
import { RemoteVariable, type TensorLike } from './variables';

/** By the names of the variables; null for those of `varList` that are not trainable. */
export type NamedGradients = { [name: string]: Pointer | null };

/** The functions of tfjs that make gradients. */
export interface GradientFunctions {
  /** The gradient of `f(x)` with respect to `x`; `dy` is the gradient of what is computed from it, ones where left out. */
  grad(f: (x: Pointer) => Pointer): (x: TensorLike, dy?: TensorLike) => Pointer;
  /** The same for several arguments. */
  grads(
    f: (...xs: Pointer[]) => Pointer,
  ): (xs: readonly TensorLike[], dy?: TensorLike) => Pointer[];
  /** The same, with the value of `f(x)`. */
  valueAndGrad(
    f: (x: Pointer) => Pointer,
  ): (x: Pointer | tf.Tensor, dy?: Pointer | tf.Tensor) => { value: Pointer; grad: Pointer };
  valueAndGrads(
    f: (...xs: Pointer[]) => Pointer,
  ): (
    xs: readonly (Pointer | tf.Tensor)[],
    dy?: Pointer | tf.Tensor,
  ) => { value: Pointer; grads: Pointer[] };
  /** The value of a scalar function, and its gradients by the trainable variables that it reads, or those of `varList`. */
  variableGrads(
    f: () => Pointer,
    varList?: readonly RemoteVariable[],
  ): { value: Pointer; grads: NamedGradients };
}

/** As tfjs's own functions, and with its errors, as DuetError `bad-argument` at the call site. */
export function gradientFunctions(planner: Planner): GradientFunctions {
  const several = (
    what: string,
    f: (...xs: Pointer[]) => Pointer,
    xs: readonly TensorLike[],
    dy: TensorLike | undefined,
  ) => planner.asOne(what, () => byArguments(planner, what, f, xs, dy ?? undefined));
  // The value is no result then, so that nobody has to let go of it.
  const gradients = (...args: Parameters<typeof several>) => {
    const [what, f, xs, dy] = args;
    return planner.asOne(what, () => byArguments(planner, what, f, xs, dy ?? undefined).grads);
  };
  const functions: GradientFunctions = {
    grad(f) {
      checkFunction('grad', f);
      return (x, dy) => {
        const [gradient] = gradients('grad', f as (...xs: Pointer[]) => Pointer, [x], dy);
        return needed(gradient);
      };
    },
    grads(f) {
      checkFunction('grads', f);
      return (xs, dy) => {
        checkList('grads', xs);
        return gradients('grads', f, xs, dy);
      };
    },
    valueAndGrad(f) {
      checkFunction('valueAndGrad', f);
      return (x, dy) => {
        const { value, grads } = several(
          'valueAndGrad',
          f as (...xs: Pointer[]) => Pointer,
          [x],
          dy,
        );
        return { value, grad: needed(grads[0]) };
      };
    },
    valueAndGrads(f) {
      checkFunction('valueAndGrads', f);
      return (xs, dy) => {
        checkList('valueAndGrads', xs);
        return several('valueAndGrads', f, xs, dy);
      };
    },
    variableGrads(f, varList) {
      checkFunction('variableGrads', f);
      checkVariables('variableGrads', varList);
      return planner.asOne('variableGrads', () => {
        const { value, grads } = byVariables(planner, 'variableGrads', f, varList);
        return { value, grads: named(grads, varList) };
      });
    },
  };
  return functions;
}

/** The variables and their gradients, where there are any. */
export interface VariableGradients {
  readonly value: Pointer;
  readonly grads: ReadonlyMap<RemoteVariable, Pointer>;
}

/** Inside a recording. */
export function byVariables(
  planner: Planner,
  what: string,
  f: () => Pointer,
  varList: readonly RemoteVariable[] | undefined,
): VariableGradients {
  const traced = traceScalar(planner, what, f, []);
  const { recording, y } = traced;
  const read = new Set(recording.variables);
  const asked = varList ?? [...read];
  const trainable = asked.filter((variable) => variable.trainable);
  if (trainable.length === 0) {
    throw wrong(
      `${what}() expects at least one of the input variables to be trainable, but none of the ${asked.length} variables is trainable.`,
    );
  }
  if (recording.metaAt(y).shape.length > 0) {
    throw wrong(
      `The f passed in ${what}(f) must return a scalar, but it returned ${showMeta(recording.metaAt(y))}.`,
    );
  }
  const candidates = trainable.filter(
    (variable) => read.has(variable) && variable.dtype === 'float32',
  );
  const node = nodeOf(traced);
  const positions = candidates.map((variable) =>
    node.inputs.indexOf(recording.capture({ kind: 'variable', variable })),
  );
  const taped = tapedInputs(
    node.plan,
    positions.filter((position) => position >= 0),
  );
  const connected = candidates.filter((_, at) => taped.includes(positions[at] ?? -1));
  if (connected.length === 0) {
    throw wrong(
      `Cannot find a connection between any variable and the result of the loss function y=f(x). Please make sure the operations that use variables are inside the function f passed to ${what}().`,
    );
  }
  const wrt = positions.filter((position) => taped.includes(position));
  const { value, gradients } = addNode(planner, traced, node, [], wrt, undefined);
  return {
    value,
    grads: new Map(connected.map((variable, at) => [variable, needed(gradients[at])])),
  };
}

function byArguments(
  planner: Planner,
  what: string,
  f: (...xs: Pointer[]) => Pointer,
  xs: readonly TensorLike[],
  dy: TensorLike | undefined,
): { value: Pointer; grads: Pointer[] } {
  if (xs.length === 0) throw wrong(`${what}() received an empty list of xs.`);
  const outer = planner.current;
  const given = xs.map((x) => planner.recorder.given(x, what));
  // As in tfjs, one tensor that is given twice is one thing, and so is one that f reaches without its parameter.
  const unique = new Map<Place, Given>();
  const places = given.map((one) => {
    const place = outer.place(one);
    if (!unique.has(place)) unique.set(place, one);
    return place;
  });
  const declared = [...unique].map(([place, alias]) => ({ meta: outer.metaAt(place), alias }));
  const order = [...unique.keys()];
  const traced = traceScalar(
    planner,
    what,
    (...inputs) => {
      return f(...places.map((place) => needed(inputs[order.indexOf(place)])));
    },
    declared,
  );
  const { recording, y } = traced;
  const dyPlace = dy === undefined ? undefined : checkDy(planner, what, dy, recording, y);
  for (const input of recording.inputs) {
    const { dtype } = recording.metaAt(input);
    if (dtype !== 'float32') {
      throw wrong(`${what}(): gradients are by float32 values, and this one is ${dtype}.`);
    }
  }
  const node = nodeOf(traced);
  const wrt = recording.inputs.map((_, at) => at);
  if (tapedInputs(node.plan, wrt).length < wrt.length) {
    throw wrong(
      'Cannot compute gradient of y=f(x) with respect to x. Make sure that the f you passed encloses all operations that lead from x to y.',
    );
  }
  const { value, gradients } = addNode(planner, traced, node, order, wrt, dyPlace);
  return {
    value,
    grads: places.map((place) => needed(gradients[order.indexOf(place)])),
  };
}

interface TracedScalar {
  readonly recording: Recording;
  readonly y: Place;
  readonly assigned: readonly RemoteVariable[];
  readonly outputs: readonly Place[];
}

function traceScalar(
  planner: Planner,
  what: string,
  f: (...xs: Pointer[]) => Pointer,
  declared: Parameters<Planner['trace']>[0],
): TracedScalar {
  const { recording, structure, results, assigned, outputs } = planner.trace(declared, f);
  const [y] = results;
  if (structure.kind !== 'leaf' || y === undefined) {
    throw wrong(`The result y returned by f() must be a tensor (${what}).`);
  }
  const { dtype } = recording.metaAt(y);
  if (dtype !== 'float32') {
    throw wrong(`${what}(): gradients are of a float32 value, and f returned ${dtype}.`);
  }
  return { recording, y, assigned, outputs };
}

/** The plan of a function whose gradients are taken, and where it takes what. */
interface GradientNode {
  readonly plan: Plan;
  /** Places in the function's own recording: its parameters, then what it captured. */
  readonly inputs: readonly Place[];
  readonly captures: readonly Given[];
}

function nodeOf({ recording, outputs }: TracedScalar): GradientNode {
  const captures = recording.capturesFor(outputs);
  const inputs = [...recording.inputs, ...captures.map(({ place }) => place)];
  return {
    plan: recording.toPlan('', inputs, outputs),
    inputs,
    captures: captures.map(({ given }) => given),
  };
}

/** Puts the node into the recording under way. The gradients are in the order of `wrt`, positions among the inputs. */
function addNode(
  planner: Planner,
  { recording, assigned, outputs }: TracedScalar,
  { plan, inputs, captures }: GradientNode,
  args: readonly Place[],
  wrt: readonly number[],
  dy: Place | undefined,
): { value: Pointer; gradients: Pointer[] } {
  const outer = planner.current;
  // The wire has the positions in increasing order, whoever was asked for first.
  const sorted = [...wrt].sort((a, b) => a - b);
  const made = [...outputs, ...sorted.map((position) => needed(inputs[position]))];
  const symbols = outer.composite(
    {
      kind: 'grads',
      plan,
      args: [...args, ...captures.map((given) => outer.place(given))],
      wrt: sorted,
      dy,
    },
    made.map((place) => recording.metaAt(place)),
    'grads',
  );
  planner.assignAll(assigned, symbols.slice(1, outputs.length));
  outer.effects.push(...recording.effects);
  const [value, ...gradients] = planner.pointers([
    ...symbols.slice(0, 1),
    ...symbols.slice(outputs.length),
  ]);
  return {
    value: needed(value),
    gradients: wrt.map((position) => needed(gradients[sorted.indexOf(position)])),
  };
}

function checkDy(
  planner: Planner,
  what: string,
  dy: TensorLike,
  recording: Recording,
  y: Place,
): Place {
  const outer = planner.current;
  const place = outer.place(planner.recorder.given(dy, what));
  const [given, wanted] = [outer.metaAt(place), recording.metaAt(y)];
  if (!sameMeta(given, wanted)) {
    throw wrong(
      `The shape of dy passed in ${what}(f)(x, dy) must match the shape returned by f(x): dy is ${showMeta(given)}, f(x) is ${showMeta(wanted)}.`,
    );
  }
  return place;
}

/** As tfjs names them. */
export function named(
  grads: ReadonlyMap<RemoteVariable, Pointer>,
  varList: readonly RemoteVariable[] | undefined,
): NamedGradients {
  const entries = [...grads].map(([{ name }, gradient]) => [name, gradient] as const);
  const others = (varList ?? [])
    .filter(({ trainable }) => !trainable)
    .map(({ name }) => [name, null] as const);
  return Object.fromEntries<Pointer | null>([...entries, ...others]);
}

export function checkFunction(what: string, f: unknown): void {
  if (typeof f !== 'function') throw wrong(`The f passed in ${what}(f) must be a function.`);
}

export function checkVariables(what: string, varList: unknown): void {
  if (varList === undefined || varList === null) return;
  const fits = Array.isArray(varList) && varList.every((one) => one instanceof RemoteVariable);
  if (!fits)
    throw wrong(`The varList passed in ${what}(f, varList) must be an array of variables.`);
}

function checkList(what: string, xs: unknown): void {
  if (!Array.isArray(xs)) throw wrong(`The args passed in ${what}(f)(args) must be an array.`);
}

function wrong(detail: string): DuetError {
  return new DuetError('bad-argument', { detail });
}

function needed<T>(value: T | undefined): T {
  if (value === undefined) throw new DuetError('internal');
  return value;
}
