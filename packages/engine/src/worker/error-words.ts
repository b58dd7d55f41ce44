import { DuetError, isDuetError } from '@duet/protocol';
import type { ErrorWords } from './messages';

/** An error made ready to cross between worker and page: cloning as such would lose the class and the code. */
export function toWords(thrown: unknown): ErrorWords {
  const error = thrown instanceof Error ? thrown : undefined;
  return {
    code: isDuetError(thrown) ? thrown.code : undefined,
    name: error?.name ?? 'Error',
    message: error?.message ?? String(thrown),
    stack: error?.stack,
  };
}

export function fromWords({ code, name, message, stack }: ErrorWords): Error {
  const error =
    code === undefined
      ? Object.assign(new Error(message), { name })
      : new DuetError(code, { detail: message, hint: '' });
  if (stack !== undefined) error.stack = stack;
  return error;
}
