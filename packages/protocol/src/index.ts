export {
  asciiJson,
  type ChainLine,
  emptyHistoryHead,
  emptyLogHead,
  headAfter,
  headToSign,
  parseChainLine,
  type SignedKind,
  sha256,
} from './chain';
export { type Clock, systemClock } from './clock';
export {
  decodeOwnerMessage,
  decodePlan,
  decodeScientistMessage,
  encodeOwnerMessage,
  encodeScientistMessage,
  helloVersion,
} from './codec';
export {
  type Bytes,
  digestOf,
  digestsOf,
  isPiece,
  type PieceDigests,
  PieceHasher,
  pieceCount,
  pieceOf,
  sameBytes,
} from './digest';
export {
  asDuetError,
  crossesWire,
  DuetError,
  type DuetErrorOptions,
  describeError,
  type ErrorCode,
  errorCodes,
  fromWireCode,
  isDuetError,
  toWireCode,
} from './errors';
export { fromHex, toHex } from './hex';
export { defaultSessionLimits, limits, type SessionLimits } from './limits';
export type {
  Handled,
  Link,
  LinkState,
  PayloadOptions,
  PeerIdentity,
  ReceivePayloadOptions,
  SendPayloadOptions,
} from './link';
export * from './messages';
export { numberedOps, opName, opNumber } from './op-numbers';
export * from './pairing-codec';
export { encodePlan } from './plan-codec';
export * from './signaling';
export {
  fingerprintOf,
  identityAlgorithm,
  signatureAlgorithm,
  verifySignature,
} from './signature';
export { StateEvents } from './state-events';
export {
  byteLength,
  checkMeta,
  checkTensor,
  decodeStrings,
  elementCount,
  encodeStrings,
  sameShape,
  slotBytes,
  tensorMeta,
} from './tensor';
export { checkText, isFieldName, quotedText, tidyText, visibleText } from './text';
export { warmCodecs } from './warm-codecs';
