/** The program in the editor, which a reload of this tab must not lose. */

const key = 'duet-program';

export function keep(code: string): void {
  try {
    sessionStorage.setItem(key, code);
  } catch {
    // Too long, or nothing may be stored: it is lost as it would be anywhere else.
  }
}

/** Undefined where none was kept. */
export function kept(): string | undefined {
  try {
    return sessionStorage.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}
