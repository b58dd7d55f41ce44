/** Who hears of what is published. */

import { DuetError, visibleText } from '@duet/protocol';

/** Scientists who hear of something: all, none, or those with these fingerprints. */
export type Pointable = boolean | readonly string[];

/** Is a scientist, by fingerprint, among those meant? */
export type Audience = (fingerprint: string) => boolean;

/** One for an object with its mock, or for a whole data set. */
export interface Access {
  pointable: Pointable;
}

export function isPointableBy(pointable: Pointable, fingerprint: string): boolean {
  return typeof pointable === 'boolean' ? pointable : pointable.includes(fingerprint);
}

/** Those of one who are not of the other. */
export function audienceOf(now: Pointable, butNot: Pointable = false): Audience {
  return (fingerprint) => isPointableBy(now, fingerprint) && !isPointableBy(butNot, fingerprint);
}

/** Is there anyone of one who is not of the other? */
export function goesBeyond(now: Pointable, before: Pointable): boolean {
  if (now === true) return before !== true;
  return now !== false && now.some((fingerprint) => !isPointableBy(before, fingerprint));
}

/** A copy without repetitions. Throws `bad-argument` for what is no fingerprint. */
export function checkedPointable(pointable: Pointable): Pointable {
  if (typeof pointable === 'boolean') return pointable;
  if (!Array.isArray(pointable)) throw bad('pointable is true, false or a list of fingerprints.');
  const stray: unknown = pointable.find((each) => !/^[0-9a-f]{64}$/.test(String(each)));
  if (stray !== undefined) {
    throw bad(
      `“${visibleText(String(stray))}” is no fingerprint: those have 64 hexadecimal digits.`,
    );
  }
  return [...new Set(pointable)];
}

function bad(detail: string): DuetError {
  return new DuetError('bad-argument', { detail });
}
