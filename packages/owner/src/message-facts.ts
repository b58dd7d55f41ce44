/** What a scientist's message is about, as far as everything that comes is handled the same. */

import {
  type Operand,
  type Ref,
  type ScientistMessage,
  type Train,
  tensorsOf,
} from '@duet/protocol';

/** Those messages that a value answers, or a failure. */
export function isGet(
  message: ScientistMessage,
): message is Extract<ScientistMessage, { readonly kind: 'get' | 'collect' }> {
  return message.kind === 'get' || message.kind === 'collect';
}

/** Those messages whose id is a new one. */
export function takesId(
  message: ScientistMessage,
): message is Extract<ScientistMessage, { readonly id: number }> {
  return 'id' in message;
}

/** The objects that a message names. */
export function refsOf(message: ScientistMessage): readonly Ref[] {
  switch (message.kind) {
    case 'request':
    case 'get':
      return [message.ref];
    case 'action':
      return refsIn(tensorsOf(message.args));
    case 'call':
      return refsIn(message.args);
    case 'train':
      return refsIn(operandsOf(message));
    default:
      return [];
  }
}

function operandsOf({ state, data, schedule, fixed }: Train): readonly Operand[] {
  return [...state, ...data, ...schedule, ...fixed];
}

function refsIn(operands: readonly Operand[]): readonly Ref[] {
  return operands.flatMap((operand) => (operand.kind === 'ref' ? [operand.ref] : []));
}

/** The id that a refusal of it names; 0 where it has none. */
export function idOf(message: ScientistMessage): number {
  if ('id' in message) return message.id;
  if (message.kind === 'confirm') return message.get;
  if (message.kind === 'withdraw') return message.request;
  if (message.kind === 'cancel') return message.run;
  return 0;
}
