/** What travels with released values and for kept requests: receipts, kept items, splits. */

import type { duet } from './generated/duet';
import { limits } from './limits';
import type { Kept, KeptItem, Outcome, Receipt, Split } from './messages';
import {
  bad,
  bytes,
  headerFromWire,
  headerToWire,
  idFromWire,
  inverse,
  lean,
  list,
  need,
  text,
  type Wire,
} from './wire';

export const outcomeToWire: Readonly<Record<Outcome, duet.Outcome>> = {
  accepted: 1,
  denied: 2,
  expired: 3,
  revoked: 4,
};

const outcomes = inverse(outcomeToWire);

export function outcomeFromWire(wire: Wire<number>): Outcome {
  return outcomes.get(wire ?? 0) ?? bad('An outcome is unknown.');
}

export function receiptToWire(receipt: Receipt | undefined): {
  receipt?: duet.Receipt.$Properties;
} {
  return receipt === undefined ? {} : { receipt: { ...receipt } };
}

export function receiptFromWire(wire: Wire<duet.Receipt.$Properties>): { receipt?: Receipt } {
  if (wire == null) return {};
  const entry = text(wire.entry, limits.receiptChars, 'A receipt');
  if (entry === '') bad('A receipt is empty.');
  return {
    receipt: {
      entry,
      previous: bytes(wire.previous, 32, 'The head of a history'),
      signature: bytes(wire.signature, 64, 'The signature'),
    },
  };
}

export function splitToWire(split: Split): duet.Split.$Properties {
  return lean(split);
}

export function splitFromWire(wire: duet.Split.$Properties): Split {
  return {
    name: text(wire.name, limits.nameChars, 'A name'),
    from: wire.from ?? 0,
    to: wire.to ?? 0,
    units: wire.units ?? 0,
  };
}

function itemToWire({ meta, outcome, ...rest }: KeptItem): duet.KeptItem.$Properties {
  return {
    ...lean(rest),
    header: headerToWire(meta),
    ...(outcome && { outcome: outcomeToWire[outcome] }),
  };
}

function itemFromWire(wire: duet.KeptItem.$Properties): KeptItem {
  return {
    id: idFromWire(wire.id),
    meta: headerFromWire(wire.header),
    name: text(wire.name, limits.nameChars, 'A name'),
    outcome: wire.outcome ? outcomeFromWire(wire.outcome) : undefined,
    reason: text(wire.reason, limits.reasonChars, 'A reason'),
    leftMs: wire.leftMs ?? 0,
  };
}

export function keptToWire({ items, gone }: Kept): duet.Kept.$Properties {
  return lean({ items: items.map(itemToWire), gone: [...gone] });
}

export function keptFromWire(wire: duet.Kept.$Properties): Kept {
  return {
    kind: 'kept',
    items: list(wire.items, limits.keptItems, 'The kept requests', (item) =>
      itemFromWire(need(item, 'A kept request')),
    ),
    gone: list(wire.gone, limits.keptItems, 'The ids', (id) => idFromWire(id)),
  };
}
