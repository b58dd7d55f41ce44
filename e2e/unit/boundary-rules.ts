/** Who may import whom: the import directions of the rooms, as data. */

export interface Room {
  readonly name: string;
  /** The name by which other rooms import it. */
  readonly packageName?: string;
  readonly folder: string;
  /** Rooms it may import, by name. */
  readonly mayImport: readonly string[];
}

const core = ['protocol', 'ops', 'engine', 'link', 'scientist', 'owner', 'duet'] as const;

export const rooms: readonly Room[] = [
  { name: 'protocol', packageName: '@duet/protocol', folder: 'packages/protocol/', mayImport: [] },
  { name: 'ops', packageName: '@duet/ops', folder: 'packages/ops/', mayImport: ['protocol'] },
  {
    name: 'engine',
    packageName: '@duet/engine',
    folder: 'packages/engine/',
    mayImport: ['protocol', 'ops'],
  },
  { name: 'link', packageName: '@duet/link', folder: 'packages/link/', mayImport: ['protocol'] },
  {
    name: 'scientist',
    packageName: '@duet/scientist',
    folder: 'packages/scientist/',
    mayImport: ['protocol', 'ops', 'engine'],
  },
  {
    name: 'owner',
    packageName: '@duet/owner',
    folder: 'packages/owner/',
    mayImport: ['protocol', 'ops'],
  },
  {
    name: 'duet',
    packageName: 'duetjs',
    folder: 'packages/duet/',
    mayImport: core.filter((name) => name !== 'duet'),
  },
  {
    name: 'elements',
    packageName: '@duet/elements',
    folder: 'packages/elements/',
    mayImport: ['protocol', 'ops', 'duet'],
  },
  {
    name: 'testkit',
    packageName: '@duet/testkit',
    folder: 'packages/testkit/',
    mayImport: [...core, 'elements', 'signaling'],
  },
  {
    name: 'signaling',
    packageName: 'duetjs-signaling',
    folder: 'signaling-server/',
    mayImport: ['protocol'],
  },
  // Whoever embeds the library has the published package and nothing else.
  { name: 'examples', folder: 'examples/', mayImport: ['duet', 'elements'] },
  {
    name: 'e2e',
    folder: 'e2e/',
    mayImport: [...core, 'testkit', 'signaling', 'scripts', 'examples'],
  },
  { name: 'scripts', folder: 'scripts/', mayImport: [...core, 'signaling'] },
];

/** The server knows of the protocol what both sides must agree on, and no code of it. */
export const protocolValuesForSignaling: readonly string[] = ['signalingLimits', 'roomIdPattern'];

export interface ExternalRule {
  readonly name: string;
  readonly pattern: RegExp;
  /** Files that may import it. */
  readonly allowed: RegExp;
  /** Files that may import its types only. */
  readonly typesOnly?: RegExp;
}

export const externalRules: readonly ExternalRule[] = [
  {
    name: 'tfjs',
    pattern: /^@tensorflow\//,
    allowed: /^(packages\/(engine|scientist|duet|testkit|elements)|examples|e2e)\//,
    typesOnly: /^packages\/ops\//,
  },
  {
    name: 'simple-peer',
    pattern: /^simple-peer/,
    allowed: /^packages\/link\/src\/(simple-peer|webrtc-transport)\.ts$/,
  },
  {
    name: 'socket.io-client',
    pattern: /^socket\.io-client/,
    allowed: /^packages\/link\/src\/signaling-socket\.ts$/,
  },
  {
    name: 'idb',
    pattern: /^idb(\/|$)/,
    allowed: /^packages\/duet\/src\/(indexed-storage|resumption-store)\.ts$/,
  },
  { name: 'socket.io', pattern: /^socket\.io(\/|$)/, allowed: /^signaling-server\/src\// },
];

/** Where code runs in Node. */
export const nodeFiles =
  /^(signaling-server|e2e|scripts)\/|^packages\/[^/]+\/(tools|bin)\/|^[^/]+\.config\.ts$/;

/** Where `console` is the product's own voice. */
export const consoleFiles = /^(signaling-server|e2e|scripts|examples)\/|^packages\/[^/]+\/tools\//;

/** A package file that speaks to the console says why, in the words that the linter asks for. */
export const consoleReason = /biome-ignore lint\/suspicious\/noConsole: \S/;

export const testFiles = /^(packages\/[^/]+|signaling-server)\/(test|tools)\/|^e2e\//;

export const configFiles = /(^|[./])config\.ts$/;

/** What exists in pages and not in workers and Node. Protocol code runs in all three. */
export const domGlobals: ReadonlySet<string> = new Set([
  'window',
  'document',
  'navigator',
  'location',
  'history',
  'localStorage',
  'sessionStorage',
  'indexedDB',
  'alert',
  'XMLHttpRequest',
  'WebSocket',
  'Worker',
  'HTMLElement',
  'Element',
  'RTCPeerConnection',
  'RTCDataChannel',
  'requestAnimationFrame',
  'customElements',
]);
