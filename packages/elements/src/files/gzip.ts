import { FileError, mostArrayBytes } from './array-file';

export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * What is packed as gzip, unpacked; all else as it is, since some servers declare such a file as compressed, and the browser
 * has then unpacked it already. Throws FileError where it is broken, or grows beyond what a tab can hold.
 */
export async function unpack(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  if (!isGzip(bytes)) return bytes;
  const reader = new Blob([bytes])
    .stream()
    .pipeThrough(new DecompressionStream('gzip'))
    .getReader();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read().catch(() => {
      throw new FileError('This gzip file is broken: its end may be missing.');
    });
    if (done) break;
    size += value.length;
    if (size > mostArrayBytes) {
      await reader.cancel();
      throw new FileError('This gzip file holds over 1 GB. Cut it down and try again.');
    }
    parts.push(value);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
