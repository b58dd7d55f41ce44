/** Numbers, sizes and times as people read them. */

const number = new Intl.NumberFormat('en');

export function count(amount: number, one: string, many = `${one}s`): string {
  return `${number.format(amount)} ${amount === 1 ? one : many}`;
}

export function shapeWords(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}

export function byteWords(bytes: number): string {
  if (bytes < 1000) return count(bytes, 'byte');
  const units = ['kB', 'MB', 'GB'];
  let size = bytes;
  let unit = '';
  for (const next of units) {
    if (size < 1000) break;
    size /= 1000;
    unit = next;
  }
  return `${size < 10 ? size.toFixed(1) : Math.round(size)} ${unit}`;
}

/** Four significant digits, without an exponent where it can be helped. */
export function shortNumber(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : String(value);
}

/** `4:05`, `2 h 10 min`; 0:00 once it is over. */
export function timeLeft(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  if (seconds >= 3600) {
    return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  }
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** `0.4 s`, `12 s`, `3:20`. */
export function elapsedWords(ms: number): string {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  return ms < 60_000 ? `${Math.floor(ms / 1000)} s` : timeLeft(ms);
}

export function clockTime(date: Date): string {
  return date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
}

/** `3 May 2026`. */
export function dayWords(date: Date): string {
  return date.toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric' });
}

/** `once, on 3 May 2026`, `4 times since 3 May 2026`. */
export function timesWords(times: number, first: Date): string {
  return times === 1 ? `once, on ${dayWords(first)}` : `${times} times since ${dayWords(first)}`;
}

/** A fingerprint short enough to be read out: `3f2a 91c0`. */
export function shortFingerprint(fingerprint: string): string {
  return `${fingerprint.slice(0, 4)} ${fingerprint.slice(4, 8)}`;
}

export function errorWords(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
