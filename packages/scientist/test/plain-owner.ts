/** An owner's side that does what it is told, at once and without labels, on the test's own tfjs. */

import { runPlanLocally, tensorToValue, valueToTensor } from '@duet/engine';
import { findOp, unbindArgs } from '@duet/ops';
import {
  byteLength,
  mapArg,
  type Operand,
  type Part,
  type Plan,
  type Published,
  type Ref,
  type ScientistMessage,
} from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import type { Pointer, RemoteVariable, ScientistSession } from '../src';
import { stateOf } from '../src/pointer';
import { type FakeLink, openSession, published, settle } from './fake-link';

type AnyFunction = (...args: unknown[]) => unknown;

export class PlainOwner {
  readonly values = new Map<string, tf.Tensor>();
  readonly plans = new Map<number, Plan>();
  readonly #link: FakeLink;
  #done = 0;

  constructor(link: FakeLink) {
    this.#link = link;
  }

  publish(id: number, value: tf.Tensor): void {
    this.values.set(`p${id}`, value);
  }

  /** Does what has been said since the last time. */
  async catchUp(): Promise<void> {
    await settle();
    for (; this.#done < this.#link.sent.length; this.#done += 1) {
      const message = this.#link.sent[this.#done];
      if (message !== undefined) this.#do(message);
    }
  }

  /** The value of a pointer, which stays the owner's. */
  async valueOf(pointer: Pointer | RemoteVariable): Promise<tf.Tensor> {
    await this.catchUp();
    return this.#find(stateOf(pointer).value.ref);
  }

  async numbers(pointer: Pointer | RemoteVariable): Promise<number[]> {
    return Array.from((await this.valueOf(pointer)).dataSync());
  }

  #find({ space, id, path }: Ref): tf.Tensor {
    const key = `${space === 'own' ? 's' : 'p'}${id}.${path[0] ?? 0}`;
    const found = this.values.get(space === 'own' ? key : `p${id}`);
    if (found === undefined) throw new Error(`There is no ${key}.`);
    return found;
  }

  #keep(id: number, outputs: readonly tf.Tensor[]): void {
    for (const [at, value] of outputs.entries()) this.values.set(`s${id}.${at}`, value);
  }

  #operand(operand: Operand): tf.Tensor {
    return operand.kind === 'ref' ? this.#find(operand.ref) : valueToTensor(operand.value);
  }

  #do(message: ScientistMessage): void {
    switch (message.kind) {
      case 'put': {
        const bytes = this.#link.payloads.get(message.id);
        if (bytes?.length !== byteLength(message.meta)) throw new Error('No payload.');
        this.#keep(message.id, [valueToTensor({ meta: message.meta, bytes })]);
        return;
      }
      case 'action': {
        const spec = findOp(message.op);
        if (spec === undefined) throw new Error(message.op);
        const args = message.args.map((arg) => mapArg(arg, (one) => this.#operand(one)));
        const made = (tf as unknown as Record<string, AnyFunction>)[spec.name]?.(
          ...unbindArgs(spec, args),
        );
        this.#keep(message.id, [made].flat() as tf.Tensor[]);
        return;
      }
      case 'define':
        this.plans.set(message.id, message.plan);
        return;
      case 'call': {
        const plan = this.plans.get(message.plan);
        if (plan === undefined) throw new Error('No plan.');
        const inputs = message.args.map((one) => this.#operand(one));
        this.#keep(message.id, runPlanLocally(plan, inputs, message.salt));
        this.#drop(message.drops, message.dropParts);
        return;
      }
      case 'drop':
        this.#drop(message.ids, message.parts);
        return;
      default:
        throw new Error(`It does not do ${message.kind}.`);
    }
  }

  #drop(ids: readonly number[], parts: readonly Part[]): void {
    for (const { id, output } of parts) {
      if (!this.values.delete(`s${id}.${output}`)) throw new Error(`There is no ${id}.${output}.`);
    }
    for (const id of ids) {
      const keys = [...this.values.keys()].filter((key) => key.startsWith(`s${id}.`));
      if (keys.length === 0 && !this.plans.delete(id)) throw new Error(`There is no ${id}.`);
      for (const key of keys) this.values.delete(key);
    }
  }
}

export interface PlainPair {
  readonly session: ScientistSession;
  readonly link: FakeLink;
  readonly owner: PlainOwner;
  /** What the owner has published, in order. */
  readonly data: readonly Pointer[];
}

/** A session whose owner has published these tensors. */
export async function plainPair(tensors: readonly tf.Tensor[]): Promise<PlainPair> {
  const objects: Published[] = tensors.map((tensor, at) => ({
    ...published(at + 1, tensor.shape),
    meta: tensorToValue(tensor).meta,
  }));
  const { session, link } = await openSession(objects);
  const owner = new PlainOwner(link);
  for (const [at, tensor] of tensors.entries()) owner.publish(at + 1, tensor);
  return { session, link, owner, data: objects.map(({ id }) => session.store.get(`p${id}`)) };
}
