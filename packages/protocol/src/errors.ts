/**
 * The closed list of what can go wrong. `wire` is the number by which a code crosses to the other side; codes without
 * one never leave the side that found them. Numbers are never reused.
 */
const catalogue = {
  // access and life cycle
  'not-released': {
    wire: 1,
    text: 'The owner has not released this value to you.',
    hint: 'Ask with request(), or get({ requestBlock: true }).',
  },
  'no-object': {
    wire: 2,
    text: 'There is no such object.',
    hint: 'It may have been disposed, or belongs to someone else.',
  },
  gone: {
    wire: 3,
    text: 'The owner took this object back.',
    hint: 'Look at duet.store.table() for what is published now.',
  },
  'id-taken': {
    wire: 4,
    text: 'This id was used before.',
    hint: 'Ids increase and are never used twice.',
  },
  denied: {
    wire: 6,
    text: 'The owner denied this request.',
    hint: 'You may ask again with a better reason.',
  },
  expired: {
    wire: 7,
    text: 'Nobody decided on this request in time.',
    hint: 'Ask again, with a longer timeoutSecs or none.',
  },
  withdrawn: { wire: 8, text: 'This request was withdrawn.', hint: '' },
  'no-request': { wire: 9, text: 'There is no such request.', hint: '' },
  'duplicate-request': {
    wire: 10,
    text: 'A request for this value is waiting already.',
    hint: 'Wait for its decision, or withdraw it first.',
  },
  // limits
  limit: { wire: 11, text: 'A limit was reached.', hint: 'Dispose what you no longer need.' },
  'too-large': { wire: 12, text: 'This is larger than the limits allow.', hint: '' },
  'too-costly': { wire: 13, text: 'This would take longer than the limits allow.', hint: '' },
  rate: { wire: 14, text: 'Too many requests are waiting.', hint: 'Wait for decisions first.' },
  // calls
  'unsupported-op': {
    wire: 15,
    text: 'This op cannot be called on pointers.',
    hint: 'docs/ops.md lists what can.',
  },
  'bad-argument': { wire: 16, text: 'An argument does not fit.', hint: '' },
  'op-failed': { wire: 17, text: 'The op failed on the owner’s side.', hint: '' },
  // wire
  'bad-message': {
    wire: 18,
    text: 'The other side sent something that is not of this protocol.',
    hint: 'Make sure that both use the same version.',
  },
  'bad-tensor': { wire: 19, text: 'The bytes of a tensor do not fit its header.', hint: '' },
  'bad-text': {
    wire: 20,
    text: 'A text is too long or has characters that are not allowed.',
    hint: '',
  },
  // pairing
  version: {
    wire: 21,
    text: 'The two sides speak different versions of the protocol.',
    hint: 'Reload both pages.',
  },
  'peer-auth': {
    wire: 22,
    text: 'The other side could not prove who it is.',
    hint: 'Ask for a new invite, over a way you trust.',
  },
  'not-admitted': { wire: 23, text: 'The owner did not let you in.', hint: 'Talk to the owner.' },
  busy: {
    wire: 24,
    text: 'No more scientists fit here now.',
    hint: 'Ask the owner when there is room.',
  },
  'bad-transfer': { wire: 25, text: 'A transfer broke its own announcement.', hint: '' },
  dismissed: {
    wire: 26,
    text: 'The owner has ended your session.',
    hint: 'Talk to the owner; a new invite lets you in again.',
  },
  'no-engine': {
    wire: 27,
    text: 'The engine that runs TensorFlow.js could not be started.',
    hint: 'docs/hosting.md says what the owner’s page must allow for its worker.',
  },
  'stale-grant': {
    wire: 28,
    text: 'What the owner accepted is not there any more in the form in which it was accepted.',
    hint: 'Compute it again, and ask again.',
  },
  revoked: {
    wire: 29,
    text: 'The owner took back what they had accepted before it was sent.',
    hint: 'Talk to the owner.',
  },
  // this side alone
  'bad-reply': {
    text: 'The owner’s answer does not fit what was asked.',
    hint: 'Make sure that both use the same version.',
  },
  aborted: { text: 'This was aborted by its AbortSignal.', hint: '' },
  closed: { text: 'This duet is closed.', hint: 'Start a new one.' },
  'link-lost': {
    text: 'The connection to the other side was lost, and did not come back in time.',
    hint: 'Ask for a new invite.',
  },
  'peer-left': { text: 'The other side closed its page.', hint: '' },
  'in-use': {
    text: 'Another tab of this browser has this open already.',
    hint: 'Go on there, or close it first.',
  },
  'bad-invite': {
    text: 'This is not an invite.',
    hint: 'Copy the whole link, with the part after #.',
  },
  'invite-expired': {
    text: 'This invite is not open any more.',
    hint: 'Ask the owner for a new one; their page must stay open.',
  },
  'invite-used': { text: 'This invite was used already.', hint: 'Ask the owner for a new one.' },
  'room-full': {
    text: 'Someone else is using this invite right now.',
    hint: 'Try again, or ask the owner for a new one.',
  },
  'no-signaling': {
    text: 'The signaling server cannot be reached.',
    hint: 'Check its address and that it runs.',
  },
  'signaling-refused': {
    text: 'The signaling server refused this page.',
    hint: 'The server’s operator must allow its origin.',
  },
  'no-connection': {
    text: 'No direct connection could be made.',
    hint: 'A firewall may be in between: configure a TURN server (docs/hosting.md).',
  },
  'insecure-context': {
    text: 'This page is not in a secure context.',
    hint: 'Open it over https, or on localhost.',
  },
  'unsupported-browser': {
    text: 'This browser lacks something that Duet needs.',
    hint: 'Use a current Chrome, Firefox, Edge or Safari.',
  },
  disposed: { text: 'This pointer was disposed.', hint: '' },
  internal: { text: 'Something broke inside Duet.', hint: 'Please report it.' },
} as const satisfies Record<string, { wire?: number; text: string; hint: string }>;

export type ErrorCode = keyof typeof catalogue;

const byWire = new Map<number, ErrorCode>();
for (const [code, entry] of Object.entries(catalogue)) {
  if ('wire' in entry) byWire.set(entry.wire, code as ErrorCode);
}

export const errorCodes = Object.keys(catalogue) as readonly ErrorCode[];

/** May this code be told to the other side? */
export function crossesWire(code: ErrorCode): boolean {
  return 'wire' in catalogue[code];
}

/** The number of a code on the wire. Codes that may not cross become `op-failed`, which says nothing. */
export function toWireCode(code: ErrorCode): number {
  const entry = catalogue[code];
  return 'wire' in entry ? entry.wire : catalogue['op-failed'].wire;
}

export function fromWireCode(wire: number): ErrorCode | undefined {
  return byWire.get(wire);
}

/** The sentence for people that belongs to a code. */
export function describeError(code: ErrorCode): { readonly text: string; readonly hint: string } {
  return catalogue[code];
}

export interface DuetErrorOptions {
  /** What exactly, from public facts alone. Replaces the code's own sentence. */
  readonly detail?: string;
  /** What to do next. Replaces the code's own hint. */
  readonly hint?: string;
  /** Stays on this side, is never sent. */
  readonly cause?: unknown;
  /** Where the error came from: found here, or told by the other side. */
  readonly from?: 'here' | 'peer';
}

/** The one error class. Compare `code`; the text is for people and may change. */
export class DuetError extends Error {
  override readonly name = 'DuetError';
  readonly code: ErrorCode;
  readonly hint: string;
  readonly from: 'here' | 'peer';

  constructor(code: ErrorCode, options: DuetErrorOptions = {}) {
    const { text, hint } = catalogue[code];
    const said = options.detail ?? text;
    const next = options.hint ?? hint;
    super(
      next === '' ? said : `${said} ${next}`,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = code;
    this.hint = next;
    this.from = options.from ?? 'here';
  }
}

/** By name, so that it holds across two copies of the library. */
export function isDuetError(value: unknown, code?: ErrorCode): value is DuetError {
  return (
    value instanceof Error &&
    value.name === 'DuetError' &&
    (code === undefined || (value as DuetError).code === code)
  );
}

/** Whatever was thrown, as a DuetError; a foreign one becomes `internal` with its cause kept here. */
export function asDuetError(thrown: unknown, code: ErrorCode = 'internal'): DuetError {
  return isDuetError(thrown) ? thrown : new DuetError(code, { cause: thrown });
}
