/**
 * Every number that limits something on the wire, with its reason. A side that exceeds one gets a typed error there;
 * the other side closes the link or refuses the message.
 */
export const limits = {
  /** Largest channel frame. 64 KiB keeps the latency of a small message behind a bulk frame low; browsers allow 256 KiB. */
  frameBytes: 64 * 1024,
  /**
   * Messages of one tick leave together; but after so many bytes of them, those go ahead: a loop of many steps is then computed
   * while it is still being recorded. Some twenty steps, or two hundred small ops.
   */
  tickBytes: 4 * 1024,
  /**
   * Bytes handed to a channel and not yet on their way, above which a sender waits, and below which it is told to go on.
   * Larger ones made the first megabytes of a fresh data channel four times slower, and small messages wait behind them.
   */
  channelHighBytes: 256 * 1024,
  channelLowBytes: 64 * 1024,
  /** Bytes that a channel keeps for a listener which is not there yet: some frames more than a handshake has. */
  earlyFrameBytes: 1024 * 1024,
  /** From the first signal to an open data channel; people wait no longer without a word. */
  connectTimeoutMs: 10_000,
  /** From the open channel to both proofs. */
  handshakeTimeoutMs: 10_000,
  /** A guest of an invite's room says who they are within this, or makes room for the next. */
  helloTimeoutMs: 5000,
  /** Without a frame for so long, a side says that it is there. A worker counts, since pages in the background may not. */
  heartbeatMs: 1500,
  /**
   * Silence after which a connection counts as lost: three heartbeats and a moment. The link then looks for another, which
   * loses nothing, so that a network that is slow for once costs a reconnection, and a page that was killed is missed soon.
   */
  silenceMs: 5000,
  /** How long a lost link is kept, unless the owner says otherwise: a reload, a train tunnel, a cup of coffee. */
  graceMs: 10 * 60 * 1000,
  /** The same for someone who was not admitted yet. */
  waitingGraceMs: 60_000,
  /** Waits between tries to find the other side again; doubled from the first to the last. */
  seekFirstMs: 250,
  seekLastMs: 5000,
  /** Bytes and frames that a link keeps for the case that they are lost, until the other side says that it has them. */
  replayBytes: 16 * 1024 * 1024,
  replayFrames: 16_384,
  /** A side tells what it has received after so many bytes or frames, and with each heartbeat. */
  ackBytes: 2 * 1024 * 1024,
  ackFrames: 64,
  /** Sealed signals are padded to multiples of this, so that their lengths say little. */
  sealedStepBytes: 512,
  /** Candidates of one connection. Browsers find a handful for each network. */
  candidates: 32,
  /** People at the door at once, who hold an invite and are not admitted yet. */
  waitingKnocks: 16,
  /** Guests without the invite that the owner's page looks at in a minute; the others are shown out unread. */
  strangersPerMinute: 30,
  /** Relayed through the server: bytes under way, and above which a sender waits. Small, since others use it too. */
  relayHighBytes: 512 * 1024,
  relayLowBytes: 128 * 1024,
  /** How long a closed link waits for the other side to have read why, before the channel under it is cut. */
  lingerMs: 1000,
  /** How long a side that has ended a link while the other was away still looks for it, to tell it. */
  farewellMs: 60_000,
  /** Largest single protocol message: a catalogue of a thousand columns is under 100 KB. */
  messageBytes: 1024 * 1024,
  /** A literal inside an action. Larger values travel by Put, without a copy inside protobuf. */
  literalBytes: 4 * 1024,
  /** One tensor's payload: 64 Mi float32 elements are 256 MiB, about what a tab can hold twice. */
  tensorBytes: 256 * 1024 * 1024,
  /** Elements of one tensor. */
  tensorElements: 64 * 1024 * 1024,
  /** tfjs has kernels up to rank 6. */
  rank: 6,
  /** A dimension, so that products of six stay exact after the element check. */
  dimension: 2 ** 31 - 1,
  /** Arguments of one op; tfjs's longest signature has 11. */
  args: 16,
  /** Tensors in one list argument (concat, stack). */
  operands: 256,
  /** Numbers in one list argument (a shape, axes, paddings). */
  numbers: 64,
  /** Depth of a path into an op's outputs. */
  path: 2,
  /** Outputs of one op (split, unstack). */
  outputs: 1024,
  /** Declared size of one element of a string tensor. */
  stringElementBytes: 64 * 1024,
  /** Declared size where the owner names none: covers words and short labels. */
  defaultStringElementBytes: 64,
  /** Inputs, constants and outputs of one plan: a network of a few hundred layers. */
  planValues: 4096,
  /** Nodes of one plan with those of its plans, a loop's once. A training step of a deep network has some thousands. */
  planNodes: 16_384,
  /** Values that they give, all together: each is looked at, and remembered while the plan is checked. */
  planMade: 262_144,
  /** Tensors that one run of a plan holds at once, those of a tape included. An empty one takes half a kilobyte, too. */
  planTensors: 1_048_576,
  /** Plans inside plans: a step, its gradients, its layers' loops. */
  planDepth: 8,
  /** Rounds of one loop. */
  loopCount: 65_536,
  /** Steps of one training run. */
  runSteps: 10_000_000,
  /** Records of a shuffled run: their order is drawn anew for each epoch, in a quarter of a second of the page's. */
  shuffledRecords: 4_194_304,
  /** State, data, schedules and fixed values of one training run. */
  runOperands: 4096,
  /** Ops that a backend may lack: as many as there are. */
  lackingOps: 512,
  /** Ids released in one Drop. */
  dropIds: 4096,
  /** Entries in one Catalogue message. */
  catalogueEntries: 1024,
  /** Named columns of one object. */
  columns: 4096,
  /** Objects and data sets that an owner publishes. */
  publishedEntries: 65_536,
  /** Named columns of all that an owner publishes, as a scientist's side keeps them: about 60 MB of the longest names. */
  catalogueColumns: 262_144,
  tags: 32,
  /** Lengths of texts in code points, long enough for a sentence, short enough for a card. */
  tagChars: 64,
  nameChars: 64,
  reasonChars: 280,
  descriptionChars: 1000,
  columnChars: 128,
  softwareChars: 64,
  opChars: 48,
  /** An attribute given as text (an axis order, a dtype, a padding). */
  textChars: 64,
  /** One entry of a receipt, as it is signed: a line with a few short texts. */
  receiptChars: 4096,
  /** Lines that the owner's log keeps, and each scientist's history: about 150 MB. Before there are more, a segment of the oldest goes. */
  auditEntries: 200_000,
  auditSegment: 10_000,
  /** Requests of one scientist that are written down in a minute, and knocks; more are counted. So no one can fill the log in an hour. */
  auditBurst: 600,
  /** Receipts that a scientist's side keeps of one session, for an export; the oldest go. */
  keptReceipts: 65_536,
  /** Splits of one data set: train, test, validation, and some folds. */
  splits: 64,
  /** Kept requests told in one message. */
  keptItems: 256,
  /** Objects of before a reload told in one message. */
  mineItems: 1024,
  /** The same, all together: four for each object that a session may hold by default, since ops may give several. */
  mineEntries: 262_144,
  /** A request's longest announced life: a week. */
  timeoutMs: 7 * 24 * 3600 * 1000,
  /** Ids are uint32; a session that reaches the end must be begun anew. */
  id: 2 ** 32 - 1,
  /** Messages that cannot be read before the link is closed: one may be a bug, three are not. */
  badMessages: 3,
  /** Messages sent and not yet handled by the other side; more wait at the sender. */
  messageCredit: 8192,
  /** The other side gives credit back after so many handled messages. A fixed count, so that it tells no time. */
  messageCreditStep: 2048,
  /** A message takes one unit of credit for every so many bytes of it, so that the credit bounds memory too: 16 MiB. */
  messageUnitBytes: 2048,
  /** Messages that wait at their sender for credit. Twice the objects that a session may hold. */
  queuedMessages: 131_072,
  /** The same in bytes. */
  queuedMessageBytes: 64 * 1024 * 1024,
  /** Payload bytes sent and not yet taken by the other side. Above the channel's own watermark, so it never throttles a fast peer. */
  payloadCredit: 8 * 1024 * 1024,
  payloadCreditStep: 2 * 1024 * 1024,
  /** Progress of a payload is told after so many bytes, and at its end. */
  progressStepBytes: 1024 * 1024,
  /** What each part of a payload costs of the credit beside its bytes, so that empty and tiny ones are bounded too. */
  payloadPartCost: 64,
  /** Payloads that are announced and not here yet. As many as messages may wait: one that never comes takes memory, too. */
  announcedPayloads: 131_072,
  /** Payload transfers under way at once, per direction. */
  transfers: 16,
  /** What handlers keep of the values that scientists asked for, on the owner's side; older entries go. */
  localLogEntries: 1000,
  localLogBytes: 64 * 1024 * 1024,
  /** Requests that are over and that the owner's side still lists, without the audit. */
  requestHistory: 1000,
  /** Plans whose words are kept for the owner, also when they are dropped; the oldest are forgotten. By their encoding. */
  rememberedPlanBytes: 32 * 1024 * 1024,
  /** Pieces that a digest is made of, so that each can be checked on its way. Hashing larger ones takes twice as long. */
  digestPieceBytes: 256 * 1024,
} as const;

/** What one scientist may hold on the owner's side, by default. Every Duet example runs within them. */
export interface SessionLimits {
  /** Live objects. A training run that disposes nothing makes about ten a step. */
  readonly objects: number;
  /** Bytes of live objects, by shape and dtype. */
  readonly bytes: number;
  /** Estimated operations of one op. 2e11 is about a minute of the slowest backend. */
  readonly opCost: number;
  /** The same for one call of a plan, loops and gradients counted out. Ten times one op's. */
  readonly planCost: number;
  /** The same for one training run: some hours of the fastest backend. */
  readonly runCost: number;
  /** Bytes that one call of a plan may need at once, by the shapes of all that it makes. */
  readonly planBytes: number;
  /** Plans that are defined at once. A model of a hundred layers has some dozens. */
  readonly plans: number;
  /** The same in bytes of their encoding, as they came. Parsed they take some ten times as much. */
  readonly definedBytes: number;
  /** Requests waiting for a person. */
  readonly pendingRequests: number;
  /** Requests that are kept for a scientist who has left. */
  readonly keptRequests: number;
  /** Bytes of their values. */
  readonly keptBytes: number;
  /** The longest that one is kept, in milliseconds. */
  readonly keepMs: number;
  /** Ops, calls of plans and training runs of one session. */
  readonly actions: number;
  /** Messages of one session. */
  readonly messages: number;
  /** Elements of one tensor of theirs. */
  readonly elements: number;
}

export const defaultSessionLimits: SessionLimits = {
  objects: 65_536,
  bytes: 1024 * 1024 * 1024,
  opCost: 2e11,
  planCost: 2e12,
  runCost: 1e16,
  planBytes: 2 * 1024 * 1024 * 1024,
  plans: 1024,
  definedBytes: 16 * 1024 * 1024,
  pendingRequests: 16,
  keptRequests: 16,
  keptBytes: 64 * 1024 * 1024,
  keepMs: 24 * 3600 * 1000,
  actions: 100_000_000,
  messages: 1_000_000_000,
  elements: 64 * 1024 * 1024,
};
