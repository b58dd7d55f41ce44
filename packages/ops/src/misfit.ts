/** Why a call does not fit; `inferCall` says it with the op and its shapes. Never leaves this room. */
export class Misfit extends Error {
  override readonly name = 'Misfit';
}

export function need(holds: boolean, reason: string): asserts holds {
  if (!holds) throw new Misfit(reason);
}
