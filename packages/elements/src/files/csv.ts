import Papa from 'papaparse';
import { count } from '../base/words';

/** What a column holds, for its owner's eyes. */
export interface Column {
  readonly name: string;
  readonly type: 'number' | 'text' | 'empty';
  /** Cells that are empty or say so (`NA`, `NaN`, `null`, `?`, `-`). */
  readonly missing: number;
  /** Cells that are neither missing nor a number. */
  readonly texts: number;
  /** One of those, as an example. */
  readonly textExample: string;
  readonly min: number;
  readonly max: number;
  /** By row; NaN where there is no number. */
  readonly numbers: Float32Array;
}

export interface CsvTable {
  readonly rows: number;
  readonly columns: readonly Column[];
  /** The first rows, cells as they stand in the file. */
  readonly firstRows: readonly (readonly string[])[];
  /** What was odd about the file. */
  readonly remarks: readonly string[];
}

/** What a column holds, in words. */
export function typeWords({ type, texts, textExample }: Column): string {
  if (type !== 'text') return type;
  const example = textExample.length > 20 ? `${textExample.slice(0, 20)}…` : textExample;
  return `text: ${count(texts, 'cell')}, such as “${example}”`;
}

/** A file that cannot be read as a table; the message says what to do. */
export class CsvError extends Error {
  override readonly name = 'CsvError';
}

/** Larger files would take the tab down before they were a tensor. */
const mostBytes = 256 * 1024 * 1024;
const mostColumns = 4096;
const shownRows = 5;
/** Whole numbers over this are not all float32 numbers. */
const exactFloat32 = 2 ** 24;

const missingWords = new Set(['', 'na', 'n/a', 'nan', 'null', 'none', '?', '-']);
const numberPattern = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

class ColumnBuilder {
  readonly #name: string;
  readonly #numbers: number[] = [];
  #missing = 0;
  #texts = 0;
  #textExample = '';
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;

  constructor(name: string) {
    this.#name = name;
  }

  add(cell: string): void {
    const text = cell.trim();
    const number = numberPattern.test(text) ? Math.fround(Number(text)) : Number.NaN;
    if (Number.isFinite(number)) {
      this.#min = Math.min(this.#min, Number(text));
      this.#max = Math.max(this.#max, Number(text));
    } else if (missingWords.has(text.toLowerCase())) {
      this.#missing++;
    } else {
      if (this.#texts === 0) this.#textExample = text;
      this.#texts++;
    }
    this.#numbers.push(Number.isFinite(number) ? number : Number.NaN);
  }

  build(): Column {
    const numbers = Float32Array.from(this.#numbers);
    const type = this.#texts > 0 ? 'text' : this.#missing === numbers.length ? 'empty' : 'number';
    return {
      name: this.#name,
      type,
      missing: this.#missing,
      texts: this.#texts,
      textExample: this.#textExample,
      min: this.#min,
      max: this.#max,
      numbers,
    };
  }
}

/** Column names as written; nameless and repeated ones get a name of their own. */
function columnNames(header: readonly string[]): string[] {
  const taken = new Set<string>();
  return header.map((cell, index) => {
    const wished = cell.trim() || `column_${index + 1}`;
    let name = wished;
    for (let copy = 2; taken.has(name); copy++) name = `${wished}_${copy}`;
    taken.add(name);
    return name;
  });
}

class TableBuilder {
  #builders: ColumnBuilder[] | undefined;
  readonly #firstRows: string[][] = [];
  #rows = 0;
  #uneven = 0;

  add(cells: readonly string[]): void {
    if (!this.#builders) {
      if (cells.length > mostColumns) {
        throw new CsvError(`This file has over ${mostColumns} columns. Cut it down and try again.`);
      }
      this.#builders = columnNames(cells).map((name) => new ColumnBuilder(name));
      return;
    }
    if (cells.length !== this.#builders.length) this.#uneven++;
    this.#builders.forEach((builder, index) => {
      builder.add(cells[index] ?? '');
    });
    if (this.#rows < shownRows) {
      this.#firstRows.push(this.#builders.map((_, index) => cells[index] ?? ''));
    }
    this.#rows++;
  }

  build(): CsvTable {
    if (!this.#builders || this.#rows === 0) {
      throw new CsvError('This file has no rows. It needs a line of column names and rows below.');
    }
    const columns = this.#builders.map((builder) => builder.build());
    return {
      rows: this.#rows,
      columns,
      firstRows: this.#firstRows,
      remarks: this.#remarks(columns),
    };
  }

  #remarks(columns: readonly Column[]): string[] {
    const remarks: string[] = [];
    if (this.#uneven > 0) {
      remarks.push(
        `${this.#uneven} of ${this.#rows} rows are shorter or longer than the line of column names; what lacks counts as missing, what is too much is left out.`,
      );
    }
    const large = columns.filter(
      ({ type, min, max }) =>
        type === 'number' && Math.max(Math.abs(min), Math.abs(max)) > exactFloat32,
    );
    if (large.length > 0) {
      remarks.push(
        `Numbers are kept as float32, with about seven digits: ${large.map(({ name }) => name).join(', ')} may be rounded.`,
      );
    }
    return remarks;
  }
}

/** Reads a CSV with a line of column names, in pieces, so that the page stays usable. Throws CsvError. */
export function readCsv(file: File): Promise<CsvTable> {
  if (file.size > mostBytes) {
    throw new CsvError('This file is over 256 MB. Cut it down and try again.');
  }
  const builder = new TableBuilder();
  return new Promise((resolve, reject) => {
    Papa.parse<string[]>(file, {
      skipEmptyLines: 'greedy',
      chunkSize: 1024 * 1024,
      chunk({ data }, parser) {
        try {
          for (const cells of data) builder.add(cells);
        } catch (error) {
          parser.abort();
          reject(error);
        }
      },
      complete() {
        try {
          resolve(builder.build());
        } catch (error) {
          reject(error);
        }
      },
      error: (error) => reject(new CsvError(`This file could not be read: ${error.message}`)),
    });
  });
}

/** Rows that have a number in every one of these columns. */
export function completeRows(rows: number, columns: readonly Column[]): number[] {
  return Array.from({ length: rows }, (_, row) => row).filter((row) =>
    columns.every(({ numbers }) => !Number.isNaN(numbers[row])),
  );
}

/** These rows of these columns, row after row. */
export function rowMajor(rows: readonly number[], columns: readonly Column[]): Float32Array {
  const values = new Float32Array(rows.length * columns.length);
  rows.forEach((row, at) => {
    columns.forEach(({ numbers }, column) => {
      values[at * columns.length + column] = numbers[row] ?? Number.NaN;
    });
  });
  return values;
}
