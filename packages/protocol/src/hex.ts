import type { Bytes } from './digest';

export function toHex(bytes: Uint8Array | ArrayBuffer): string {
  const view = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
  return [...view].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Undefined unless it is lower-case hex of exactly so many bytes. */
export function fromHex(hex: string, byteCount: number): Bytes | undefined {
  if (hex.length !== 2 * byteCount || !/^[0-9a-f]*$/.test(hex)) return undefined;
  return Uint8Array.from({ length: byteCount }, (_, index) =>
    Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16),
  );
}
