import { type DuetError, isDuetError } from '@duet/protocol';

/** The error that a function throws. Throws where it throws none, or another one. */
export function thrownBy(fn: () => unknown): DuetError {
  try {
    fn();
  } catch (error) {
    if (isDuetError(error)) return error;
    throw error;
  }
  throw new Error('Nothing was thrown.');
}
