/** A layer's configuration, read value by value: what is not as tfjs writes it is refused by name. */

import { DuetError } from '@duet/protocol';
import { quoted } from '../words';

/** Throws `unsupported-op`: the model says something that has no translation. `instead` is what to do about it. */
export function refuse(what: string, reason: string, instead = ''): never {
  throw new DuetError('unsupported-op', {
    detail: `${what} cannot be sent: ${reason}`,
    hint: instead,
  });
}

export type ConfigValues = Readonly<Record<string, unknown>>;

export class Config {
  /** For people: `Dense "dense_1"`. */
  readonly owner: string;
  readonly #values: ConfigValues;

  constructor(owner: string, values: ConfigValues) {
    this.owner = owner;
    this.#values = values;
  }

  static of(className: string, name: string, values: ConfigValues): Config {
    return new Config(`${className} ${quoted(name)}`, values);
  }

  /** Throws `unsupported-op`, naming the layer. */
  refuse(reason: string, instead?: string): never {
    return refuse(this.owner, reason, instead);
  }

  get(key: string): unknown {
    return Object.hasOwn(this.#values, key) ? this.#values[key] : undefined;
  }

  has(key: string): boolean {
    const value = this.get(key);
    return value !== undefined && value !== null;
  }

  keys(): readonly string[] {
    return Object.keys(this.#values);
  }

  #wrong(key: string, wanted: string): never {
    throw new DuetError('bad-argument', { detail: `${this.owner}: ${key} must be ${wanted}.` });
  }

  number(key: string, otherwise?: number): number {
    const value = this.has(key) ? this.get(key) : otherwise;
    return typeof value === 'number' && Number.isFinite(value)
      ? value
      : this.#wrong(key, 'a finite number');
  }

  numberIfAny(key: string): number | undefined {
    return this.has(key) ? this.number(key) : undefined;
  }

  integer(key: string, otherwise?: number): number {
    const value = this.number(key, otherwise);
    return Number.isSafeInteger(value) ? value : this.#wrong(key, 'a whole number');
  }

  flag(key: string, otherwise: boolean): boolean {
    const value = this.has(key) ? this.get(key) : otherwise;
    return typeof value === 'boolean' ? value : this.#wrong(key, 'true or false');
  }

  choice<T extends string>(key: string, choices: readonly T[], otherwise?: T): T {
    const value = this.has(key) ? this.get(key) : otherwise;
    const found = choices.find((choice) => choice === value);
    return found ?? this.#wrong(key, `one of ${choices.join(', ')}`);
  }

  /** A text in one of tfjs's own tables; what is not there is refused. */
  text(key: string, otherwise: string): string {
    const value = this.has(key) ? this.get(key) : otherwise;
    return typeof value === 'string' ? value : this.#wrong(key, 'a text');
  }

  integers(key: string): number[] {
    const value = this.get(key);
    return Array.isArray(value) && value.every(Number.isSafeInteger)
      ? [...value]
      : this.#wrong(key, 'a list of whole numbers');
  }

  /** One number for all, or one for each of `count`. */
  each(key: string, count: number, otherwise?: number): number[] {
    const value = this.has(key) ? this.get(key) : otherwise;
    if (Number.isSafeInteger(value)) return Array.from({ length: count }, () => value as number);
    const list = this.integers(key);
    return list.length === count ? list : this.#wrong(key, `${count} whole numbers`);
  }

  /** Whole numbers, and null where the input tells. */
  dimensions(key: string): (number | null)[] {
    const value = this.get(key);
    const fits =
      Array.isArray(value) && value.every((one) => one === null || Number.isSafeInteger(one));
    return fits ? [...value] : this.#wrong(key, 'a list of whole numbers and nulls');
  }

  /** [[before, after], [before, after]]. */
  pairs(key: string): [number, number][] {
    const value = this.get(key);
    const isPair = (one: unknown) =>
      Array.isArray(one) && one.length === 2 && one.every(Number.isSafeInteger);
    return Array.isArray(value) && value.every(isPair)
      ? value.map(([before, after]) => [before, after])
      : this.#wrong(key, 'a list of pairs of whole numbers');
  }
}
