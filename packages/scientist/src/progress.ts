import { systemClock } from '@duet/protocol';

/**
 * Called as the bytes of a value pass, after fixed counts of them and at the end: with those so far, with all of them, and with
 * how many passed in a second, of the last two seconds by this page's clock. None of it is told to the other side.
 */
export type OnProgress = (bytes: number, totalBytes: number, bytesPerSec: number) => void;

/** Long enough to be steady, short enough to follow a line that gets worse. */
const windowMs = 2000;

interface Mark {
  readonly atMs: number;
  readonly bytes: number;
}

/** What a link is to call for a transfer that begins now. */
export function telling(
  onProgress: OnProgress,
  totalBytes: number,
  now: () => number = systemClock.now,
): (bytes: number) => void {
  let marks: readonly Mark[] = [{ atMs: now(), bytes: 0 }];
  return (bytes) => {
    const atMs = now();
    // The newest of those before the window belongs to it.
    const first = marks.findLastIndex((mark) => mark.atMs <= atMs - windowMs);
    marks = [...marks.slice(Math.max(first, 0)), { atMs, bytes }];
    const from = marks[0] ?? { atMs, bytes };
    const ms = Math.max(atMs - from.atMs, 1);
    onProgress(bytes, totalBytes, ((bytes - from.bytes) * 1000) / ms);
  };
}
