/**
 * Messages to bytes and back. The decoder trusts nothing: what it returns is within the limits, and its encoding is the
 * very bytes that came in, so that unknown, repeated or non-canonical fields cannot pass.
 */

import { sameBytes } from './digest';
import { DuetError, type ErrorCode, fromWireCode, isDuetError, toWireCode } from './errors';
import { duet } from './generated/duet';
import { limits } from './limits';
import type {
  Action,
  DataSet,
  MineItem,
  OwnerMessage,
  Part,
  Plan,
  Published,
  RunState,
  ScientistMessage,
  Train,
} from './messages';
import { backendNames } from './messages';
import { opName, opNumber } from './op-numbers';
import { decodePlainAction, encodePlainAction, ownArgs, ownIdsOf } from './plain-action';
import { encodePlan, planFromWire, planToWire } from './plan-codec';
import {
  keptFromWire,
  keptToWire,
  outcomeFromWire,
  outcomeToWire,
  receiptFromWire,
  receiptToWire,
  splitFromWire,
  splitToWire,
} from './release-codec';
import { isFieldName } from './text';
import {
  argFromWire,
  argToWire,
  bad,
  bytes,
  finite,
  headerFromWire,
  headerToWire,
  idFromWire,
  inverse,
  lean,
  list,
  need,
  operandFromWire,
  operandToWire,
  refFromWire,
  refToWire,
  tags,
  text,
  type Wire,
} from './wire';

// ---- encoding: defaults are left out, so that every message has one encoding -----------------------------------------

const runStateToWire: Readonly<Record<RunState, duet.RunState>> = {
  running: 1,
  finished: 2,
  cancelled: 3,
  stopped: 4,
};
const runStateFromWire = inverse(runStateToWire);

function publishedToWire({ meta, ...rest }: Published): duet.Published.$Properties {
  return {
    ...lean({ ...rest, tags: [...rest.tags], columns: [...rest.columns] }),
    header: headerToWire(meta),
  };
}

function dataSetToWire({ fields, splits, ...rest }: DataSet): duet.DataSet.$Properties {
  return {
    ...lean({ ...rest, tags: [...rest.tags] }),
    fields: fields.map(publishedToWire),
    splits: splits.map(splitToWire),
  };
}

function scientistToWire(message: ScientistMessage): duet.ScientistToOwner.$Properties {
  switch (message.kind) {
    case 'hello': {
      const { kind: _, ...fields } = message;
      return { hello: lean(fields) };
    }
    case 'proof':
      return { proof: lean({ signature: message.signature }) };
    case 'begin':
      return { begin: lean({ epoch: message.epoch, keep: message.keep ?? false }) };
    case 'put': {
      const { kind: _, meta, ...fields } = message;
      return {
        put: { ...lean({ ...fields, tags: [...fields.tags] }), header: headerToWire(meta) },
      };
    }
    case 'action':
      return { action: actionToWire(message) };
    case 'request': {
      const { kind: _, ref, keepMs = 0, ...fields } = message;
      return { request: { ...lean({ ...fields, keepMs }), ref: refToWire(ref) } };
    }
    case 'get': {
      const { kind: _, ref, ...fields } = message;
      return { get: { ...lean(fields), ref: refToWire(ref) } };
    }
    case 'confirm':
      return { confirm: lean({ get: message.get }) };
    case 'withdraw':
      return { withdraw: lean({ request: message.request }) };
    case 'drop':
      return { drop: lean({ ids: [...message.ids], parts: partsToWire(message.parts) }) };
    case 'define':
      return { define: { ...lean({ id: message.id }), plan: planToWire(message.plan) } };
    case 'call':
      return {
        call: {
          ...lean({
            id: message.id,
            plan: message.plan,
            salt: message.salt,
            drops: [...message.drops],
            dropParts: partsToWire(message.dropParts),
          }),
          args: message.args.map(operandToWire),
        },
      };
    case 'train': {
      const { kind: _, state, data, schedule, fixed, ...fields } = message;
      return {
        train: {
          ...lean(fields),
          state: state.map(operandToWire),
          data: data.map(operandToWire),
          schedule: schedule.map(operandToWire),
          fixed: fixed.map(operandToWire),
        },
      };
    }
    case 'cancel':
      return { cancel: lean({ run: message.run }) };
    case 'collect':
      return { collect: lean({ id: message.id, kept: message.kept }) };
    case 'forget':
      return { forget: lean({ kept: message.kept }) };
    default:
      return message satisfies never;
  }
}

function actionToWire({ id, op, args }: Action): duet.Action.$Properties {
  const number = opNumber(op);
  const own = ownIdsOf(args);
  return {
    ...lean({ id }),
    ...(number === undefined ? lean({ op }) : { number }),
    ...(own === undefined ? { args: args.map(argToWire) } : { own }),
  };
}

function ownerToWire(message: OwnerMessage): duet.OwnerToScientist.$Properties {
  switch (message.kind) {
    case 'hello': {
      const { kind: _, ...fields } = message;
      return { hello: lean(fields) };
    }
    case 'proof':
      return { proof: lean({ signature: message.signature }) };
    case 'admitted':
      return { admitted: lean({ name: message.name }) };
    case 'refused':
      return { refused: { code: toWireCode(message.code) } };
    case 'welcome':
      return {
        welcome: lean({
          epoch: message.epoch,
          nextId: message.nextId,
          catalogues: message.catalogues,
          opCost: message.opCost,
          planCost: message.planCost,
          runCost: message.runCost,
          backend: message.backend,
          lacking: [...message.lacking],
          keepMs: message.keepMs,
          mine: message.mine,
        }),
      };
    case 'catalogue':
      return {
        catalogue: {
          objects: message.objects.map(publishedToWire),
          dataSets: message.dataSets.map(dataSetToWire),
        },
      };
    case 'gone':
      return { gone: lean({ published: [...message.published], own: [...message.own] }) };
    case 'decision': {
      const { kind: _, outcome, ...fields } = message;
      return { decision: { ...lean(fields), outcome: outcomeToWire[outcome] } };
    }
    case 'value':
      return {
        value: {
          get: message.get,
          header: headerToWire(message.meta),
          digest: message.digest,
          ...lean({ digits: message.digits ?? 0 }),
          ...receiptToWire(message.receipt),
        },
      };
    case 'failed':
      return {
        failed: {
          get: message.get,
          code: toWireCode(message.code),
          ...receiptToWire(message.receipt),
        },
      };
    case 'fault':
      return { fault: { ...lean({ about: message.about }), code: toWireCode(message.code) } };
    case 'progress':
      return {
        progress: {
          ...lean({ run: message.run, step: message.step }),
          state: runStateToWire[message.state],
        },
      };
    case 'kept':
      return { kept: keptToWire(message) };
    case 'mine':
      return { mine: { items: message.items.map(mineItemToWire) } };
    default:
      return message satisfies never;
  }
}

/** Throws `too-large` if the message is over the limit. */
function checkSize(bytes: Uint8Array): Uint8Array {
  if (bytes.length > limits.messageBytes) {
    throw new DuetError('too-large', {
      detail: `A message of ${bytes.length} bytes is over the limit of ${limits.messageBytes}.`,
    });
  }
  // In Node the writer gives a Buffer, whose slice() would share memory.
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function encodeScientistMessage(message: ScientistMessage): Uint8Array {
  const plain = message.kind === 'action' ? encodePlainAction(message) : undefined;
  if (plain !== undefined) return plain;
  return checkSize(duet.ScientistToOwner.encode(scientistToWire(message)).finish());
}

export function encodeOwnerMessage(message: OwnerMessage): Uint8Array {
  return checkSize(duet.OwnerToScientist.encode(ownerToWire(message)).finish());
}

function mineItemToWire({ id, path, meta, ...words }: MineItem): duet.IMineItem {
  const { tags: written, description, op, readable } = words;
  return {
    id,
    path: [...path],
    header: headerToWire(meta),
    tags: [...written],
    ...lean({ description, op, readable }),
  };
}

// ---- decoding --------------------------------------------------------------------------------------------------

function codeFromWire(value: Wire<number>): ErrorCode {
  return fromWireCode(value ?? 0) ?? bad('An error code is unknown.');
}

function publishedFromWire(wire: duet.Published.$Properties, inDataSet: boolean): Published {
  const field = wire.field ?? '';
  if (inDataSet ? !isFieldName(field) : field !== '') bad('A field has no proper name.');
  return {
    id: idFromWire(wire.id),
    meta: headerFromWire(wire.header),
    tags: tags(wire.tags),
    description: text(wire.description, limits.descriptionChars, 'A description'),
    columns: list(wire.columns, limits.columns, 'The columns', (column) =>
      text(column, limits.columnChars, 'A column'),
    ),
    public: wire.public ?? false,
    field,
    mockOf: wire.mockOf ?? 0,
    recordAxis: wire.recordAxis ?? 0,
    minRecords: wire.minRecords ?? 0,
  };
}

function backendFromWire(value: Wire<string>) {
  return backendNames.find((name) => name === value) ?? bad('A backend is unknown.');
}

function dataSetFromWire(wire: duet.DataSet.$Properties): DataSet {
  return {
    id: idFromWire(wire.id),
    name: text(wire.name, limits.nameChars, 'A name'),
    tags: tags(wire.tags),
    description: text(wire.description, limits.descriptionChars, 'A description'),
    fields: list(wire.fields, limits.catalogueEntries, 'A data set', (field) =>
      publishedFromWire(field, true),
    ),
    unit: text(wire.unit, limits.columnChars, 'A unit'),
    units: wire.units ?? 0,
    splits: list(wire.splits, limits.splits, 'The splits', splitFromWire),
  };
}

function helloFromWire(wire: duet.Hello.$Properties): Extract<OwnerMessage, { kind: 'hello' }> {
  return {
    kind: 'hello',
    version: idFromWire(wire.version, 'The version'),
    software: text(wire.software, limits.softwareChars, 'The software'),
    identity: bytes(wire.identity, 65, 'The identity key'),
    nonce: bytes(wire.nonce, 32, 'The nonce'),
    name: text(wire.name, limits.nameChars, 'A name'),
  };
}

function proofFromWire(wire: duet.Proof.$Properties): Extract<OwnerMessage, { kind: 'proof' }> {
  return {
    kind: 'proof',
    signature: bytes(wire.signature, 64, 'The signature'),
  };
}

function scientistFromWire(wire: duet.ScientistToOwner.$Properties): ScientistMessage {
  if (wire.hello != null) return helloFromWire(wire.hello);
  if (wire.proof != null) return proofFromWire(wire.proof);
  if (wire.begin != null)
    return {
      kind: 'begin',
      epoch: idFromWire(wire.begin.epoch, 'The epoch'),
      ...(wire.begin.keep && { keep: true }),
    };
  if (wire.put != null) {
    return {
      kind: 'put',
      id: idFromWire(wire.put.id),
      meta: headerFromWire(wire.put.header),
      tags: tags(wire.put.tags),
      description: text(wire.put.description, limits.descriptionChars, 'A description'),
      digest: bytes(wire.put.digest, 32, 'The digest'),
    };
  }
  if (wire.action != null) return actionFromWire(wire.action);
  if (wire.request != null) {
    const timeoutMs = wire.request.timeoutMs ?? 0;
    const keepMs = wire.request.keepMs ?? 0;
    if (timeoutMs > limits.timeoutMs || keepMs > limits.timeoutMs) bad('A timeout is too long.');
    return {
      kind: 'request',
      id: idFromWire(wire.request.id),
      ref: refFromWire(wire.request.ref),
      name: text(wire.request.name, limits.nameChars, 'A name'),
      reason: text(wire.request.reason, limits.reasonChars, 'A reason'),
      timeoutMs,
      ...(keepMs > 0 && { keepMs }),
    };
  }
  if (wire.get != null) {
    return {
      kind: 'get',
      id: idFromWire(wire.get.id),
      ref: refFromWire(wire.get.ref),
      request: wire.get.request ?? 0,
      deleteAfter: wire.get.deleteAfter ?? false,
    };
  }
  if (wire.confirm != null) return { kind: 'confirm', get: idFromWire(wire.confirm.get) };
  if (wire.withdraw != null)
    return { kind: 'withdraw', request: idFromWire(wire.withdraw.request) };
  if (wire.drop != null) {
    return {
      kind: 'drop',
      ids: list(wire.drop.ids, limits.dropIds, 'The ids', (id) => idFromWire(id)),
      parts: partsFromWire(wire.drop.parts),
    };
  }
  if (wire.define != null) {
    return {
      kind: 'define',
      id: idFromWire(wire.define.id),
      plan: planFromWire(need(wire.define.plan, 'A plan')),
    };
  }
  if (wire.call != null) {
    return {
      kind: 'call',
      id: idFromWire(wire.call.id),
      plan: idFromWire(wire.call.plan, 'The plan'),
      args: list(wire.call.args, limits.planValues, 'The arguments', operandFromWire),
      salt: wire.call.salt ?? 0,
      drops: list(wire.call.drops, limits.dropIds, 'The ids', (id) => idFromWire(id)),
      dropParts: partsFromWire(wire.call.dropParts),
    };
  }
  if (wire.train != null) return trainFromWire(wire.train);
  if (wire.cancel != null) return { kind: 'cancel', run: idFromWire(wire.cancel.run, 'The run') };
  if (wire.collect != null) {
    return {
      kind: 'collect',
      id: idFromWire(wire.collect.id),
      kept: idFromWire(wire.collect.kept),
    };
  }
  if (wire.forget != null) return { kind: 'forget', kept: idFromWire(wire.forget.kept) };
  return bad('A message is empty or of the other role.');
}

function actionFromWire({ id, op, args, number, own }: duet.Action.$Properties): Action {
  const known = number ?? 0;
  const ids = list(own, limits.args, 'The arguments', (each) => idFromWire(each));
  return {
    kind: 'action',
    id: idFromWire(id),
    op:
      known === 0
        ? text(op, limits.opChars, 'The name of an op')
        : (opName(known) ?? bad('An op has an unknown number.')),
    args: ids.length > 0 ? ownArgs(ids) : list(args, limits.args, 'The arguments', argFromWire),
  };
}

/** Pairs of an id and the number of an output, flat. */
function partsToWire(parts: readonly Part[]): number[] {
  return parts.flatMap(({ id, output }) => [id, output]);
}

function partsFromWire(wire: Wire<readonly number[]>): Part[] {
  const flat = wire ?? [];
  if (flat.length % 2 === 1 || flat.length > 2 * limits.dropIds) bad('The parts are not pairs.');
  return Array.from({ length: flat.length / 2 }, (_, at): Part => {
    const output = flat[2 * at + 1] ?? 0;
    if (output >= limits.outputs) bad('A part is out of range.');
    return { id: idFromWire(flat[2 * at]), output };
  });
}

function trainFromWire(wire: duet.Train.$Properties): Train {
  const operands = (values: Wire<readonly duet.Operand.$Properties[]>, what: string) =>
    list(values, limits.runOperands, what, operandFromWire);
  return {
    kind: 'train',
    id: idFromWire(wire.id),
    plan: idFromWire(wire.plan, 'The plan'),
    lastPlan: wire.lastPlan ?? 0,
    state: operands(wire.state, 'The state'),
    data: operands(wire.data, 'The data'),
    schedule: operands(wire.schedule, 'The schedules'),
    fixed: operands(wire.fixed, 'The fixed values'),
    epochs: wire.epochs ?? 0,
    batchSize: wire.batchSize ?? 0,
    shuffle: wire.shuffle ?? false,
    seed: wire.seed ?? 0,
    firstStep: wire.firstStep ?? 0,
    reportEvery: wire.reportEvery ?? 0,
    checkpointEvery: wire.checkpointEvery ?? 0,
    progressEvery: wire.progressEvery ?? 0,
    name: text(wire.name, limits.nameChars, 'A name'),
  };
}

function ownerFromWire(wire: duet.OwnerToScientist.$Properties): OwnerMessage {
  if (wire.hello != null) return helloFromWire(wire.hello);
  if (wire.proof != null) return proofFromWire(wire.proof);
  if (wire.admitted != null) {
    return { kind: 'admitted', name: text(wire.admitted.name, limits.nameChars, 'A name') };
  }
  if (wire.refused != null) return { kind: 'refused', code: codeFromWire(wire.refused.code) };
  if (wire.welcome != null) {
    return {
      kind: 'welcome',
      epoch: idFromWire(wire.welcome.epoch, 'The epoch'),
      nextId: idFromWire(wire.welcome.nextId),
      catalogues: wire.welcome.catalogues ?? 0,
      opCost: finite(wire.welcome.opCost ?? 0),
      planCost: finite(wire.welcome.planCost ?? 0),
      runCost: finite(wire.welcome.runCost ?? 0),
      backend: backendFromWire(wire.welcome.backend),
      lacking: list(wire.welcome.lacking, limits.lackingOps, 'The ops', (op) =>
        text(op, limits.opChars, 'The name of an op'),
      ),
      keepMs: wire.welcome.keepMs ?? 0,
      mine: wire.welcome.mine ?? 0,
    };
  }
  if (wire.catalogue != null) {
    return {
      kind: 'catalogue',
      objects: list(wire.catalogue.objects, limits.catalogueEntries, 'A catalogue', (entry) =>
        publishedFromWire(entry, false),
      ),
      dataSets: list(
        wire.catalogue.dataSets,
        limits.catalogueEntries,
        'A catalogue',
        dataSetFromWire,
      ),
    };
  }
  if (wire.gone != null) {
    const ids = (values: Wire<number[]>) =>
      list(values, limits.dropIds, 'The ids', (id) => idFromWire(id));
    return { kind: 'gone', published: ids(wire.gone.published), own: ids(wire.gone.own) };
  }
  if (wire.decision != null) {
    return {
      kind: 'decision',
      request: idFromWire(wire.decision.request),
      outcome: outcomeFromWire(wire.decision.outcome),
      reason: text(wire.decision.reason, limits.reasonChars, 'A reason'),
    };
  }
  if (wire.value != null) {
    return {
      kind: 'value',
      get: idFromWire(wire.value.get),
      meta: headerFromWire(wire.value.header),
      digest: bytes(wire.value.digest, 32, 'The digest'),
      ...(wire.value.digits && { digits: wire.value.digits }),
      ...receiptFromWire(wire.value.receipt),
    };
  }
  if (wire.failed != null) {
    return {
      kind: 'failed',
      get: idFromWire(wire.failed.get),
      code: codeFromWire(wire.failed.code),
      ...receiptFromWire(wire.failed.receipt),
    };
  }
  if (wire.fault != null) {
    return { kind: 'fault', about: wire.fault.about ?? 0, code: codeFromWire(wire.fault.code) };
  }
  if (wire.progress != null) {
    return {
      kind: 'progress',
      run: idFromWire(wire.progress.run, 'The run'),
      step: wire.progress.step ?? 0,
      state: runStateFromWire.get(wire.progress.state ?? 0) ?? bad('A state is unknown.'),
    };
  }
  if (wire.kept != null) return keptFromWire(wire.kept);
  if (wire.mine != null) {
    const items = list(wire.mine.items, limits.mineItems, 'The objects', mineItemFromWire);
    return { kind: 'mine', items };
  }
  return bad('A message is empty or of the other role.');
}

function mineItemFromWire(item: duet.IMineItem): MineItem {
  return {
    id: idFromWire(item.id),
    path: list(item.path, limits.path, 'A path', (index) => index),
    meta: headerFromWire(item.header),
    tags: tags(item.tags),
    description: text(item.description, limits.descriptionChars, 'A description'),
    op: text(item.op, limits.opChars, 'The name of an op'),
    readable: item.readable ?? false,
  };
}

/** Reads, validates, and compares with the canonical encoding. Throws a DuetError and nothing else. */
export function decodeWith<W, M>(
  bytes: Uint8Array,
  read: (bytes: Uint8Array) => W,
  fromWire: (wire: W) => M,
  encode: (message: M) => Uint8Array,
): M {
  if (bytes.length > limits.messageBytes) bad('A message is too large.');
  let message: M;
  try {
    message = fromWire(read(bytes));
  } catch (thrown) {
    if (isDuetError(thrown)) throw thrown;
    return bad('A message is not protobuf.', thrown);
  }
  return sameBytes(encode(message), bytes)
    ? message
    : bad('A message is not in its canonical encoding.');
}

/**
 * The version that a hello names, whatever else is in it: a later version may have more to say. Undefined for anything
 * else.
 */
export function helloVersion(bytes: Uint8Array): number | undefined {
  try {
    const hello =
      duet.ScientistToOwner.decode(bytes).hello ?? duet.OwnerToScientist.decode(bytes).hello;
    return hello?.version ?? undefined;
  } catch {
    return undefined;
  }
}

/** Throws a DuetError (`bad-message`, `bad-tensor`, `bad-text`, `too-large`) on anything that is not a valid, canonical message. */
export function decodeScientistMessage(bytes: Uint8Array): ScientistMessage {
  const plain = decodePlainAction(bytes);
  if (plain !== undefined) return plain;
  return decodeWith(
    bytes,
    (b) => duet.ScientistToOwner.decode(b),
    scientistFromWire,
    encodeScientistMessage,
  );
}

/** As decodeScientistMessage, for the other direction. */
export function decodeOwnerMessage(bytes: Uint8Array): OwnerMessage {
  return decodeWith(
    bytes,
    (b) => duet.OwnerToScientist.decode(b),
    ownerFromWire,
    encodeOwnerMessage,
  );
}

/** A plan by itself, from what `encodePlan` gives. Throws as decodeScientistMessage. */
export function decodePlan(bytes: Uint8Array): Plan {
  return decodeWith(
    bytes,
    (b) => duet.Plan.decode(b),
    (wire) => planFromWire(wire),
    encodePlan,
  );
}
