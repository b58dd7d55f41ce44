/** What was typed into a field of this name; empty where the form has none. */
export function fieldText(form: HTMLFormElement, name: string): string {
  const value = new FormData(form).get(name);
  return typeof value === 'string' ? value.trim() : '';
}

/** The values of the checked boxes of this name. */
export function checkedValues(form: HTMLFormElement, name: string): string[] {
  return new FormData(form).getAll(name).filter((value) => typeof value === 'string');
}

/** A number that was typed; undefined where the field is empty. */
export function fieldNumber(form: HTMLFormElement, name: string): number | undefined {
  const text = fieldText(form, name);
  return text === '' ? undefined : Number(text);
}

/** `a, b,c` as its parts, each once. */
export function commaList(text: string): string[] {
  const parts = text.split(',').map((part) => part.trim());
  return [...new Set(parts.filter((part) => part !== ''))];
}
