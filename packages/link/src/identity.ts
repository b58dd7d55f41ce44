import { type Bytes, fingerprintOf, identityAlgorithm, signatureAlgorithm } from '@duet/protocol';

export type Role = 'owner' | 'scientist';

/** A lasting key pair. The private half never leaves WebCrypto. */
export interface Identity {
  /** The public key as an uncompressed point, 65 bytes. */
  readonly publicKey: Bytes;
  /** SHA-256 of the public key, in hex. */
  readonly fingerprint: string;
  sign(data: Bytes): Promise<Bytes>;
}

/** This browser's identity in a role, the same over sessions; where nothing can be stored, it lasts as long as the page. */
export async function loadIdentity(role: Role): Promise<Identity> {
  const stored = await loadStored(role);
  if (stored !== undefined) return fromKeys(stored);
  let keys = inMemory.get(role);
  if (keys === undefined) {
    keys = makeKeys();
    inMemory.set(role, keys);
  }
  return fromKeys(await keys);
}

/** An identity that is kept nowhere. */
export async function makeIdentity(): Promise<Identity> {
  return fromKeys(await makeKeys());
}

const inMemory = new Map<Role, Promise<CryptoKeyPair>>();

function makeKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(identityAlgorithm, false, ['sign', 'verify']);
}

async function fromKeys({ publicKey, privateKey }: CryptoKeyPair): Promise<Identity> {
  const raw = new Uint8Array(await crypto.subtle.exportKey('raw', publicKey));
  return {
    publicKey: raw,
    fingerprint: await fingerprintOf(raw),
    sign: async (data) =>
      new Uint8Array(await crypto.subtle.sign(signatureAlgorithm, privateKey, data)),
  };
}

const databaseName = 'duet';
const storeName = 'identities';

/** Undefined where there is no IndexedDB, or the browser does not let this page use it. */
async function loadStored(role: Role): Promise<CryptoKeyPair | undefined> {
  if (typeof indexedDB === 'undefined') return undefined;
  let database: IDBDatabase | undefined;
  try {
    database = await openDatabase();
    const found = await settled<unknown>(
      database.transaction(storeName).objectStore(storeName).get(role),
    );
    if (isKeyPair(found)) return found;
    // Made before the transaction begins, since a transaction ends while one awaits anything else.
    const made = await makeKeys();
    const store = database.transaction(storeName, 'readwrite').objectStore(storeName);
    const meanwhile = await settled<unknown>(store.get(role));
    if (isKeyPair(meanwhile)) return meanwhile;
    await settled(store.put(made, role));
    return made;
  } catch {
    return undefined;
  } finally {
    database?.close();
  }
}

function isKeyPair(value: unknown): value is CryptoKeyPair {
  return (
    typeof value === 'object' &&
    value !== null &&
    'privateKey' in value &&
    value.privateKey instanceof CryptoKey &&
    'publicKey' in value &&
    value.publicKey instanceof CryptoKey
  );
}

function openDatabase(): Promise<IDBDatabase> {
  const request = indexedDB.open(databaseName, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(storeName);
  return settled(request);
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
