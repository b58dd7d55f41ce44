/**
 * Messages to bytes and back. The decoder trusts nothing: what it returns is within the limits, and its encoding is the
 * very bytes that came in, so that unknown, repeated or non-canonical fields cannot pass.
 */

import { sameBytes } from './digest';
import { DuetError, type ErrorCode, fromWireCode, isDuetError, toWireCode } from './errors';
import { duet } from './generated/duet';
import { limits } from './limits';
import type {
  Arg,
  DataSet,
  DType,
  Operand,
  Outcome,
  OwnerMessage,
  Published,
  Ref,
  ScientistMessage,
  TensorMeta,
} from './messages';
import { byteLength, checkMeta, checkTensor } from './tensor';
import { checkText, isFieldName } from './text';

type Wire<T> = T | null | undefined;

// ---- encoding: defaults are left out, so that every message has one encoding -----------------------------------------

/** The members that are not proto3 defaults; only those are written. */
function lean<T extends object>(fields: T): T {
  const kept = Object.entries(fields).filter(
    ([, value]) =>
      value !== undefined &&
      value !== 0 &&
      value !== '' &&
      value !== false &&
      !((Array.isArray(value) || value instanceof Uint8Array) && value.length === 0),
  );
  return Object.fromEntries(kept) as T;
}

const dtypeToWire: Readonly<Record<DType, duet.DType>> = {
  float32: 1,
  int32: 2,
  bool: 3,
  string: 4,
  complex64: 5,
};
const outcomeToWire: Readonly<Record<Outcome, duet.Outcome>> = {
  accepted: 1,
  denied: 2,
  expired: 3,
};

function inverse<K extends string>(table: Readonly<Record<K, number>>): ReadonlyMap<number, K> {
  return new Map(Object.entries(table).map(([name, wire]) => [wire as number, name as K]));
}

const dtypeFromWire = inverse(dtypeToWire);
const outcomeFromWire = inverse(outcomeToWire);

function headerToWire(meta: TensorMeta): duet.TensorHeader.$Properties {
  return lean({
    dtype: dtypeToWire[meta.dtype],
    shape: [...meta.shape],
    elementBytes: meta.elementBytes,
  });
}

function refToWire(ref: Ref): duet.Ref.$Properties {
  const path = ref.path.length === 0 ? {} : { path: [...ref.path] };
  return ref.space === 'own' ? { own: ref.id, ...path } : { published: ref.id, ...path };
}

function operandToWire(operand: Operand): duet.Operand.$Properties {
  if (operand.kind === 'ref') return { ref: refToWire(operand.ref) };
  const { meta, bytes } = operand.value;
  return { literal: { header: headerToWire(meta), ...lean({ data: bytes }) } };
}

function argToWire(arg: Arg<Operand>): duet.Arg.$Properties {
  switch (arg.kind) {
    case 'absent':
      return { absent: {} };
    case 'tensor':
      return operandToWire(arg.tensor);
    case 'tensors':
      return { tensors: { items: arg.tensors.map(operandToWire) } };
    case 'number':
      return { number: arg.number };
    case 'flag':
      return { flag: arg.flag };
    case 'text':
      return { text: arg.text };
    case 'numbers':
      return { numbers: { items: [...arg.numbers] } };
    default:
      return arg satisfies never;
  }
}

function publishedToWire({ meta, ...rest }: Published): duet.Published.$Properties {
  return {
    ...lean({ ...rest, tags: [...rest.tags], columns: [...rest.columns] }),
    header: headerToWire(meta),
  };
}

function dataSetToWire({ fields, ...rest }: DataSet): duet.DataSet.$Properties {
  return { ...lean({ ...rest, tags: [...rest.tags] }), fields: fields.map(publishedToWire) };
}

function scientistToWire(message: ScientistMessage): duet.ScientistToOwner.$Properties {
  switch (message.kind) {
    case 'hello': {
      const { kind: _, ...fields } = message;
      return { hello: lean(fields) };
    }
    case 'proof':
      return { proof: lean({ signature: message.signature, invite: message.invite }) };
    case 'begin':
      return { begin: lean({ epoch: message.epoch }) };
    case 'put': {
      const { kind: _, meta, ...fields } = message;
      return {
        put: { ...lean({ ...fields, tags: [...fields.tags] }), header: headerToWire(meta) },
      };
    }
    case 'action':
      return {
        action: { ...lean({ id: message.id, op: message.op }), args: message.args.map(argToWire) },
      };
    case 'request': {
      const { kind: _, ref, ...fields } = message;
      return { request: { ...lean(fields), ref: refToWire(ref) } };
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
      return { drop: lean({ ids: [...message.ids] }) };
    default:
      return message satisfies never;
  }
}

function ownerToWire(message: OwnerMessage): duet.OwnerToScientist.$Properties {
  switch (message.kind) {
    case 'hello': {
      const { kind: _, ...fields } = message;
      return { hello: lean(fields) };
    }
    case 'proof':
      return { proof: lean({ signature: message.signature, invite: message.invite }) };
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
        value: { get: message.get, header: headerToWire(message.meta), digest: message.digest },
      };
    case 'failed':
      return { failed: { get: message.get, code: toWireCode(message.code) } };
    case 'fault':
      return { fault: { ...lean({ about: message.about }), code: toWireCode(message.code) } };
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
  return checkSize(duet.ScientistToOwner.encode(scientistToWire(message)).finish());
}

export function encodeOwnerMessage(message: OwnerMessage): Uint8Array {
  return checkSize(duet.OwnerToScientist.encode(ownerToWire(message)).finish());
}

// ---- decoding --------------------------------------------------------------------------------------------------

function bad(detail: string, cause?: unknown): never {
  throw new DuetError('bad-message', cause === undefined ? { detail } : { detail, cause });
}

function need<T>(value: Wire<T>, what: string): T {
  return value ?? bad(`${what} is missing.`);
}

/** An id or reference to one: at least 1, since 0 means none. */
function idFromWire(value: Wire<number>, what = 'An id'): number {
  const id = value ?? 0;
  return id >= 1 && id <= limits.id ? id : bad(`${what} is missing.`);
}

function text(value: Wire<string>, maxChars: number, what: string): string {
  const checked = value ?? '';
  checkText(checked, maxChars, what);
  return checked;
}

function list<T, U>(
  values: Wire<readonly T[]>,
  most: number,
  what: string,
  each: (value: T) => U,
): U[] {
  const items = values ?? [];
  return items.length <= most ? items.map(each) : bad(`${what} has more than ${most} entries.`);
}

function bytes(value: Wire<Uint8Array>, length: number, what: string): Uint8Array {
  // A copy, so that a message never keeps the frame it came in alive, or changes with it.
  return value?.length === length ? new Uint8Array(value) : bad(`${what} is not ${length} bytes.`);
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : bad('A number is not finite.');
}

function tags(value: Wire<readonly string[]>): string[] {
  const checked = list(value, limits.tags, 'The tags', (tag) =>
    text(tag, limits.tagChars, 'A tag'),
  );
  return checked.every((tag) => tag !== '') && new Set(checked).size === checked.length
    ? checked
    : bad('A tag is empty or stands twice.');
}

function codeFromWire(value: Wire<number>): ErrorCode {
  return fromWireCode(value ?? 0) ?? bad('An error code is unknown.');
}

function headerFromWire(header: Wire<duet.TensorHeader.$Properties>): TensorMeta {
  const wire = need(header, 'A tensor header');
  const meta: TensorMeta = {
    dtype: dtypeFromWire.get(wire.dtype ?? 0) ?? bad('A dtype is unknown.'),
    shape: list(wire.shape, limits.rank, 'A shape', (dimension) => dimension),
    elementBytes: wire.elementBytes ?? 0,
  };
  checkMeta(meta);
  return meta;
}

function refFromWire(wire: Wire<duet.Ref.$Properties>): Ref {
  const { own, published, path } = need(wire, 'A reference');
  if ((own == null) === (published == null)) bad('A reference has no id, or two.');
  return {
    space: own == null ? 'published' : 'own',
    id: idFromWire(own ?? published),
    path: list(path, limits.path, 'A path', (step) =>
      step < limits.outputs ? step : bad('A path is out of range.'),
    ),
  };
}

function operandFromWire(wire: {
  ref?: Wire<duet.Ref.$Properties>;
  literal?: Wire<duet.Literal.$Properties>;
}): Operand {
  if (wire.ref != null) return { kind: 'ref', ref: refFromWire(wire.ref) };
  const literal = need(wire.literal, 'An operand');
  const meta = headerFromWire(literal.header);
  if (byteLength(meta) > limits.literalBytes) bad('A literal is too large.');
  const value = { meta, bytes: literal.data ? new Uint8Array(literal.data) : new Uint8Array() };
  checkTensor(value);
  return { kind: 'literal', value };
}

function argFromWire(wire: duet.Arg.$Properties): Arg<Operand> {
  if (wire.absent != null) return { kind: 'absent' };
  if (wire.ref != null || wire.literal != null) {
    return { kind: 'tensor', tensor: operandFromWire(wire) };
  }
  if (wire.tensors != null) {
    return {
      kind: 'tensors',
      tensors: list(wire.tensors.items, limits.operands, 'A list of tensors', operandFromWire),
    };
  }
  if (wire.number != null) return { kind: 'number', number: finite(wire.number) };
  if (wire.flag != null) return { kind: 'flag', flag: wire.flag };
  if (wire.text != null)
    return { kind: 'text', text: text(wire.text, limits.textChars, 'An argument') };
  if (wire.numbers != null) {
    return {
      kind: 'numbers',
      numbers: list(wire.numbers.items, limits.numbers, 'A list of numbers', finite),
    };
  }
  return bad('An argument is empty.');
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
  };
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
    invite: bytes(wire.invite, 32, 'The proof of the invite'),
  };
}

function scientistFromWire(wire: duet.ScientistToOwner.$Properties): ScientistMessage {
  if (wire.hello != null) return helloFromWire(wire.hello);
  if (wire.proof != null) return proofFromWire(wire.proof);
  if (wire.begin != null)
    return { kind: 'begin', epoch: idFromWire(wire.begin.epoch, 'The epoch') };
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
  if (wire.action != null) {
    return {
      kind: 'action',
      id: idFromWire(wire.action.id),
      op: text(wire.action.op, limits.opChars, 'The name of an op'),
      args: list(wire.action.args, limits.args, 'The arguments', argFromWire),
    };
  }
  if (wire.request != null) {
    const timeoutMs = wire.request.timeoutMs ?? 0;
    if (timeoutMs > limits.timeoutMs) bad('A timeout is too long.');
    return {
      kind: 'request',
      id: idFromWire(wire.request.id),
      ref: refFromWire(wire.request.ref),
      name: text(wire.request.name, limits.nameChars, 'A name'),
      reason: text(wire.request.reason, limits.reasonChars, 'A reason'),
      timeoutMs,
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
    };
  }
  return bad('A message is empty or of the other role.');
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
      outcome: outcomeFromWire.get(wire.decision.outcome ?? 0) ?? bad('An outcome is unknown.'),
      reason: text(wire.decision.reason, limits.reasonChars, 'A reason'),
    };
  }
  if (wire.value != null) {
    return {
      kind: 'value',
      get: idFromWire(wire.value.get),
      meta: headerFromWire(wire.value.header),
      digest: bytes(wire.value.digest, 32, 'The digest'),
    };
  }
  if (wire.failed != null) {
    return {
      kind: 'failed',
      get: idFromWire(wire.failed.get),
      code: codeFromWire(wire.failed.code),
    };
  }
  if (wire.fault != null) {
    return { kind: 'fault', about: wire.fault.about ?? 0, code: codeFromWire(wire.fault.code) };
  }
  return bad('A message is empty or of the other role.');
}

/** Reads, validates, and compares with the canonical encoding. Throws a DuetError and nothing else. */
function decodeWith<W, M>(
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
