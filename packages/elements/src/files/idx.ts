/** The files of MNIST: gzipped IDX, which are dimensions and then bytes. */

export interface IdxArray {
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** A file that is no IDX file of bytes; the message says so. */
export class IdxError extends Error {
  override readonly name = 'IdxError';
}

const unsignedByte = 8;

/** Reads one file, unpacked. Throws IdxError. */
export function parseIdx(bytes: Uint8Array): IdxArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const rank = bytes[3] ?? 0;
  const start = 4 + 4 * rank;
  const isIdx = bytes[0] === 0 && bytes[1] === 0 && bytes[2] === unsignedByte && rank > 0;
  if (!isIdx || bytes.length < start) throw new IdxError('This is not an IDX file of bytes.');
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const size = shape.reduce((product, length) => product * length, 1);
  if (bytes.length !== start + size) {
    throw new IdxError(
      `The IDX file has ${bytes.length - start} bytes where its shape needs ${size}.`,
    );
  }
  return { shape, bytes: bytes.subarray(start) };
}

/** Some servers declare such a file as compressed, and the browser has then unpacked it already. */
async function unpack(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(unpacked).arrayBuffer());
}

/** Unpacks and reads one file of this server. Throws IdxError, or what the network says. */
export async function fetchIdx(path: string): Promise<IdxArray> {
  const response = await fetch(path);
  if (!response.ok) throw new IdxError('The sample data is not on this server.');
  return parseIdx(await unpack(new Uint8Array(await response.arrayBuffer())));
}
