/**
 * Compares all that left the owner's side for one scientist in two worlds. What may differ after a grant whose payload
 * differs is not compared any more, since the scientist then knows more. Another scientist does not.
 */

import { digestOf, type Receipt, toHex } from '@duet/protocol';
import type { Arrival } from '../../src/raw-pair';
import type { Heard, Observed } from './observe';
import type { Who } from './worlds';

interface Shown {
  /** Must be the same in both worlds. */
  readonly text: string;
  /** What a granted value's header says besides the digest; it must be the same where both worlds have a value. */
  readonly header?: string;
  /** What the owner's decision let go; it may differ. */
  readonly granted?: string;
  /** What came with that, and must be the same where it is. */
  readonly receipt?: string;
}

async function show(arrival: Arrival, { grants }: Heard): Promise<Shown> {
  if (arrival.kind === 'closed') return { text: `closed: ${arrival.reason.code}` };
  if (arrival.kind === 'payload') {
    const digest = toHex(await digestOf(arrival.bytes));
    const text = `payload ${arrival.stream} of ${arrival.bytes.length}`;
    return grants.has(arrival.stream) ? { text, granted: digest } : { text: `${text}: ${digest}` };
  }
  const { message } = arrival;
  if ((message.kind === 'value' || message.kind === 'failed') && grants.has(message.get)) {
    const text = `granted ${message.get}`;
    const receipt = showReceipt(message.receipt);
    if (message.kind === 'failed') return { text, granted: message.code, receipt };
    const { meta, digits } = message;
    const header = JSON.stringify({ meta, digits });
    return { text, header, granted: toHex(message.digest), receipt };
  }
  return {
    text: JSON.stringify(message, (_, value: unknown) =>
      value instanceof Uint8Array ? toHex(value) : value,
    ),
  };
}

/** Without its salt, and what follows from the salts of it and of those before: random, in every world anew. */
function showReceipt(receipt: Receipt | undefined): string {
  if (!receipt) return 'none';
  const { salt: _, prev: __, ...entry } = JSON.parse(receipt.entry) as Record<string, unknown>;
  return `${JSON.stringify(entry)} ${receipt.previous.length} ${receipt.signature.length}`;
}

export interface Comparison {
  /** Arrivals that were compared: up to the first grant whose payload differs. */
  readonly compared: number;
  /** The first difference, in words. */
  readonly difference: string | undefined;
}

/** All scientists, each by what they know. */
export async function compare(a: Observed, b: Observed): Promise<Comparison> {
  let compared = 0;
  for (const who of ['grace', 'ada'] as const) {
    const one = await compareFor(who, a, b);
    compared += one.compared;
    if (one.difference !== undefined) return { compared, difference: `${who}: ${one.difference}` };
  }
  return { compared, difference: undefined };
}

async function compareFor(who: Who, a: Observed, b: Observed): Promise<Comparison> {
  let compared = 0;
  const count = Math.max(a.heard[who].length, b.heard[who].length);
  for (let at = 0; at < count; at += 1) {
    const [left, right] = [a.heard[who][at], b.heard[who][at]];
    if (!left || !right) return { compared, difference: 'a session is missing' };
    const session = await compareSessions(left, right);
    compared += session.compared;
    if (session.difference !== undefined) return { compared, difference: session.difference };
    if (session.knows) break;
  }
  return { compared, difference: undefined };
}

async function compareSessions(a: Heard, b: Heard): Promise<Comparison & { knows: boolean }> {
  const length = Math.max(a.arrivals.length, b.arrivals.length);
  const differing = (at: number, difference: string) => ({
    compared: at,
    difference,
    knows: false,
  });
  for (let at = 0; at < length; at += 1) {
    const [left, right] = [a.arrivals[at], b.arrivals[at]];
    if (!left || !right) {
      const only = await show((left ?? right) as Arrival, left ? a : b);
      return differing(at, `only one heard ${only.text}`);
    }
    const [one, other] = [await show(left, a), await show(right, b)];
    const sameHeader = !one.header || !other.header || one.header === other.header;
    if (one.text !== other.text || !sameHeader) {
      return differing(at, `${one.text} ${one.header ?? ''} | ${other.text} ${other.header ?? ''}`);
    }
    // From here on the scientist knows which world it is, by the owner's decision.
    if (one.granted !== other.granted) {
      return { compared: at + 1, difference: undefined, knows: true };
    }
    if (one.receipt !== other.receipt) return differing(at, `${one.receipt} | ${other.receipt}`);
  }
  if (a.credits.join() !== b.credits.join()) {
    return differing(length, `credits ${a.credits.join()} | ${b.credits.join()}`);
  }
  return { compared: length, difference: undefined, knows: false };
}
