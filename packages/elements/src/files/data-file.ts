/** Any file that holds data: told apart by what stands in it, never by its name alone. */

import { type FileArray, FileError, mostArrayBytes } from './array-file';
import { type CsvTable, readCsv } from './csv';
import { isGzip, unpack } from './gzip';
import { isIdx, parseIdxArray } from './idx';
import { parseJsonArray } from './json-array';
import { isNpy, parseNpy } from './npy';

export type DataFile =
  | { readonly kind: 'table'; readonly table: CsvTable }
  | { readonly kind: 'array'; readonly array: FileArray };

/** What a file picker offers. */
export const dataFileTypes = '.csv,.tsv,.txt,text/csv,.npy,.json,.gz,.idx,.idx1-ubyte,.idx3-ubyte';

const shownBytes = 16;

/** Throws FileError or CsvError, whose messages say what to do. */
export async function readDataFile(file: File): Promise<DataFile> {
  if (file.size > mostArrayBytes)
    throw new FileError('This file is over 1 GB. Cut it down and try again.');
  const first = new Uint8Array(await file.slice(0, shownBytes).arrayBuffer());
  if (isGzip(first)) {
    const unpacked = await unpack(new Uint8Array(await file.arrayBuffer()));
    return readUnpacked(new File([unpacked], file.name.replace(/\.gz$/i, '')), unpacked);
  }
  return readUnpacked(file, first);
}

async function readUnpacked(file: File, first: Uint8Array): Promise<DataFile> {
  const all = async () => new Uint8Array(await file.arrayBuffer());
  if (isNpy(first)) return { kind: 'array', array: parseNpy(await all()) };
  if (isIdx(first)) return { kind: 'array', array: parseIdxArray(await all()) };
  // A table may begin with a bracket, too.
  if (/\.json$/i.test(file.name))
    return { kind: 'array', array: parseJsonArray(await file.text()) };
  return { kind: 'table', table: await readCsv(file) };
}
